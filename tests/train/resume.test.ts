/** Checkpoints that a training can resume from, and errors for the others. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adam, createRuntime, datasets, gan, type GanOptions, layers as L, schedules, sgd, withRange } from "#binding";
import type { Runtime } from "#src/host/runtime";
import { type Checkpoint, checkpointVersion } from "#src/train/checkpoint";
import { respan } from "#src/train/respan";
import type { TrainOptions } from "#src/train/training";

let runtime: Runtime;
let saved: Checkpoint;
let whole: string;

const ring = datasets.ring({ count: 200 });
const model = (options: Partial<GanOptions> = {}) =>
  gan({ latent: 2, generator: L.sequential(L.dense(8), L.relu(), L.dense(2)), discriminator: L.dense(1), ...options });
const train = (options: Partial<TrainOptions> = {}, of = model(), data = ring) =>
  of.train(runtime, data, { steps: 30, batchSize: 8, seed: 3, ...options });

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
  whole = (await train().done).weightHash;
  const keep = async (checkpoint: Checkpoint) => {
    saved = checkpoint;
  };
  await train({ steps: 20, onCheckpoint: keep }).done;
});
afterAll(() => runtime.close());

describe("resumes with the same bits", () => {
  test.each([
    ["with the same options", {}],
    ["with seed and batch size of the checkpoint where none are given", { seed: undefined, batchSize: undefined }],
  ])("%s", async (_, options) => {
    const given = Object.fromEntries(
      Object.entries({ steps: 30, batchSize: 8, seed: 3, ...options }).filter(([, value]) => value !== undefined),
    ) as unknown as TrainOptions;
    const { weightHash } = await model().train(runtime, ring, { ...given, resume: saved }).done;
    expect(weightHash).toBe(whole);
  });

  test("after structured cloning, which keeps no classes", async () => {
    expect((await train({ resume: structuredClone(saved) }).done).weightHash).toBe(whole);
  });

  test("with `steps` equal to its step: nothing is trained, and the last losses are known", async () => {
    const { step, losses, interrupted } = await train({ steps: 20, resume: saved }).done;
    expect({ step, losses, interrupted }).toEqual({
      step: 20,
      losses: saved.history.at(-1)?.losses,
      interrupted: false,
    });
  });

  test("from a checkpoint of step 0, which is made on demand and once", async () => {
    const seen = async (options: Partial<TrainOptions>) => {
      const kept: Checkpoint[] = [];
      const onCheckpoint = async (checkpoint: Checkpoint) => void kept.push(checkpoint);
      await train({ onCheckpoint, ...options }).done;
      return kept;
    };
    const steps = (kept: readonly Checkpoint[]) => kept.map(({ step }) => step);
    expect(steps(await seen({}))).toEqual([30]);
    expect(steps(await seen({ checkpointEvery: 20 }))).toEqual([20, 30]);
    const kept = await seen({ checkpointEvery: 20, checkpointFirst: true });
    expect(steps(kept)).toEqual([0, 20, 30]);
    expect(kept[0].history).toEqual([]);
    expect((await train({ resume: kept[0] }).done).weightHash).toBe(whole);
    // Neither twice if nothing is trained, nor again by a resumed training.
    expect(steps(await seen({ checkpointFirst: true, signal: AbortSignal.abort() }))).toEqual([0]);
    expect(steps(await seen({ checkpointFirst: true, resume: kept[1] }))).toEqual([30]);
  });

  test("without the planned number of steps, which is optional", async () => {
    const { version, steps, ...before } = saved;
    expect({ version, steps }).toEqual({ version: checkpointVersion, steps: 20 });
    expect((await train({ resume: { ...before, version } as Checkpoint }).done).weightHash).toBe(whole);
  });
});

describe("refuses", () => {
  const as = (change: object) => ({ resume: { ...saved, ...change } as Checkpoint });
  const cases: Readonly<Record<string, [() => Partial<TrainOptions>, string]>> = {
    "another seed": [() => ({ seed: 4, resume: saved }), "the checkpoint's seed must be 3, found 4"],
    "another batch size": [() => ({ batchSize: 16, resume: saved }), "the checkpoint's batchSize must be 8, found 16"],
    "fewer steps than it has": [
      () => ({ steps: 10, resume: saved }),
      "steps must be >= 20, the checkpoint's step, found 10",
    ],
    "a step of -5": [() => as({ step: -5 }), "the checkpoint's step must be an integer >= 0"],
    "a step of NaN": [() => as({ step: Number.NaN }), "the checkpoint's step must be an integer >= 0"],
    "a step of 1.5": [() => as({ step: 1.5 }), "the checkpoint's step must be an integer >= 0"],
    "a step of text": [() => as({ step: "20" }), 'and <= 9007199254740991, found "20"'],
    "a seed of -1": [() => as({ seed: -1 }), "the checkpoint's seed must be an integer >= 0"],
    "a batch of 0": [() => as({ batchSize: 0 }), "the checkpoint's batchSize must be an integer >= 1, found 0"],
    "a newer version": [() => as({ version: 9 }), `the checkpoint must have version ${checkpointVersion}, found 9`],
    "no version, as the first ones had": [
      () => as({ version: undefined }),
      `the checkpoint must have version ${checkpointVersion}, found 1`,
    ],
    "another family": [() => as({ config: { kind: "vae" } }), `the checkpoint's model must be "gan", found "vae"`],
    "other records": [() => as({ shape: [3] }), "records must have shape [3] like the checkpoint's, found [2]"],
    "another normalisation": [
      () => as({ range: { scale: 2, shift: 0 } }),
      "the data must be normalised like the checkpoint's, as raw * 2 + 0, found raw * 1 + 0",
    ],
  };
  test.each(Object.entries(cases))("%s", (_, [options, message]) => {
    expect(() => train(options())).toThrow(RangeError);
    expect(() => train(options())).toThrow("train: resume: ");
    expect(() => train(options())).toThrow(message);
  });

  const forms: Readonly<Record<string, [() => unknown, string]>> = {
    null: [() => null, "train: resume must be a checkpoint, found null"],
    "a text": [() => "checkpoint", 'train: resume must be a checkpoint, found "checkpoint"'],
    "an empty object": [() => ({}), "the checkpoint's tensors must be a Map, found undefined"],
    "one that went through JSON": [
      () => JSON.parse(JSON.stringify(saved)),
      "the checkpoint's tensors must be a Map, found an object; JSON does not keep a Map; structured cloning does",
    ],
    "tensors of null": [() => ({ ...saved, tensors: null }), "the checkpoint's tensors must be a Map, found null"],
    "a tensor of numbers": [
      () => ({ ...saved, tensors: new Map([["w", [1, 2]]]) }),
      "the checkpoint's tensor w must be { data: a typed array, shape }, found [1, 2]",
    ],
    "a history of null": [
      () => ({ ...saved, history: null }),
      "the checkpoint's history must be an array of { step, losses }, found null",
    ],
    "no range": [() => ({ ...saved, range: undefined }), "the checkpoint must have range, found undefined"],
  };
  test.each(Object.entries(forms))("%s", (_, [resume, message]) => {
    const start = () => train({ resume: resume() as Checkpoint });
    expect(start).toThrow(TypeError);
    expect(start).toThrow(message);
  });

  test.each([
    ["a wider generator", { generator: L.dense(2) }, /^checkpoint: /],
    [
      "another optimizer",
      { optimizers: { generator: sgd(1e-3), discriminator: sgd(1e-3) } },
      /^checkpoint: the model has no variable optimizer\/discriminator\/step, and \d+ more$/,
    ],
    ["averages that it has not", { ema: 0.9 }, /^checkpoint: optimizer\/ema\/step is missing$/],
  ])("%s", async (_, options, message) => {
    await expect(train({ resume: saved }, model(options)).done).rejects.toMatchObject({
      name: "BadFileError",
      message: expect.stringMatching(message),
    });
  });

  test("data in another range", () => {
    const images = datasets.from({ records: Uint8Array.of(0, 9, 8, 255), shape: [2], name: "two" });
    const resume = { ...saved, range: { scale: images.scale, shift: images.shift } };
    expect(() => train({ resume }, model(), withRange(images, 0, 1))).toThrow(
      "the data must be normalised like the checkpoint's, as",
    );
  });
});

describe("a description for another number of steps", () => {
  const optimizerOf = (learningRate: Parameters<typeof adam>[0]) => {
    const one = adam(learningRate);
    return model({ optimizers: { generator: one, discriminator: one } }).config;
  };
  const rate = (config: object) =>
    (config as { optimizers: { generator: { learningRate: object } } }).optimizers.generator.learningRate;
  const { constant, cosine, exponential, linear, warmUp } = schedules;

  test.each([
    ["a cosine to the end", cosine(1, { steps: 200 }), cosine(1, { steps: 2000 })],
    ["a line to the end", linear(1, { steps: 200, to: 0.5 }), linear(1, { steps: 2000, to: 0.5 })],
    ["a rise, then a cosine to the end", warmUp(50, cosine(1, { steps: 150 })), warmUp(50, cosine(1, { steps: 1950 }))],
    ["a cosine that ends earlier", cosine(1, { steps: 100 }), cosine(1, { steps: 100 })],
    ["one without an end", exponential(1, { decay: 0.5, steps: 200 }), exponential(1, { decay: 0.5, steps: 200 })],
    ["a constant", constant(1), constant(1)],
  ])("%s", (_, before, after) => {
    const config = optimizerOf(before);
    const changed = respan(config, 200, 2000);
    expect(rate(changed)).toEqual(after.config);
    // Everything else is unchanged; if nothing changed, it is the same object.
    expect({ ...changed, optimizers: 0 }).toEqual({ ...config, optimizers: 0 });
    if (before.config.kind === after.config.kind && JSON.stringify(before.config) === JSON.stringify(after.config))
      expect(changed).toBe(config);
  });

  test("also adapts the weight of a VAE's divergence", () => {
    const config = {
      kind: "vae",
      objective: { kind: "elbo", klWeight: linear(0, { to: 1, steps: 10 }).config },
    } as const;
    expect(respan(config, 10, 40)).toMatchObject({ objective: { klWeight: { steps: 40 } } });
    expect(respan(config, 20, 40)).toBe(config);
  });
});
