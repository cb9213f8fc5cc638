/** log Z: exact against its definition, estimates against the exact value. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, rbm, type Runtime, sgd, withRange } from "#binding";
import { machineMeasures } from "#src/cli/measure-machine";
import { annealedLogPartition, reverseLogPartition } from "#src/models/rbm/annealing";
import { exactLogPartition, exactLogPartitionOf } from "#src/models/rbm/exact-partition";
import { logLikelihood } from "#src/models/rbm/scores";
import { normals } from "#src/numbers/philox";
import { logPartitionOf } from "./machine-reference.js";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});

afterAll(() => runtime.close());

function drawn(visible: number, hidden: number, deviation: number) {
  const draw = (count: number, stream: number) =>
    normals(count, { seed: 7, step: 0, stream }).map((x) => x * deviation);
  return { weights: draw(visible * hidden, 1), visibleBias: draw(visible, 2), hiddenBias: draw(hidden, 3) };
}

describe("exact", () => {
  // Both sides as the smaller one; more units than the low half has; weights whose exponentials leave f64's range.
  test.each([
    [1, 1, 1],
    [5, 3, 2],
    [3, 12, 2],
    [11, 10, 0.5],
    [10, 13, 1],
    [6, 9, 200],
    [4, 9, 2000],
  ])("%i visible, %i hidden units, weights of %d", (visible, hidden, deviation) => {
    const machine = drawn(visible, hidden, deviation);
    const exact = logPartitionOf(machine);
    expect(Math.abs(exactLogPartitionOf(machine) - exact)).toBeLessThan(1e-12 * Math.max(1, Math.abs(exact)));
  });

  test("a machine without weights is a product", () => {
    const [visible, hidden] = [300, 12];
    const machine = { ...drawn(visible, hidden, 1), weights: new Float64Array(visible * hidden) };
    const softplus = (sum: number, x: number) => sum + Math.log1p(Math.exp(x));
    const product = machine.visibleBias.reduce(softplus, 0) + machine.hiddenBias.reduce(softplus, 0);
    expect(exactLogPartitionOf(machine)).toBeCloseTo(product, 9);
  });

  test("too many units are rejected", async () => {
    const model = rbm({ hidden: 30 }).trained(runtime, [28]);
    await expect(exactLogPartition(model)).rejects.toThrow(
      /exactLogPartition: the smaller side must have at most 25 units, found 28 \(28 visible, 30 hidden\); use annealedLogPartition/,
    );
  });
});

describe("annealed importance sampling, forwards and backwards", () => {
  const digits = withRange(datasets.digits({ count: 500, seed: 2 }), 0, 1);
  const models = [
    ...[2, 4, 6, 8, 10, 12, 14, 16, 20].map((hidden) => ({
      hidden,
      data: datasets.bars({ size: hidden < 8 ? 3 : 4 }),
      steps: 4000,
    })),
    { hidden: 10, data: digits, steps: 500 },
  ];

  test.each(models)(
    "brackets the exact value within 0.1: $hidden hidden units, $data.name",
    async ({ hidden, data, steps }) => {
      const family = rbm({ hidden, persistent: true, sweeps: 2, optimizer: sgd(0.05) });
      const training = family.train(runtime, data, { steps, batchSize: 60, seed: hidden });
      await training.done;
      const { model } = training;
      const exact = await exactLogPartition(model);
      const options = { temperatures: 2500, chains: 200, seed: 1 };
      const below = await annealedLogPartition(model, options);
      const above = await reverseLogPartition(model, options);
      expect(Math.abs(below.logZ - exact)).toBeLessThan(0.1);
      expect(Math.abs(above.logZ - exact)).toBeLessThan(0.1);
      expect(below.low).toBeLessThan(exact);
      expect(above.high).toBeGreaterThan(exact);
      expect(below.standardError).toBeLessThan(0.1);
      expect(above.standardError).toBeLessThan(0.1);
    },
  );

  test("a machine without weights equals the base distribution: the estimate is exact", async () => {
    const family = rbm({ hidden: 3, optimizer: sgd(0), centring: false });
    const training = family.train(runtime, datasets.bars({ size: 2 }), { steps: 1, batchSize: 6 });
    await training.done;
    for (const variable of family.variables)
      if (variable.name === "rbm/weights") await runtime.write(variable, new Float32Array(12));
    const exact = await exactLogPartition(training.model);
    const options = { temperatures: 50, chains: 10 };
    expect((await annealedLogPartition(training.model, options)).logZ).toBeCloseTo(exact, 5);
    expect((await reverseLogPartition(training.model, options)).logZ).toBeCloseTo(exact, 5);
  });

  test("equal seeds give equal estimates, for 1 and 3 lanes", async () => {
    const estimates: number[] = [];
    for (const threads of [1, 3, 3]) {
      const lanes = await createRuntime({ threads });
      const training = rbm({ hidden: 40 }).train(lanes, digits, { steps: 5, batchSize: 50, seed: 1 });
      await training.done;
      const seed = estimates.length === 2 ? 9 : 8;
      const options = { temperatures: 20, chains: 50, seed };
      estimates.push((await annealedLogPartition(training.model, options)).logZ);
      await lanes.close();
    }
    expect(estimates[0]).toBe(estimates[1]);
    expect(estimates[0]).not.toBe(estimates[2]);
  });

  test("are reported by `genloom evaluate` for a machine too large for the exact value", async () => {
    const data = datasets.bars({ size: 5 });
    const training = rbm({ hidden: 24, optimizer: sgd(0.1) }).train(runtime, data, { steps: 500, batchSize: 62 });
    await training.done;
    const found = await machineMeasures({ model: training.model, runtime, data, seed: 3 });
    const exact = await exactLogPartition(training.model);
    expect(Math.abs(found.logPartition - exact)).toBeLessThan(0.1);
    expect(Math.abs(found.logPartitionReverse - exact)).toBeLessThan(0.1);
    const { mean } = await logLikelihood(training.model, data, exact);
    expect(found.logLikelihood).toBeCloseTo(mean + exact - found.logPartition, 5);
    expect(found.logLikelihoodReverse).toBeCloseTo(mean + exact - found.logPartitionReverse, 5);
  });

  test("options are checked", async () => {
    const model = rbm({ hidden: 3 }).trained(runtime, [4]);
    await expect(annealedLogPartition(model, { temperatures: 0 })).rejects.toThrow(
      /annealedLogPartition: temperatures must be an integer >= 1 and <= 16777216, found 0/,
    );
    await expect(reverseLogPartition(model, { chains: 1 })).rejects.toThrow(
      /reverseLogPartition: chains must be an integer >= 2, found 1/,
    );
    await expect(annealedLogPartition(model, { temps: 3 } as object)).rejects.toThrow(/unknown option "temps"/);
  });
});
