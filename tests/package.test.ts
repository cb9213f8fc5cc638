// The package as it ships: kernel builds, entry points, lockfile, and what a tarball holds.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { buildKernels, builds } from "../scripts/build-kernels.js";
import { root } from "../scripts/host.js";
import { brokenRules, outlineOf } from "../scripts/wasm-sections.js";
import { policy } from "./packaging/policy.js";

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const json = (path: string) => JSON.parse(read(path));
const digest = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

describe.each(builds)("kernel build %s", (build) => {
  const bytes = readFileSync(join(root, `dist/kernels/${build}.wasm`));

  test("has no data segment, imports memory alone, exports run, resume, serve and describe", () => {
    expect(outlineOf(bytes).imports).toEqual(["env.memory memory"]);
    expect(outlineOf(bytes).exports.sort()).toEqual([
      "describe function",
      "resume function",
      "run function",
      "serve function",
    ]);
    expect(outlineOf(bytes).sections).not.toContain("data");
    expect(brokenRules(bytes)).toEqual([]);
  });

  test("is inlined byte for byte", async () => {
    const inlined = await import(join(root, `dist/kernels/${build}.js`));
    expect(inlined.size).toBe(bytes.length);
    expect(inflateRawSync(Buffer.from(inlined.bytes, "base64")).equals(bytes)).toBe(true);
  });
});

test("a module with a data segment or a further export is refused", () => {
  // (module (memory (export "m") 1) (data (i32.const 0) "x")), by hand.
  const memory = [5, 3, 1, 0, 1];
  const exported = [7, 5, 1, 1, 0x6d, 2, 0];
  const data = [11, 7, 1, 0, 0x41, 0, 0x0b, 1, 0x78];
  const module = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...memory, ...exported, ...data]);
  expect(WebAssembly.validate(module)).toBe(true);
  expect(outlineOf(module)).toEqual({ sections: ["memory", "export", "data"], imports: [], exports: ["m memory"] });
  expect(brokenRules(module).join("\n")).toMatch(/data segment[\s\S]*import only env\.memory[\s\S]*exports: m memory/);
  expect(() => outlineOf(new TextEncoder().encode("<!doctype html>"))).toThrow(/not a WebAssembly module/);
});

test("two builds give identical bytes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "genloom-kernels-"));
  try {
    await buildKernels({ folder, only: ["simd"] });
    for (const file of ["simd.wasm", "simd.js", "simd.d.ts"]) {
      expect(digest(join(folder, file)), file).toBe(digest(join(root, "dist/kernels", file)));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every entry point and program of package.json is a file", () => {
  const { exports, bin, main, browser, types } = json("package.json");
  const paths = (value: unknown): string[] =>
    typeof value === "string" ? [value] : Object.values(value as object).flatMap(paths);
  const files = [...paths(exports), ...paths(bin), main, browser, types].flatMap((path) =>
    path.includes("*") ? builds.map((build) => path.replace("*", build)) : path,
  );
  const missing = files.filter((path) => !existsSync(join(root, path)));
  expect(missing).toEqual([]);
});

test.each([
  ["import", ["--input-type=module", "--eval", 'import * as all from "genloom"; console.log(Object.keys(all).length)']],
  ["require", ["--eval", 'console.log(Object.keys(require("genloom")).length)']],
])("the package gives its names to %s", (_, args) => {
  expect(
    Number(execFileSync(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] })),
  ).toBeGreaterThan(50);
});

test.each(["genloom", "genloom/node", "genloom/files", "genloom/sequences", "genloom/tables"])(
  "import and require of %s give one instance, with the names that a bundler sees",
  (entry) => {
    const program = `
      const { join } = require("node:path");
      import(${JSON.stringify(entry)}).then(async (imported) => {
        const required = require(${JSON.stringify(entry)});
        const module = require("./package.json").exports[${JSON.stringify(entry.replace("genloom", "."))}];
        const bundled = await import("./" + join(".", module.node?.module ?? module.module));
        const names = (one) => Object.keys(one).sort().join();
        if (names(required) !== names(imported)) throw new Error("names: " + names(required));
        if (names(bundled) !== names(imported)) throw new Error("names: " + names(bundled));
        for (const name of Object.keys(imported))
          if (imported[name] !== required[name]) throw new Error(name + " is there twice");
        console.log(Object.keys(imported).length);
      });`;
    const args = ["--unhandled-rejections=strict", "--eval", program];
    expect(Number(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }))).toBeGreaterThan(3);
  },
);

test("entry points share their classes in Node", () => {
  const program = `
    import { readSafetensors } from "genloom";
    import { readTable } from "genloom/tables";
    const errorOf = (task) => { try { task(); } catch (error) { return error; } };
    const errors = [errorOf(() => readSafetensors(new Uint8Array(3))), errorOf(() => readTable(new Uint8Array(0), { name: "a.csv" }))];
    console.log(errors[0].name, errors[0].constructor === errors[1].constructor);`;
  const args = ["--input-type=module", "--eval", program];
  expect(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" })).toBe("BadFileError true\n");
});

test("what older resolvers read of package.json says what exports says", () => {
  const { exports, typesVersions, main, browser, types } = json("package.json");
  // For pages the bundle: such resolvers (Parcel's) do not find what the package's dependencies export either.
  expect([main, browser]).toEqual([exports["."].node.require, exports["./bundle"].default]);
  expect(types).toBe(exports["."].types.default);
  const subpaths = Object.entries<{ types: string | { default: string } }>(exports)
    .filter(([name, value]) => name !== "." && typeof value === "object")
    .map(([name, value]) => [name.slice(2), [typeof value.types === "string" ? value.types : value.types.default]]);
  expect(typesVersions).toEqual({ "*": Object.fromEntries(subpaths) });
});

test("runs on Node 20.19 and newer, and vitest is one that does too", () => {
  expect(json("package.json").engines.node).toBe(">=20.19");
  expect(json("node_modules/vitest/package.json").version).toMatch(/^4\.1\./);
});

test("the lockfile names no registry host and pins every package by its hash", () => {
  const { packages } = json("package-lock.json");
  expect(read("package-lock.json")).not.toMatch(/"resolved"/);
  const unpinned = Object.keys(packages).filter((path) => path !== "" && !packages[path].integrity);
  expect(unpinned).toEqual([]);
  expect(read(".npmrc")).toContain("omit-lockfile-registry-resolved=true");
});

test("a tarball holds the compiled package, the licence and nothing of the workshop", () => {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const printed = execFileSync(npm, ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
  });
  const files: string[] = JSON.parse(printed)[0].files.map((file: { path: string }) => file.path);
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "package.json", "dist/assembly/opcode.js"]));
  expect(files).toEqual(expect.arrayContaining(builds.map((build) => `dist/kernels/${build}.wasm`)));
  const allowed = /^(dist\/(src|bindings|assembly|kernels|browser|export|node)\/.+|README\.md|LICENSE|package\.json)$/;
  expect(files.filter((path) => !allowed.test(path))).toEqual([]);
});

test("jsr.json says what package.json says", () => {
  const [jsr, npm] = [json("jsr.json"), json("package.json")];
  expect(jsr.version).toBe(npm.version);
  expect(jsr.license).toBe(npm.license);
  const loader = "@assemblyscript/loader";
  expect(jsr.imports[loader]).toBe(`npm:${loader}@${npm.dependencies[loader]}`);
  for (const path of Object.values<string>(jsr.exports)) {
    const module = read(path);
    const [, types] = /^\/\* @ts-self-types="\.\/(.+?)" \*\/ /.exec(module) ?? [];
    expect(existsSync(join(root, dirname(path), `${types}`)), path).toBe(true);
  }
});

test("what the guide shows of bundlers and policies is what the fixtures run", () => {
  const [guide, hosts] = [read("docs/guide.md"), read("docs/hosts.md")];
  const fixtures = ["tests/packaging/app", "tests/frameworks/fixtures"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => read(`${folder}/${name}`)),
  );
  const snippets = [guide, hosts].map((text) =>
    [...text.matchAll(/```javascript\n([\s\S]*?)```/g)].map(([, code]) => code),
  );
  expect(snippets.map((codes) => codes.length > 0)).toEqual([true, true]);
  expect(snippets.flat().filter((code) => !fixtures.some((fixture) => fixture.includes(`${code}`)))).toEqual([]);
  expect(guide).toContain(`Content-Security-Policy: ${policy()}\n`);
});
