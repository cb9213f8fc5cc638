/** Machines of tokens: partition functions, likelihoods and samples against enumeration; completions, files, exports. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adam, createRuntime, datasets, familyFrom, load, rbm, type Runtime, units } from "#binding";
import { js } from "#src/export/js";
import { exportWasm } from "#src/export/wasm";
import { annealedLogPartition, reverseLogPartition } from "#src/models/rbm/annealing";
import { exactLogPartition, exactLogPartitionOf } from "#src/models/rbm/exact-partition";
import { logLikelihood, pseudoLikelihood } from "#src/models/rbm/scores";
import type { TrainedRbm } from "#src/models/rbm/trained-rbm";
import { normals } from "#src/numbers/philox";
import type { Checkpoint } from "#src/train/checkpoint";
import type { TrainOptions } from "#src/train/training";
import { imported } from "../export/imported.js";
import { freeEnergyOf, type PlainMachine } from "./machine-reference.js";

const vocabulary = 3;
const length = 4;

/** Records whose tokens count up from any first one, and one that stays at 2: four of 81. */
const records = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length }, (_, at) => (i % 4 === 3 ? 2 : (i + at) % vocabulary)),
);
const labels = Int32Array.from(records, (_, i) => (i % 4 === 3 ? 1 : 0));
const data = datasets.tokens({ name: "counts", records, vocabulary, labels });

/** All records of a length. */
const everyRecord = (size: number): number[][] =>
  size === 0
    ? [[]]
    : everyRecord(size - 1).flatMap((rest) => Array.from({ length: vocabulary }, (_, one) => [...rest, one]));
const all = everyRecord(length);
const oneHot = (record: readonly number[]) =>
  record.flatMap((token) => Array.from({ length: vocabulary }, (_, k) => (k === token ? 1 : 0)));

const modelOf = (options: object = {}) =>
  rbm({
    hidden: 8,
    units: { visible: units.categorical(vocabulary), hidden: units.bernoulli() },
    sweeps: 5,
    optimizer: adam(0.02),
    ...options,
  });

const logSum = (logs: readonly number[]) => {
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((sum, x) => sum + Math.exp(x - top), 0));
};

/** log Z by its definition: the sum over all records of e^-F. */
const definition = (machine: PlainMachine) => logSum(all.map((record) => -freeEnergyOf(machine, oneHot(record))));

/** log p of all records of a model, by enumeration of all records. */
async function exactLogs(model: TrainedRbm): Promise<number[]> {
  const machine = await model.parameters();
  const z = definition(machine);
  return all.map((record) => -freeEnergyOf(machine, oneHot(record)) - z);
}

const indexOf = (record: ArrayLike<number>) =>
  Array.from(record).reduce((index, token) => index * vocabulary + token, 0);
const rowsOf = (values: Float32Array | Uint8Array) =>
  Array.from({ length: values.length / length }, (_, i) => [...values.subarray(i * length, (i + 1) * length)]);

let runtime: Runtime;
let model: TrainedRbm;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 2, deterministic: true });
  model = await trained(600);
});
afterAll(() => runtime.close());

async function trained(steps: number, options: object = {}): Promise<TrainedRbm> {
  const run = modelOf(options).train(runtime, data, { steps, batchSize: 60, seed: 2 });
  await run.done;
  return run.model;
}

describe("partition function", () => {
  test.each([
    [1, 0.5],
    [3, 2],
    [9, 1],
    [5, 300],
  ])("exactly, %i hidden units, weights of %d", (hidden, deviation) => {
    const draw = (count: number, stream: number) =>
      normals(count, { seed: 7, step: 0, stream }).map((x) => x * deviation);
    const visible = length * vocabulary;
    const machine = { weights: draw(visible * hidden, 1), visibleBias: draw(visible, 2), hiddenBias: draw(hidden, 3) };
    const exact = definition(machine);
    const found = exactLogPartitionOf({ ...machine, categories: vocabulary });
    expect(Math.abs(found - exact)).toBeLessThan(1e-12 * Math.max(1, Math.abs(exact)));
  });

  test("of a trained machine: enumerated, exact, and annealed from both sides", async () => {
    const exact = definition(await model.parameters());
    expect(await exactLogPartition(model)).toBeCloseTo(exact, 9);
    const options = { temperatures: 2000, chains: 100, seed: 3 };
    const below = await annealedLogPartition(model, options);
    const above = await reverseLogPartition(model, options);
    for (const { logZ, standardError } of [below, above]) {
      expect(standardError).toBeGreaterThan(0);
      expect(standardError).toBeLessThan(0.1);
      expect(Math.abs(logZ - exact)).toBeLessThan(4 * standardError + 0.002);
    }
  });

  test("many hidden units are refused", async () => {
    await expect(exactLogPartition(modelOf({ hidden: 26 }).trained(runtime, [length]))).rejects.toThrow(
      /the hidden side must have at most 25 units, found 26/,
    );
  });
});

describe("likelihoods", () => {
  test("those of all records are by definition, and add up to 1", async () => {
    const expected = await exactLogs(model);
    const z = await exactLogPartition(model);
    const energies = await model.freeEnergy(all.flat());
    for (const [i, energy] of energies.entries()) expect(-energy - z).toBeCloseTo(expected[i], 4);
    expect([...energies].reduce((sum, energy) => sum + Math.exp(-energy - z), 0)).toBeCloseTo(1, 5);
    expect((await model.score(all.flat())).data).toEqual(energies);
  });

  test("learns the records: near the entropy of the data", async () => {
    const { mean } = await logLikelihood(model, data, await exactLogPartition(model));
    expect(mean).toBeGreaterThan(-Math.log(4) - 0.35);
    expect(mean).toBeLessThan(-Math.log(4) + 0.01);
  });

  test("the pseudo-likelihood is that of enumeration", async () => {
    const logs = await exactLogs(model);
    const record = [0, 1, 2, 2];
    const own = logs[indexOf(record)];
    const expected = record.reduce((sum, _, at) => {
      const others = Array.from(
        { length: vocabulary },
        (_, k) => logs[indexOf(record.map((t, i) => (i === at ? k : t)))],
      );
      return sum + own - logSum(others);
    }, 0);
    const { mean, standardError } = await pseudoLikelihood(model, Array.from({ length: 4000 }, () => record).flat());
    expect(standardError).toBeGreaterThan(0);
    expect(Math.abs(mean - expected)).toBeLessThan(4 * standardError);
  });
});

describe("samples", () => {
  test("have the probabilities of the machine: chi-squared of 4,000", async () => {
    const count = 4000;
    // Few steps: a machine that mixes fast.
    const early = await trained(40);
    const logs = await exactLogs(early);
    const { data: drawn, shape } = await early.sample(count, { seed: 5 });
    expect(shape).toEqual([count, length]);
    const seen = new Array<number>(all.length).fill(0);
    for (const row of rowsOf(drawn)) seen[indexOf(row)]++;
    const chi = seen.reduce((sum, n, i) => {
      const expected = count * Math.exp(logs[i]);
      return sum + (n - expected) ** 2 / expected;
    }, 0);
    // 80 degrees of freedom: above 134.7 with probability 1e-4.
    expect(chi).toBeLessThan(134.7);
  });

  test("are tokens, also of chains, means and given states", async () => {
    const tokens = (values: Float32Array) => values.every((token) => [0, 1, 2].includes(token));
    expect(tokens((await model.sample(20, { chains: 4, thinning: 10, burnIn: 20 })).data)).toBe(true);
    expect(tokens((await model.sample(20, { means: true })).data)).toBe(true);
    expect(tokens((await model.sample(20, { chains: 2, start: [0, 1, 2, 0, 2, 2, 2, 2], burnIn: 1 })).data)).toBe(true);
    const generated = await model.generate([0, 1, 2, 0, 2, 2, 2, 2], { burnIn: 3 });
    expect(generated.shape).toEqual([2, length]);
    expect(tokens(generated.data)).toBe(true);
    expect((await model.generate([0, 1, 2, 0, 2, 2, 2, 2], { burnIn: 3 })).data).toEqual(generated.data);
    const { data: features, shape } = await model.transform(data);
    expect(shape).toEqual([data.count, 8]);
    expect(features.every((p) => p > 0 && p < 1)).toBe(true);
  });

  test("records go on from their beginning, and gaps are filled", async () => {
    const begun = await model.inpaint([0, 1, 0, 0, 2, 2, 0, 0], [1, 1, 0, 0], { seed: 1 });
    expect(rowsOf(begun.data)).toEqual([
      [0, 1, 2, 0],
      [2, 2, 2, 2],
    ]);
    const gaps = await model.inpaint([1, 0, 0, 1, 2, 0, 0, 2], [1, 0, 0, 1, 1, 0, 0, 1], { seed: 2 });
    expect(rowsOf(gaps.data)[0]).toEqual([1, 2, 0, 1]);
    expect(rowsOf(gaps.data)[1][0]).toBe(2);
    expect(rowsOf((await model.reconstruct([0, 1, 2, 0])).data)).toEqual([[0, 1, 2, 0]]);
  });
});

test("label units: classes of records, samples of a class, exact partition", async () => {
  const joint = await trained(600, { classes: 2 });
  const { data: drawn } = await joint.sample(100, { labels: 1, seed: 3 });
  expect(rowsOf(drawn).filter((row) => row.every((token) => token === 2)).length).toBeGreaterThan(75);
  const { data: probabilities } = await joint.classify([2, 2, 2, 2, 0, 1, 2, 0]);
  expect(probabilities[1]).toBeGreaterThan(0.8);
  expect(probabilities[2]).toBeGreaterThan(0.8);
  const z = await exactLogPartition(joint);
  const energies = await joint.freeEnergy(all.flat());
  expect([...energies].reduce((sum, energy) => sum + Math.exp(-energy - z), 0)).toBeCloseTo(1, 4);
  const { logZ, standardError } = await annealedLogPartition(joint, { temperatures: 2000 });
  expect(Math.abs(logZ - z)).toBeLessThan(4 * standardError + 0.002);
});

test("persistent chains are states of tokens", async () => {
  const persistent = await trained(1500, { persistent: true, optimizer: adam(0.003) });
  const { mean } = await logLikelihood(persistent, data, await exactLogPartition(persistent));
  expect(mean).toBeGreaterThan(-Math.log(4) - 0.5);
});

test("saved and loaded models, other lanes, and the exported module give the same samples", async () => {
  const drawn = await model.sample(40, { seed: 3 });
  const bytes = await model.save();
  for (const threads of [1, 3]) {
    const other = await createRuntime({ threads, deterministic: true });
    const again = await load(other, bytes, { kind: "rbm" });
    expect((await again.sample(40, { seed: 3 })).data).toEqual(drawn.data);
    await other.close();
  }
  const exported = await exportWasm(model, { score: true });
  const { generate, score } = await imported(js(exported.bytes, exported.description));
  expect((await generate(40, { seed: 3 })).data).toEqual(drawn.data);
  const some = Float32Array.from(data.records.subarray(0, 3 * length));
  expect(await score(some)).toEqual((await model.score(some)).data);
});

test("a description makes an equal model, and a training goes on with the same bits", async () => {
  expect(familyFrom(JSON.parse(JSON.stringify(modelOf().config))).config).toEqual(modelOf().config);
  const hashOf = async (options: Partial<TrainOptions> = {}) =>
    (await modelOf({ persistent: true }).train(runtime, data, { steps: 9, batchSize: 16, seed: 3, ...options }).done)
      .weightHash;
  const whole = await hashOf();
  let checkpoint: Checkpoint | undefined;
  const onCheckpoint = async (one: Checkpoint) => {
    if (one.step === 4) checkpoint = one;
  };
  await hashOf({ onCheckpoint, checkpointEvery: 4 });
  if (!checkpoint) throw new Error("no checkpoint of step 4");
  expect(await hashOf({ resume: structuredClone(checkpoint) })).toBe(whole);
});

test.each<[string, () => unknown, RegExp]>([
  ["values", () => modelOf().accept(datasets.ring({ count: 10 })), /records of ring must be tokens/],
  [
    "another vocabulary",
    () => modelOf().accept(datasets.tokens({ records: [[1, 2]], vocabulary: 9 })),
    /units.visible.categories must be 9, as that of tokens, found 3/,
  ],
  [
    "categories of hidden units",
    () => modelOf({ units: { visible: units.bernoulli(), hidden: units.categorical(4) } }),
    /units.hidden must be units of one state each, found categorical/,
  ],
  ["a single category", () => units.categorical(1), /categories must be an integer >= 2/],
])("%s are refused", (_, act, message) => {
  expect(act).toThrow(message);
});

test("records that are no tokens are refused", async () => {
  await expect(model.score([0, 1, 2, 3])).rejects.toThrow(/must lie in \[0, 2\], found 3/);
  await expect(model.score([0, 1, 1.5, 2])).rejects.toThrow(/must be integers, found 1.5 at index 2/);
});
