/** GANs of tokens: what the networks see, samples, files and exports, lanes and resumed trainings. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adam, createRuntime, datasets, familyFrom, gan, layers as L, load, penalties, type Runtime } from "#binding";
import { js } from "#src/export/js";
import { exportWasm } from "#src/export/wasm";
import { evaluate } from "#src/graph/reference";
import { literal } from "#src/ops/literal";
import { tokenImages } from "#src/models/gan/token-images";
import type { Checkpoint } from "#src/train/checkpoint";
import type { TrainOptions } from "#src/train/training";
import { imported } from "../export/imported.js";

const vocabulary = 4;
const length = 5;

/** Records whose tokens count up from any first one: four of 1,024 possible records. */
const records = Array.from({ length: 240 }, (_, i) => Array.from({ length }, (_, at) => (i + at) % vocabulary));
const labels = Int32Array.from(records, ([first]) => first % 2);
const data = datasets.tokens({ name: "counts", records, vocabulary, labels });
const known = new Set(records.map((record) => record.join()));

const optimizer = () => adam(2e-3, { beta1: 0, beta2: 0.99 });
const modelOf = (options: object = {}, { hard = false, classes }: { hard?: boolean; classes?: number } = {}) =>
  gan({
    latent: 4,
    tokens: tokenImages({ vocabulary }),
    generator: L.sequential(
      ...(classes ? [L.joinLabel(classes, 4)] : []),
      ...[L.dense(32), L.leakyRelu(), L.dense(32), L.leakyRelu()],
      ...[L.dense(length * vocabulary), L.reshape(length, vocabulary), L.gumbelSoftmax({ hard })],
    ),
    discriminator: L.sequential(
      ...[L.flatten(), L.dense(32), L.leakyRelu(), L.dense(32), L.leakyRelu()],
      classes ? L.projection(classes) : L.dense(1),
    ),
    penalties: [penalties.r1(0.1)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: 0.99,
    ...(classes && { classes }),
    ...options,
  });

const rowsOf = (values: ArrayLike<number>) =>
  Array.from({ length: values.length / length }, (_, i) =>
    Array.from({ length }, (_, at) => values[i * length + at]).join(),
  );

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 2, deterministic: true });
});
afterAll(() => runtime.close());

const trained = async (steps = 40, model = modelOf()) => {
  const run = model.train(runtime, data, { steps, batchSize: 32, seed: 4 });
  await run.done;
  return run.model;
};

describe("images of tokens", () => {
  const images = tokenImages({ vocabulary: 3, smoothing: 0.3 });
  test("are one-hot, smoothed if asked, and give the tokens back", () => {
    const tokens = literal([2, 0], [1, 2]);
    expect([...evaluate([tokenImages({ vocabulary: 3 }).of(tokens)])[0]]).toEqual([0, 0, 1, 1, 0, 0]);
    const smooth = [...evaluate([images.of(tokens)])[0]];
    for (const [i, weight] of [0.1, 0.1, 0.8, 0.8, 0.1, 0.1].entries()) expect(smooth[i]).toBeCloseTo(weight, 6);
    expect([...evaluate([images.records(images.of(tokens))])[0]]).toEqual([2, 0]);
  });
});

describe.each([false, true])("hard: %s", (hard) => {
  test("learns the records: most samples are among them, of all kinds", async () => {
    const model = await trained(4000, modelOf({ penalties: [penalties.r1(0.5)] }, { hard }));
    const samples = await model.sample(400, { seed: 1 });
    expect(samples.shape).toEqual([400, length]);
    const right = rowsOf(samples.data).filter((row) => known.has(row));
    expect(right.length).toBeGreaterThan(320);
    expect(new Set(right).size).toBe(vocabulary);
  });
});

test("a sample is a function of its latents; walks between latents give tokens", async () => {
  const model = await trained();
  const latents = Float32Array.from({ length: 3 * 4 }, (_, i) => ((i * 37) % 19) / 9 - 1);
  const once = await model.generate(latents, { seed: 1 });
  expect((await model.generate(latents, { seed: 2 })).data).toEqual(once.data);
  for (const token of once.data) expect([0, 1, 2, 3]).toContain(token);
  const walk = await model.interpolate(latents.subarray(0, 4), latents.subarray(4, 8), { steps: 5 });
  expect(walk.shape).toEqual([5, length]);
  expect([...walk.data.subarray(0, length)]).toEqual([...once.data.subarray(0, length)]);
  expect([...walk.data.subarray(4 * length)]).toEqual([...once.data.subarray(length, 2 * length)]);
  const all = await model.sample(70, { seed: 8 });
  expect((await model.sample(3, { seed: 8, first: 66 })).data).toEqual(all.data.slice(66 * length, 69 * length));
});

test("scores are the discriminator's logits of one-hot images", async () => {
  const model = await trained();
  const scores = await model.score(data.records.subarray(0, 4 * length));
  const shown = await model.score(Float32Array.from(data.records.subarray(0, 4 * length)));
  expect(scores.shape).toEqual([4]);
  expect(scores.data).toEqual(shown.data);
  expect(new Set(scores.data).size).toBe(4);
});

test("conditional: samples of a class begin with its tokens", async () => {
  const model = await trained(1500, modelOf({}, { classes: 2 }));
  for (const label of [0, 1]) {
    const { data: drawn } = await model.sample(100, { labels: label, seed: 3 });
    const right = Array.from({ length: 100 }, (_, i) => drawn[i * length] % 2).filter((parity) => parity === label);
    expect(right.length).toBeGreaterThan(75);
  }
});

test("saved and loaded models, and other lanes, give the same samples", async () => {
  const model = await trained();
  const bytes = await model.save();
  const drawn = await model.sample(40, { seed: 3 });
  for (const threads of [1, 3]) {
    const other = await createRuntime({ threads, deterministic: true });
    const again = await load(other, bytes, { kind: "gan" });
    expect((await again.sample(40, { seed: 3 })).data).toEqual(drawn.data);
    await other.close();
  }
});

test("a description makes an equal model, and a training goes on with the same bits", async () => {
  const model = modelOf({ tokens: tokenImages({ vocabulary, smoothing: 0.1 }) });
  expect(familyFrom(JSON.parse(JSON.stringify(model.config))).config).toEqual(model.config);
  const hashOf = async (options: Partial<TrainOptions> = {}) =>
    (await modelOf().train(runtime, data, { steps: 9, batchSize: 16, seed: 3, ...options }).done).weightHash;
  const whole = await hashOf();
  let checkpoint: Checkpoint | undefined;
  const onCheckpoint = async (one: Checkpoint) => {
    if (one.step === 4) checkpoint = one;
  };
  await hashOf({ onCheckpoint, checkpointEvery: 4 });
  if (!checkpoint) throw new Error("no checkpoint of step 4");
  expect(await hashOf({ resume: structuredClone(checkpoint) })).toBe(whole);
});

test("the exported module has the samples and scores of the model", async () => {
  const model = await trained();
  const { bytes, description } = await exportWasm(model, { score: true });
  const { generate, decode, score } = await imported(js(bytes, description));
  expect((await generate(20, { seed: 9, first: 250 })).data).toEqual(
    (await model.sample(20, { seed: 9, first: 250 })).data,
  );
  const latents = Float32Array.from({ length: 8 }, (_, i) => i / 4 - 1);
  expect((await decode(latents)).data).toEqual((await model.generate(latents)).data);
  const some = Float32Array.from(data.records.subarray(0, 3 * length));
  expect(await score(some)).toEqual((await model.score(some)).data);
});

test.each<[string, () => unknown, RegExp]>([
  ["values", () => modelOf().accept(datasets.ring({ count: 10 })), /records of ring must be tokens/],
  [
    "another vocabulary",
    () => modelOf().accept(datasets.tokens({ records: [[1, 2]], vocabulary: 9 })),
    /vocabulary of tokens must be 9, as that of tokens, found 4/,
  ],
  ["records with several axes", () => modelOf().init([5, 4]), /must have shape \[length\], found \[5, 4\]/],
  ["a generator of another length", () => modelOf().init([6]), /shape \[6, 4\] like the data, found \[5, 4\]/],
  ["a vocabulary of one", () => tokenImages({ vocabulary: 1 }), /vocabulary/],
  ["a smoothing of 1", () => tokenImages({ vocabulary, smoothing: 1 }), /smoothing/],
])("%s are refused", (_, act, message) => {
  expect(act).toThrow(message);
});
