/** Schedules: values at steps, descriptions, rules. */
import { createRuntime } from "#binding";
import { describe, expect, test } from "vitest";
import { defineKind } from "#src/models/define-kind";
import { fromConfig, kindNames } from "#src/models/from-config";
import { evaluate } from "#src/graph/reference";
import { pipeline } from "#src/objectives/augmentations";
import { elbo } from "#src/objectives/bounds";
import { r1 } from "#src/objectives/penalties";
import { adam } from "#src/optimizers/adam";
import * as schedules from "#src/optimizers/schedules";
import { add, mul } from "#src/ops/elementwise";
import { Input } from "#src/graph/tensor";

const { constant, cosine, exponential, inverseTime, linear, warmUp } = schedules;

function valuesOf(schedule: schedules.Schedule, steps: readonly number[]): number[] {
  const step = new Input("step", []);
  const value = schedule.at(step);
  expect(value.shape).toEqual([]);
  return steps.map((at) => evaluate([value], { feeds: new Map([[step, [at]]]) })[0][0]);
}

const rows: { schedule: schedules.Schedule; at: Record<number, number> }[] = [
  { schedule: constant(0.3), at: { 0: 0.3, 1000: 0.3 } },
  { schedule: linear(1, { steps: 10 }), at: { 0: 1, 1: 0.9, 5: 0.5, 10: 0, 11: 0, 1000: 0 } },
  { schedule: linear(0, { to: 2, steps: 4 }), at: { 0: 0, 1: 0.5, 3: 1.5, 4: 2, 9: 2 } },
  { schedule: cosine(1, { to: 0.2, steps: 6 }), at: { 0: 1, 2: 0.8, 3: 0.6, 4: 0.4, 6: 0.2, 7: 0.2 } },
  { schedule: exponential(2, { decay: 0.5 }), at: { 0: 2, 1: 1, 3: 0.25 } },
  { schedule: exponential(2, { decay: 0.25, steps: 10 }), at: { 0: 2, 5: 1, 10: 0.5 } },
  { schedule: inverseTime(1, { steps: 10 }), at: { 0: 1, 10: 0.5, 30: 0.25 } },
  { schedule: warmUp(4, 0.8), at: { 0: 0.2, 1: 0.4, 2: 0.6, 3: 0.8, 4: 0.8, 50: 0.8 } },
  { schedule: warmUp(2, linear(1, { steps: 2 })), at: { 0: 0.5, 1: 1, 2: 1, 3: 0.5, 4: 0, 5: 0 } },
];

describe.each(rows)("$schedule.config", ({ schedule, at }) => {
  const steps = Object.keys(at).map(Number);

  test("has its values", () => {
    for (const [i, value] of valuesOf(schedule, steps).entries()) expect(value).toBeCloseTo(at[steps[i]], 12);
  });

  test("comes back from its description", () => {
    const again = fromConfig("schedule", JSON.parse(JSON.stringify(schedule.config)));
    expect(again.config).toEqual(schedule.config);
    expect(valuesOf(again, steps)).toEqual(valuesOf(schedule, steps));
  });
});

test("every kind has a row", () => {
  const known = new Set([...kindNames("schedule")].filter((name) => name !== "sinking"));
  expect(new Set(rows.map(({ schedule }) => schedule.config.kind))).toEqual(known);
});

test.each([
  [() => linear(1, { steps: 0 }), RangeError, "linear: steps must be an integer >= 1, found 0"],
  [() => linear(1, {} as never), RangeError, "linear: steps must be an integer >= 1, found undefined"],
  [() => cosine(1, { steps: 2.5 }), RangeError, "cosine: steps must be an integer >= 1, found 2.5"],
  [() => exponential(1, { decay: 2 }), RangeError, "exponential: decay must be a finite number > 0 and <= 1, found 2"],
  [() => warmUp(-1, 1), RangeError, "warmUp: steps must be an integer >= 1, found -1"],
  [
    () => warmUp(1, null as never),
    TypeError,
    "warmUp: next must be a number or a schedule, for example schedules.cosine(1e-3, { steps: 1000 }), found null",
  ],
  [
    () => cosine(1, { step: 3 } as never),
    TypeError,
    'cosine: unknown option "step"; did you mean "steps"? known options: to, steps',
  ],
  [
    () => fromConfig("schedule", { kind: "cyclic" }),
    TypeError,
    'schedule: unknown kind "cyclic"; known kinds: constant',
  ],
  [
    () => fromConfig("schedule", { kind: "constant", value: 1, x: 2 }),
    TypeError,
    'constant: unknown option "x"; known options: value',
  ],
] as const)("%s names what is wrong", (build, type, message) => {
  expect(build).toThrow(type);
  expect(build).toThrow(message);
});

describe("in f32, in a program", () => {
  const counts = Array.from({ length: 400 }, (_, i) => i + 1);
  const ramps = { linear, cosine };

  /** Values at step 0, and at others that are counted from the last step, of a schedule of each number of steps. */
  async function compiled(make: (steps: number) => schedules.Schedule, fromEnd: readonly number[]) {
    const runtime = await createRuntime({ threads: 1 });
    const program = runtime.compile(({ input }) => {
      const [zero, later] = [input("zero", []), input("later", [fromEnd.length])];
      const values = counts.flatMap((steps) => {
        const schedule = make(steps);
        return [
          [`first ${steps}`, schedule.at(zero)] as const,
          [`later ${steps}`, schedule.at(add(later, steps))] as const,
        ];
      });
      return { outputs: Object.fromEntries(values) };
    });
    const found = await program.run({ zero: [0], later: fromEnd });
    await runtime.close();
    return counts.map((steps) => ({
      steps,
      first: found[`first ${steps}`].data[0],
      later: [...found[`later ${steps}`].data],
    }));
  }

  test.each([
    ["linear", 1, 1e-9],
    ["linear", 50, 5e-6],
    ["linear", 0, 0.3],
    ["cosine", 1, 1e-9],
    ["cosine", 50, 5e-6],
    ["cosine", 0.7, 0],
    ["cosine", 0, 0.3],
  ] as const)("%s from %d to %d begins and ends exactly there", async (kind, from, to) => {
    const found = await compiled((steps) => ramps[kind](from, { to, steps }), [0, 1, 1000]);
    const [first, last] = [Math.fround(from), Math.fround(to)];
    expect(found).toEqual(counts.map((steps) => ({ steps, first, later: [last, last, last] })));
  });

  test("the last update of warmUp has the value that follows", async () => {
    const value = Math.fround(0.3);
    for (const { later } of await compiled((steps) => warmUp(steps, 0.3), [-1, 0]))
      expect(later).toEqual([value, value]);
  });

  test("cosine keeps its digits near its end", async () => {
    for (const { steps, later } of await compiled((steps) => cosine(1, { steps }), [-1])) {
      const wanted = Math.sin(Math.PI / 2 / steps) ** 2;
      // Of 1 - p, which is 1 / steps, half a unit in the last place of p is lost; squared, it counts twice.
      expect(Math.abs(later[0] / wanted - 1)).toBeLessThan((steps + 4) * 2 ** -23);
    }
  });
});

/** Falls without end: its values are known only if it says so. */
const sinking = defineKind("schedule", {
  kind: "sinking",
  options: { said: { default: true } },
  make: ({ said }) => ({ ...(said && { ends: [0, -1] }), at: (step) => mul(step, -1) }),
});

describe("the limits of an option hold for the values of its schedule", () => {
  const positive = "must be a finite number >= 0, found";

  test.each([
    [() => adam(constant(-1)), `adam: every value of learningRate ${positive} -1`],
    [() => adam(linear(1e-3, { to: -0.1, steps: 10 })), `adam: every value of learningRate ${positive} -0.1`],
    [() => adam(warmUp(2, cosine(-1, { steps: 5 }))), `adam: every value of learningRate ${positive} -0.5`],
    [() => adam(warmUp(2, cosine(1, { to: -3, steps: 5 }))), `adam: every value of learningRate ${positive} -3`],
    [() => adam(exponential(-2, { decay: 0.5 })), `adam: every value of learningRate ${positive} -2`],
    [() => adam(inverseTime(-2, { steps: 3 })), `adam: every value of learningRate ${positive} -2`],
    [() => adam(sinking()), `adam: every value of learningRate ${positive} -1`],
    [
      () => adam(1e-3, { beta2: linear(1, { to: 0.9, steps: 10 }) }),
      "adam: every value of beta2 must be a finite number >= 0 and < 1, found 1",
    ],
    [() => r1(linear(1, { to: -5, steps: 10 })), `r1: every value of weight ${positive} -5`],
    [() => elbo({ klWeight: linear(0, { to: -1, steps: 10 }) }), `elbo: every value of klWeight ${positive} -1`],
    [
      () => pipeline({ probability: linear(0, { to: 1.5, steps: 10 }) }),
      "pipeline: every value of probability must be a finite number >= 0 and <= 1, found 1.5",
    ],
    [
      () => fromConfig("optimizer", { ...adam(0.1).config, learningRate: linear(1, { to: -2, steps: 3 }).config }),
      `adam: every value of learningRate ${positive} -2`,
    ],
  ])("%s", (build, message) => {
    expect(build).toThrow(RangeError);
    expect(build).toThrow(message);
  });

  test.each([
    () => adam(exponential(1, { decay: 0.5 }), { beta2: exponential(0.9, { decay: 1 }) }),
    () => adam(warmUp(3, linear(1, { steps: 2 }))),
    () => adam(sinking({ said: false })),
    () => adam(warmUp(3, sinking({ said: false }))),
  ])("%s is allowed", (build) => {
    expect(build).not.toThrow();
  });
});
