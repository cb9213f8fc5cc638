/** Machines with label units: energies and probabilities against sums over all states, sampling, saving, resuming. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, load, rbm, type Rbm, type Runtime, schedules, sgd } from "#binding";
import { streamed } from "#src/data/stream";
import type { Dataset } from "#src/data/index";
import { annealedLogPartition, reverseLogPartition } from "#src/models/rbm/annealing";
import { exactLogPartition } from "#src/models/rbm/exact-partition";
import { logLikelihood, pseudoLikelihood } from "#src/models/rbm/scores";
import type { TrainedRbm } from "#src/models/rbm/trained-rbm";
import type { Checkpoint } from "#src/train/checkpoint";
import type { TrainingData } from "#src/data/training-data";
import { Training, type TrainOptions } from "#src/train/training";

let runtime: Runtime;
let three: Runtime;
beforeAll(async () => {
  [runtime, three] = await Promise.all([createRuntime({ threads: 1 }), createRuntime({ threads: 3 })]);
});
afterAll(async () => {
  await runtime.close();
  await three.close();
});

/** 2 x 3 bars: label 0 for rows, 1 for columns. */
const bars = () => datasets.bars({ size: [2, 3] });
const make = (options: Partial<Parameters<typeof rbm>[0]> = {}) =>
  rbm({ hidden: 12, classes: 2, sweeps: 10, optimizer: sgd(0.1), ...options });

const falling = () => make({ optimizer: sgd(schedules.linear(0.2, { steps: 4000, to: 0.001 })) });

async function trained(options: Partial<TrainOptions> = {}, family: Rbm = falling()): Promise<TrainedRbm> {
  const training = family.train(runtime, bars(), { steps: 4000, batchSize: 10, seed: 2, ...options });
  await training.done;
  return training.model;
}

/** -F(v, y) of every class in f64, from the parameters. */
function classEnergies(
  { weights, visibleBias, hiddenBias, labelWeights, labelBias }: Awaited<ReturnType<TrainedRbm["parameters"]>>,
  v: ArrayLike<number>,
): number[] {
  const hidden = hiddenBias.length;
  return Array.from(labelBias ?? [], (bias, y) => {
    let total = bias;
    for (let i = 0; i < v.length; i++) total += v[i] * visibleBias[i];
    for (let j = 0; j < hidden; j++) {
      let input = hiddenBias[j] + (labelWeights?.[y * hidden + j] ?? Number.NaN);
      for (let i = 0; i < v.length; i++) input += v[i] * weights[i * hidden + j];
      total += Math.log1p(Math.exp(input));
    }
    return total;
  });
}

const logSum = (values: readonly number[]) => {
  const top = Math.max(...values);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
};

const states = Array.from({ length: 64 }, (_, state) => Array.from({ length: 6 }, (_, i) => (state >> i) & 1));

describe("a machine trained on labelled bars", () => {
  let model: TrainedRbm;
  let energies: number[][];
  beforeAll(async () => {
    model = await trained();
    const parameters = await model.parameters();
    energies = states.map((v) => classEnergies(parameters, v));
  });

  test("has the exact log Z of the sum over all states, and estimates from both sides", async () => {
    const logZ = logSum(energies.flat());
    expect(await exactLogPartition(model)).toBeCloseTo(logZ, 4);
    const { logZ: below, standardError } = await annealedLogPartition(model, { temperatures: 2000, seed: 1 });
    expect(Math.abs(below - logZ)).toBeLessThan(4 * standardError + 0.02);
    const above = await reverseLogPartition(model, { temperatures: 2000, burnIn: 2000, seed: 1 });
    expect(Math.abs(above.logZ - logZ)).toBeLessThan(0.3);
  });

  test("classifies by the exact conditional probabilities", async () => {
    const { data, shape } = await model.classify(states.flat());
    expect(shape).toEqual([64, 2]);
    for (const [i, of] of energies.entries())
      for (const y of [0, 1]) expect(data[2 * i + y]).toBeCloseTo(Math.exp(of[y] - logSum(of)), 4);
    const { labels } = bars();
    const found = await model.classify(bars());
    const right = [...(labels as Int32Array)].filter((label, i) => found.data[2 * i + label] > 0.5).length;
    // The empty and the full image are of both.
    expect(right).toBeGreaterThanOrEqual(8);
  });

  test("scores: of any class, or of the classes that are given", async () => {
    const { data } = await model.score(states.flat());
    const given = await model.score(states.flat(), { labels: 1 });
    for (const [i, of] of energies.entries()) {
      expect(data[i]).toBeCloseTo(-logSum(of), 3);
      expect(given.data[i]).toBeCloseTo(-of[1], 3);
    }
    const logZ = await exactLogPartition(model);
    const { mean } = await logLikelihood(model, bars(), logZ);
    // 10 patterns: the best possible is -log 10 = -2.30, and uniform over 64 states -4.16.
    expect(mean).toBeGreaterThan(-2.6);
    expect((await pseudoLikelihood(model, bars())).mean).toBeLessThan(0);
  });

  test("samples have the distribution of the class that is asked for", async () => {
    for (const label of [0, 1]) {
      const count = 2000;
      const { data } = await model.sample(count, { labels: label, seed: 3, burnIn: 100 });
      const total = logSum(energies.map((of) => of[label]));
      const seen = new Array<number>(64).fill(0);
      for (let i = 0; i < count; i++)
        seen[data.subarray(6 * i, 6 * i + 6).reduce((state, bit, at) => state + bit * 2 ** at, 0)]++;
      for (const [state, of] of energies.entries()) {
        const p = Math.exp(of[label] - total);
        expect(Math.abs(seen[state] - count * p), `class ${label}, state ${state}`).toBeLessThan(
          5 * Math.sqrt(count * p * (1 - p)) + 3,
        );
      }
    }
  });

  test("chains are held at their classes; sample, generate, inpaint, reconstruct and transform take classes", async () => {
    const chained = await model.sample(40, { chains: 4, thinning: 5, burnIn: 50, labels: [0, 1, 0, 1], seed: 1 });
    const own = await model.sample(40, { chains: 4, thinning: 5, burnIn: 50, labels: 0, seed: 1 });
    const chain = (values: Float32Array, one: number) =>
      Array.from({ length: 10 }, (_, i) => [...values.subarray(6 * (4 * i + one), 6 * (4 * i + one) + 6)]);
    expect(chain(own.data, 0)).toEqual(chain(chained.data, 0));
    expect(chain(own.data, 1)).not.toEqual(chain(chained.data, 1));
    await expect(model.sample(4, { chains: 4, labels: [0, 1] })).rejects.toThrow(
      "sample: chains: labels must be one class, or 4, found 2",
    );
    expect((await model.sample(4, { chains: 4 })).shape).toEqual([4, 2, 3, 1]);
    expect((await model.generate(states[5], { labels: 1, burnIn: 3 })).shape).toEqual([1, 2, 3, 1]);
    // A row is known to be [1, 0, 0]: of a bar that is no bar, of a stripe the other row is the same.
    const known = [1, 1, 1, 0, 0, 0];
    const filled = await model.inpaint([1, 0, 0, 0, 0, 0], known, { labels: 1, sweeps: 300 });
    expect([...filled.data].map(Math.round)).toEqual([1, 0, 0, 1, 0, 0]);
    const [a, b] = [await model.transform(states[9], { labels: 0 }), await model.transform(states[9], { labels: 1 })];
    expect([...a.data]).not.toEqual([...b.data]);
    expect((await model.reconstruct(bars())).shape).toEqual([10, 2, 3, 1]);
    await expect(model.transform(states[9])).rejects.toThrow(
      "transform: this model has classes, and the records have no",
    );
  });
});

/** The bars, read during training in blocks of few steps. */
function behind({ records, labels, name, count, shape }: Dataset): TrainingData {
  const read = async (indices: Int32Array) =>
    Uint8Array.from({ length: 6 * indices.length }, (_, i) => records[6 * indices[Math.floor(i / 6)] + (i % 6)]);
  return streamed({
    ...{ name, count, shape, classes: 2, extent: [0, 1], range: [0, 1], bufferBytes: 500, stream: { read } },
    ...(labels && { labels }),
  });
}

describe.each([false, true])("persistent: %s", (persistent) => {
  const family = () => make({ persistent, sweeps: 2 });
  const hashOf = async (on: Runtime, data: TrainingData, options: Partial<TrainOptions> = {}) =>
    (await new Training(family(), on, data, { steps: 11, batchSize: 6, seed: 3, ...options }).done).weightHash;

  test("lanes, streamed data and a resumed training give the same bits", async () => {
    const whole = await hashOf(runtime, bars());
    expect(await hashOf(three, bars())).toBe(whole);
    expect(await hashOf(runtime, behind(bars()))).toBe(whole);
    let checkpoint: Checkpoint | undefined;
    const onCheckpoint = async (one: Checkpoint) => {
      if (one.step === 4) checkpoint = one;
    };
    await hashOf(runtime, bars(), { onCheckpoint, checkpointEvery: 4 });
    if (!checkpoint) throw new Error("no checkpoint of step 4");
    expect(await hashOf(runtime, bars(), { resume: structuredClone(checkpoint) })).toBe(whole);
  });

  test("a saved machine has the same samples and probabilities", async () => {
    const model = await trained({ steps: 5 }, family());
    const again = await load(three, await model.save(), { kind: "rbm" });
    const bits = ({ data }: { data: Float32Array }) => [...new Int32Array(data.slice().buffer)];
    for (const options of [{ seed: 1 }, { labels: 1, first: 250 }, { chains: 3, thinning: 2 }])
      expect(bits(await again.sample(9, { burnIn: 5, ...options }))).toEqual(
        bits(await model.sample(9, { burnIn: 5, ...options })),
      );
    expect(bits(await again.classify(bars()))).toEqual(bits(await model.classify(bars())));
  });
});

test("a machine without label units does not classify", async () => {
  const plain = rbm({ hidden: 2 }).trained(runtime, [2]);
  await expect(plain.classify([0, 1], { untrained: true })).rejects.toThrow(
    "classify: this machine has no label units",
  );
});
