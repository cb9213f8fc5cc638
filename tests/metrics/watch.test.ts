/** Watching a training by evaluations: the best checkpoint, patience, and a training that goes on or back. */
import { describe, expect, test } from "vitest";
import { metrics } from "#binding";
import type { Evaluator } from "#src/metrics/evaluation/evaluator";
import type { ScoreName } from "#src/metrics/evaluation/scores";
import type { WatchOptions } from "#src/metrics/evaluation/watch";
import type { Checkpoint } from "#src/train/checkpoint";

/** An evaluator whose model has these scores, one after the other. */
function scripted(name: ScoreName, values: readonly number[], floor = 1): Evaluator {
  const left = [...values];
  return {
    ...{ names: [name, "kid"], lacking: [], samples: 10 },
    measure: async () => ({
      ...{ metrics: { [name]: left.shift() as number, kid: 0 }, floors: { [name]: floor } },
      ...{ multiples: {}, counts: {} },
    }),
  };
}

const at = (step: number) => ({ step }) as Checkpoint;

/** Watches checkpoints of the given steps until the signal ends it. */
async function watched(evaluator: Evaluator, steps: readonly number[], options: WatchOptions = {}) {
  const watch = metrics.watch(evaluator, options);
  for (const step of steps) {
    if (watch.signal.aborted) break;
    await watch.onCheckpoint(at(step));
  }
  return watch;
}

describe("the best checkpoint", () => {
  test.each([
    ["fid", [9, 4, 6], 20, 4],
    ["recall", [0.1, 0.8, 0.7], 20, 0.8],
    ["msSsim", [0.1, 0.9, 0.6], 30, 0.6],
  ] as const)("by %s", async (name, values, step, value) => {
    const watch = await watched(scripted(name, values, 0.5), [10, 20, 30], { best: name });
    expect(watch.best).toEqual({ step, metric: name, value });
    expect(watch.checkpoint).toEqual(at(step));
    expect(watch.history.map((one) => one.step)).toEqual([10, 20, 30]);
  });

  test("is told with each evaluation", async () => {
    const told: (readonly [number, boolean])[] = [];
    const onEvaluation: WatchOptions["onEvaluation"] = ({ step }, checkpoint, isBest) => {
      expect(checkpoint.step).toBe(step);
      told.push([step, isBest]);
    };
    await watched(scripted("fid", [5, 6, 3, 3]), [10, 20, 30, 40], { onEvaluation });
    expect(told).toEqual([
      [10, true],
      [20, false],
      [30, true],
      [40, false],
    ]);
  });

  test("is worse only by evaluations that have its score", async () => {
    const entry = { metrics: { kid: 3 }, floors: {}, seconds: 1 };
    const history = [
      { ...entry, step: 10, metrics: { fid: 3 } },
      { ...entry, step: 20 },
      { ...entry, step: 30 },
    ];
    const bestBefore = { step: 10, metric: "fid", value: 3 };
    const watch = await watched(scripted("fid", [5]), [40], { history, bestBefore, patience: 3 });
    expect(watch.worse).toBe(1);
    expect(watch.signal.aborted).toBe(false);
  });

  test("is never that of step 0, and only one of due steps", async () => {
    const watch = await watched(scripted("fid", [5, 4]), [0, 10, 20, 30, 40], { every: 20 });
    expect(watch.history.map((one) => one.step)).toEqual([20, 40]);
  });

  test("must be a score of the evaluator", () => {
    expect(() => metrics.watch(scripted("fid", []), { best: "recall" })).toThrow(
      "watch: best must be a score of the evaluator (fid, kid), found recall",
    );
    expect(() => metrics.watch(scripted("fid", []), { best: "fidd" })).toThrow(
      'unknown metric "fidd"; did you mean "fid"?',
    );
  });
});

describe("patience", () => {
  test("ends after so many evaluations without a better one", async () => {
    const watch = await watched(scripted("fid", [5, 6, 4, 7, 8, 1]), [10, 20, 30, 40, 50, 60], { patience: 2 });
    expect(watch.history.at(-1)?.step).toBe(50);
    expect(watch.worse).toBe(2);
    expect(watch.best?.step).toBe(30);
  });

  test("goes on from the history of a resumed training", async () => {
    const whole = await watched(scripted("fid", [5, 4, 6, 7]), [10, 20, 30, 40, 50], { patience: 2 });
    const first = await watched(scripted("fid", [5, 4, 6]), [10, 20, 30], { patience: 2 });
    const rest = await watched(scripted("fid", [7]), [40, 50], {
      ...{ patience: 2, history: first.history, bestBefore: first.best },
    });
    const steps = ({ history }: typeof whole) => history.map(({ step, metrics: found }) => [step, found.fid]);
    expect(steps(rest)).toEqual(steps(whole));
    expect(rest.best).toEqual(whole.best);
    expect([whole.signal.aborted, first.signal.aborted, rest.signal.aborted]).toEqual([true, false, true]);
  });

  test("does not count evaluations of steps to which the training went back", async () => {
    const watch = await watched(scripted("fid", [5, 6, 6, 7, 8]), [10, 20, 30, 20, 30], { patience: 3 });
    expect(watch.history.map(({ step, metrics: found }) => [step, found.fid])).toEqual([
      [10, 5],
      [20, 7],
      [30, 8],
    ]);
    expect(watch.signal.aborted).toBe(false);
  });
});
