/** `genloom/single` and `genloom/classic`: the package in one file, as a service worker or a page from a disk has it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../scripts/host.js";

const node = (script: string) =>
  JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: root, encoding: "utf8" }),
  );

test("has all names of genloom/browser, and sequences and tables", () => {
  const { single, browser, sequences, tables } = node(`
    const names = async (path) => Object.keys(await import(path)).sort();
    const single = await import("genloom/single");
    console.log(JSON.stringify({
      single: Object.keys(single).sort(),
      browser: await names("genloom/browser"),
      sequences: Object.keys(single.sequences).sort().join() === (await names("genloom/sequences")).join(),
      tables: Object.keys(single.tables).sort().join() === (await names("genloom/tables")).join(),
    }));
  `);
  expect(single).toEqual([...browser, "sequences", "tables"].sort());
  expect({ sequences, tables }).toEqual({ sequences: true, tables: true });
});

test("trains where there are no workers, with the weights of Node", () => {
  const { weights, info } = node(`
    const train = async ({ createRuntime, datasets, gan, layers: L }) => {
      const runtime = await createRuntime({ deterministic: true, wide: true });
      const model = gan({ latent: 4, generator: L.dense(2), discriminator: L.dense(1) });
      const { weightHash } = await model.train(runtime, datasets.ring({ count: 100 }), { steps: 20 }).done;
      await runtime.close();
      return { weightHash, info: runtime.info };
    };
    const [one, other] = [await train(await import("genloom/single")), await train(await import("genloom"))];
    console.log(JSON.stringify({ weights: one.weightHash === other.weightHash, info: one.info }));
  `);
  expect(weights).toBe(true);
  expect(info).toMatchObject({ host: "browser", build: "simd", lanes: 1 });
  expect(info.reasons.join()).toMatch(/one lane only: this scope cannot start workers/);
});

test("the classic script sets a global variable, whose type TypeScript knows", () => {
  const names = node(`await import("genloom/classic"); console.log(JSON.stringify(Object.keys(genloom)));`);
  expect(names).toContain("createRuntime");
  const folder = mkdtempSync(join(tmpdir(), "genloom-classic-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules/genloom"), "junction");
    const program = `/// <reference types="genloom/classic" />
const runtime = genloom.createRuntime({ threads: 1 });
runtime.then((one) => one.close());
genloom.tables.readTable satisfies Function;
// @ts-expect-error: no such name
genloom.nothing;
`;
    writeFileSync(join(folder, "page.ts"), program);
    const compilerOptions = { module: "nodenext", lib: ["es2023", "dom"], types: [], noEmit: true, strict: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["page.ts"] }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const run = () => execFileSync(process.execPath, [tsc, "--project", folder], { encoding: "utf8", stdio: "pipe" });
    expect(run()).toBe("");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
