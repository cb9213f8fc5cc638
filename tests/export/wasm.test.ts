/**
 * The export `wasm`: a module that stands alone, has the bits of `sample` in the plain SIMD build, holds only what its
 * programs reach, and checks what a host asks for. `real.test.ts` has more families, through the export `js`.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import binaryen from "binaryen";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, dcgan, gan, layers as L, type Runtime, rbm, vae } from "#binding";
import { Layout } from "../../assembly/opcode.js";
import { samplesOf } from "#src/train/sampler";
import { exportWasm } from "#src/export/wasm";
import { ownUnits } from "#src/data/scaling";
import { scalingOf } from "#src/train/data-description";
import type { TrainedModel } from "#src/train/trained";
import { outlineOf } from "../../scripts/wasm-sections.js";

let runtime: Runtime;
beforeAll(async () => {
  // The bits of an export are those of the plain SIMD build.
  runtime = await createRuntime({ threads: 2, deterministic: true });
});
afterAll(() => runtime.close());

interface Functions {
  readonly memory: WebAssembly.Memory;
  generate(seedLow: number, seedHigh: number, first: number, count: number, label: number): number;
  latent(seedLow: number, seedHigh: number, first: number, count: number): number;
  decode(count: number): number;
  score(count: number): number;
  inputs(): number;
  error(): number;
  describe(): number;
}

const started = async (bytes: Uint8Array<ArrayBuffer>): Promise<Functions> =>
  (await WebAssembly.instantiate(bytes)).instance.exports as unknown as Functions;

function text({ memory }: Functions, address: number): string {
  const bytes = new Uint8Array(memory.buffer, address);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

const floats = ({ memory }: Functions, address: number, count: number) =>
  new Float32Array(memory.buffer, address, count).slice();

/** Whether two arrays have the same bits. */
const same = (a: Float32Array, b: Float32Array) =>
  Buffer.compare(
    new Uint8Array(a.buffer, a.byteOffset, a.byteLength),
    new Uint8Array(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

const squares = datasets.from({
  records: new Uint8Array(16 * 32 * 32).map((_, i) => (i * 7919) % 251),
  shape: [32, 32, 1],
});

const digits = datasets.digits({ count: 200 });

const mlp = () =>
  gan({
    latent: 64,
    generator: L.sequential(
      L.dense(256),
      L.leakyRelu(),
      L.dense(256),
      L.leakyRelu(),
      L.dense(784),
      L.tanh(),
      L.reshape(28, 28, 1),
    ),
    discriminator: L.sequential(L.flatten(), L.dense(32), L.leakyRelu(), L.dense(1)),
    ema: 0.99,
  });

const models: Readonly<Record<string, { most: number; train(): Promise<TrainedModel> }>> = {
  "a dense GAN": {
    most: 25_000,
    train: async () => trained(mlp().train(runtime, digits, { steps: 2, batchSize: 16, seed: 1 })),
  },
  "dcgan with batch norm": {
    most: 60_000,
    train: async () =>
      trained(
        gan(dcgan({ size: 32, channels: 1, features: 16 })).train(runtime, squares, {
          steps: 2,
          batchSize: 8,
          seed: 1,
        }),
      ),
  },
  "a VAE": {
    most: 30_000,
    train: async () =>
      trained(
        vae({
          latent: 4,
          encoder: L.sequential(L.flatten(), L.dense(32), L.relu(), L.dense(8)),
          decoder: L.sequential(L.dense(32), L.relu(), L.dense(36), L.reshape(6, 6, 1)),
        }).train(runtime, datasets.bars({ size: 6 }), { steps: 2, batchSize: 16, seed: 1 }),
      ),
  },
  "a Boltzmann machine": {
    most: 40_000,
    train: async () =>
      trained(rbm({ hidden: 24 }).train(runtime, datasets.bars({ size: 4 }), { steps: 20, batchSize: 16, seed: 1 })),
  },
};

async function trained<M extends TrainedModel>(training: { done: Promise<unknown>; model: M }): Promise<M> {
  await training.done;
  return training.model;
}

describe.each(Object.entries(models))("%s", (name, { most, train }) => {
  let model: TrainedModel;
  let bytes: Uint8Array<ArrayBuffer>;
  let generator: Functions;
  let size: number;
  beforeAll(async () => {
    model = await train();
    ({ bytes } = await exportWasm(model));
    generator = await started(bytes);
    size = model.shape.reduce((product, length) => product * length, 1);
  });

  test("is one module without imports and start function, of bounded memory", async () => {
    const { sections, imports, exports } = outlineOf(bytes);
    expect(imports).toEqual([]);
    expect(sections).not.toContain("start");
    expect(sections).not.toContain("table");
    expect(exports).toContain("memory memory");
    const module = binaryen.readBinary(bytes);
    const { max } = module.getMemoryInfo();
    module.dispose();
    expect(max).toBeGreaterThan(0);
    expect(max).toBeLessThan(16384);
  });

  test(`holds at most ${most} bytes of code`, async () => {
    const { parts } = await exportWasm(model);
    expect(parts.kernels).toBeLessThanOrEqual(most);
    const weights = parts.weights + parts.programs + parts.kernels;
    expect(bytes.length).toBeGreaterThan(weights);
    expect(bytes.length).toBeLessThan(weights + 8192);
  });

  test("has the samples of `sample` in the data's own units, however many and from wherever", async () => {
    const seed = 5 + 7 * 2 ** 32;
    const drawn = await model.sample(270, { seed });
    const wanted = ownUnits(drawn.data, scalingOf(model.data));
    for (const [first, count] of [
      [0, 270],
      [0, 1],
      [1, 1],
      [17, 3],
      [250, 20],
      [255, 2],
      [3, 80],
    ]) {
      const address = generator.generate(5, 7, first, count, -1);
      expect(address, text(generator, generator.error())).toBeGreaterThan(0);
      const found = floats(generator, address, count * size);
      expect(same(found, wanted.subarray(first * size, (first + count) * size)), `${count} from ${first}`).toBe(true);
    }
    const far = await model.sample(2, { seed: 9, first: 1_000_000 });
    const address = generator.generate(9, 0, 1_000_000, 2, -1);
    expect(floats(generator, address, 2 * size)).toEqual(ownUnits(far.data, scalingOf(model.data)));
  });

  test("decodes the latents of its samples, and others", async () => {
    const { latent } = JSON.parse(text(generator, generator.describe()));
    const room = generator.latent(5, 0, 40, 9);
    const latents = floats(generator, room, 9 * latent);
    const wanted = generator.generate(5, 0, 40, 9, -1);
    const samples = floats(generator, wanted, 9 * size);
    // A Boltzmann machine's chains draw other numbers for other indices.
    if (!name.includes("Boltzmann")) expect(floats(generator, generator.decode(9), 9 * size)).toEqual(samples);
    const generated = ownUnits((await model.generate(latents)).data, scalingOf(model.data));
    new Float32Array(generator.memory.buffer, room, latents.length).set(latents);
    expect(floats(generator, generator.decode(9), 9 * size)).toEqual(generated);
  });

  test("says what is wrong in its own words", () => {
    const { limits } = JSON.parse(text(generator, generator.describe()));
    const limit = limits.count;
    for (const [call, words] of [
      [() => generator.generate(0, 0, 0, 0, -1), `count must be an integer from 1 to ${limit}, found 0`],
      [
        () => generator.generate(0, 0, 0, limit + 1, -1),
        `count must be an integer from 1 to ${limit}, found ${limit + 1}`,
      ],
      [
        () => generator.generate(0, 0, 0, -(2 ** 31), -1),
        `count must be an integer from 1 to ${limit}, found -2147483648`,
      ],
      [
        () => generator.generate(0, 0, -1, 1, -1),
        "first must be an integer >= 0, and first + count below 2147483648, found first -1",
      ],
      [() => generator.generate(0, 0, 2 ** 31 - 1, 1, -1), "found first 2147483647"],
      [() => generator.generate(0, 0, 0, 1, 3), "was not trained with labels, found 3"],
      [() => generator.decode(0), `count must be an integer from 1 to ${limit}, found 0`],
      [() => generator.latent(0, 0, 0, limit + 1), `found ${limit + 1}`],
    ] as const) {
      expect(call()).toBe(0);
      expect(text(generator, generator.error())).toContain(words);
    }
    // It goes on after an error.
    expect(generator.generate(0, 0, 0, 1, -1)).toBeGreaterThan(0);
  });

  test("describes itself", async () => {
    const found = JSON.parse(text(generator, generator.describe()));
    expect(found).toEqual(JSON.parse(JSON.stringify((await exportWasm(model)).description)));
    expect(found.records.shape).toEqual(model.shape);
    expect(Object.keys(generator).sort()).toEqual(["memory", ...found.exports].sort());
  });

  test("equal models give equal bytes", async () => {
    // Buffer.compare: the matcher takes seconds for arrays of this length.
    expect(Buffer.compare((await exportWasm(await train())).bytes, bytes)).toBe(0);
    expect(Buffer.compare(await model.export("wasm"), bytes)).toBe(0);
  });

  test("scores records as the model does", async () => {
    const { bytes: scoring } = await exportWasm(model, { score: true });
    const functions = await started(scoring);
    const records = (await model.sample(11, { seed: 2 })).data;
    const room = functions.inputs();
    new Float32Array(functions.memory.buffer, room, records.length).set(ownUnits(records, scalingOf(model.data)));
    const scores = floats(functions, functions.score(11), 11);
    // Records go to their own units and back.
    const { range } = model.data;
    const back = Float32Array.from(
      ownUnits(records, scalingOf(model.data)),
      (value) => value * range.scale + range.shift,
    );
    expect(scores).toEqual((await model.score(back)).data);
  });
});

test("the discriminator and the encoder stay behind unless a score is asked for", async () => {
  const model = await trained(mlp().train(runtime, digits, { steps: 1, batchSize: 16 }));
  const [plain, scoring] = [await exportWasm(model), await exportWasm(model, { score: true })];
  expect(plain.description.exports).not.toContain("score");
  expect(scoring.description.exports).toContain("score");
  // 784 x 32 + 32 + 32 + 1 numbers of the discriminator, in blocks of 16 bytes.
  expect(scoring.parts.weights - plain.parts.weights).toBeGreaterThanOrEqual(4 * (784 * 32 + 65));
  expect(scoring.parts.weights - plain.parts.weights).toBeLessThan(4 * (784 * 32 + 65) + 64);
  // A machine's free energy needs no weights of its own.
  const machine = await trained(rbm({ hidden: 3 }).train(runtime, datasets.bars({ size: 2 }), { steps: 1 }));
  expect((await exportWasm(machine)).description.exports).toContain("score");
  expect((await exportWasm(machine, { score: false })).description.exports).not.toContain("score");
});

test("programs for many records and for one keep the transformed weights in the same place", async () => {
  const model = await models["dcgan with batch norm"].train();
  const sampler = model.family.sampler(model.shape);
  const build = () => ({ outputs: { samples: samplesOf(sampler, 64) } });
  const { invariant, plan } = runtime.compile(build, { rows: { count: 64, of: 256 } }).compiled();
  const kept = invariant?.kept.bytes ?? 0;
  expect(kept).toBeGreaterThan(500_000);
  const { bytes, parts } = await exportWasm(model);
  const { memory } = await started(bytes);
  const others = Layout.Lanes + Layout.LaneBytes + parts.weights + parts.programs + plan.bytes + 2 * 65536;
  expect(memory.buffer.byteLength).toBeLessThan(others + 1.5 * kept);
});

test("limits, and weights that are not finite", async () => {
  const model = await trained(mlp().train(runtime, digits, { steps: 1, batchSize: 16 }));
  const small = await started((await exportWasm(model, { limit: 3 })).bytes);
  expect(small.generate(0, 0, 0, 3, -1)).toBeGreaterThan(0);
  expect(small.generate(0, 0, 0, 4, -1)).toBe(0);
  await expect(exportWasm(model, { limit: 0 })).rejects.toThrow("export: wasm: limit must be an integer >= 1");
  await expect(exportWasm(model, { limits: 1 } as never)).rejects.toThrow("limits");
  await expect(model.export("onnx" as never)).rejects.toThrow(
    'export: format must be one of wasm, js, html, safetensors, found "onnx"',
  );
  const [weight] = model.family.sampler(model.shape).variables;
  await runtime.write(weight, new Float32Array(weight.size).fill(Number.NaN));
  await expect(model.export("wasm")).rejects.toMatchObject({ code: "ERR_DIVERGED" });
});

test("draws as many latents as a decoder of other rows takes", async () => {
  // 64 rows of 40,000 hidden units do not fit the scratch memory: it decodes fewer rows at once than it draws.
  const wide = gan({
    latent: 2,
    generator: L.sequential(L.dense(40_000), L.relu(), L.dense(2)),
    discriminator: L.dense(1),
  });
  const model = await trained(wide.train(runtime, datasets.ring({ count: 16 }), { steps: 1, batchSize: 4 }));
  const generator = await started((await exportWasm(model)).bytes);
  const wanted = ownUnits((await model.sample(80)).data, scalingOf(model.data));
  for (const count of [1, 5, 20, 31, 40, 63, 64, 80]) {
    const found = floats(generator, generator.generate(0, 0, 0, count, -1), 2 * count);
    expect(same(found, wanted.subarray(0, 2 * count)), `${count}`).toBe(true);
  }
});

test("a limit whose latents do not fit into memory is rejected", async () => {
  const long = gan({ latent: 256, generator: L.dense(2), discriminator: L.dense(1) });
  const model = await trained(long.train(runtime, datasets.ring({ count: 16 }), { steps: 1, batchSize: 4 }));
  const most = 2 ** 20;
  await expect(exportWasm(model, { limit: most + 1 })).rejects.toThrow(`limit must be an integer >= 1 and <= ${most}`);
  const { bytes } = await exportWasm(model, { limit: most });
  const generator = await started(bytes);
  expect(generator.inputs(), text(generator, generator.error())).toBeGreaterThan(0);
});

const interpreter = (() => {
  try {
    execFileSync("wasm-interp", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

/** FNV-1a over 32-bit words. */
const digest = (words: Int32Array) => words.reduce((hash, word) => Math.imul(hash ^ word, 16777619), -2128831035);

describe.skipIf(!interpreter && process.env.CI !== "true")("in WABT's interpreter, a host without JavaScript", () => {
  test.each(Object.entries(models))("%s has the same bits", async (_name, { train }) => {
    const model = await train();
    const { bytes } = await exportWasm(model);
    const count = 2;
    const size = model.shape.reduce((product, length) => product * length, 1);
    const module = binaryen.readBinary(bytes);
    // The interpreter calls functions without parameters only: one that generates and digests is added.
    const { i32 } = binaryen;
    const generate = module.getExport("generate");
    const target = binaryen.getExportInfo(generate).value;
    const [at, left, hash] = [0, 1, 2];
    const step = module.block(null, [
      module.local.set(
        hash,
        module.i32.mul(
          module.i32.xor(module.local.get(hash, i32), module.i32.load(0, 4, module.local.get(at, i32))),
          module.i32.const(16777619),
        ),
      ),
      module.local.set(at, module.i32.add(module.local.get(at, i32), module.i32.const(4))),
      module.local.set(left, module.i32.sub(module.local.get(left, i32), module.i32.const(1))),
      module.br("next", module.local.get(left, i32)),
    ]);
    const call = module.call(
      target,
      [5, 0, 3, count, -1].map((value) => module.i32.const(value)),
      i32,
    );
    const body = module.block(
      null,
      [
        module.local.set(at, call),
        module.local.set(left, module.i32.const(count * size)),
        module.local.set(hash, module.i32.const(-2128831035)),
        module.loop("next", step),
        module.local.get(hash, i32),
      ],
      i32,
    );
    module.addFunction("digest", binaryen.none, i32, [i32, i32, i32], body);
    for (const one of ["generate", "latent", "decode", "score", "inputs", "error", "describe"])
      module.removeExport(one);
    module.addFunctionExport("digest", "digest");
    const folder = mkdtempSync(join(tmpdir(), "genloom-wabt-"));
    try {
      writeFileSync(join(folder, "digest.wasm"), module.emitBinary());
      const printed = execFileSync("wasm-interp", [join(folder, "digest.wasm"), "--run-all-exports"], {
        encoding: "utf8",
      });
      const found = Number(/digest\(\) => i32:(\d+)/.exec(printed)?.[1]);
      const samples = ownUnits((await model.sample(count, { seed: 5, first: 3 })).data, scalingOf(model.data));
      expect(found | 0, printed).toBe(digest(new Int32Array(samples.buffer)));
    } finally {
      module.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
