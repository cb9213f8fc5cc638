/** `genloom train --resume RUN`: a run that goes on from a checkpoint, or from step 0 if it has none yet. */
import { inMemory } from "../data/stream.js";
import { UsageError } from "../errors.js";
import { weightHash } from "../train/checkpoint.js";
import type { FamilyKind } from "../train/family-config.js";
import { respan } from "../train/respan.js";
import { RunFolder, type RunSettings } from "../train/run-folder.js";
import type { RunLock } from "../train/run-lock.js";
import type { SavedModel } from "../train/saved-model.js";
import { checkEvaluations, evaluationSettings } from "./evaluation-settings.js";
import { familyOf, readSavedAt, reloadParts } from "./loaded-run.js";
import { flagOf } from "./options.js";
import type { Terminal } from "./terminal.js";
import { locked, type Plan, shownBytes, type TrainCommandOptions, untilOf } from "./train-settings.js";

/** Options that determine the records. */
const imageNames = ["size", "fit", "channels", "background", "skipBad", "stream"] as const;

/** A resumed run, from its newest checkpoint or from that of --step. */
export async function planResumed(
  path: string,
  kind: FamilyKind | undefined,
  options: TrainCommandOptions,
  terminal: Terminal,
): Promise<Plan> {
  for (const fixed of [
    "preset",
    "model",
    "conditional",
    "from",
    "batch",
    "seed",
    "count",
    "out",
    "heldOut",
    "window",
    ...imageNames,
  ] as const) {
    if (options[fixed] !== undefined)
      throw new UsageError(`train: --${flagOf(fixed)} cannot change when a run is resumed`, {
        hint: `leave it out: ${path} holds its settings`,
      });
  }
  const found = await RunFolder.open(path);
  const { model } = found.settings;
  if (kind !== undefined && kind !== model)
    throw new UsageError(`train: ${path} must be a run of ${kind}, found ${model}`, {
      hint: `genloom train ${model} --resume ${path}`,
    });
  // Locked before reading: files that another process is writing would be out of date.
  return locked(path, (lock) => goOn(found, lock, options, terminal));
}

async function goOn(found: RunFolder, lock: RunLock, options: TrainCommandOptions, terminal: Terminal): Promise<Plan> {
  const { path, settings: before } = found;
  if (before.batchSize % (options.ranks ?? 1) !== 0)
    throw new UsageError(
      `train: the batch of ${path} must be a multiple of the ${options.ranks} ranks, found ${before.batchSize}`,
      { hint: "start another number of ranks" },
    );
  // Killed before its first checkpoint, a run begins again: its settings determine every bit.
  const begun = options.step !== undefined || (await found.steps()).length > 0;
  const checkpoint = begun ? await found.loadCheckpoint(options.step) : undefined;
  const start = checkpoint ? undefined : await startOf(before);
  const done = checkpoint?.step ?? 0;
  const steps = options.steps ?? before.steps;
  if (steps < done)
    throw new UsageError(`train: --steps must be at least the step of ${path}, ${done}, found ${steps}`, {
      hint: "--steps is the total number of steps of the run; --step N resumes from an earlier checkpoint",
    });
  const until = untilOf(options, steps, done);
  const planned = checkpoint?.steps ?? before.steps;
  const described = checkpoint?.config ?? before.config;
  const config = respan(described, planned, steps);
  const family = familyOf(config, path);
  if (!checkpoint) terminal.message(`${path} has no checkpoint: from step 0 on`);
  if (config !== described)
    terminal.message(
      `schedules that ended at step ${planned} now end at step ${steps}: from step ${done} on they are those of a training of ${steps} steps`,
    );
  const { train: data, heldOut } = await reloadParts(before.data, options.data);
  const evaluation = evaluationSettings(options, before.data, before.evaluation);
  const saveEvery = options.saveEvery ?? (options.evalEvery === undefined ? before.saveEvery : options.evalEvery);
  checkEvaluations({ saveEvery, ...(evaluation && { evaluation }) });
  const run = await found.update({
    ...before,
    ...(options.data === undefined ? {} : { data: { ...before.data, source: options.data } }),
    steps,
    config: family.config,
    saveEvery,
    keep: options.keep ?? before.keep,
    deterministic: options.deterministic ?? before.deterministic,
    ...(evaluation && { evaluation }),
    ...(options.onDivergence && { onDivergence: options.onDivergence }),
  });
  await run.rewriteMetrics(checkpoint?.history ?? [], done);
  await forgetLaterBest(run, done);
  const shown = await inMemory(data, shownBytes);
  const { settings } = run;
  return {
    run,
    lock,
    settings,
    until,
    family,
    data,
    shown,
    ...(heldOut && { heldOut }),
    ...(checkpoint && { resume: checkpoint }),
    ...(start && { start }),
  };
}

/** Removes a best checkpoint of a later step: the training may not reach it again. */
async function forgetLaterBest(run: RunFolder, step: number): Promise<void> {
  const mark = await run.best.mark();
  if (mark && mark.step > step) await run.best.remove();
}

/** The saved model that a run begins with, if it was made by --from. Throws UsageError if it is not the same any more. */
export async function startOf({ from }: RunSettings): Promise<SavedModel | undefined> {
  if (!from) return undefined;
  const { saved } = await readSavedAt(from.path, from.step);
  if ((await weightHash(saved.tensors)) === from.weightHash) return saved;
  throw new UsageError(`train: ${from.path} must have the values that this run began with, found others`, {
    hint: "the run ended before its first checkpoint: train again with --from",
  });
}
