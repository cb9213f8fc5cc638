/** One trial of a sweep: its training, from the start or resumed, then its evaluation, and how it ended. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { exitCodes, UsageError } from "../errors.js";
import { scoreNames } from "../metrics/evaluation/scores.js";
import type { Rung } from "../sweep/rungs.js";
import type { SweepFolder, Trial, TrialResult } from "../sweep/sweep-folder.js";
import { RunFolder } from "../train/run-folder.js";
import { isLocked } from "../train/run-lock.js";
import { type Ended, runCommand } from "./child-command.js";
import { measureNames } from "./measure.js";
import { runValue } from "./run-values.js";
import { argsOf } from "./sweep-options.js";
import { interrupted } from "./train.js";

/** How a trial ended here: with a result on disk, interrupted, or because another process trains it. */
export type TrialEnd = "done" | "interrupted" | "busy";

export interface TrialContext {
  readonly sweep: SweepFolder;
  /** The rung up to which it trains, in successive halving. */
  readonly rung?: Rung | undefined;
  readonly signal: AbortSignal;
  onProgress?(step: number, steps: number): void;
}

/** Options that are not kept with a run. */
const hostNames = ["threads", "wide", "kinds"];

/** Those of them, too, that belong to the ranks of a training. */
const trainingNames = [...hostNames, "distributed", "exchange-timeout", "batch-statistics"];

/** The arguments of a trial that have one of the names, with their values. */
const argsNamed = (args: readonly string[], names: readonly string[]) =>
  args.flatMap((arg, i) => (names.some((name) => arg === `--${name}`) ? [arg, args[i + 1]] : []));

function trainArgs(trial: Trial, folder: string, rung: Rung | undefined): string[] {
  const stop = rung ? ["--stop-at", String(rung.steps)] : [];
  if (existsSync(join(folder, "config.json")))
    return ["train", "--resume", folder, ...argsNamed(trial.args, trainingNames), ...stop];
  const recipe = trial.recipe ? ["--model", join(folder, "recipe.json")] : [];
  return [...trial.args, "--out", folder, ...recipe, ...stop];
}

/** Trains and evaluates a trial. Throws UsageError if its metric is none of the model's. */
export async function runTrial(trial: Trial, context: TrialContext): Promise<TrialEnd> {
  const { sweep, rung, signal, onProgress } = context;
  const folder = sweep.folder(trial);
  if (await isLocked(folder)) return "busy";
  const command = {
    ...{ launch: sweep.file.launch, log: join(folder, "train.log"), signal },
    onEvent: ({ event, step }: Readonly<Record<string, unknown>>) => {
      if (event === "progress") onProgress?.(Number(step), rung?.steps ?? 0);
    },
  };
  const before = await sweep.result(trial);
  const trained = await runCommand([...trainArgs(trial, folder, rung), "--jsonl"], command);
  if (isStop(trained, signal)) return "interrupted";
  if (trained.code !== 0) {
    // Another sweep was faster.
    if (trained.code === exitCodes.usage && (await isLocked(folder))) return "busy";
    await sweep.writeResult(trial, failed(trained, before));
    return "done";
  }
  const measured = await measure(trial, trained, context);
  if (measured === "interrupted") return measured;
  await sweep.writeResult(trial, resultOf(sweep, trained, measured, before, rung));
  return "done";
}

/** Whether a command was stopped, not failed. */
const isStop = ({ code }: Ended, signal: AbortSignal) =>
  code === interrupted || code === 143 || (code !== 0 && signal.aborted);

function failed({ code, error, hint, document }: Ended, before: TrialResult | undefined): TrialResult {
  return {
    state: "failed",
    ...{ steps: Number(document.steps ?? before?.steps ?? 0), seconds: before?.seconds ?? 0, exitCode: code },
    error: error ?? `the process ended with code ${code}`,
    ...(hint && { hint }),
    ...(before?.rungs && { rungs: before.rungs }),
  };
}

interface Value {
  readonly value?: number;
  readonly floor?: number;
  /** The evaluation, if it failed. */
  readonly failure?: Ended;
}

function resultOf(
  { file: { metric } }: SweepFolder,
  { document: { steps, seconds, weightHash } }: Ended,
  { failure, ...value }: Value,
  before: TrialResult | undefined,
  rung: Rung | undefined,
): TrialResult {
  if (failure) return { ...failed(failure, before), steps: Number(steps) };
  return {
    ...{ state: "finished", steps: Number(steps), exitCode: 0, ...(metric !== undefined && { metric }), ...value },
    ...{ seconds: Number(((before?.seconds ?? 0) + Number(seconds)).toFixed(3)), weightHash: String(weightHash) },
    ...(rung && { rungs: [...(before?.rungs ?? []), { steps: rung.steps, ...value }] }),
  };
}

/** The value of the sweep's metric: one that the training measured, or that of `genloom evaluate`. */
async function measure(trial: Trial, { document }: Ended, context: TrialContext): Promise<Value | "interrupted"> {
  const { sweep, signal } = context;
  const { metric, evaluate } = sweep.file;
  if (metric === undefined) return {};
  const folder = sweep.folder(trial);
  const run = await RunFolder.open(folder);
  const found = await runValue(run, metric);
  const isBest = (await run.best.mark())?.metric === metric;
  if (found && (isBest || found.step === document.steps)) return measuredValue(found);
  const known = [...scoreNames, ...measureNames];
  const wanted = evaluate.metrics === undefined && known.includes(metric) ? ["--metrics", metric] : [];
  const host = argsNamed(
    trial.args,
    hostNames.filter((name) => evaluate[name] === undefined),
  );
  const log = join(folder, "train.log");
  const done = await runCommand(["evaluate", folder, ...argsOf(evaluate), ...wanted, ...host, "--json"], {
    log,
    signal,
  });
  if (isStop(done, signal)) return "interrupted";
  // It would be the same for every other trial.
  if (done.code === exitCodes.usage)
    throw new UsageError(`sweep: the metric ${metric} cannot be measured: ${done.error}`, { hint: done.hint ?? "" });
  if (done.code !== 0) return { failure: done };
  const evaluated = await runValue(run, metric);
  if (evaluated) return measuredValue(evaluated);
  const names = Object.keys((done.document.metrics as object | undefined) ?? {});
  throw new UsageError(`sweep: metric must be one of the trial's, found ${metric}`, {
    hint: `measured here: ${[...names, ...Object.keys((document.losses as object | undefined) ?? {})].join(", ")}`,
  });
}

const measuredValue = ({ value, floor }: { readonly value: number; readonly floor?: number }): Value => ({
  value,
  ...(floor !== undefined && { floor }),
});
