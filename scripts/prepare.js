// Prepares a checkout: packages, kernels, compiled TypeScript. Rebuilds only what is missing or stale and prints a line
// with what and why; prints nothing if all is up to date. Uses only Node, because it runs before packages are
// installed.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildBundles, bundleFiles } from "./build-bundles.js";
import { buildKernels, builds } from "./build-kernels.js";
import { executeNode, executeNpm, ProgramFailed, requireNode, root } from "./host.js";
import { nameDeclarations } from "./name-declarations.js";

const installedStamp = "node_modules/.genloom-lock";
const kernelStamp = "dist/.kernels";
const sourceStamp = "dist/.source";
const bundleStamp = "dist/.bundles";
const incrementalState = "dist/.tsbuildinfo";

/** @param {string} path from the root */
const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "");

/**
 * Why something must be rebuilt: its stamp holds the hash of what it was built from.
 * @param {string} stamp
 * @param {string} wanted
 * @param {string} source
 */
const reason = (stamp, wanted, source) =>
  !read(stamp)
    ? "no finished build yet"
    : read(stamp) !== wanted
      ? `${source} has changed`
      : "files in dist are missing";

/** @param {string} what @param {string} why */
const say = (what, why) => process.stderr.write(`genloom: ${what} (${why})\n`);

/**
 * Files under a folder, sorted, as paths from the root.
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]}
 */
function filesUnder(folder, ending) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesUnder(path, ending) : entry.name.endsWith(ending) ? [path] : [];
    })
    .sort();
}

/**
 * Hash of files' names and contents.
 * @param {string[]} files
 */
function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0${read(file)}\0`);
  return hash.digest("hex");
}

/**
 * Whether node_modules holds what the lockfile asks for, according to npm's record of the installation. Packages for
 * other systems are optional and may be missing.
 */
function installedAgrees() {
  let installed;
  try {
    installed = JSON.parse(read("node_modules/.package-lock.json")).packages;
  } catch {
    return false; // no record, or an invalid one: the installation did not finish
  }
  return Object.entries(JSON.parse(read("package-lock.json")).packages).every(([path, wanted]) => {
    if (path === "") return true;
    if (!installed[path]) return wanted.optional === true;
    return installed[path].integrity === wanted.integrity && existsSync(join(root, path));
  });
}

async function install() {
  const modules = join(root, "node_modules");
  // A linked node_modules belongs to another checkout (git worktrees share one), which maintains it.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const wanted = hashOf(["package-lock.json"]);
  if (read(installedStamp) === wanted) return;
  if (!installedAgrees()) {
    say("installing packages", existsSync(modules) ? "the lockfile has changed" : "node_modules is missing");
    // Building needs development packages, even if NODE_ENV or npm's settings say production.
    await executeNpm(["ci", "--include=dev", "--include=optional", "--ignore-scripts", "--no-audit", "--no-fund"], {
      quiet: true,
    });
  }
  writeFileSync(join(root, installedStamp), wanted);
}

async function kernels() {
  const tools = ["assemblyscript", "binaryen"].map((name) => `node_modules/${name}/package.json`);
  const scripts = ["build-kernels", "build-generator", "hoist-constants", "wasm-sections"].map(
    (name) => `scripts/${name}.js`,
  );
  const wanted = hashOf([...filesUnder("assembly", ".ts"), "asconfig.json", ...scripts, ...tools]);
  const files = ["generator.js", ...builds.flatMap((build) => [`${build}.wasm`, `${build}.js`])];
  const missing = files.some((file) => !read(`dist/kernels/${file}`));
  if (!missing && read(kernelStamp) === wanted) return;
  say("building kernels", reason(kernelStamp, wanted, "assembly/"));
  await buildKernels();
  writeFileSync(join(root, kernelStamp), wanted);
}

/** Files of assembly/ that TypeScript imports too. */
const shared = ["assembly/opcode.ts", "assembly/generator/layout.ts"];

async function source() {
  const sources = [...filesUnder("src", ".ts"), ...filesUnder("bindings", ".ts"), ...shared];
  const settings = ["tsconfig.json", "package.json", "jsr.json", "scripts/name-declarations.js"];
  const wanted = hashOf([...sources, ...settings, "node_modules/typescript/package.json"]);
  const outputs = new Set(
    sources
      .filter((path) => !path.endsWith(".d.ts"))
      .flatMap((path) => [".js", ".js.map", ".d.ts"].map((end) => `dist/${path.replace(/\.ts$/, end)}`)),
  );
  const missing = [...outputs].some((path) => !existsSync(join(root, path)));
  if (!missing && read(sourceStamp) === wanted) return;
  say("compiling TypeScript", reason(sourceStamp, wanted, "src/"));
  mkdirSync(join(root, "dist"), { recursive: true });
  // The compiler's incremental state does not notice that an output was deleted.
  if (missing) rmSync(join(root, incrementalState), { force: true });
  // Outputs of deleted sources would otherwise be shipped.
  for (const folder of ["dist/src", "dist/bindings", "dist/assembly"]) {
    for (const path of filesUnder(folder, "")) if (!outputs.has(path)) rmSync(join(root, path));
  }
  rmSync(join(root, sourceStamp), { force: true });
  await executeNode("node_modules/typescript/bin/tsc", ["--project", "tsconfig.json"]);
  const entries = /** @type {string[]} */ (Object.values(JSON.parse(read("jsr.json")).exports));
  nameDeclarations(
    [...outputs].filter((path) => path.endsWith(".js")),
    entries,
  );
  writeFileSync(join(root, sourceStamp), wanted);
}

async function bundles() {
  const compiled = ["src", "bindings", "assembly"].flatMap((folder) =>
    [".js", ".d.ts"].flatMap((ending) => filesUnder(`dist/${folder}`, ending)),
  );
  const scripts = ["build-bundles", "build-node", "name-declarations"].map((name) => `scripts/${name}.js`);
  const wanted = hashOf([...compiled, ...scripts, "node_modules/rolldown/package.json"]);
  if (bundleFiles.every((path) => existsSync(join(root, path))) && read(bundleStamp) === wanted) return;
  say("bundling", reason(bundleStamp, wanted, "dist/"));
  await buildBundles();
  writeFileSync(join(root, bundleStamp), wanted);
}

/** Installs, builds kernels and compiles, each only if needed. Exits with an error line if one fails. */
export async function ensureReady() {
  requireNode();
  for (const [step, hint] of /** @type {const} */ ([
    [install, "npm ci needs the network or a filled cache, and a package-lock.json that agrees with package.json"],
    [kernels, "the compiler's messages above name the file and line in assembly/"],
    [source, "the compiler's messages above name the file and line"],
    [bundles, "the bundler's messages above name the file"],
  ])) {
    try {
      await step();
    } catch (error) {
      const known = error instanceof ProgramFailed || process.env.DEBUG === undefined;
      process.stderr.write(`error: ${known && error instanceof Error ? error.message : error}\nhint: ${hint}\n`);
      process.exit(error instanceof ProgramFailed && error.code === 130 ? 130 : 1);
    }
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes("--force")) {
    for (const stamp of [kernelStamp, sourceStamp, bundleStamp, incrementalState])
      rmSync(join(root, stamp), { force: true });
  }
  await ensureReady();
}
