// Bundles the compiled package. For browsers: the files they load without a bundler of their own, which are the
// worker's script, the same as text, the whole package as one module, and as others what reads and writes sequences and tables;
// all of it with the kernels as one module that loads nothing, and as a script that is no module.
// For Node: the whole package again, because its loader takes about a millisecond per module and there are some
// hundred, and without comments, which it would read each time. The kernels stay in dist/kernels. ml-matrix and the
// formats of exports are files of their own: few pages load them.
// For exports: the code that travels with an exported generator, as texts.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./host.js";

/** Files whose absence means that the bundles must be built. */
export const bundleFiles = [
  "browser/worker.js",
  "browser/worker-text.js",
  "browser/genloom.js",
  "browser/genloom.single.js",
  "browser/genloom.classic.js",
  "browser/export-html.js",
  "browser/export-js.js",
  "browser/ml-matrix.js",
  "browser/sequences.js",
  "browser/tables.js",
  "export/js-text.js",
  "export/html-text.js",
  "node/genloom.js",
].map((name) => `dist/${name}`);

/** Modules that pages load on demand, as files beside the bundle. @type {Record<string, string>} */
const onDemand = { "./js.js": "./export-js.js", "./html.js": "./export-html.js" };

/** @type {import("rolldown").Plugin} */
const apart = {
  name: "files on demand",
  resolveId: (id, importer) =>
    importer?.endsWith("export/formats.js") && onDemand[id] ? { id: onDemand[id], external: true } : null,
};

/**
 * What an entry imports without `import()`, for one file of its own: Node's loader takes about a millisecond per file.
 * @param {string} entry absolute
 */
function core(entry) {
  /** @type {Set<string>} */
  const found = new Set();
  /** @type {import("rolldown").Plugin} */
  const plugin = {
    name: "core",
    buildEnd() {
      const queue = [entry];
      for (let id = queue.pop(); id; id = queue.pop()) {
        if (found.has(id)) continue;
        found.add(id);
        queue.push(...(this.getModuleInfo(id)?.importedIds ?? []));
      }
    },
  };
  return { plugin, groups: [{ name: "core", test: (/** @type {string} */ id) => id !== entry && found.has(id) }] };
}

/** Folders of the bundles, recreated each time. */
export const bundleFolders = ["dist/browser", "dist/export", "dist/node"];

/**
 * @param {string} input path from the root
 * @param {string} output path from the root
 * @param {{ node?: boolean, split?: boolean, whole?: boolean, script?: boolean, paths?: Record<string, string> }} [options]
 * `node`: readable, with Node's modules external; `split`: dynamic imports become separate files; `whole`: with kernels and
 * worker inside; `script`: not a module; `paths`: packages that are other files
 * @returns {Promise<string[]>} packages that were bundled
 */
async function bundle(input, output, { node = false, split = false, whole = false, script = false, paths = {} } = {}) {
  const { rolldown } = await import("rolldown");
  const { plugin, groups } = core(join(root, input));
  const made = await rolldown({
    input: join(root, input),
    platform: node ? "node" : "browser",
    checks: { ineffectiveDynamicImport: false },
    plugins: [plugin, ...(node || whole ? [] : [apart])],
    // Keeps the path of a linked node_modules, because the bundle's comments contain the paths of modules.
    resolve: { symlinks: false },
    external: [
      ...(whole ? [] : [/\/(kernels|browser)\/[a-z-]+\.js$/, ...(node ? [/-text\.js$/, /^node:/] : [])]),
      ...Object.keys(paths),
    ],
  });
  const [folder = "", name = ""] = [output.replace(/\/[^/]*$/, ""), output.replace(/^.*\//, "")];
  const { output: chunks } = await made.write({
    dir: join(root, folder),
    ...(script ? { format: "iife", intro: '"use strict";' } : { format: "esm" }),
    entryFileNames: name,
    chunkFileNames: "[name].js",
    minify: !node,
    comments: { jsdoc: false },
    codeSplitting: split && { groups },
    paths,
  });
  await made.close();
  if (!node && !script) standExports(join(root, output));
  const modules = chunks.flatMap((chunk) => (chunk.type === "chunk" ? Object.keys(chunk.modules) : []));
  return modules.flatMap((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []);
}

/**
 * Puts the exports at the end of a bundle on a line of their own: publint takes a bundle of which a part was CommonJS for CommonJS if
 * they follow a bracket.
 * @param {string} path
 */
function standExports(path) {
  const code = readFileSync(path, "utf8");
  const at = code.lastIndexOf("export{");
  if (at > 0) writeFileSync(path, `${code.slice(0, at)}\n${code.slice(at)}`);
}

/**
 * The licences of the packages in a folder's bundles.
 * @param {Iterable<string>} packages
 */
function licences(packages) {
  return [...new Set(packages)].sort().map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    // AssemblyScript's loader comes without a licence text; the compiler has the same licence.
    const text = [folder, join(root, "node_modules/assemblyscript")]
      .flatMap((place) => readdirSync(place).map((entry) => join(place, entry)))
      .find((path) => /\/licen[cs]e(\.\w+)?$/i.test(path));
    if (!text) throw new Error(`build-bundles: no licence text found for ${name}`);
    return `${name} ${version}, ${license}\n\n${readFileSync(text, "utf8").trim()}\n`;
  });
}

/**
 * What travels with an exported generator: the module around it, readable, and script and style sheet of its page, with the
 * hashes that the page's content policy names.
 */
async function exportTexts() {
  const { rolldown } = await import("rolldown");
  /** @param {string} input @param {"esm" | "iife"} format */
  const text = async (input, format) => {
    const made = await rolldown({ input: join(root, input), platform: "neutral", logLevel: "warn" });
    const { output } = await made.generate({ format, minify: format === "iife", codeSplitting: false });
    await made.close();
    return output[0].code.replace(/^\/\/ dist\/.*\n/gm, "").trim();
  };
  const code = await text("dist/src/export/js-module.js", "esm");
  writeFileSync(join(root, "dist/export/js-text.js"), `export const code = ${JSON.stringify(code)};\n`);
  const script = await text("dist/src/export/html-page.js", "iife");
  if (/<\/script|<!--/i.test(script)) throw new Error("build-bundles: the page's script would end early in HTML");
  const { style } = await import(pathToFileURL(join(root, "dist/src/export/html-style.js")).href);
  const hash = (/** @type {string} */ part) => `sha256-${createHash("sha256").update(part).digest("base64")}`;
  const texts = { script, scriptHash: hash(script), style, styleHash: hash(style) };
  const lines = Object.entries(texts).map(([name, part]) => `export const ${name} = ${JSON.stringify(part)};\n`);
  writeFileSync(join(root, "dist/export/html-text.js"), lines.join(""));
}

/** The names of the classic script as a module's exports: the script is one for modules to import, too. */
async function singleModule() {
  const { rolldown } = await import("rolldown");
  const made = await rolldown({
    input: join(root, "dist/bindings/single.js"),
    platform: "browser",
    logLevel: "silent",
  });
  const { output } = await made.generate({ format: "esm", codeSplitting: false });
  await made.close();
  return `import "./genloom.classic.js";\nexport const {\n  ${output[0].exports.join(",\n  ")},\n} = globalThis.genloom;\n`;
}

const classicTypes = `import type * as single from "../bindings/single.js";

declare global {
  /** The names of \`genloom/single\`, from the script genloom.classic.js. */
  var genloom: typeof single;
}
`;

/** Bundles the compiled TypeScript in dist. */
export async function buildBundles() {
  for (const folder of bundleFolders) {
    rmSync(join(root, folder), { recursive: true, force: true });
    mkdirSync(join(root, folder), { recursive: true });
  }
  await exportTexts();
  const packages = await bundle("dist/bindings/worker.js", "dist/browser/worker.js", { script: true });
  const source = readFileSync(join(root, "dist/browser/worker.js"), "utf8");
  writeFileSync(join(root, "dist/browser/worker-text.js"), `export const source = ${JSON.stringify(source)};\n`);
  const paths = { "ml-matrix": "./ml-matrix.js" };
  packages.push(...(await bundle("dist/bindings/browser.js", "dist/browser/genloom.js", { paths })));
  const whole = { whole: true, script: true };
  packages.push(...(await bundle("dist/bindings/classic.js", "dist/browser/genloom.classic.js", whole)));
  writeFileSync(join(root, "dist/browser/genloom.classic.d.ts"), classicTypes);
  writeFileSync(join(root, "dist/browser/genloom.single.js"), await singleModule());
  for (const [from, to] of Object.entries(onDemand))
    packages.push(...(await bundle(`dist/src/export/${from.slice(2)}`, `dist/browser/${to.slice(2)}`)));
  packages.push(...(await bundle("node_modules/ml-matrix/matrix.mjs", "dist/browser/ml-matrix.js")));
  packages.push(...(await bundle("dist/src/domains/public.js", "dist/browser/sequences.js")));
  packages.push(...(await bundle("dist/src/domains/tables/index.js", "dist/browser/tables.js")));
  writeFileSync(join(root, "dist/browser/licenses.txt"), licences(packages).join("\n"));
  const inNode = await bundle("dist/bindings/node.js", "dist/node/genloom.js", { node: true, split: true });
  writeFileSync(join(root, "dist/node/licenses.txt"), licences(inNode).join("\n"));
}
