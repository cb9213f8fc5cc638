// Which binding each condition of package.json picks, seen by a bundler, and that all of them export the same names.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { root } from "../../scripts/host.js";

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const picked = {
  workerd: "edge",
  "edge-light": "edge-light",
  deno: "deno",
  bun: "bun",
  node: "node",
  default: "browser",
} as const;

/** The way in which a module is asked for; `module` is a bundler's. */
const ways = ["module", "require"];

/** Bundles `export * from <specifier>`: the modules of dist/bindings that it took, and the names that came out. */
async function bundled(specifier: string, conditions: string[]) {
  const made = await rolldown({
    input: "entry",
    resolve: { conditionNames: conditions },
    external: [/^node:/, /\.wasm(\?module)?$/, /\/kernels\/[a-z-]+\.js$/, /\/browser\/[a-z-]+\.js$/],
    logLevel: "silent",
    plugins: [
      {
        name: "entry",
        // As if it stood in the package itself, which may import itself by name.
        resolveId: (id) => (id === "entry" ? join(root, "entry.js") : null),
        load: (id) => (id === join(root, "entry.js") ? `export * from ${JSON.stringify(specifier)};` : null),
      },
    ],
  });
  const { output } = await made.generate({ format: "esm", codeSplitting: false });
  await made.close();
  const modules = Object.keys(output[0].modules).filter((id) => /\/dist\/(bindings|node)\//.test(id));
  return {
    // Node has a bundle of the whole package.
    bindings: modules.map((id) =>
      id.replace(/^.*\/dist\/bindings\/(.*)\.js$/, "$1").replace(/^.*\/dist\/node\/genloom\.js$/, "node"),
    ),
    files: modules.map((id) => id.slice(id.lastIndexOf("/dist/") + 1)),
    names: output[0].exports,
  };
}

test("package.json names exactly the conditions that are tested here", () => {
  expect(Object.keys(exports["."]).sort()).toEqual(["types", ...ways, ...Object.keys(picked)].sort());
});

test.each(Object.entries(picked))("condition %s picks bindings/%s", async (condition, binding) => {
  const { bindings } = await bundled("genloom", condition === "default" ? [] : [condition]);
  expect(bindings).toContain(binding);
  expect(bindings.filter((other) => Object.values<string>(picked).includes(other))).toEqual([binding]);
});

test.each([
  ["a bundler for Node", ["node", "module"], "dist/bindings/node.js"],
  ["import in Node", ["node", "import"], "dist/node/genloom.cjs"],
  ["require in Node", ["node", "require"], "dist/node/genloom.cjs"],
  ["require in Jest's imitation of a page", ["browser", "require"], "dist/node/genloom.cjs"],
  ["a bundler for pages", ["browser", "module", "require"], "dist/bindings/browser.js"],
  ["import in a page", ["browser", "import"], "dist/bindings/browser.js"],
])("%s takes one build", async (_, conditions, build) => {
  const { files } = await bundled("genloom", conditions);
  expect(files.filter((file) => /bindings\/(node|browser)\.js|genloom\.cjs$/.test(file))).toEqual([build]);
});

test("every binding exports the same names", async () => {
  const { names } = await bundled("genloom/node", []);
  expect(names).toEqual(expect.arrayContaining(["binding", "createRuntime", "matmul", "variable"]));
  for (const host of ["edge", "edge-light", "deno", "bun", "browser", "browser-files"]) {
    expect((await bundled(`genloom/${host}`, [])).names.sort(), host).toEqual([...names].sort());
  }
});

test("edge bindings use no import.meta, no dynamic import and no compiler before they are called", async () => {
  for (const name of ["edge", "edge-light", "edge-host"]) {
    const text = readFileSync(join(root, `dist/bindings/${name}.js`), "utf8");
    expect(text, name).not.toMatch(/import\.meta|import\(|WebAssembly\.(compile|instantiate)/);
  }
});

test("raw kernels and the bundle are subpaths", () => {
  for (const build of ["simd", "simd-threads", "relaxed", "relaxed-threads", "wide", "wide-threads"]) {
    expect(existsSync(new URL(import.meta.resolve(`genloom/kernels/${build}.wasm`)))).toBe(true);
  }
  expect(existsSync(new URL(import.meta.resolve("genloom/bundle")))).toBe(true);
});
