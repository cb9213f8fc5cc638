/** A loaded model goes on with other data: from its values, with fresh optimizers. */
import { afterAll, describe, expect, test } from "vitest";
import {
  adam,
  createRuntime,
  datasets,
  gan,
  layers as L,
  load,
  normalisedAs,
  objectives,
  rbm,
  schedules,
  standardise,
  vae,
  withRange,
} from "#binding";
import type { HistoryEntry } from "#src/train/checkpoint";
import type { TrainedModel } from "#src/train/trained";
import { families, trainings } from "./models.js";

const runtime = await createRuntime({ threads: 1, deterministic: true });
afterAll(() => runtime.close());

const digits = (seed: number, count = 600) => withRange(datasets.digits({ count, seed }), 0, 1);
const autoencoder = (learningRate = 2e-3) =>
  vae({
    latent: 8,
    encoder: L.sequential(L.flatten(), L.dense(64), L.relu(), L.dense(16)),
    decoder: L.sequential(L.dense(64), L.relu(), L.dense(784), L.reshape(28, 28, 1)),
    objective: objectives.elbo({ klWeight: schedules.linear(0, { to: 1, steps: 200 }) }),
    optimizer: adam(learningRate),
  });

describe("a digits model goes on with 200 other images", () => {
  const meanLoss = (history: readonly HistoryEntry[]) =>
    history.reduce((sum, { losses }) => sum + losses.loss, 0) / history.length;

  test("its losses start where they ended, and fall", async () => {
    const first = autoencoder().train(runtime, digits(1), { steps: 400, batchSize: 32, seed: 1, reportEvery: 1 });
    const { history } = await first.done;
    const [begin, end] = [meanLoss(history.slice(0, 5)), meanLoss(history.slice(-20))];
    const model = await load(runtime, await first.model.save(), { kind: "vae" });
    const other = digits(99, 200);
    const before = (await model.logLikelihood(other, { k: 20 })).logLikelihood;
    const training = model.train(other, { steps: 200, batchSize: 32, seed: 2, reportEvery: 1 });
    const again = (await training.done).history;
    const [start, last] = [meanLoss(again.slice(0, 5)), meanLoss(again.slice(-20))];
    // Within a tenth of what was gained, although the images are others.
    expect(Math.abs(start - end)).toBeLessThan(0.1 * (begin - end));
    expect(last).toBeLessThan(start);
    expect((await model.logLikelihood(other, { k: 20 })).logLikelihood).toBeGreaterThan(before);
    expect((await training.model.sample(2, { seed: 1 })).data).toEqual((await model.sample(2, { seed: 1 })).data);
  });

  test("with a rate of 0 it stays as it was: nothing is drawn again", async () => {
    for (const family of ["gan", "rbm"] as const) {
      const still = { optimizer: adam(0), optimizers: { generator: adam(0), discriminator: adam(0) } };
      const made = {
        gan: () =>
          gan({
            latent: 2,
            generator: L.sequential(L.dense(4), L.reshape(2, 2, 1)),
            discriminator: L.sequential(L.flatten(), L.dense(1)),
            optimizers: still.optimizers,
            ema: 0.5,
          }),
        rbm: () => rbm({ hidden: 3, optimizer: still.optimizer, centring: 0 }),
      }[family]();
      const first = made.train(runtime, datasets.bars({ size: 2 }), { steps: 3, batchSize: 4 });
      await first.done;
      const file = await first.model.save();
      const model: TrainedModel = await load(runtime, file);
      const before = await model.sample(4);
      const other = { ...datasets.bars({ size: 2 }), name: "other" };
      await model.train(other, { steps: 3, batchSize: 4, seed: 9 }).done;
      const { data } = await model.sample(4);
      // Moving averages of equal values may differ in the last bit.
      data.forEach((value, i) => {
        expect(value).toBeCloseTo(before.data[i], 5);
      });
    }
  });
});

test("optimizers are fresh: moments of zeros and steps from 1", async () => {
  const make = () => gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
  const ring = datasets.ring({ count: 64 });
  const first = make().train(runtime, ring, { steps: 5, batchSize: 8 });
  await first.done;
  const model = await load(runtime, await first.model.save());
  const again = model.train(ring, { steps: 1, batchSize: 8 });
  await again.done;
  const { tensors, step } = await again.checkpoint();
  const counts = [...tensors].filter(([name]) => /optimizer\/.*\bstep$/.test(name)).map(([, { data }]) => data[0]);
  expect(step).toBe(1);
  expect(counts.length).toBeGreaterThan(0);
  expect(counts.every((count) => count === 1)).toBe(true);
});

test("goes on from the model in hand as from a file, in every family", async () => {
  for (const family of families) {
    const model = await trainings[family](runtime);
    const loaded = await load(runtime, await model.save());
    const shared = { steps: 3, batchSize: 4, seed: 8 };
    const data = {
      gan: () => datasets.from({ records: new Uint8Array(8 * 64).map((_, i) => i % 256), shape: [8, 8, 1] }),
      vae: async () =>
        normalisedAs(
          await datasets.parse(new TextEncoder().encode("age,income\n33,1500\n60,2000\n"), { name: "two.csv" }),
          model.data,
        ),
      rbm: () => datasets.bars({ size: 2 }),
    }[family];
    const ended = await Promise.all(
      [model, loaded].map(async (one) => (await one.train(await data(), shared).done).weightHash),
    );
    // A persistent chain goes on where the model is still in hand.
    if (family !== "rbm") expect(ended[0]).toBe(ended[1]);
  }
});

test("can be resumed from its checkpoints, with the same bits", async () => {
  const first = autoencoder().train(runtime, digits(1, 64), { steps: 5, batchSize: 16 });
  await first.done;
  const file = await first.model.save();
  const options = { batchSize: 16, seed: 4 };
  const whole = (await load(runtime, file)).train(digits(2, 64), { ...options, steps: 6 });
  const half = (await load(runtime, file)).train(digits(2, 64), { ...options, steps: 3 });
  await half.done;
  const resumed = autoencoder().train(runtime, digits(2, 64), {
    ...options,
    steps: 6,
    resume: await half.checkpoint(),
  });
  expect((await resumed.done).weightHash).toBe((await whole.done).weightHash);
});

describe("errors", () => {
  const trained = async () => {
    const training = autoencoder().train(runtime, digits(1, 64), { steps: 1, batchSize: 16 });
    await training.done;
    return load(runtime, await training.model.save());
  };

  test("records of another shape, other scaling, other columns", async () => {
    const model = await trained();
    const options = { steps: 1 };
    expect(() => model.train(datasets.ring({ count: 9 }), options)).toThrow(
      "train: records must have shape [28, 28, 1] like the model's, found [2]",
    );
    expect(() => model.train(datasets.digits({ count: 9 }), options)).toThrow(
      /^train: the data must be normalised like the model's, as raw \* 0\.0039\d* \+ 0, found raw \* 0\.0078\d* \+ -1; normalisedAs\(data, model\.data\) does it$/,
    );
    expect((await model.train(normalisedAs(datasets.digits({ count: 9 }), model.data), options).done).step).toBe(1);
    const people = await trainings.vae(runtime);
    const other = await datasets.parse(new TextEncoder().encode("age,income\n1,2\n3,5\n"), { name: "other.csv" });
    expect(() => people.train(standardise(other), options)).toThrow(
      /^train: the columns are scaled differently from those of the model's data: column 1; normalisedAs/,
    );
  });

  test("values outside of the likelihood's range", async () => {
    const model = await trained();
    const bright = datasets.from({ records: new Float32Array(784).fill(300), shape: [28, 28, 1] });
    expect(() => model.train(normalisedAs(bright, model.data), { steps: 1 })).toThrow(/must lie in \[0, 1\], found/);
  });

  test("a model without values, a released one, and one that is being trained", async () => {
    const model = autoencoder();
    const empty = model.trained(runtime, [28, 28, 1]);
    await expect(empty.train(digits(1, 9), { steps: 1 }).done).rejects.toMatchObject({
      name: "UsageError",
      message: "train: encoder/1/weight has no value to go on from",
    });
    empty.release();
    expect(() => empty.train(digits(1, 9), { steps: 1 })).toThrow(/was released/);
    const busy = await trained();
    const running = busy.train(digits(1, 64), { steps: 50 });
    const first = running.done;
    await expect(busy.train(digits(1, 64), { steps: 1 }).done).rejects.toMatchObject({ code: "ERR_BUSY" });
    await first;
  });

  test("a checkpoint to resume from", async () => {
    const model = await trained();
    expect(() => model.train(digits(1, 9), { steps: 1, resume: {} as never })).toThrow(
      "train: a trained model goes on from its own values, not from resume",
    );
  });
});

test("a model of a plain shape takes the scaling of its data", async () => {
  const model = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
  const trained = model.trained(runtime, [2]);
  await runtime.initialize(model.variables);
  model.init([2]);
  await runtime.initialize(model.variables);
  const data = datasets.from({ name: "own", records: new Uint8Array(8), shape: [2] });
  const training = trained.train(data, { steps: 1 });
  await training.done;
  expect(training.model.data).toMatchObject({ name: "own", range: { scale: 2 / 255, shift: -1 } });
});
