// `npm run sizes`: the sizes that a user downloads, against the limits in sizes.json. Exits with code 1 if one is
// exceeded.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { builds } from "./build-kernels.js";
import { root } from "./host.js";
import { ensureReady } from "./prepare.js";

await ensureReady();
const limits = JSON.parse(readFileSync(join(root, "scripts/sizes.json"), "utf8"));

/** Programs by their imports: a bundler omits what is not used. The built-in data sets are not included. */
const programs = {
  "dense GAN": `
    import { adam, createRuntime, gan, layers as L, losses, penalties } from "genloom";
    export const used = [adam, createRuntime, gan, losses.nonSaturating, penalties.r1];
    export const layers = [L.sequential, L.dense, L.leakyRelu, L.tanh, L.reshape, L.flatten];`,
  DCGAN: `
    import { adam, createRuntime, gan, layers as L, losses } from "genloom";
    export const used = [adam, createRuntime, gan, losses.nonSaturating];
    export const layers = [L.sequential, L.conv2d, L.convTranspose2d, L.batchNorm, L.leakyRelu, L.relu, L.tanh, L.reshape, L.flatten];`,
  everything: `export * from "genloom";`,
};

/**
 * Loaded on demand: the watch over the builds `wide`, AssemblyScript's loader (a worker's script has its own), saving and exporting,
 * the linear algebra and the pairs of records of metrics, tables and files of several arrays, scores of fields, the fit of a
 * table's samples, and agreements of ranks. They have rows of their own.
 */
const later =
  /^ml-matrix$|\/(wide\/watch|host\/loader|saved-model|fit-rows|train\/ranks|host\/exchanges|export\/formats|formats\/(npz|csv)|kernel-sums|pair-distances|metrics\/nearest|neighbour-counts|(rbm|vae)\/field-scores)\.js$/;

/**
 * A program as a bundler would ship it to a page, without the kernels and the host's own modules.
 * @param {string} program
 * @param {RegExp} [apart] modules that are left out
 */
async function bundled(program, apart = later) {
  const { rolldown } = await import("rolldown");
  const source = program.replace('"genloom"', JSON.stringify(join(root, "dist/src/index.js")));
  const bundle = await rolldown({
    input: "program",
    plugins: [
      {
        name: "program",
        resolveId: (id) => (id === "program" ? id : null),
        load: (id) => (id === "program" ? source : null),
      },
    ],
    external: [/^node:/, /\/kernels\/[a-z-]+\.(js|wasm)$/, apart],
    platform: "neutral",
    logLevel: "silent",
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  return Buffer.concat(output.map((chunk) => Buffer.from(chunk.type === "chunk" ? chunk.code : chunk.source)));
}

/** @type {{ name: string, raw: number, gzip: number, measured: number, limit: number }[]} */
const rows = builds.map((build) => {
  const bytes = readFileSync(join(root, `dist/kernels/${build}.wasm`));
  const raw = bytes.length;
  const limit = build.startsWith("wide") ? limits.wasm.wide : limits.wasm.limit;
  return { name: `${build}.wasm`, raw, gzip: gzipSync(bytes).length, measured: raw, limit };
});
for (const [name, program] of Object.entries(programs)) {
  const code = await bundled(program);
  const gzip = gzipSync(code).length;
  rows.push({ name, raw: code.length, gzip, measured: gzip, limit: limits.programs[name] });
  for (const operation of limits.absent[name] ?? []) {
    if (!new RegExp(`["'\`]${operation}["'\`]`).test(code.toString())) continue;
    process.stderr.write(`${name}: contains the operation ${operation}, which it does not use\n`);
    process.exitCode = 1;
  }
}
for (const [name, path] of Object.entries({
  "wide, on demand": "host/wide/watch.js",
  "loader, on demand": "host/loader.js",
  "save, on demand": "train/saved-model.js",
  "export, on demand": "export/formats.js",
  "npz, on demand": "data/formats/npz.js",
  "csv, on demand": "data/formats/csv.js",
  "MMD, on demand": "metrics/kernel-sums.js",
  "neighbours, on demand": "metrics/neighbour-counts.js",
  "machine fields, on demand": "models/rbm/field-scores.js",
  "VAE fields, on demand": "models/vae/field-scores.js",
  "fit of rows, on demand": "train/fit-rows.js",
  "ranks, on demand": "train/ranks.js",
  "ml-matrix, on demand": "../../node_modules/ml-matrix/matrix.mjs",
})) {
  const code = await bundled(`export * from ${JSON.stringify(join(root, "dist/src", path))};`, /^\.\.\//);
  const gzip = gzipSync(code).length;
  rows.push({ name, raw: code.length, gzip, measured: gzip, limit: limits.programs[name] });
}

process.stdout.write(`${"".padEnd(24)}${"bytes".padStart(10)}${"gzip".padStart(10)}${"cap".padStart(10)}\n`);
for (const { name, raw, gzip, measured, limit } of rows) {
  const cells = [raw, gzip, limit].map((value) => String(value).padStart(10)).join("");
  process.stdout.write(`${name.padEnd(24)}${cells}${measured > limit ? "  too large" : ""}\n`);
  if (measured > limit) process.exitCode = 1;
}
