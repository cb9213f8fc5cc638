/** How far a sweep has come: which rung is under way, which trials belong to it, and which of them are still to run. */
import { type Rung, rungsOf, survivors } from "./rungs.js";
import type { Goal, SweepFile } from "./sweep-file.js";
import type { SweepFolder, Trial, TrialResult } from "./sweep-folder.js";

/** A trial with its result, if it has one. */
export interface TrialState {
  readonly trial: Trial;
  readonly result?: TrialResult | undefined;
}

export interface Stage {
  readonly rungs: readonly Rung[];
  /** Index of the rung that is under way; the last one if nothing is left. */
  readonly rung: number;
  /** The trials of each rung so far, in the order of their places. */
  readonly members: readonly (readonly TrialState[])[];
  /** Those of the rung that have not ended. */
  readonly pending: readonly TrialState[];
}

/** Whether a trial has nothing to do in a rung: it has a value there, or has failed. */
export function isDone({ method, metric }: SweepFile, result: TrialResult | undefined, rung: number): boolean {
  if (!result || result.state === "failed") return result !== undefined;
  return method === "halving" ? (result.rungs?.length ?? 0) > rung : metric === undefined || result.metric === metric;
}

/** The trials with their results. */
export const statesOf = (sweep: SweepFolder): Promise<TrialState[]> =>
  Promise.all(sweep.trials.map(async (trial) => ({ trial, result: await sweep.result(trial) })));

/** The stage that the results make, up to a rung. */
export function stageOf(file: SweepFile, states: readonly TrialState[], goal: Goal, last = Infinity): Stage {
  const rungs = rungsOf(file, states.length);
  const members = [states];
  for (let rung = 0; ; rung++) {
    const pending = members[rung].filter(({ result }) => !isDone(file, result, rung));
    if (pending.length > 0 || rung >= Math.min(last, rungs.length - 1)) return { rungs, rung, members, pending };
    const measured = members[rung].map((state) => ({ state, ...state.result?.rungs?.[rung] }));
    members.push(survivors(measured, rungs[rung + 1].trials, goal).map(({ state }) => state));
  }
}
