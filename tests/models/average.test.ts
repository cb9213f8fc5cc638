/** The moving average of a GAN: its weight by decay, schedule and half-life, as the f64 reference gives it. */
import { describe, expect, test } from "vitest";
import { familyFrom, gan, layers as L, schedules } from "#binding";
import { evaluate } from "#src/graph/reference";
import { Input } from "#src/graph/tensor";
import { Variable } from "#src/graph/variable";
import { checkedDecay, type Decay, movingAverage } from "#src/models/gan/average";

/** Weight of the average in its next value, at each of the steps: the average is 1, the value 0. */
function weights(decay: Decay, steps: readonly number[], batch = 64): number[] {
  const average = movingAverage(checkedDecay("test", decay));
  if (average === undefined) throw new Error("no average");
  const value = new Variable({ name: "w", shape: [] });
  const next = new Input("next", []);
  const updates = new Map([[value, next]]) as Map<Variable, Input>;
  average.update([value], updates, batch);
  const count = average.variables.find(({ name }) => name === "optimizer/ema/step") as Variable;
  const result = updates.get(average.of(value)) as Input;
  const after = updates.get(count) as Input;
  return steps.map((step) => {
    const feeds = new Map<Variable | Input, ArrayLike<number>>([
      [average.of(value), [1]],
      [next, [0]],
      [count, [step]],
    ]);
    const [[weight], [counted]] = evaluate([result, after], { feeds });
    expect(counted).toBe(step + 1);
    return weight;
  });
}

const steps = [0, 1, 5, 20, 100, 1000, 100_000];

function compare(found: readonly number[], wanted: readonly number[]) {
  wanted.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 12);
  });
}

describe("the weight of an average", () => {
  test("of a decay: at most (n + 1) / (n + 10)", () =>
    compare(
      weights(0.99, steps),
      steps.map((n) => Math.min((n + 1) / (n + 10), 0.99)),
    ));

  test("of a schedule: its value, with the same limit", () =>
    compare(
      weights(schedules.linear(0.5, { to: 0.999, steps: 100 }), steps),
      steps.map((n) => Math.min((n + 1) / (n + 10), 0.5 + 0.499 * Math.min(n / 100, 1))),
    ));

  // As in the code of Karras et al. 2020: half-life = min(half-life, images so far x ramp-up).
  const byHalfLife = (halfLife: (n: number) => number, rampUp: number, batch: number) => (n: number) =>
    0.5 ** (batch / Math.max(Math.min(halfLife(n), n * batch * rampUp), 1e-8));

  test("of a half-life with ramp-up", () =>
    compare(weights({ halfLife: 20_000, rampUp: 0.05 }, steps, 32), steps.map(byHalfLife(() => 20_000, 0.05, 32))));

  test("of a half-life: the ramp-up is 0.05 by default", () =>
    expect(weights({ halfLife: 5000 }, steps)).toEqual(weights({ halfLife: 5000, rampUp: 0.05 }, steps)));

  test("of a half-life without ramp-up", () =>
    compare(
      weights({ halfLife: 640, rampUp: 0 }, steps),
      steps.map(() => 0.5 ** 0.1),
    ));

  test("of a scheduled half-life, 0 of which is no average", () => {
    const halfLife = schedules.linear(0, { to: 500_000, steps: 1000 });
    const found = weights({ halfLife, rampUp: 0 }, steps, 256);
    expect(found[0]).toBe(0);
    compare(
      found.slice(1),
      steps.slice(1).map((n) => 0.5 ** (256 / (500 * Math.min(n, 1000)))),
    );
  });

  test("halves what is older than the half-life", () => {
    const [weight] = weights({ halfLife: 6400 }, [1_000_000]);
    expect(weight ** 100).toBeCloseTo(0.5, 9);
  });
});

describe("the option ema", () => {
  const parts = { latent: 2, generator: L.dense(2), discriminator: L.dense(1) };
  const schedule = schedules.cosine(0.9, { to: 0.999, steps: 50 });

  test.each([
    [0, 0],
    [0.5, 0.5],
    [schedule, schedule.config],
    [{ halfLife: 1000 }, { halfLife: 1000, rampUp: 0.05 }],
    [
      { halfLife: schedule, rampUp: 0 },
      { halfLife: schedule.config, rampUp: 0 },
    ],
  ])("%j is described, and read back", (ema: Decay, config) => {
    const model = gan({ ...parts, ema });
    expect(model.config.ema).toEqual(config);
    expect(familyFrom(JSON.parse(JSON.stringify(model.config))).config).toEqual(model.config);
  });

  test.each([
    [1, "gan: ema must be a finite number >= 0 and < 1, found 1"],
    ["0.9", 'gan: ema must be a number, a schedule or { halfLife, rampUp }, found "0.9"'],
    [null, "gan: ema must be a number, a schedule or { halfLife, rampUp }, found null"],
    [{ halfLife: 0 }, "gan: ema.halfLife must be a finite number > 0, found 0"],
    [
      schedules.linear(0, { to: 1.5, steps: 10 }),
      "gan: every value of ema must be a finite number >= 0 and < 1, found 1.5",
    ],
    [
      schedules.linear(0, { to: -3, steps: 10 }),
      "gan: every value of ema must be a finite number >= 0 and < 1, found -3",
    ],
    [
      { halfLife: schedules.linear(10, { to: -100, steps: 10 }) },
      "gan: every value of ema.halfLife must be a finite number >= 0, found -100",
    ],
    [{ rampUp: 0.1 }, "gan: ema.halfLife must be a number or a schedule, for example"],
    [{ halfLife: 10, rampUp: -1 }, "gan: ema.rampUp must be a finite number >= 0, found -1"],
    [{ halflife: 10 }, 'gan: ema: unknown option "halflife"; did you mean "halfLife"?'],
    [schedule.config, 'found a description; use fromConfig("schedule", description)'],
  ])("%j is refused", (ema, message) => {
    expect(() => gan({ ...parts, ema: ema as never })).toThrow(message);
  });

  test.each([
    [{ kind: "cosin" }, 'schedule: unknown kind "cosin"; did you mean "cosine"?'],
    [{ halfLife: { kind: "cosine", from: 1 } }, "cosine: steps must be an integer >= 1, found undefined"],
    [{ rampUp: 1 }, "gan: ema.halfLife must be a number or a schedule"],
  ])("%j in a description is refused", (ema, message) => {
    expect(() => familyFrom({ ...gan(parts).config, ema })).toThrow(message);
  });
});
