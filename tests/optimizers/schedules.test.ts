/** Schedules: values at steps, descriptions, rules. */
import { describe, expect, test } from "vitest";
import { fromConfig, kindNames } from "#src/models/from-config";
import { evaluate } from "#src/graph/reference";
import * as schedules from "#src/optimizers/schedules";
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
  expect(new Set(rows.map(({ schedule }) => schedule.config.kind))).toEqual(new Set(kindNames("schedule")));
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
