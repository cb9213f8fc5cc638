/** Scores of the values of records: against sums over all states, integrals over latents, and the scores of whole records. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, layers as L, likelihoods, rbm, type Runtime, sequence, units, vae } from "#binding";
import { evaluate } from "#src/graph/reference";
import type { Shape } from "#src/graph/shape";
import { Network, Scope } from "#src/layers/layer";
import type { TrainedRbm } from "#src/models/rbm/trained-rbm";
import { normals } from "#src/numbers/philox";
import { bernoulli } from "#src/objectives/likelihoods";
import { literal } from "#src/ops/literal";
import type { Variable } from "#src/graph/variable";
import { everyRecord } from "./every-record.js";
import { freeEnergyOf } from "./machine-reference.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

/** Gives all variables random values, so that results differ. */
async function filled<F extends { init(shape: Shape): void; readonly variables: readonly Variable[] }>(
  family: F,
  shape: Shape,
  scale = 0.7,
): Promise<F> {
  family.init(shape);
  for (const [i, one] of family.variables.entries())
    await runtime.write(
      one,
      normals(one.size, { seed: 1, step: i, stream: 1 }).map((x) => scale * x),
    );
  return family;
}

const logSum = (logs: readonly number[]) => {
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((sum, x) => sum + Math.exp(x - top), 0));
};

/** The records with every category in the place of one value. */
const turned = (record: readonly number[], at: number, categories: number) =>
  Array.from({ length: categories }, (_, one) => record.map((value, i) => (i === at ? one : value)));

function near(found: ArrayLike<number>, wanted: readonly number[], within = 2e-4): void {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(found[i] - value), `${found[i]} for ${value}`).toBeLessThan(within * Math.max(1, Math.abs(value)));
  });
}

describe("a machine", () => {
  const length = 4;

  /** -F(v), summed over the classes if there are any, or of one of them. */
  async function logWeights(model: TrainedRbm, categories: number, label?: number) {
    const { weights, visibleBias, hiddenBias, labelWeights, labelBias } = await model.parameters();
    const { hidden } = model;
    return (record: readonly number[]) => {
      const v =
        categories === 2
          ? record
          : record.flatMap((one) => Array.from({ length: categories }, (_, k) => (k === one ? 1 : 0)));
      if (!labelWeights || !labelBias) return -freeEnergyOf({ weights, visibleBias, hiddenBias }, v);
      const all = Array.from(labelBias, (bias, y) => {
        const given = Array.from(hiddenBias, (b, j) => b + labelWeights[y * hidden + j]);
        return bias - freeEnergyOf({ weights, visibleBias, hiddenBias: given }, v);
      });
      return label === undefined ? logSum(all) : all[label];
    };
  }

  test.each([
    ["of bits", 2, undefined, undefined],
    ["of bits with label units", 2, 3, undefined],
    ["of bits of a class", 2, 3, 1],
    ["of tokens", 3, undefined, undefined],
    ["of tokens with label units", 3, 2, undefined],
    ["of tokens of a class", 3, 2, 1],
  ])("%s: minus log p(value | the others), by enumeration", async (_, categories, classes, label) => {
    const visible = categories === 2 ? units.bernoulli() : units.categorical(categories);
    const family = rbm({
      ...{ hidden: 5, units: { visible, hidden: units.bernoulli() } },
      ...(classes !== undefined && { classes }),
    });
    const model = (await filled(family, [length])).trained(runtime, [length]);
    const all = everyRecord(length, categories).map((record) => [...record]);
    const labels = label === undefined ? {} : { labels: label };
    const { data, shape } = await model.fieldScores(all.flat(), { untrained: true, ...labels });
    expect(shape).toEqual([all.length, length]);
    const weight = await logWeights(model, categories, label);
    const wanted = all.flatMap((record) =>
      record.map((_value, at) => logSum(turned(record, at, categories).map(weight)) - weight(record)),
    );
    near(data, wanted);
  });

  test("of grey values: a cross-entropy", async () => {
    const model = (await filled(rbm({ hidden: 5 }), [2])).trained(runtime, [2]);
    const weight = await logWeights(model, 2);
    const { data } = await model.fieldScores([0.25, 1], { untrained: true });
    const odds = weight([1, 1]) - weight([0, 1]);
    expect(data[0]).toBeCloseTo(Math.log1p(Math.exp(odds)) - 0.25 * odds, 4);
  });

  test("refuses what score refuses", async () => {
    const model = rbm({ hidden: 5 }).trained(runtime, [2]);
    await expect(model.fieldScores([0, 2], { untrained: true })).rejects.toThrow(/fieldScores: values for the units/);
    await expect(rbm({ hidden: 3 }).trained(runtime, [2]).fieldScores([0, 1])).rejects.toThrow(/^fieldScores: /);
  });
});

describe("a VAE", () => {
  const width = 3;
  const make = (latent: number) =>
    vae({
      latent,
      encoder: L.sequential(L.dense(8), L.tanh(), L.dense(2 * latent)),
      decoder: L.sequential(L.dense(8), L.tanh(), L.dense(width)),
      likelihood: likelihoods.gaussian({ variance: 0.5 }),
    });
  const records = normals(9 * width, { seed: 2, step: 0, stream: 7 });

  test.each([1, 64, 200])("by elbo and %i latents: they and the divergence add up to the score", async (k) => {
    const model = (await filled(make(2), [width])).trained(runtime, [width]);
    const how = { estimate: "elbo", k, seed: 3 } as const;
    const { data, shape } = await model.fieldScores(records, how);
    expect(shape).toEqual([9, width]);
    const { mean, deviation } = await model.encode(records);
    const wanted = Array.from((await model.score(records, how)).data, (score, i) => {
      let kl = 0;
      for (let j = 2 * i; j < 2 * i + 2; j++)
        kl += (mean.data[j] ** 2 + deviation.data[j] ** 2 - 1) / 2 - Math.log(deviation.data[j]);
      return score - kl;
    });
    const sums = wanted.map((_, i) => data.slice(i * width, (i + 1) * width).reduce((sum, one) => sum + one, 0));
    near(sums, wanted);
  });

  test("by importance: minus log p(value | the others), by integrals over the latent", async () => {
    const model = (await filled(make(1), [width])).trained(runtime, [width]);
    const { data } = await model.fieldScores(records, { k: 50_001, seed: 1 });
    const grid = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 250);
    const means = (await model.decode(grid)).data;
    const wanted = Array.from({ length: 9 }, (_, i) => {
      const logs = grid.map((_z, at) =>
        Array.from({ length: width }, (_one, j) => {
          const x = records[i * width + j] - means[at * width + j];
          return -(x ** 2) - Math.log(Math.PI) / 2;
        }),
      );
      const joint = (left: number) =>
        logSum(grid.map((z, at) => logs[at].reduce((total, one, j) => total + (j === left ? 0 : one), -(z ** 2) / 2)));
      return Array.from({ length: width }, (_one, j) => joint(j) - joint(-1));
    });
    near(data, wanted.flat(), 0.03);
  });

  test("a record's have the same bits alone and among others", async () => {
    const model = (await filled(make(2), [width])).trained(runtime, [width]);
    const { data } = await model.fieldScores(records, { k: 70 });
    const alone = await model.fieldScores(records.slice(4 * width, 5 * width), { k: 70 });
    expect(alone.data).toEqual(data.slice(4 * width, 5 * width));
  });

  test("with a likelihood of one's own without them, it says so", async () => {
    const { logProbabilities: _, ...rest } = bernoulli().observe([literal([0], [1])], scope);
    const own = { ...bernoulli(), observe: () => rest };
    const model = vae({ latent: 1, encoder: L.dense(2), decoder: L.dense(2), likelihood: own }).trained(runtime, [2]);
    await expect(model.fieldScores([0, 1], { untrained: true })).rejects.toThrow(
      "fieldScores: the likelihood has no log-probabilities of single values",
    );
  });
});

const scope = new Scope(new Network("none", { config: { kind: "none" }, apply: (x) => x }), "likelihood", {});

test.each([
  ["bernoulli", likelihoods.bernoulli(), [4], [0, 1]],
  ["gaussian", likelihoods.gaussian({ variance: "learned" }), [4], [0.3, -2]],
  ["categorical", likelihoods.categorical({ vocabulary: 3, ended: true }), [4, 3], [2, 0]],
  ["discretisedLogistic", likelihoods.discretisedLogistic({ levels: 3 }), [4], [0.5, 1]],
])("the terms of %s add up to its log p", (_, likelihood, shape, [a, b]) => {
  const size = 2 * shape.reduce((all, one) => all * one, 1);
  const output = (stream: number) => literal(normals(size, { seed: 1, step: 0, stream }), [2, ...shape]);
  const observed = likelihood.observe([output(1), output(2)], scope);
  const x = literal(Float32Array.of(a, a, b, a, b, a, a, b), [2, 4]);
  const [whole] = evaluate([observed.logProbability(x)]);
  const [parts] = evaluate([observed.logProbabilities?.(x) ?? x]);
  for (const i of [0, 1])
    expect(parts.slice(4 * i, 4 * i + 4).reduce((sum, one) => sum + one, 0)).toBeCloseTo(whole[i], 6);
});

test("of a sequence: they add up to the score, and are 0 after the end", async () => {
  const family = sequence({ vocabulary: 3, length: 4, network: L.dense(5), width: 4, ended: true });
  const model = (await filled(family, [4])).trained(runtime, [4]);
  const { data, shape } = await model.fieldScores([1, 2, 0, 0, 2, 1, 1, 1]);
  expect(shape).toEqual([2, 4]);
  expect(data[3]).toBe(0);
  expect(data.slice(0, 3).every((one) => one > 0)).toBe(true);
  const scores = (await model.score([1, 2, 0, 0, 2, 1, 1, 1])).data;
  near(
    [data.slice(0, 4), data.slice(4)].map((row) => row.reduce((sum, one) => sum + one, 0)),
    Array.from(scores),
  );
});
