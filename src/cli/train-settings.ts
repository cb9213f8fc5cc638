/** The settings of a training, from the options of `genloom train`, and a new run of them. */
import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { normalisedAs } from "../data/scaling.js";
import type { Dataset, TrainingData } from "../data/training-data.js";
import { inMemory } from "../data/stream.js";
import { UsageError } from "../errors.js";
import { makeFolder } from "../data/formats/safe-file.js";
import type { Family } from "../train/family.js";
import type { FamilyKind } from "../train/family-config.js";
import type { Checkpoint } from "../train/checkpoint.js";
import type { OnDivergence } from "../train/recovery.js";
import { type RunData, RunFolder, type RunSettings } from "../train/run-folder.js";
import { describedRun, type NewRun } from "../train/run-settings.js";
import type { SavedModel } from "../train/saved-model.js";
import { lockRun, type RunLock } from "../train/run-lock.js";
import { stepsOn } from "../presets/preset.js";
import { type DataOptions, presetData } from "./asked-data.js";
import { checkEvaluations, type EvaluationFlags, evaluationSettings } from "./evaluation-settings.js";
import { configuring } from "./failure.js";
import { readModelFile } from "./model-file.js";
import type { DistributedFlags, HostOptions, OutputOptions } from "./options.js";
import { describeData, labelledBy } from "./run-data.js";
import type { Terminal } from "./terminal.js";

export interface TrainCommandOptions
  extends HostOptions,
    OutputOptions,
    DataOptions,
    EvaluationFlags,
    DistributedFlags {
  readonly model?: string;
  readonly conditional?: boolean;
  readonly steps?: number;
  readonly stopAt?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly from?: string;
  readonly step?: number | "best";
  readonly saveEvery?: number;
  readonly keep?: number;
  readonly onDivergence?: OnDivergence;
  /** Number of ranks that train together; not an option of the command line. */
  readonly ranks?: number;
}

/** Everything that a training needs. */
export interface Plan {
  readonly run: RunFolder;
  /** Keeps other processes out of the folder until the training has ended. */
  readonly lock: RunLock;
  /** Takes back the folder of a new run, unless it has a checkpoint. */
  readonly undo?: () => Promise<void>;
  readonly settings: RunSettings;
  /** Step at which this training ends: the last one, or that of --stop-at. */
  readonly until: number;
  readonly family: Family;
  readonly data: TrainingData;
  /** Records that the training does not see, if the run holds any out. */
  readonly heldOut?: TrainingData;
  /** The data for previews and reports, up to `shownBytes`. */
  readonly shown: Dataset;
  readonly resume?: Checkpoint;
  /** The saved model whose values the training begins with. */
  readonly start?: SavedModel;
}

/** Maximum bytes of records held for previews, reports and measures, if records are read during training. */
export const shownBytes = 2 ** 28;

/** The step at which a training of `steps` steps ends, of which `done` are done. Throws UsageError if there is none. */
export function untilOf({ stopAt }: TrainCommandOptions, steps: number, done = 0): number {
  if (stopAt === undefined) return steps;
  if (stopAt >= done && stopAt <= steps) return stopAt;
  throw new UsageError(`train: --stop-at must be a step from ${done} to ${steps}, found ${stopAt}`, {
    hint: "--steps is the total number of steps, --stop-at the one at which this training ends",
  });
}

/** Throws UsageError unless the ranks of a group can share a batch. */
export function checkBatch({ ranks = 1 }: Pick<TrainCommandOptions, "ranks">, batchSize: number): void {
  if (batchSize % ranks === 0) return;
  throw new UsageError(`train: --batch must be a multiple of the ${ranks} ranks, found ${batchSize}`, {
    hint: "give another --batch, or start another number of ranks",
  });
}

/** About ten checkpoints, at most a thousand steps apart. */
const saveEveryOf = (steps: number) => Math.min(1000, Math.ceil(steps / 10));

/** A new run: its folder is created at once, so that an unwritable one is reported before training. */
export async function planNew(kind: FamilyKind, options: TrainCommandOptions, terminal: Terminal): Promise<Plan> {
  const file = options.model === undefined ? undefined : await readModelFile(kind, options.model);
  if (file?.recipe && options.preset !== undefined)
    throw new UsageError("train: --preset cannot be combined with a recipe", {
      hint: `${options.model} says how its model is trained: leave out --preset`,
    });
  if (file && options.conditional)
    throw new UsageError("train: --conditional cannot be combined with --model", {
      hint: `${options.model} describes the model: it is conditional if it has classes`,
    });
  const { name, preset, source, read, data, heldOut, loading } = await presetData(
    kind,
    options,
    terminal,
    file?.recipe,
  );
  const steps = options.steps ?? stepsOn(preset, data);
  const model = file && !file.recipe ? file.family : () => preset.make(data, steps, options);
  const family = await configuring(file?.hint ?? "choose another --preset", model);
  return planFolder(options, {
    preset: file ? "none" : (name as string),
    family,
    data,
    described: await describeData(data, read, source, { ...loading, ...labelledBy(family) }),
    steps,
    batchSize: options.batch ?? preset.batchSize,
    ...(heldOut && { heldOut }),
  });
}

/** What a new run is made of, besides the options that all runs have. */
interface Parts {
  readonly preset: string;
  readonly family: Family;
  readonly data: TrainingData;
  /** Raw held-out records. */
  readonly heldOut?: TrainingData;
  readonly described: RunData;
  readonly steps: number;
  readonly batchSize: number;
  readonly start?: SavedModel;
  readonly from?: RunSettings["from"];
}

/** Creates the folder of a new run, locked. */
export async function planFolder(options: TrainCommandOptions, parts: Parts): Promise<Plan> {
  const { preset, family, data, described, steps, batchSize, start, from, heldOut } = parts;
  const evaluation = evaluationSettings(options, data);
  const settings: NewRun = {
    model: family.kind,
    preset,
    data: described,
    steps,
    batchSize,
    seed: options.seed ?? 0,
    deterministic: options.deterministic ?? false,
    saveEvery: options.saveEvery ?? evaluation?.every ?? saveEveryOf(steps),
    keep: options.keep ?? 3,
    config: family.config,
    ...(evaluation && { evaluation }),
    ...(options.onDivergence && { onDivergence: options.onDivergence }),
    ...(from && { from }),
  };
  checkEvaluations(settings);
  checkBatch(options, batchSize);
  const until = untilOf(options, steps);
  const shown = await inMemory(data, shownBytes);
  const make = async (path: string): Promise<Plan> => {
    const made = await makeFolder(path);
    return locked(path, async (lock) => {
      const others = heldOut && normalisedAs(heldOut, describedRun(described));
      const run = await RunFolder.create(path, settings);
      const undo = async () => {
        if (!(await run.discard())) return;
        await lock.release();
        // None that holds something else.
        for (const folder of made.toReversed()) await rmdir(folder).catch(() => undefined);
      };
      const whole = { run, lock, undo, settings: run.settings, until, family, data, shown };
      return { ...whole, ...(others && { heldOut: others }), ...(start && { start }) };
    });
  };
  if (options.out !== undefined) return make(options.out);
  const name = `${family.kind}-${preset === "none" ? data.name : preset}`;
  // Another process may take the same name at the same moment.
  for (let number = await freeNumber(name); ; number++) {
    try {
      return await make(join("runs", `${name}-${number}`));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
}

/** Makes a plan while the folder is locked; if that fails, the lock is released. */
export async function locked(path: string, make: (lock: RunLock) => Promise<Plan>): Promise<Plan> {
  const lock = await lockRun(path);
  try {
    return await make(lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The first number of runs/NAME-1, runs/NAME-2 … that is free. */
async function freeNumber(name: string): Promise<number> {
  const taken = new Set(await readdir("runs").catch(() => []));
  let number = 1;
  while (taken.has(`${name}-${number}`)) number++;
  return number;
}
