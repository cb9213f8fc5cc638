/**
 * The export `js`: an ES module around an exported generator, in this process, in other hosts, through bundlers and
 * TypeScript. Hosts that are missing are skipped and named.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { decodePng } from "#src/data/formats/read-png";
import { js } from "#src/export/js";
import { serveFiles } from "../../scripts/file-server.js";
import { root } from "../../scripts/host.js";
import { packageFolder, programs } from "../hosts/programs.js";
import { chromiumHere, launchChromium, skipUnless, startWorkerd } from "./hosts.js";
import { expected, noLabels, type StandIn, standIn } from "./stand-in.js";

const run = promisify(execFile);

/** Names that would end a string, a comment or a script if they were not escaped. */
const names = ["zero", '</script><b>"`$' + "{x}*/\u2028é", "two"];
const digits: StandIn = { shape: [6, 5, 1], range: [0, 1], classNames: names, latent: 4, limit: 10, scores: true };
const { wasm, description } = standIn(digits);

let folder: string;
let copies = 0;
beforeAll(async () => {
  await mkdir(join(root, ".cache"), { recursive: true });
  folder = await mkdtemp(join(root, ".cache/export-js-"));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Writes the files of an export into a folder of its own. */
async function written(options?: Parameters<typeof js>[2], of = { wasm, description }): Promise<string> {
  const place = join(folder, `${copies++}`);
  await mkdir(place);
  for (const [name, content] of Object.entries(js(of.wasm, of.description, options)))
    await writeFile(join(place, name), content);
  await writeFile(join(place, "package.json"), '{ "type": "module" }');
  return place;
}

const imported = async (place: string) => import(pathToFileURL(join(place, "generator.js")).href);

describe.each(["inline", "separate"] as const)("wasm %s", (place) => {
  test("generates the samples that were asked for, in as many calls as the module needs", async () => {
    const { generate } = await imported(await written({ wasm: place }));
    const seed = 2 ** 40 + 3;
    const { data, shape } = await generate(25, { seed, first: 4, label: names[1] });
    expect(shape).toEqual([25, 6, 5, 1]);
    for (let i = 0; i < 25; i++)
      expect(data.slice(i * 30, (i + 1) * 30)).toEqual(expected(digits, { seed, index: 4 + i, label: 1 }));
    expect((await generate()).data).toEqual(expected(digits, { index: 0 }));
  });
});

describe("the module", async () => {
  const generator = await (async () => {
    await mkdir(join(root, ".cache"), { recursive: true });
    const place = await mkdtemp(join(root, ".cache/export-js-"));
    await writeFile(join(place, "generator.mjs"), js(wasm, description)["generator.js"]);
    try {
      return await import(pathToFileURL(join(place, "generator.mjs")).href);
    } finally {
      await rm(place, { recursive: true });
    }
  })();

  test("decodes latents, and walks between two", async () => {
    const latents = Float32Array.from({ length: 4 * 23 }, (_, i) => i / 100);
    const { data, shape } = await generator.decode(latents);
    expect(shape).toEqual([23, 6, 5, 1]);
    for (let i = 0; i < 23; i++)
      for (let e = 0; e < 30; e++) expect(data[i * 30 + e]).toBe(latents[i * 4 + ((e % 30) % 4)]);
    const path = await generator.interpolate([0, 0, 0, 0], [1, 2, 3, 4], { steps: 3 });
    expect([...path.data.slice(30, 34)]).toEqual([0.5, 1, 1.5, 2]);
  });

  test("gives the latents of its samples", async () => {
    const seed = 2 ** 33 + 5;
    const { data, shape } = await generator.latents(13, { seed, first: 2 });
    expect(shape).toEqual([13, 4]);
    expect([...data]).toEqual(
      Array.from({ length: 52 }, (_, i) => ((31 * 5 + 17 * 2 + 7 * (2 + (i >> 2)) + (i & 3)) % 8) - 4),
    );
  });

  test("scores records", async () => {
    const records = Float32Array.from({ length: 30 * 12 }, (_, i) => i / 10);
    expect(await generator.score(records)).toEqual(records.filter((_, i) => i % 30 === 0));
  });

  test("describes itself as its module does", () => expect(generator.describe()).toEqual(description));

  test("makes images and PNG files of samples", async () => {
    const { data, shape } = await generator.generate(3, { seed: 5 });
    const grey = (value: number) => Math.min(255, Math.max(0, Math.floor(value * 255 + 0.5)));
    const one = generator.toImageData({ data: data.slice(0, 30), shape: [1, 6, 5, 1] });
    expect([one.width, one.height]).toEqual([5, 6]);
    expect([...one.data]).toEqual([...data.slice(0, 30)].flatMap((v) => [grey(v), grey(v), grey(v), 255]));
    const png = decodePng(await generator.toPng({ data, shape }, { columns: 2, zoom: 2, gap: 1 }));
    expect([png.width, png.height, png.channels]).toEqual([2 * 10 + 1, 2 * 12 + 1, 1]);
    // Sample 2 stands at the left of the second row, each of its pixels twice in both directions.
    for (let y = 0; y < 12; y++)
      for (let x = 0; x < 10; x++)
        expect(png.data[(13 + y) * 21 + x]).toBe(grey(data[60 + Math.floor(y / 2) * 5 + Math.floor(x / 2)]));
    expect(png.data[10]).toBe(128);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ["count", () => generator.generate(0), /^generate: count must be an integer >= 1 and <= \d+, found 0$/],
    ["seed", () => generator.generate(1, { seed: 0.5 }), /^generate: seed must be an integer from 0 to 2\^53 - 1/],
    ["first", () => generator.generate(1, { first: -1 }), /^generate: first must be an integer >= 0/],
    [
      "end of the sequence",
      () => generator.generate(2, { first: 2 ** 31 - 2 }),
      /^generate: first must .* <= 2147483645/,
    ],
    ["option", () => generator.generate(1, { sead: 1 }), /^generate: unknown option "sead"; did you mean "seed"\?/],
    [
      "label's name",
      () => generator.generate(1, { label: "on" }),
      /^generate: label must be one of "zero".*found "on"$/s,
    ],
    [
      "label as an integer of 32 bits",
      () => generator.generate(1, { label: 2 ** 32 - 1 }),
      /^generate: label must be an integer >= -1 and <= 2147483647, found 4294967295$/,
    ],
    ["label of the module", () => generator.generate(1, { label: 3 }), new RegExp(`^${noLabels}$`)],
    ["number of latents", () => generator.latents(0), /^latents: count must be an integer >= 1/],
    [
      "records",
      () => generator.score(new Float32Array(31)),
      /^score: records must have 30 values each, found 31 values$/,
    ],
    ["latents", () => generator.decode([1, 2, 3]), /^decode: latents must have 4 values each, found 3 values$/],
    [
      "list of latents",
      () => generator.decode(undefined as never),
      /^decode: latents must be an array of numbers, found/,
    ],
    ["list of records", () => generator.score(5 as never), /^score: records must be an array of numbers, found 5$/],
    [
      "end of a walk",
      () => generator.interpolate(undefined as never, [1, 2, 3, 4]),
      /^interpolate: a latent must be an array of numbers, found undefined$/,
    ],
    ["latent values", () => generator.decode([1, 2, NaN, 4]), /^decode: latents must be finite, found NaN at index 2$/],
    [
      "ends of a walk",
      () => generator.interpolate([1], [1, 2, 3, 4]),
      /^interpolate: a latent must have 4 finite values/,
    ],
    [
      "zoom",
      () => generator.toPng({ data: [], shape: [1, 6, 5] }, { zoom: 0 }),
      /^sheet: zoom must be an integer >= 1/,
    ],
    [
      "images",
      () => generator.toPng({ data: [], shape: [1, 6] }),
      /^sheet: images must have shape .*, found \[1, 6\]$/,
    ],
  ])("refuses a wrong %s", async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
});

test("the bytes must be those of the same module", async () => {
  const place = await written({ wasm: "separate" });
  const other = standIn({ shape: [2], latent: 2 });
  await writeFile(join(place, "generator.wasm"), other.wasm);
  const { generate, load, GeneratorError } = await imported(place);
  await expect(generate()).rejects.toThrow(
    `load: the module must have hash ${description.hash}, found ${other.description.hash}`,
  );
  await expect(load(new Uint8Array(8))).rejects.toBeInstanceOf(GeneratorError);
  await expect(load(await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])))).rejects.toThrow(
    "generator: the module does not export memory, generate, error, describe",
  );
  await expect(load(standIn({ ...digits, version: 2 }).wasm)).rejects.toThrow(
    "generator: the module must be a genloom-generator of version 1, found genloom-generator 2 of genloom 0.1.0",
  );
  vi.stubGlobal("Uint16Array", { of: (value: number) => ({ buffer: Uint8Array.of(value >> 8, value & 255).buffer }) });
  await expect(load(wasm)).rejects.toThrow("generator: the host's byte order must be little-endian, found big-endian");
  vi.unstubAllGlobals();
  // What failed leaves nothing behind.
  await load(await WebAssembly.compile(wasm as BufferSource));
  expect((await generate()).data).toEqual(expected(digits, { index: 0 }));
});

test("a generator without latents says so", async () => {
  const place = await written({}, standIn({ shape: [3], codec: "table" }));
  const { decode, latents, score, toPng } = await imported(place);
  await expect(decode([1])).rejects.toThrow("decode: this generator has no latents to decode");
  await expect(latents()).rejects.toThrow("latents: this generator has no latents");
  await expect(score([1, 2, 3])).rejects.toThrow("score: this generator scores no records");
  await expect(toPng({ data: [1, 2, 3], shape: [1, 3] })).rejects.toThrow("sheet: images must have shape");
  expect(await readFile(join(place, "generator.d.ts"), "utf8")).not.toMatch(/decode|interpolate|latents|score|toPng/);
});

test("the types are those of the generator", async () => {
  const place = await written();
  await writeFile(
    join(place, "use.ts"),
    `import { decode, describe, generate, interpolate, latents, load, score, toImageData, toPng, GeneratorError } from "./generator.js";
const { data, shape } = await generate(2, { seed: 1, first: 3, label: ${JSON.stringify(names[1])} });
const exact: readonly [number, 6, 5, 1] = shape;
const all: Float32Array[] = [data, (await decode(new Float32Array(4))).data, (await interpolate([0], [1], { steps: 2 })).data];
const drawn: readonly [number, 4] = (await latents(3, { seed: 1 })).shape;
const png: Uint8Array = await toPng({ data, shape }, { zoom: 2 });
new ImageData(toImageData({ data, shape }).data, 5, 6);
await load(new Uint8Array(8));
console.log(exact, all, drawn, (await score(data))[0] + 1, png, describe().records.range[1] - 1, new GeneratorError("x").message);
// @ts-expect-error: no such class
await generate(1, { label: "three" });
// @ts-expect-error: three axes
const wrong: readonly [number, 6, 5] = shape;
`,
  );
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const settings = ["--noEmit", "--strict", "--target", "es2023", "--lib", "es2023,dom", "--module", "nodenext"];
  const { stdout } = await run(process.execPath, [compiler, ...settings, "--types", "", "--ignoreConfig", "use.ts"], {
    cwd: place,
  }).catch(({ stdout }) => ({ stdout }));
  expect(stdout).toBe("");
});

test("a bundle holds only what is used, and nothing runs on import", async () => {
  const { rolldown } = await import("rolldown");
  const place = await written();
  const bundle = async (code: string) => {
    await writeFile(join(place, "entry.js"), code);
    const made = await rolldown({ input: join(place, "entry.js") });
    const { output } = await made.generate({ format: "esm" });
    await made.close();
    return output[0].code;
  };
  const bytes = js(wasm, description)["generator.js"].match(/return "([A-Za-z0-9+/=]+)"/)?.[1] ?? "none";
  expect(bytes.length).toBeGreaterThan(500);
  // Packages say so by `sideEffects: false`; here nothing does, and still all of it can go.
  expect((await bundle('import "./generator.js";')).replace(/\/\/.*/g, "").trim()).toBe("");
  const described = await bundle('import { describe } from "./generator.js"; console.log(describe());');
  expect(described).not.toContain(bytes);
  expect(described).not.toContain("WebAssembly");
  const generated = await bundle('import { generate } from "./generator.js"; console.log(await generate());');
  expect(generated).toContain(bytes);
  expect(generated).not.toContain("CompressionStream");
});

/** Prints what a host makes of the exports, to be compared. */
const program = `import { decode, generate, toPng } from "./generator.js";
const samples = await generate(12, { seed: 7, label: 2 });
const { length } = await toPng(samples);
console.log(JSON.stringify({ data: [...samples.data], decoded: [...(await decode([1, 2, 3, 4])).data], png: length > 60 }));
`;

const wanted = {
  data: Array.from({ length: 12 }, (_, index) => [...expected(digits, { seed: 7, index, label: 2 })]).flat(),
  decoded: Array.from({ length: 30 }, (_, e) => 1 + (e % 4)),
  png: true,
};

describe.each<[string, string | undefined, string[]]>([
  ["Node, this one", process.execPath, []],
  ["Node, current", programs.node()?.program, []],
  ["Deno", programs.deno()?.program, ["run", "--no-prompt", "--allow-read=."]],
  ["Bun", programs.bun()?.program, []],
])("%s", (name, host, args) => {
  test.skipIf(skipUnless(host)).each(["inline", "separate"] as const)(`runs it, wasm %s`, async (wasm) => {
    expect(host, `${name} is missing`).toBeDefined();
    const place = await written({ wasm });
    await writeFile(join(place, "program.js"), program);
    const env = { ...process.env, DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
    const { stdout } = await run(host as string, [...args, "program.js"], { cwd: place, env, maxBuffer: 2 ** 24 });
    expect(JSON.parse(stdout)).toEqual(wanted);
  });
});

describe("Vite and Chromium", () => {
  const here = packageFolder("vite") && chromiumHere;
  // Files of less than 4 kB become a part of the code.
  const large = standIn({ ...digits, classNames: Array.from({ length: 300 }, (_, i) => `class number ${i}`) });

  test.skipIf(skipUnless(here))("run what the bundler makes of both", async () => {
    expect(here, "Vite or Chromium is missing").toBeTruthy();
    const { viteBuild } = await import("../hosts/bundlers.js");
    const places = { inline: await written({}, large), separate: await written({ wasm: "separate" }, large) };
    const browser = await launchChromium();
    try {
      for (const [name, place] of Object.entries(places)) {
        await writeFile(join(place, "index.html"), '<!doctype html><script type="module" src="./page.js"></script>');
        await writeFile(join(place, "page.js"), program.replace("console.log(", "(document.title = "));
        await viteBuild(place);
        const assets = await readdir(join(place, "dist/assets"));
        expect(assets.some((file) => file.endsWith(".wasm"))).toBe(name === "separate");
        const server = await serveFiles({
          served: /^(?!\.\.)/,
          locate: (path) => ({ file: path || "index.html", folder: join(place, "dist") }),
        });
        const page = await (await browser.newContext()).newPage();
        await page.goto(server.origin);
        await page.waitForFunction("document.title !== ''", undefined, { timeout: 20_000 });
        expect(JSON.parse(await page.title())).toEqual(wanted);
        server.close();
      }
    } finally {
      await browser.close();
    }
  });
});

describe("workerd", () => {
  const host = programs.workerd();

  test.skipIf(skipUnless(host))("runs it with an imported module, and says what is needed without", async () => {
    expect(host, "workerd is missing").toBeDefined();
    const place = await written({ wasm: "separate" });
    await copyFile(join(await written(), "generator.js"), join(place, "inline.js"));
    await writeFile(
      join(place, "worker.js"),
      `import module from "./generator.wasm";
import { decode, generate, load, toPng } from "./generator.js";
import * as inline from "./inline.js";
export default { async fetch(request) {
  if (request.url.endsWith("inline")) return new Response(await inline.generate().catch((error) => error.message));
  await load(module);
  const samples = await generate(12, { seed: 7, label: 2 });
  const { length } = await toPng(samples);
  return Response.json({ data: [...samples.data], decoded: [...(await decode([1, 2, 3, 4])).data], png: length > 60 });
} };
`,
    );
    const modules = ["worker.js", "generator.js", "inline.js"].map(
      (name) => `(name = "${name}", esModule = embed "${name}")`,
    );
    await writeFile(
      join(place, "config.capnp"),
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2025-01-01",
    modules = [${modules.join(", ")}, (name = "generator.wasm", wasm = embed "generator.wasm")],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
    );
    const { origin, stop } = await startWorkerd(join(place, "config.capnp"));
    try {
      expect(await (await fetch(origin)).json()).toEqual(wanted);
      expect(await (await fetch(`${origin}/inline`)).text()).toMatch(
        /^load: this host does not compile the module: .*use load\(module\)/,
      );
    } finally {
      await stop();
    }
  });
});
