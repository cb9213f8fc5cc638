/** Successive halving: rungs, and which trials go on. */
import { expect, test } from "vitest";
import { ranked, rungsOf, survivors } from "#src/sweep/rungs";
import { stageOf, type TrialState } from "#src/sweep/stage";
import { checkedSweep } from "#src/sweep/sweep-file";
import type { TrialResult } from "#src/sweep/sweep-folder";

const halving = (fields: object) =>
  checkedSweep({ method: "halving", trials: 9, least: 100, metric: "fid", options: { steps: 900 }, ...fields }, "file");

test("rungs have eta times the steps and a part of the trials, as in Hyperband's table", () => {
  expect(rungsOf(halving({}), 9)).toEqual([
    { steps: 100, trials: 9 },
    { steps: 300, trials: 3 },
    { steps: 900, trials: 1 },
  ]);
  // Li et al. 2017, table 1, s = 4: 81 configurations, 1 to 81 units.
  expect(rungsOf(halving({ trials: 81, least: 1, options: { steps: 81 } }), 81)).toEqual([
    { steps: 1, trials: 81 },
    { steps: 3, trials: 27 },
    { steps: 9, trials: 9 },
    { steps: 27, trials: 3 },
    { steps: 81, trials: 1 },
  ]);
  expect(rungsOf(halving({ trials: 8, least: 101 }), 8)).toEqual([
    { steps: 300, trials: 8 },
    { steps: 900, trials: 2 },
  ]);
  expect(rungsOf(halving({ eta: 2, least: 300 }), 5)).toEqual([
    { steps: 450, trials: 5 },
    { steps: 900, trials: 2 },
  ]);
});

test("the best go on: the least, the greatest, or those nearest to their floor; none without a value", () => {
  const items = [
    { id: 1 },
    { id: 2, value: 3 },
    { id: 3, value: 1 },
    { id: 4, value: Number.NaN },
    { id: 5, value: 2 },
  ];
  const ids = (found: readonly { id: number }[]) => found.map(({ id }) => id);
  expect(ids(survivors(items, 2, "least"))).toEqual([3, 5]);
  expect(ids(survivors(items, 9, "greatest"))).toEqual([2, 5, 3]);
  expect(ids(ranked(items, "least"))).toEqual([3, 5, 2, 1, 4]);
  const floors = [
    { id: 1, value: 0.9, floor: 0.5 },
    { id: 2, value: 0.3, floor: 0.5 },
    { id: 3, value: 0.1 },
  ];
  expect(ids(ranked(floors, "floor"))).toEqual([2, 1, 3]);
});

const state = (trial: number, values: readonly number[], failed = false): TrialState => {
  const rungs = values.map((value, i) => ({ steps: 100 * 3 ** i, value }));
  const result = { state: failed ? "failed" : "finished", steps: 0, seconds: 0, exitCode: 0, rungs } as TrialResult;
  return {
    trial: { trial, seed: 0, settings: {}, args: [], recipe: false },
    ...((failed || values.length > 0) && { result }),
  };
};

test("a stage says which trials are left, and keeps the places of a rung while later ones run", () => {
  const file = halving({ trials: 4, options: { steps: 300 } });
  const numbers = (states: readonly TrialState[]) => states.map(({ trial }) => trial.trial);
  const first = stageOf(file, [state(1, [5]), state(2, []), state(3, [1]), state(4, [], true)], "least");
  expect([first.rung, numbers(first.pending)]).toEqual([0, [2]]);
  const second = stageOf(file, [state(1, [5]), state(2, [9]), state(3, [1]), state(4, [], true)], "least");
  expect([second.rung, numbers(second.members[1]), numbers(second.pending)]).toEqual([1, [3], [3]]);
  // Worse in its second rung, or failed there, it has still won the first.
  for (const third of [state(3, [1, 100]), state(3, [1], true)]) {
    const last = stageOf(file, [state(1, [5]), state(2, [9]), third, state(4, [], true)], "least");
    expect([last.rung, numbers(last.members[1]), numbers(last.pending)]).toEqual([1, [3], []]);
  }
});
