// Compiles assembly/ for each build, optimises with wasm-opt, checks the result, and writes <build>.wasm, and the same
// bytes inlined as <build>.js for hosts that can only import modules. `node scripts/build-kernels.js [folder] [build]`.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { deflateRawSync } from "node:zlib";
import { buildGenerator } from "./build-generator.js";
import { hoistConstants } from "./hoist-constants.js";
import { executeNode, ProgramFailed, root } from "./host.js";
import { brokenRules } from "./wasm-sections.js";

// `wide` is optimised until nothing changes (asconfig.json): after one round V8 merges 509 pairs of stores in place of 549. The others
// are as fast after one round, and are built in half the time.
export const builds = ["simd", "simd-threads", "relaxed", "relaxed-threads", "wide", "wide-threads"];

/** @param {string} build */
const features = (build) => [
  ...["simd", "bulk-memory", "sign-ext", "mutable-globals", "nontrapping-float-to-int"],
  ...(/relaxed|wide/.test(build) ? ["relaxed-simd"] : []),
  ...(build.includes("threads") ? ["threads"] : []),
];

/**
 * The module that contains a build's bytes. The same bytes give the same text.
 * @param {string} build
 * @param {Uint8Array} bytes
 */
export const inlined = (
  build,
  bytes,
) => `// Kernels, build ${build}: ${bytes.length} bytes of WebAssembly, deflate-raw, base64.
export const size = ${bytes.length};
export const bytes =
  "${deflateRawSync(bytes, { level: 9, memLevel: 9 }).toString("base64")}";
`;

const declarations = `/** Length of the module in bytes, before compression. */
export declare const size: number;
/** The module: base64 of its bytes, compressed as deflate-raw (\`DecompressionStream\` reads it). */
export declare const bytes: string;
`;

// Without the limit every kernel is inlined into the interpreter: one function of 20,000 lines whose loops spill their
// registers, and exp goes from 0.94 to 1.98 ns an element.
const calls = ["--one-caller-inline-max-function-size", "0"];

/**
 * Compiles and optimises a build to `draft`, and to the same path with the ending .wat.
 * @param {string} draft absolute
 * @param {string} build
 * @param {boolean} [names] keep the functions' names, for reading traces of an engine
 */
export const compileKernels = (draft, build, names = false) =>
  compileModule(draft, { entry: "assembly/index.ts", build, optimise: calls, names });

/**
 * Compiles an entry of assembly/ with a target of asconfig.json, and returns the module's text.
 * @param {string} draft absolute
 * @param {{ entry: string, build: string, optimise: string[], names: boolean }} how `optimise`: options of wasm-opt
 */
export async function compileModule(draft, { entry, build, optimise, names }) {
  const text = `${draft}.wat`;
  const run = (/** @type {string} */ tool, /** @type {string[]} */ words) =>
    executeNode(`node_modules/${tool}`, words, { capture: true });
  const debug = (/** @type {string} */ option) => (names ? [option] : []);
  await run("assemblyscript/bin/asc.js", [
    ...[entry, "--config", "asconfig.json", "--target", build, "--outFile", draft],
    ...debug("--debug"),
  ]);
  const enable = features(build).map((feature) => `--enable-${feature}`);
  await run("binaryen/bin/wasm-opt", ["-O3", ...debug("-g"), ...optimise, ...enable, draft, "-S", "-o", text]);
  const hoisted = hoistConstants(readFileSync(text, "utf8"));
  writeFileSync(text, hoisted);
  await run("binaryen/bin/wasm-as", [...debug("-g"), ...enable, text, "-o", draft]);
  return hoisted;
}

/**
 * @param {string} folder absolute
 * @param {string} build
 */
async function buildOne(folder, build) {
  if (build === "generator") return buildGenerator(folder);
  // Written under another name and then renamed, so that a reader never sees an incomplete file.
  const draft = join(folder, `.${build}.${process.pid}.wasm`);
  try {
    await compileKernels(draft, build);
    const bytes = readFileSync(draft);
    const broken = brokenRules(bytes);
    if (broken.length > 0) throw new Error(`kernel build ${build} ${broken.join("; ")}`);
    renameSync(draft, join(folder, `${build}.wasm`));
    writeFileSync(draft, inlined(build, bytes));
    renameSync(draft, join(folder, `${build}.js`));
    writeFileSync(join(folder, `${build}.d.ts`), declarations);
  } finally {
    rmSync(draft, { force: true });
    rmSync(`${draft}.wat`, { force: true });
  }
}

/**
 * Builds kernels in parallel, one process per processor.
 * @param {{ folder?: string, only?: string[] }} [options]
 * @throws {Error} if a compiler fails or a build breaks a rule
 */
export async function buildKernels({ folder = "dist/kernels", only = [...builds, "generator"] } = {}) {
  const unknown = only.find((build) => build !== "generator" && !builds.includes(build));
  if (unknown) throw new RangeError(`build-kernels: build must be one of ${builds.join(", ")}, found ${unknown}`);
  const path = resolve(root, folder);
  mkdirSync(path, { recursive: true });
  const queue = [...only];
  const work = async () => {
    for (let build = queue.shift(); build; build = queue.shift()) await buildOne(path, build);
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), queue.length) }, work));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, only] = process.argv.slice(2);
  try {
    await buildKernels({ ...(folder && { folder: resolve(folder) }), ...(only && { only: [only] }) });
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = error instanceof ProgramFailed ? error.code : 1;
  }
}
