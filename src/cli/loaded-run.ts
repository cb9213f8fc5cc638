/**
 * A model loaded from disk, with its values in a runtime: from a saved file or a checkpoint's, or from a run folder, with
 * its settings.
 */
import { stat } from "node:fs/promises";
import { normalisedAs } from "../data/scaling.js";
import { holdOut } from "../data/hold-out.js";
import { codecFrom } from "../data/codecs/index.js";
import type { SequenceReading } from "../domains/data-of.js";
import { type OpenOptions, openSource, type TableReading } from "../domains/load.js";
import { fitAll } from "../data/streaming/record-file.js";
import type { Described, TrainingData } from "../data/training-data.js";
import { BadFileError, DivergedError, UsageError } from "../errors.js";
import { startRuntime } from "./start-runtime.js";
import type { Family } from "../train/family.js";
import { savedFamily } from "../models/load.js";
import type { Runtime } from "../host/runtime.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Checkpoint } from "../train/checkpoint.js";
import { savedOf } from "../train/checkpoint-form.js";
import type { FamilyConfig } from "../train/family-config.js";
import type { DataDescription } from "../train/data-description.js";
import { restoreModel } from "../train/restore.js";
import { read } from "../train/run-files.js";
import { type RunData, RunFolder } from "../train/run-folder.js";
import { describedRun } from "../train/run-settings.js";
import { readModel, type SavedModel } from "../train/saved-model.js";
import type { TrainedModel } from "../train/trained.js";
import type { HostOptions } from "./options.js";
import { fingerprint } from "./run-data.js";

export interface LoadedModel {
  /** Path of the file or run folder. */
  readonly path: string;
  /** The run, if the path is that of a run folder. */
  readonly run?: RunFolder;
  readonly saved: SavedModel;
  readonly family: Family;
  readonly runtime: Runtime;
  readonly model: TrainedModel;
}

export interface LoadedRun extends LoadedModel {
  readonly run: RunFolder;
  readonly checkpoint: Checkpoint;
}

/** What a path leads to: the model that is saved there, and the run if it is a run folder. */
export interface Saved {
  readonly saved: SavedModel;
  readonly run?: RunFolder;
}

/** Reads a saved model, a checkpoint, or the newest checkpoint of a run folder. Throws BadFileError if it is damaged. */
export async function readSavedAt(path: string, step?: number | "best"): Promise<Saved> {
  const isFolder = await stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
  if (isFolder) {
    const run = await RunFolder.open(path);
    return { run, saved: savedOf(await run.loadCheckpoint(step)) };
  }
  if (step !== undefined)
    throw new UsageError(`${path}: --step is an option for run folders, and this is a file`, {
      hint: "leave it out, or give the run folder",
    });
  return { saved: await readModel(await read(path), path) };
}

interface LoadingOptions extends HostOptions {
  readonly step?: number | "best";
}

/** Loads a saved model, a checkpoint or a run for sampling. Throws BadFileError if files are damaged. */
export async function loadModel(path: string, { step, ...host }: LoadingOptions): Promise<LoadedModel> {
  const { saved, run } = await readSavedAt(path, step);
  const deterministic = host.deterministic ?? run?.settings.deterministic ?? false;
  return { ...(await started(path, saved, { ...host, deterministic })), ...(run && { run }) };
}

/** Opens a run for sampling or measuring. Throws BadFileError if files are damaged. */
export async function loadRun(path: string, { step, ...host }: LoadingOptions): Promise<LoadedRun> {
  const run = await RunFolder.open(path);
  const checkpoint = await run.loadCheckpoint(step);
  const deterministic = host.deterministic ?? run.settings.deterministic;
  return { ...(await started(path, savedOf(checkpoint), { ...host, deterministic })), run, checkpoint };
}

async function started(path: string, saved: SavedModel, host: HostOptions): Promise<LoadedModel> {
  const family = familyOf(saved.config, path);
  const runtime = await startRuntime(host);
  try {
    return { path, saved, family, runtime, model: await restoreModel(family, runtime, saved, path) };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

export const divergedHint = "train again with a lower learning rate (--model FILE) or other data";

/**
 * Throws DivergedError if a checkpoint holds no trained model: it is of step 0 although that was not requested, or its
 * values are not finite.
 */
export function checkTrained({ path, saved }: LoadedModel, asked: number | "best" | undefined): void {
  const { training, tensors } = saved;
  if (training?.step === 0 && asked !== 0)
    throw new DivergedError(
      `${path}: nothing was learned: its only checkpoint is of step 0 (training diverged or was stopped before the first save)`,
      { hint: `${divergedHint}; --step 0 uses the initial values anyway` },
    );
  for (const [name, { data }] of tensors) {
    if (!(data instanceof Float32Array) || data.every(Number.isFinite)) continue;
    throw new DivergedError(
      `${path}: training has diverged: ${name}${training ? ` of step ${training.step}` : ""} is not finite`,
      {
        hint: divergedHint,
      },
    );
  }
}

/** The model of a file or run. Throws BadFileError if it cannot be built. */
export const familyOf = (config: FamilyConfig, path: string): Family =>
  savedFamily(config, path, "give the module that defines it with --kinds FILE");

/** Which records of a source are loaded: their number, the part of data that have several, the seed of built-in data. */
type Selection = Pick<OpenOptions, "count" | "part" | "seed">;

/** How a model reads sequences: with its codec and its length of records. */
export const readingOf = ({ tokens, shape }: Pick<RunData, "tokens" | "shape">): SequenceReading | undefined =>
  tokens && { ...(tokens.codec && { codec: codecFrom(tokens.codec) }), length: shape[0] };

/** How a model reads tables: with its columns, or as features. */
export const tableReadingOf = ({ table }: Pick<RunData, "table">): TableReading | false =>
  table ? { columns: table.columns } : false;

/** Loads data in the same way as for training. Images that were left out then are left out without a message. */
export async function loadSame(data: RunData, source: string, which: Selection = {}): Promise<TrainingData> {
  const { images, fitted, skipBad, stream } = data;
  const sequences = readingOf(data);
  const loaded = await openSource(source, {
    ...which,
    ...(images === undefined ? {} : { images }),
    ...(skipBad ? { skipBad: () => undefined } : {}),
    stream,
    ...(sequences && { sequences }),
    table: tableReadingOf(data),
  });
  return fitted === undefined ? loaded : fitAll(loaded, fitted);
}

/** A run's data as they were in training. Throws BadFileError if they have changed since. */
export async function reloadData(data: RunData, source = data.source): Promise<TrainingData> {
  return (await reloadParts(data, source)).train;
}

/** A run's data in two parts: as they were in training, and the records that it held out, if it did. */
export async function reloadParts(
  data: RunData,
  source = data.source,
): Promise<{ readonly train: TrainingData; readonly heldOut?: TrainingData }> {
  const loaded = await loadSame(data, source, { count: data.count });
  if ((await fingerprint(loaded, data.labelled)) !== data.sha256) {
    throw new BadFileError(`${source}: not the data of this run: their contents have changed`, {
      code: "ERR_FILE_CORRUPT",
      hint: "give the original data with --data",
    });
  }
  const all = normalisedAs(loaded, describedRun(data));
  return data.heldOut ? holdOut(all, data.heldOut) : { train: all };
}

/** Throws UsageError if a column of a table has another name than the model's: in another order it would be taken for it. */
export function checkColumns(source: string, { range }: Pick<DataDescription, "range">, { columns }: Described): void {
  const wanted = range.columns?.map(({ name }) => name) ?? [];
  const found = columns?.map(({ name }) => name) ?? [];
  const other = wanted.findIndex((name, i) => name !== undefined && found[i] !== undefined && found[i] !== name);
  if (other < 0) return;
  const [name, instead] = [wanted[other], found[other]].map((one) => JSON.stringify(one));
  throw new UsageError(`${source}: column ${other + 1} must be ${name} like the model's, found ${instead}`, {
    hint: `give the columns ${wanted.join(", ")}, in this order`,
  });
}

/** Other data with the run's normalisation. Throws UsageError if their records have another shape or other columns. */
export async function loadAlike(data: RunData, source: string, which: Selection = {}): Promise<TrainingData> {
  const { shape } = data;
  const loaded = await loadSame(data, source, which);
  if (sameShape(loaded.shape, shape)) {
    const before = describedRun(data);
    checkColumns(source, before, loaded);
    return normalisedAs(loaded, before);
  }
  throw new UsageError(
    `${source}: records must have shape ${shapeText(shape)} like the run's data, found ${shapeText(loaded.shape)}`,
    {
      hint: "give data of the same kind as the training data",
    },
  );
}
