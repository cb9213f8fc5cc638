/** What a sweep has come to: a document with stable keys, and a table of its trials, the best first. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ranked } from "../sweep/rungs.js";
import { type Stage, stageOf, statesOf, type TrialState } from "../sweep/stage.js";
import type { Goal } from "../sweep/sweep-file.js";
import type { SweepFolder } from "../sweep/sweep-folder.js";
import { isLocked } from "../train/run-lock.js";
import { scoreText } from "./evaluation-table.js";
import { directionOf } from "./metric-direction.js";
import { tableLines } from "../report/columns.js";

export type SweepState = "finished" | "dropped" | "failed" | "interrupted" | "running" | "waiting";

/** Whether the least or the greatest value of the metric is the best: as the file says, or as the metric is known to be. */
export const goalOf = ({ file: { goal, metric } }: SweepFolder): Goal => goal ?? directionOf(metric ?? "") ?? "least";

/** The stage of a sweep by the results on disk. */
export const currentStage = async (sweep: SweepFolder, last?: number): Promise<Stage> =>
  stageOf(sweep.file, await statesOf(sweep), goalOf(sweep), last);

async function stateOf(sweep: SweepFolder, { trial, result }: TrialState, stage: Stage): Promise<SweepState> {
  if (result?.state === "failed") return "failed";
  const isOf = (rung: number) => stage.members[rung]?.some((one) => one.trial === trial);
  const folder = sweep.folder(trial);
  if (!isOf(stage.rung)) return "dropped";
  // At the end of its rung it waits for the others.
  if (!stage.pending.some((one) => one.trial === trial))
    return stage.rung === stage.rungs.length - 1 ? "finished" : "waiting";
  if (await isLocked(folder)) return "running";
  return !result && existsSync(join(folder, "config.json")) ? "interrupted" : "waiting";
}

/** The document of a sweep, with its trials in the order of their ranks. */
export async function sweepDocument(sweep: SweepFolder, { interrupted }: { readonly interrupted: boolean }) {
  const { file, path } = sweep;
  const stage = await currentStage(sweep);
  const goal = goalOf(sweep);
  const states = stage.members[0];
  const rows = await Promise.all(
    states.map(async (one) => ({
      trial: one.trial.trial,
      state: await stateOf(sweep, one, stage),
      seed: one.trial.seed,
      settings: one.trial.settings,
      steps: one.result?.steps ?? 0,
      ...(one.result?.value !== undefined && { value: one.result.value }),
      ...(one.result?.floor !== undefined && { floor: one.result.floor }),
      ...(one.result && { seconds: one.result.seconds, exitCode: one.result.exitCode }),
      ...(one.result?.weightHash !== undefined && { weightHash: one.result.weightHash }),
      ...(one.result?.error !== undefined && { error: one.result.error, hint: one.result.hint ?? "" }),
      run: sweep.folder(one.trial),
      place: one.result?.state === "finished" ? (one.result.rungs?.length ?? 1) : 0,
    })),
  );
  // Those of a later rung come first, whatever their values.
  const places = [...new Set(rows.map(({ place }) => place))].sort((a, b) => b - a);
  const ordered = places.flatMap((place) =>
    ranked(
      rows.filter((row) => row.place === place),
      goal,
    ),
  );
  const trials = ordered.map(({ place: _, ...row }) => row);
  const best = file.metric === undefined ? undefined : trials.find(({ value }) => value !== undefined);
  const count = (state: SweepState) => trials.filter((one) => one.state === state).length;
  return {
    ...{ sweep: path, method: file.method, ...(file.metric !== undefined && { metric: file.metric, goal }) },
    ...{ finished: count("finished"), dropped: count("dropped"), failed: count("failed") },
    left: trials.length - count("finished") - count("dropped") - count("failed"),
    interrupted,
    ...(file.method === "halving" && { rungs: rungsIn(stage) }),
    best: best ? { trial: best.trial, value: best.value, run: best.run } : null,
    trials,
  };
}

/** The trials of each rung. */
const rungsIn = ({ rungs, members }: Stage) =>
  rungs.map(({ steps, trials }, i) => ({
    ...{ steps, trials },
    ...(members[i] && { members: members[i].map(({ trial }) => trial.trial) }),
  }));

export type SweepDocument = Awaited<ReturnType<typeof sweepDocument>>;

const cell = (value: unknown) => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** The trials as a table. */
export function sweepLines({ trials, metric }: SweepDocument): string[] {
  const names = Object.keys(trials[0]?.settings ?? {});
  const titles = names.map((name) => name.replace(/^config\./, ""));
  const head = ["trial", "state", "steps", ...(metric === undefined ? [] : [metric]), ...titles, "seed"];
  const rows = trials.map(({ trial, state, steps, value, settings, seed }) => [
    ...[String(trial), state, String(steps)],
    ...(metric === undefined ? [] : [value === undefined ? "" : scoreText(value)]),
    ...names.map((name) => cell(settings[name])),
    String(seed),
  ]);
  return tableLines(head, rows);
}
