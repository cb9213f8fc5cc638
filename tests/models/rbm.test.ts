/**
 * Restricted Boltzmann machines: the gradient of the loss, known likelihoods, exact distributions, determinism, errors.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  adam,
  binarisation,
  createRuntime,
  datasets,
  type RbmOptions,
  rbm,
  type Runtime,
  schedules,
  sgd,
  withRange,
} from "#binding";
import { sweepsPerLoop } from "#src/models/rbm/gibbs-chains";
import type { Command } from "#src/graph/command";
import { Opcode } from "#assembly/opcode";
import { gradient } from "#src/ops/differentiate";
import { exactLogPartition } from "#src/models/rbm/exact-partition";
import { freeEnergyGap, logLikelihood, pseudoLikelihood } from "#src/models/rbm/scores";
import { freeEnergy, gibbs, type Machine } from "#src/models/rbm/machine";
import { familyFrom } from "#src/models/index";
import type { Rbm } from "#src/models/rbm/rbm";
import { mul, sub } from "#src/ops/elementwise";
import { mean } from "#src/ops/reduction";
import { stopGradient } from "#src/ops/stop";
import { normals, uniforms } from "#src/numbers/philox";
import { evaluate } from "#src/graph/reference";
import type { Tensor } from "#src/graph/tensor";
import { Variable } from "#src/graph/variable";
import type { Checkpoint } from "#src/train/checkpoint";
import { samplesOf } from "#src/train/sampler";
import { savedOf } from "#src/train/checkpoint-form";
import { restoreModel } from "#src/train/restore";
import type { TrainedRbm } from "#src/models/rbm/trained-rbm";
import { bernoulli } from "#src/models/rbm/units";
import { freeEnergyOf, stateOf } from "./machine-reference.js";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});

afterAll(() => runtime.close());

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** A machine's random values for a seed; the weights have the given standard deviation. */
function drawn(visible: number, hidden: number, deviation: number, seed = 1) {
  const draw = (count: number, stream: number) =>
    normals(count, { seed, step: 0, stream }).map((x) => Math.fround(x * deviation));
  return { weights: draw(visible * hidden, 1), visibleBias: draw(visible, 2), hiddenBias: draw(hidden, 3) };
}

/** A trained model with the given plain parameters. */
async function modelOf(values: ReturnType<typeof drawn>): Promise<TrainedRbm> {
  const visible = values.visibleBias.length;
  const family = rbm({ hidden: values.hiddenBias.length, centring: false });
  const model = family.trained(runtime, [visible]);
  for (const variable of family.variables) {
    const value = values[variable.name.replace("rbm/", "") as keyof typeof values];
    if (value) await runtime.write(variable, value);
  }
  return model;
}

describe("the loss", () => {
  const [batch, visible, hidden, sweeps] = [7, 5, 4, 3];
  const values = drawn(visible, hidden, 0.8);
  const data = uniforms(batch * visible, { seed: 3, step: 0, stream: 9 }).map((u) => (u < 0.5 ? 1 : 0));

  const variables = () => ({
    weights: new Variable({ name: "W", shape: [visible, hidden] }),
    visibleBias: new Variable({ name: "a", shape: [visible] }),
    hiddenBias: new Variable({ name: "b", shape: [hidden] }),
  });

  /** Gradients of F(v) - F(stop(v_k)) and v_k itself. */
  function graphs(machine: Machine, trained: readonly Variable[], v: Tensor): Tensor[] {
    const fantasy = stopGradient(gibbs(machine, v, sweeps));
    const loss = sub(mean(freeEnergy(machine, v)), mean(freeEnergy(machine, fantasy)));
    return [...gradient(loss, trained), mul(fantasy, 1)];
  }

  /**
   * -<v h'> + <v_k h_k'>, -<v> + <v_k>, -<h> + <h_k> (Hinton 2002), h the hidden units' means; states less a centre.
   */
  function byHand(v: ArrayLike<number>, vk: ArrayLike<number>, means: number[], offsets: number[]) {
    const [dW, da, db] = [visible * hidden, visible, hidden].map((size) => new Float64Array(size));
    for (const [states, sign] of [
      [v, -1],
      [vk, 1],
    ] as const) {
      for (let row = 0; row < batch; row++) {
        const h = Array.from(values.hiddenBias, (bias, j) => {
          let input = bias;
          for (let i = 0; i < visible; i++) input += states[row * visible + i] * values.weights[i * hidden + j];
          return sigmoid(input);
        });
        for (let i = 0; i < visible; i++) da[i] += (sign / batch) * states[row * visible + i];
        for (let j = 0; j < hidden; j++) db[j] += (sign / batch) * h[j];
        for (let i = 0; i < visible; i++)
          for (let j = 0; j < hidden; j++)
            dW[i * hidden + j] += (sign / batch) * (states[row * visible + i] - means[i]) * (h[j] - offsets[j]);
      }
    }
    return [dW, da, db];
  }

  const zeros = (count: number) => new Array<number>(count).fill(0);

  test("has the gradient of contrastive divergence", () => {
    const { weights, visibleBias, hiddenBias } = variables();
    const v = new Variable({ name: "v", shape: [batch, visible] });
    const machine = { weights, visibleBias, hiddenBias, visible: bernoulli(), hidden: bernoulli() };
    const feeds = new Map<Tensor, ArrayLike<number>>([
      [weights, values.weights],
      [visibleBias, values.visibleBias],
      [hiddenBias, values.hiddenBias],
      [v, data],
    ]);
    const found = evaluate(graphs(machine, [weights, visibleBias, hiddenBias], v), { feeds, seed: 4 });
    const vk = found[3];
    expect([...vk].every((x) => x === 0 || x === 1)).toBe(true);
    expect([...vk]).not.toEqual([...data]);
    byHand(data, vk, zeros(visible), zeros(hidden)).forEach((slope, i) => {
      slope.forEach((value, at) => {
        expect(found[i][at]).toBeCloseTo(value, 14);
      });
    });
  });

  test("has the same gradient compiled", async () => {
    const { weights, visibleBias, hiddenBias } = variables();
    const machine = { weights, visibleBias, hiddenBias, visible: bernoulli(), hidden: bernoulli() };
    const program = runtime.compile(({ input }) => {
      const [dW, da, db, vk] = graphs(machine, [weights, visibleBias, hiddenBias], input("v", [batch, visible]));
      return { outputs: { dW, da, db, vk } };
    });
    await runtime.write(weights, values.weights);
    await runtime.write(visibleBias, values.visibleBias);
    await runtime.write(hiddenBias, values.hiddenBias);
    const found = await program.run({ v: data }, { seed: 4 });
    const wanted = byHand(data, found.vk.data, zeros(visible), zeros(hidden));
    [found.dW, found.da, found.db].forEach(({ data: slope }, i) => {
      wanted[i].forEach((value, at) => {
        expect(slope[at]).toBeCloseTo(value, 6);
      });
    });
  });

  test("is centred only by a change of the biases", () => {
    const { weights, visibleBias, hiddenBias } = variables();
    const family = rbm({ hidden, sweeps, centring: 0, optimizer: sgd(1) });
    const v = new Variable({ name: "v", shape: [batch, visible] });
    const { updates } = family.step({ size: batch, shape: [visible], next: () => ({ values: v }) });
    const named = (name: string) => [...updates.keys()].find((one) => one.name === `rbm/${name}`) as Variable;
    const means = [0.1, 0.2, 0.5, 0.9, 0.4];
    const plain = values;
    // a' = a + W offsets, b' = b + means W, with offsets of 0.5.
    const centred = {
      visibleBias: plain.visibleBias.map(
        (a, i) => a + 0.5 * plain.weights.subarray(i * hidden, (i + 1) * hidden).reduce((x, y) => x + y, 0),
      ),
      hiddenBias: plain.hiddenBias.map((b, j) => means.reduce((x, m, i) => x + m * plain.weights[i * hidden + j], b)),
    };
    const offsets = family.variables.find(({ name }) => name === "rbm/offsets") as Variable;
    const feeds = new Map<Tensor, ArrayLike<number>>([
      [named("weights"), plain.weights],
      [named("visibleBias"), centred.visibleBias],
      [named("hiddenBias"), centred.hiddenBias],
      [family.means(visible), means],
      [offsets, zeros(hidden).fill(0.5)],
      [v, data],
    ]);
    const fantasy = gibbs(family.machine(visible), v, sweeps);
    const machine = { weights, visibleBias, hiddenBias, visible: bernoulli(), hidden: bernoulli() };
    expect(Object.keys(machine)).toEqual(Object.keys(family.machine(visible)));
    const names = ["weights", "visibleBias", "hiddenBias"] as const;
    // The step's chain is the first to draw random numbers, so its streams start at 0, like those of this chain alone.
    const [vk] = evaluate([mul(fantasy, 1)], { feeds, seed: 4 });
    const next = evaluate(
      names.map((name) => updates.get(named(name)) as Tensor),
      { feeds, seed: 4 },
    );
    const wanted = byHand(data, vk, means, zeros(hidden).fill(0.5));
    const before = [plain.weights, centred.visibleBias, centred.hiddenBias];
    wanted.forEach((slope, i) => {
      slope.forEach((value, at) => {
        expect(before[i][at] - next[i][at]).toBeCloseTo(value, 12);
      });
    });
  });

  test.each([
    ["CD-1", { sweeps: 1 }, 3 + 2],
    ["CD-4", { sweeps: 4 }, 9 + 2],
    ["PCD-4", { sweeps: 4, persistent: true }, 10 + 2],
  ])("of %s needs no more products than the learning rule", (_name, options, products) => {
    const family = rbm({ hidden: 6, centring: false, optimizer: sgd(0.1), ...options });
    const program = runtime.compile(({ input }) => {
      const { losses, updates } = family.step({ size: 10, shape: [8], next: () => ({ values: input("v", [10, 8]) }) });
      return { outputs: losses, updates };
    });
    const count = (waves: readonly (readonly Command[])[]): number =>
      waves
        .flat()
        .reduce(
          (sum, { opcode, body }) =>
            sum + (body ? body.loop.length * count(body.waves) : Number(opcode === Opcode.Matmul)),
          0,
        );
    expect(count(program.compiled().waves)).toBe(products);
  });

  test("moves the hidden centre without changing the distribution", async () => {
    const family = rbm({ hidden: 6, centring: 0.5, optimizer: sgd(0) });
    const bars = datasets.bars({ size: 3 });
    const training = family.train(runtime, bars, { steps: 1, batchSize: 4 });
    await training.done;
    const offsets = family.variables.find(({ name }) => name === "rbm/offsets") as Variable;
    const weights = family.variables.find(({ name }) => name === "rbm/weights") as Variable;
    const moved = (await runtime.read(offsets)).data;
    expect(Math.max(...Array.from(moved, (value) => Math.abs(value - 0.5)))).toBeGreaterThan(1e-4);
    // Initial biases a' = logit of the means (1/2: 0), b' = 0: the plain ones are -W / 2 summed over the other side.
    const { visibleBias, hiddenBias } = await training.model.parameters();
    const w = (await runtime.read(weights)).data as Float32Array;
    visibleBias.forEach((value, i) => {
      const row = w.subarray(i * 6, i * 6 + 6).reduce((sum, x) => sum + x, 0);
      expect(value).toBeCloseTo(-row / 2, 6);
    });
    hiddenBias.forEach((value, j) => {
      expect(value).toBeCloseTo(-w.reduce((sum, x, at) => sum + (at % 6 === j ? x : 0), 0) / 2, 6);
    });
  });
});

describe("bars and stripes", () => {
  test.each([1, 2, 3])("4x4 is learnt to within 0.1 nats of the optimum, seed %i", async (seed) => {
    const data = datasets.bars({ size: 4 });
    const steps = 15000;
    const model = rbm({ hidden: 32, sweeps: 10, optimizer: sgd(schedules.linear(0.1, { steps, to: 0.001 })) });
    const training = model.train(runtime, data, { steps, batchSize: 30, seed });
    await training.done;
    const { mean: found } = await logLikelihood(training.model, data, await exactLogPartition(training.model));
    expect(found).toBeGreaterThan(-Math.log(30) - 0.1);
    expect(found).toBeLessThan(-Math.log(30));
  });
});

describe("samples", () => {
  const [visible, hidden] = [6, 4];
  const values = drawn(visible, hidden, 1);
  const count = 100_000;

  /** Pearson's statistic of observed counts against p(v) of the machine whose weights are scaled. */
  function chiSquared(observed: Float64Array, scale: number): number {
    const logs = Array.from(
      observed,
      (_, s) => -freeEnergyOf({ ...values, weights: values.weights.map((w) => w * scale) }, stateOf(s, visible)),
    );
    const top = Math.max(...logs);
    const total = logs.reduce((sum, x) => sum + Math.exp(x - top), 0);
    return observed.reduce((sum, seen, s) => {
      const expected = (count * Math.exp(logs[s] - top)) / total;
      return sum + (seen - expected) ** 2 / expected;
    }, 0);
  }

  test("follow the exact distribution: chi-squared of 100,000 over 64 states, at 99.9 %", async () => {
    const model = await modelOf(values);
    const { data } = await model.sample(count, { chains: 1000, burnIn: 200, thinning: 40, seed: 11 });
    const observed = new Float64Array(2 ** visible);
    for (let row = 0; row < count; row++) {
      let state = 0;
      for (let i = 0; i < visible; i++) state += data[row * visible + i] * 2 ** i;
      observed[state]++;
    }
    // The 0.999 quantile for 63 degrees of freedom.
    expect(chiSquared(observed, 1)).toBeLessThan(103.4);
    // The test detects a machine whose weights are 5 % smaller.
    expect(chiSquared(observed, 0.95)).toBeGreaterThan(103.4);
  });

  test("depend on the seed, are equal for equal seeds, and start at given states", async () => {
    const model = await modelOf(values);
    const sample = async (seed: number) => [...(await model.sample(50, { seed, burnIn: 5 })).data];
    expect(await sample(1)).toEqual(await sample(1));
    expect(await sample(1)).not.toEqual(await sample(2));
    const frozen = await modelOf({
      ...values,
      weights: values.weights.map((w) => w * 0),
      visibleBias: values.visibleBias.map(() => 0),
    });
    const means = await frozen.sample(3, { chains: 3, burnIn: 1, means: true, start: new Float32Array(18) });
    expect([...means.data]).toEqual(new Array(18).fill(0.5));
    expect(means.shape).toEqual([3, visible]);
  });

  test("of the sampler's graph also follow the distribution", async () => {
    const model = await modelOf(values);
    const program = runtime.compile(() => ({ outputs: { v: samplesOf(model.family.sampler([visible]), 4000) } }));
    const { v } = await program.run({}, { seed: 3 });
    const exact = Array.from({ length: visible }, () => 0);
    let total = 0;
    for (let s = 0; s < 2 ** visible; s++) {
      const p = Math.exp(-freeEnergyOf(values, stateOf(s, visible)));
      total += p;
      stateOf(s, visible).forEach((x, i) => {
        exact[i] += p * x;
      });
    }
    exact.forEach((p, i) => {
      const found = v.data.reduce((sum, x, at) => sum + (at % visible === i ? x : 0), 0) / 4000;
      // Four standard errors of a mean of 4,000 bits, at most 0.032.
      expect(Math.abs(found - p / total)).toBeLessThan(0.032);
    });
  });
});

describe("a trained model", () => {
  const bars = datasets.bars({ size: 4 });
  let model: TrainedRbm;

  beforeAll(async () => {
    const steps = 3000;
    const training = rbm({ hidden: 24, sweeps: 5, optimizer: sgd(0.1) }).train(runtime, bars, { steps, batchSize: 30 });
    await training.done;
    model = training.model;
  });

  test("fills in missing parts of an image", async () => {
    // The upper half shows rows on, off: of the patterns only those with rows (1, 0, ?, ?) fit.
    const image = Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1);
    const known = Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? 1 : 0));
    const many = Float32Array.from({ length: 150 * 16 }, (_, i) => image[i % 16]);
    const filled = await model.inpaint(many, known, { seed: 2, sweeps: 50 });
    expect(filled.shape).toEqual([150, 4, 4, 1]);
    let even = 0;
    const seen = new Set<string>();
    for (let row = 0; row < 150; row++) {
      const pixels = [...filled.data.subarray(row * 16, row * 16 + 16)];
      expect(pixels.slice(0, 8)).toEqual([...image.subarray(0, 8)]);
      const rows = [pixels.slice(8, 12), pixels.slice(12)].map((line) => line.map((x) => Math.round(x)).join(""));
      if (rows.every((line) => line === "0000" || line === "1111")) even++;
      seen.add(rows.join(" "));
    }
    expect(even).toBeGreaterThan(120);
    expect(seen.size).toBeGreaterThanOrEqual(4);
    expect([...(await model.inpaint(many, known, { seed: 2, sweeps: 50 })).data]).toEqual([...filled.data]);
  });

  test("reconstructs its data and computes features", async () => {
    const { data, shape } = await model.reconstruct(bars);
    expect(shape).toEqual([30, 4, 4, 1]);
    const wrong = data.filter((value, i) => Math.round(value) !== bars.records[i]).length;
    expect(wrong / data.length).toBeLessThan(0.02);
    const features = await model.transform(bars);
    expect(features.shape).toEqual([30, 24]);
    const { weights, hiddenBias } = await model.parameters();
    for (const [row, unit] of [
      [3, 5],
      [29, 23],
    ]) {
      let input = hiddenBias[unit];
      for (let i = 0; i < 16; i++) input += bars.records[row * 16 + i] * weights[i * 24 + unit];
      expect(features.data[row * 24 + unit]).toBeCloseTo(sigmoid(input), 5);
    }
  });

  test("scores data above noise", async () => {
    const noise = uniforms(300 * 16, { seed: 1, step: 0, stream: 2 }).map((u) => Math.round(u));
    const { train, heldOut, gap } = await freeEnergyGap(model, bars, noise);
    expect(gap).toBeCloseTo(heldOut.mean - train.mean, 10);
    expect(gap).toBeGreaterThan(5);
    const own = await pseudoLikelihood(model, bars);
    const other = await pseudoLikelihood(model, noise);
    expect(own.mean).toBeGreaterThan(other.mean + 5 * (own.standardError + other.standardError));
  });

  test("estimates the pseudo-likelihood without bias", async () => {
    const small = drawn(5, 3, 1);
    const machine = await modelOf(small);
    const record = [1, 0, 1, 1, 0];
    const many = Float32Array.from({ length: 20_000 * 5 }, (_, i) => record[i % 5]);
    const exact = record.reduce((sum, _x, i) => {
      const turned = record.map((x, j) => (i === j ? 1 - x : x));
      return sum + Math.log(sigmoid(freeEnergyOf(small, turned) - freeEnergyOf(small, record)));
    }, 0);
    const { mean: found, standardError } = await pseudoLikelihood(machine, many, { seed: 5 });
    expect(Math.abs(found - exact)).toBeLessThan(4 * standardError);
    expect(standardError).toBeLessThan(0.05 * Math.abs(exact));
  });
});

test("a loop of sweeps has no more values than memory has addresses, and as many sweeps as it may", () => {
  expect(sweepsPerLoop({ chains: 100, visible: 784, hidden: 500 })).toBe(1000);
  const many = { chains: 1000, visible: 784, hidden: 500 };
  const sweeps = sweepsPerLoop(many);
  // Found by 1,000 chains of 1,000 sweeps: carries of 784 values and their logits, 784 + 500 random numbers a sweep.
  expect(1000 * (2 * 784 + 784 + 500) * sweeps).toBeLessThan(2 ** 31);
  expect(1000 * (2 * 784 + 784 + 500) * (sweeps + 2)).toBeGreaterThanOrEqual(2 ** 31);
  expect(sweepsPerLoop({ chains: 1e6, visible: 784, hidden: 500 })).toBe(1);
});

describe("training", () => {
  const options: Partial<RbmOptions>[] = [
    { persistent: true, sweeps: 2, weightDecay: 1e-4 },
    { centring: false, optimizer: adam(0.01) },
  ];
  const digits = () => withRange(datasets.digits({ count: 200, seed: 1 }), 0, 1);

  test.each(options)("gives the same weights for 1, 2 and 3 threads, and after resuming: %o", async (own) => {
    const config = rbm({ hidden: 60, binarisation: binarisation.dynamic(), ...own }).config;
    const run = { steps: 30, batchSize: 50, seed: 3 };
    const hashes: string[] = [];
    let middle: Checkpoint | undefined;
    for (const threads of [1, 2, 3]) {
      const lanes = await createRuntime({ threads });
      const onCheckpoint = async (checkpoint: Checkpoint) => {
        if (checkpoint.step === 20) middle = checkpoint;
      };
      const training = (familyFrom(config) as Rbm).train(lanes, digits(), {
        ...run,
        checkpointEvery: 10,
        onCheckpoint,
      });
      hashes.push((await training.done).weightHash);
      await lanes.close();
    }
    const again = (familyFrom(config) as Rbm).train(runtime, digits(), { ...run, resume: middle as Checkpoint });
    hashes.push((await again.done).weightHash);
    expect(new Set(hashes).size).toBe(1);
    const checkpoint = await again.checkpoint();
    const restored = await restoreModel(familyFrom(checkpoint.config) as Rbm, runtime, savedOf(checkpoint));
    expect([...(await restored.transform(digits())).data]).toEqual([...(await again.model.transform(digits())).data]);
  });

  test("starts at the data's means", async () => {
    const data = digits();
    const training = rbm({ hidden: 5, optimizer: sgd(0) }).train(runtime, data, { steps: 1 });
    await training.done;
    const means = (await runtime.read(training.model.means)).data;
    let on = 0;
    for (let i = 0; i < data.count; i++) on += data.records[i * 784 + 400] / 255;
    expect(means[400]).toBeCloseTo((on + 1) / (data.count + 2), 6);
    expect(Math.min(...means)).toBeGreaterThan(0);
  });

  test("shrinks only the weights by weight decay", async () => {
    const norm = async (weightDecay: number) => {
      const family = rbm({ hidden: 8, weightDecay, optimizer: sgd(0.1) });
      const training = family.train(runtime, datasets.bars(), { steps: 500, batchSize: 30 });
      await training.done;
      return (await training.model.parameters()).weights.reduce((sum, w) => sum + w * w, 0);
    };
    expect(await norm(0.1)).toBeLessThan(0.5 * (await norm(0)));
  });
});

describe("errors", () => {
  const bars = datasets.bars();

  test("name option, rule and value", () => {
    expect(() => rbm({ hidden: 0 })).toThrow(/rbm: hidden must be an integer >= 1, found 0/);
    expect(() => rbm({ hidden: 3, sweeps: 0.5 })).toThrow(/rbm: sweeps must be an integer >= 1, found 0.5/);
    expect(() => rbm({ hidden: 3, centring: 2 })).toThrow(
      /rbm: centring must be a finite number >= 0 and <= 1, found 2/,
    );
    expect(() => rbm({ hidden: 3, weightDecay: -1 })).toThrow(
      /rbm: weightDecay must be a finite number >= 0, found -1/,
    );
    expect(() => rbm({ hidden: 3, gibbs: 2 } as RbmOptions)).toThrow(
      /rbm: unknown option "gibbs"; known options: hidden/,
    );
    expect(() =>
      familyFrom({
        ...rbm({ hidden: 2 }).config,
        units: { visible: { kind: "potts" }, hidden: { kind: "bernoulli" } },
      }),
    ).toThrow(/units: unknown kind "potts"; known kinds: bernoulli/);
  });

  test("name the range if data are outside of it", () => {
    const wide = datasets.digits({ count: 10 });
    expect(() => rbm({ hidden: 4 }).train(runtime, wide, { steps: 1 })).toThrow(
      /rbm: values for bernoulli units must lie in \[0, 1\], found \[-1, 1\] in digits; use withRange\(data, 0, 1\)/,
    );
  });

  test("name arguments that do not fit a trained model", async () => {
    const model = rbm({ hidden: 4 }).trained(runtime, bars.shape);
    await expect(model.reconstruct([0, 1, 2])).rejects.toThrow(
      /reconstruct: records must have shape \[4, 4, 1\] \(16 values each\)/,
    );
    await expect(model.transform(new Float32Array(16).fill(3))).rejects.toThrow(
      /transform: values for the units must lie in \[0, 1\], found 3/,
    );
    await expect(model.inpaint(bars, [1, 0])).rejects.toThrow(
      /inpaint: known must have 16 values for one record or 480 for all, found 2/,
    );
    await expect(model.sample(0)).rejects.toThrow(/sample: count must be an integer >= 1, found 0/);
    await expect(model.sample(4, { burnIn: -1 })).rejects.toThrow(/sample: burnIn must be an integer >= 1, found -1/);
    await expect(model.sample(4, { start: new Float32Array(16) })).rejects.toThrow(
      /one record for each of 4 chains, found 1/,
    );
  });
});
