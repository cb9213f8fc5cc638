// The ways in which users take the package: one row each. A row names the programs and npm packages that it needs, and
// trains in a folder where the tarball has been installed.
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { execute } from "../../scripts/host.js";
import { isolation } from "../../scripts/file-server.js";
import * as bundlers from "../hosts/bundlers.js";
import { programs } from "../hosts/programs.js";
import { runBrowser, runProcess } from "../hosts/start.js";
import { withWorkerd } from "../hosts/workerd.js";
import { policy } from "./policy.js";

/**
 * @typedef {object} Workplace
 * @property {string} folder where the package is installed
 * @property {(folder: string, headers: Record<string, string>) => ReturnType<import("./sites.js").Sites["page"]>} serve
 * @typedef {object} Fixture
 * @property {(keyof typeof programs)[]} [programs] that it needs
 * @property {string} [bundler] npm package of tests/hosts that it needs
 * @property {RegExp} [fetches] what the page must have fetched
 * @property {RegExp} [fails] code and hint of the error that it must end with
 * @property {number} [lanes] that the runtime must have
 * @property {(place: Workplace) => Promise<any>} run gives what app/train.js reports
 */

/** A program's path; a fixture runs only where it is there. @param {keyof typeof programs} name */
const path = (name) => programs[name]()?.program ?? name;

/** @param {Parameters<typeof policy>[0]} [sources] */
const protectedBy = (sources) => ({ "content-security-policy": policy(sources) });

/** Workers whose scripts lie beside the page are the page's own. */
const strict = protectedBy();

/** esbuild leaves the worker's script behind: the package starts it from text then. */
const withBlob = protectedBy({ workers: "'self' blob:" });

/**
 * A page in Chromium, from a plain server.
 * @param {string} entry of app/
 * @param {{ build?: (folder: string) => Promise<void>, headers?: Record<string, string> } & Pick<Fixture, "bundler" | "fetches" | "fails">} [options]
 * @returns {Fixture}
 */
const page = (entry, { build, headers = isolation, ...needs } = {}) => ({
  programs: ["chromium"],
  ...needs,
  async run({ folder, serve }) {
    copyFileSync(join(folder, entry), join(folder, "page.js"));
    await build?.(folder);
    return runBrowser("chromium", path("chromium"), serve(build ? join(folder, "dist") : folder, headers));
  },
});

/**
 * A page in Chromium, from Vite's own server.
 * @param {string} entry @param {Pick<Fixture, "fetches" | "fails">} [expected]
 * @returns {Fixture}
 */
const developed = (entry, expected) => ({
  programs: ["chromium"],
  bundler: "vite",
  ...expected,
  async run({ folder, serve }) {
    copyFileSync(join(folder, entry), join(folder, "page.js"));
    const { address: backend, report } = serve(folder, {});
    const { address, close } = await bundlers.viteDev(folder, { backend, headers: isolation });
    try {
      return await runBrowser("chromium", path("chromium"), { address, report });
    } finally {
      await close();
    }
  },
});

const vite = { bundler: "vite", build: bundlers.viteBuild, headers: { ...isolation, ...strict } };
const webpack = { bundler: "webpack", build: bundlers.webpackBuild, headers: { ...isolation, ...strict } };
const esbuild = { bundler: "esbuild", build: bundlers.esbuildBuild, headers: { ...isolation, ...withBlob } };
const wasm = { fetches: /\.wasm$/ };

/** @param {string} program @param {string[]} flags @returns {Fixture} */
const node = (program, ...flags) => ({
  run: ({ folder }) => runProcess(process.execPath, [...flags, program], { cwd: folder }),
});

/** Node's permission model: its flag was experimental in Node 20. */
const permission = process.allowedNodeEnvironmentFlags.has("--permission")
  ? "--permission"
  : "--experimental-permission";

/** Where a bundle or an executable is run: the package is not above it. @param {string} folder */
function elsewhere(folder) {
  const place = `${folder}-elsewhere`;
  mkdirSync(place);
  return place;
}

/** @param {string} program @param {string[]} permissions @returns {Fixture} */
const deno = (program, ...permissions) => ({
  programs: ["deno"],
  run: ({ folder }) =>
    runProcess(path("deno"), ["run", "--no-prompt", "--node-modules-dir=manual", ...permissions, program], {
      cwd: folder,
      env: { DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" },
    }),
});

/** @param {string} program @returns {Fixture} */
const bun = (program) => ({
  programs: ["bun"],
  run: ({ folder }) => runProcess(path("bun"), [program], { cwd: folder }),
});

/**
 * A program of two lanes that Bun has built, away from the package.
 * @param {string} output @param {(built: string) => string[]} command that runs it @param {string[]} flags of `bun build`
 * @returns {Fixture}
 */
const bunBuilt = (output, command, ...flags) => ({
  programs: ["bun"],
  lanes: 2,
  async run({ folder }) {
    const built = join(elsewhere(folder), output);
    const words = ["build", ...flags, "two-lanes.js", "--outfile", built];
    await execute("bun build", path("bun"), words, { cwd: folder, capture: true });
    const [program = "", ...args] = command(built);
    return runProcess(program, args, { cwd: dirname(built) });
  },
});

/** @type {Record<string, Fixture>} */
export const fixtures = {
  "Node, import": node("program.js"),
  "Node, require": node("program.cjs"),
  "Node, files": node("disk.js"),
  "Node, permission model": { ...node("program.js", permission, "--allow-fs-read=*"), lanes: 1 },
  "esbuild, CommonJS for Node": {
    bundler: "esbuild",
    lanes: 2,
    async run({ folder }) {
      const built = join(elsewhere(folder), "server.cjs");
      await bundlers.esbuildCommonJs(join(folder, "two-lanes.js"), built);
      return runProcess(process.execPath, [built], { cwd: dirname(built) });
    },
  },
  "Node, frozen intrinsics": node("program.js", "--frozen-intrinsics"),
  Deno: deno("program.js"),
  "Deno, files": deno("disk.js", "--allow-read=.", "--allow-write=."),
  Bun: bun("program.js"),
  "Bun, files": bun("disk.js"),
  "Bun, build --target=bun": bunBuilt("server.js", (built) => [path("bun"), built], "--target=bun"),
  "Bun, build --compile": bunBuilt("server", (built) => [built], "--compile"),
  workerd: {
    programs: ["workerd"],
    bundler: "esbuild",
    run: ({ folder }) => withWorkerd(path("workerd"), join(folder, "edge.js"), join(folder, "dist"), (get) => get("")),
  },
  "plain server": page("plain.js", { headers: {} }),
  "plain server, isolated": page("plain.js"),
  "plain server, CSP": page("plain.js", { headers: { ...isolation, ...strict } }),
  "plain server, CSP without wasm": page("plain.js", {
    headers: protectedBy({ scripts: "'self'" }),
    fails: /ERR_KERNELS_REFUSED.*'wasm-unsafe-eval'/,
  }),
  "plain server, .wasm": page("plain-wasm.js", { headers: { ...isolation, ...strict }, ...wasm }),
  "Vite, dev": developed("bundled.js"),
  "Vite, dev, .wasm": developed("vite-wasm.js", wasm),
  "Vite, dev, browser-files": developed("files.js", wasm),
  "Vite, build": page("bundled.js", vite),
  "Vite, build, .wasm": page("vite-wasm.js", { ...vite, ...wasm }),
  "Vite, build, browser-files": page("files.js", { ...vite, ...wasm }),
  webpack: page("bundled.js", webpack),
  "webpack, .wasm": page("webpack-wasm.js", { ...webpack, ...wasm }),
  "webpack, browser-files": page("files.js", { ...webpack, ...wasm }),
  esbuild: page("bundled.js", esbuild),
  "esbuild, CSP without blob:": page("bundled.js", {
    ...esbuild,
    headers: strict,
    fails: /ERR_WORKER.*worker-src blob:/,
  }),
  "esbuild, .wasm": page("esbuild-wasm.js", { ...esbuild, ...wasm }),
};
