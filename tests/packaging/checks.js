// What is checked about the package as a whole, beside that it runs: one row each. A check gives a remark, or throws.
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { execute, root } from "../../scripts/host.js";
import * as bundlers from "../hosts/bundlers.js";
import { packageFolder, programs } from "../hosts/programs.js";
import { pack } from "./tarball.js";
import { typeChecks } from "./types.js";

/**
 * @typedef {object} Material
 * @property {string} tarball
 * @property {string} folder an empty one
 * @property {(folder: string) => Promise<void>} install
 * @typedef {object} Check
 * @property {(keyof typeof programs)[]} [programs] that it needs
 * @property {string} [bundler] npm package of tests/hosts that it needs
 * @property {(material: Material) => Promise<string>} run
 */

/** @param {string} path */
const digest = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** What a checkout's build does not begin with. */
const made = /^(node_modules|dist|runs|\.cache|\.git|tests\/hosts\/node_modules)$/;

/** @param {Material} material */
async function identicalBytes({ tarball, folder }) {
  const [again, checkout] = [join(folder, "again"), join(folder, "checkout")];
  cpSync(root, checkout, {
    recursive: true,
    filter: (path) => !made.test(path.slice(root.length + 1).replaceAll("\\", "/")),
  });
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"), "junction");
  await execute("build", process.execPath, ["scripts/prepare.js"], { cwd: checkout, capture: true });
  const second = await pack(again, checkout);
  if (digest(second) !== digest(tarball)) throw new Error(`another build's tarball differs: ${second}`);
  return `SHA-256 ${digest(tarball).slice(0, 16)}…`;
}

/** Most gzipped bytes of what a page loads: the core and one kernel build, in Vite's production build. */
const cap = 160_000;

/** @param {Material} material */
async function size({ folder, install }) {
  await install(folder);
  cpSync(join(folder, "bundled.js"), join(folder, "page.js"));
  await bundlers.viteBuild(folder);
  const files = readdirSync(join(folder, "dist/assets")).map((name) => {
    const bytes = readFileSync(join(folder, "dist/assets", name));
    const kernels = /^(simd|relaxed|wide)(-threads)?-/.test(name);
    // Loaded when a model is saved or exported or trained by a group, or a table or a file of several arrays is read; the loader, where
    // there are no workers: their script has its own.
    const later = /^(csv|exchanges|fit-rows|formats|generator|html|js|loader|npz|ranks|saved-model)-/.test(name);
    return { name, bytes: gzipSync(bytes).length, kernels, later };
  });
  const builds = files.filter(({ kernels }) => kernels).map(({ bytes }) => bytes);
  if (builds.length !== 6) throw new Error(`six chunks of kernels, found ${files.map(({ name }) => name).join(", ")}`);
  // Whatever else is there counts, also what a page takes only where its worker's file is missing.
  const core = files.filter((one) => !one.kernels && !one.later).reduce((sum, { bytes }) => sum + bytes, 0);
  const largest = Math.max(...builds);
  const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const later = files.filter((one) => one.later).reduce((sum, { bytes }) => sum + bytes, 0);
  const found = `core ${kilobytes(core)} + kernels ${kilobytes(largest)} = ${kilobytes(core + largest)} of gzip; on demand ${kilobytes(later)}`;
  if (core + largest > cap) throw new Error(`${found}, more than ${kilobytes(cap)}`);
  return found;
}

/** @param {string} name of a package of tests/hosts @param {string} script within it @param {string[]} args */
async function tool(name, script, args) {
  await execute(name, process.execPath, [join(packageFolder(name) ?? name, script), ...args], { capture: true });
  return "clean";
}

/** @type {Record<string, Check>} */
export const checks = {
  "two builds, two tarballs, the same bytes": { run: identicalBytes },
  "size in a Vite production build": { bundler: "vite", run: size },
  "publint --strict": {
    bundler: "publint",
    run: ({ tarball }) => tool("publint", "src/cli.js", ["run", tarball, "--strict"]),
  },
  "attw, of what npm pack leaves": {
    bundler: "@arethetypeswrong/cli",
    // `engines` asks for a Node whose `require` loads ES modules and which reads `exports`: the rules for older ones,
    // the profile's node10 and that one rule, have nothing to say here.
    run: ({ tarball }) =>
      tool("@arethetypeswrong/cli", "dist/index.js", [
        tarball,
        "--profile",
        "node16",
        "--ignore-rules",
        "cjs-resolves-to-esm",
      ]),
  },
  "deno publish --dry-run, by jsr.json": {
    programs: ["deno"],
    async run() {
      const { program } = /** @type {{ program: string }} */ (programs.deno());
      const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
      await execute("deno publish", program, ["publish", "--dry-run", "--allow-dirty"], { capture: true, env });
      return "clean";
    },
  },
  ...typeChecks,
};
