/** `genloom export`: the files of each format, what is said of them, and what is refused. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { createRuntime, load } from "#binding";
import { document, expectFailure, freshFolder, genloom, quick } from "./genloom.js";

const folder = freshFolder();
const at = { cwd: folder };
const inFolder = (...path: string[]) => join(folder, ...path);
const bytesOf = (...path: string[]) => readFileSync(inFolder(...path));

interface Module {
  readonly memory: WebAssembly.Memory;
  generate(seedLow: number, seedHigh: number, first: number, count: number, label: number): number;
  score?(count: number): number;
}
const started = async (file: string): Promise<Module> => {
  const { instance } = await WebAssembly.instantiate(bytesOf(file));
  return instance.exports as unknown as Module;
};

/** Samples 2 to 4 of seed 1, as the command line writes them. */
let wanted: Buffer;

beforeAll(async () => {
  const ring = ["train", "gan", ...quick, "--steps", "8", "--save-every", "4", "--keep", "9"];
  await document([...ring, "--out", "ring"], at);
  await document(
    ["sample", "ring", "--deterministic", "--seed", "1", "--first", "2", "--count", "3", "--out", "s.npy"],
    at,
  );
  wanted = bytesOf("s.npy").subarray(-3 * 2 * 4);
  writeFileSync(inFolder("people.csv"), "age,size\n20,1.5\n30,1.6\n40,1.8\n50,1.7\n");
  await document(
    ["train", "vae", "--data", "people.csv", "--preset", "points", "--steps", "3", "--threads", "1", "--out", "people"],
    at,
  );
});

describe("wasm", () => {
  test("is the default; the file has the samples of `genloom sample --deterministic`, and no imports", async () => {
    const found = await document(["export", "ring"], at);
    expect(Object.keys(found).sort()).toEqual(["bytes", "file", "format", "parts"]);
    expect([found.format, found.file, found.bytes]).toEqual([
      "wasm",
      "generator.wasm",
      bytesOf("generator.wasm").length,
    ]);
    expect(Object.keys(found.parts).sort()).toEqual(["kernels", "programs", "weights"]);
    const { kernels, programs, weights } = found.parts;
    expect(found.bytes).toBeGreaterThan(kernels + programs);
    expect(found.bytes - kernels - programs - weights).toBeLessThan(4096); // the rest: description, names, headers
    expect(WebAssembly.Module.imports(new WebAssembly.Module(bytesOf("generator.wasm")))).toEqual([]);
    const { memory, generate } = await started("generator.wasm");
    const address = generate(1, 0, 2, 3, -1);
    expect(Buffer.from(memory.buffer, address, wanted.length).equals(wanted)).toBe(true);
  });

  test("a run, its checkpoint and its saved model give the same file; --step gives another", async () => {
    await document(["export", "ring", "--format", "safetensors", "--out", "ring.safetensors"], at);
    const sources = ["ring", join("ring", "checkpoints", "step-00000008.safetensors"), "ring.safetensors"];
    for (const [i, source] of sources.entries()) await document(["export", source, "--out", `same-${i}.wasm`], at);
    for (const i of [1, 2]) expect(bytesOf(`same-${i}.wasm`).equals(bytesOf("same-0.wasm"))).toBe(true);
    await document(["export", "ring", "--step", "4", "--out", "four.wasm"], at);
    expect(bytesOf("four.wasm").equals(bytesOf("same-0.wasm"))).toBe(false);
  });

  test("--limit bounds a call; --score adds the score, and what only it needs", async () => {
    const plain = await document(["export", "ring", "--limit", "5", "--out", "few.wasm"], at);
    const few = await started("few.wasm");
    expect([few.generate(1, 0, 0, 5, -1) > 0, few.generate(1, 0, 0, 6, -1), few.score]).toEqual([true, 0, undefined]);
    const scoring = await document(["export", "ring", "--limit", "5", "--score", "--out", "score.wasm"], at);
    expect(scoring.parts.weights).toBeGreaterThan(plain.parts.weights);
    expect((await started("score.wasm")).score).toBeInstanceOf(Function);
  });
});

describe("js", () => {
  test("is a folder, with the module inside of it or beside it", async () => {
    const inline = await document(["export", "people", "--format", "js", "--out", "inline"], at);
    expect(Object.keys(inline).sort()).toEqual(["bytes", "file", "files", "format", "parts"]);
    expect(inline).toMatchObject({
      file: "inline",
      files: ["generator.js", "generator.d.ts"].map((name) => join("inline", name)),
    });
    await document(["export", "people", "--format", "js", "--separate", "--out", join("new", "apart")], at);
    expect(readdirSync(inFolder("new", "apart")).sort()).toEqual(["generator.d.ts", "generator.js", "generator.wasm"]);
    const use = (path: string) => {
      const address = JSON.stringify(pathToFileURL(inFolder(path, "generator.js")).href);
      const code = `const { generate } = await import(${address}); console.log(JSON.stringify([...(await generate(2, { seed: 3 })).data]))`;
      return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" }));
    };
    const { samples } = await document(["sample", "people", "--deterministic", "--seed", "3", "--count", "2"], at);
    expect(use("inline")).toEqual(samples.flat());
    expect(use(join("new", "apart"))).toEqual(samples.flat());
  });
});

test("html: one page with the title that is given, for points and tables alike", async () => {
  for (const run of ["ring", "people"]) {
    const found = await document(["export", run, "--format", "html", "--title", "A <b>", "--out", `${run}.html`], at);
    expect(Object.keys(found).sort()).toEqual(["bytes", "file", "format", "parts"]);
    const page = bytesOf(`${run}.html`).toString("utf8");
    expect(/<title>.*<\/title>/.exec(page)?.[0]).toBe("<title>A &#60;b&#62;</title>");
    expect(/(src|href)="https?:/.test(page)).toBe(false);
  }
});

test("safetensors: the saved model", async () => {
  const found = await document(["export", "people", "--format", "safetensors"], at);
  expect(Object.keys(found).sort()).toEqual(["bytes", "file", "format"]);
  const runtime = await createRuntime({ threads: 1 });
  const model = await load(runtime, inFolder("model.safetensors"));
  expect(Buffer.from(await model.save()).equals(bytesOf("model.safetensors"))).toBe(true);
  expect(model.data.range.columns?.map(({ name }) => name)).toEqual(["age", "size"]);
  await runtime.close();
});

test("paths go to stdout, sizes to stderr", async () => {
  const { stdout, stderr, code } = await genloom(["export", "ring", "--format", "js", "--out", "said"], at);
  expect([code, stdout]).toEqual([0, `${join("said", "generator.js")}\n${join("said", "generator.d.ts")}\n`]);
  expect(stderr).toMatch(/^\d+ bytes \(kernels \d+, programs \d+, weights \d+\)\n$/);
  expect((await genloom(["export", "ring", "--quiet", "--out", "said.wasm"], at)).stderr).toBe("");
});

describe("refuses", () => {
  test.each<readonly [args: readonly string[], error: RegExp, hint: RegExp]>([
    [["--format", "onnx"], /'onnx' is invalid. Allowed choices are wasm, js, html, safetensors/, /./],
    [["--separate"], /--separate must be used with --format js, found wasm/, /leave out --separate/],
    [["--format", "js", "--title", "x"], /--title must be used with --format html, found js/, /leave out/],
    [["--format", "safetensors", "--limit", "5"], /--limit must be used with --format wasm, js, html/, /leave out/],
    [["--format", "safetensors", "--score"], /--score must be used with --format wasm, js, html/, /leave out/],
    [["--limit", "0"], /'0' is invalid. It must be an integer >= 1/, /./],
    [["--limit", "2000000000"], /limit must be an integer >= 1 and <= \d+, found 2000000000/, /export --help/],
    [["--out", ""], /path that is not empty/, /./],
    [
      ["--out", "ring.safetensors"],
      /must end in \.wasm with --format wasm, found ring\.safetensors/,
      /--format safetensors/,
    ],
    [["--out", "page.html"], /must end in \.wasm with --format wasm, found page\.html/, /--format html/],
    [["--format", "js", "--out", "new.js"], /--out must be a folder with --format js, found new\.js/, /generator\.js/],
  ])("%j", async (args, error, hint) => {
    expectFailure(await genloom(["export", "ring", ...args], at), 2, error, hint);
    expect(existsSync(inFolder("new.js"))).toBe(false);
  });

  test("a model that is missing or damaged", async () => {
    await document(["export", "ring", "--format", "safetensors", "--out", "bad.safetensors"], at);
    const bytes = bytesOf("bad.safetensors");
    bytes[bytes.length - 9] ^= 1;
    writeFileSync(inFolder("bad.safetensors"), bytes);
    writeFileSync(inFolder("cut.safetensors"), bytes.subarray(0, 500));
    const bad = async (source: string, error: RegExp, hint: RegExp) =>
      expectFailure(await genloom(["export", source, "--out", "never.wasm"], at), 3, error, hint);
    await bad("nowhere", /nowhere: no such file or directory/, /check the path/);
    await bad("bad.safetensors", /bad\.safetensors: corrupt/, /restore the file/);
    await bad("cut.safetensors", /cut\.safetensors: truncated/, /copy the file again/);
    await bad(".", /\.: not a run/, /a run is the folder/);
    expect(existsSync(inFolder("never.wasm"))).toBe(false);
    expectFailure(await genloom(["export", "ring", "--step", "5"], at), 3, /ring: no checkpoint of step 5/, /0, 4, 8/);
  });

  test("a run that has nothing but its initial values, unless they are asked for", async () => {
    cpSync(inFolder("ring"), inFolder("begun"), { recursive: true });
    for (const step of [4, 8]) rmSync(inFolder("begun", "checkpoints", `step-0000000${step}.safetensors`));
    for (const format of ["wasm", "safetensors"])
      expectFailure(
        await genloom(["export", "begun", "--format", format], at),
        4,
        /begun: nothing was learned: its only checkpoint is of step 0/,
        /--step 0/,
      );
    expect((await document(["export", "begun", "--step", "0", "--out", "begun.wasm"], at)).bytes).toBeGreaterThan(0);
  });

  test("an output that cannot be written, and leaves what is there", async () => {
    mkdirSync(inFolder("folder.wasm"));
    writeFileSync(inFolder("file"), "kept");
    const bad = async (args: readonly string[], error: RegExp) =>
      expectFailure(await genloom(["export", "ring", ...args], at), 3, error, /./);
    await bad(["--out", "folder.wasm"], /folder\.wasm: there is a folder where a file is needed/);
    await bad(["--out", join("missing", "one.wasm")], /no such folder/);
    await bad(["--format", "js", "--out", "file"], /file: there is a file where a folder is needed/);
    expect(bytesOf("file").toString()).toBe("kept");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test.skipIf(process.platform === "win32")("a pipe or a device, whose place no file takes", async () => {
    execFileSync("mkfifo", [inFolder("pipe")]);
    const error = /pipe: a device, pipe or socket, not a file/;
    expectFailure(await genloom(["export", "ring", "--out", "pipe"], at), 3, error, /choose another name/);
  });
});
