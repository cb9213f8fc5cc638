/** A run loaded from disk: its settings, a checkpoint, and the model with its values in a runtime. */
import { rescaled } from "../data/columns.js";
import { openDataset } from "../data/load.js";
import { fitAll } from "../data/streaming/record-file.js";
import type { TrainingData } from "../data/stream.js";
import { BadFileError, DivergedError, UsageError } from "../errors.js";
import { startRuntime } from "./start-runtime.js";
import type { Family } from "../train/family.js";
import { UnknownKindError } from "../kinds/registry.js";
import { familyFrom } from "../models/index.js";
import type { Runtime } from "../host/runtime.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Checkpoint } from "../train/checkpoint.js";
import { restoreModel } from "../train/restore.js";
import { type RunData, RunFolder } from "../train/run-folder.js";
import type { TrainedModel } from "../train/trained.js";
import type { HostOptions } from "./options.js";
import { fingerprint } from "./run-data.js";

export interface LoadedRun {
  readonly run: RunFolder;
  readonly checkpoint: Checkpoint;
  readonly family: Family;
  readonly runtime: Runtime;
  readonly model: TrainedModel;
}

/** Opens a run for sampling or measuring. Throws BadFileError if files are damaged. */
export async function loadRun(
  path: string,
  { step, ...host }: HostOptions & { readonly step?: number },
): Promise<LoadedRun> {
  const run = await RunFolder.open(path);
  const checkpoint = await run.loadCheckpoint(step);
  const family = familyOf(checkpoint, path);
  checkSettings(run, checkpoint);
  const runtime = await startRuntime({ ...host, deterministic: host.deterministic ?? run.settings.deterministic });
  const model = await restoreModel(family, runtime, checkpoint);
  return { run, checkpoint, family, runtime, model };
}

export const divergedHint = "train again with a lower learning rate (--model FILE) or other data";

/**
 * Throws DivergedError if a checkpoint holds no trained model: it is of step 0 although that was not requested, or its
 * values are not finite.
 */
export function checkTrained({ run, checkpoint }: LoadedRun, asked: number | undefined): void {
  const { step, tensors } = checkpoint;
  if (step === 0 && asked !== 0)
    throw new DivergedError(
      `${run.path}: nothing was learned: its only checkpoint is of step 0 (training diverged or was stopped before the first save)`,
      { hint: `${divergedHint}; --step 0 uses the initial values anyway` },
    );
  for (const [name, { data }] of tensors) {
    if (!(data instanceof Float32Array) || data.every(Number.isFinite)) continue;
    throw new DivergedError(`${run.path}: training has diverged: ${name} of step ${step} is not finite`, {
      hint: divergedHint,
    });
  }
}

/**
 * Compares config.json, whose scales convert samples to the data's units, with the checkpoint, which holds the scales
 * and the model of the training. Throws BadFileError if the two differ.
 */
export function checkSettings(
  { path, settings: { model, data } }: RunFolder,
  { range, step, config }: Checkpoint,
): void {
  const corrupt = (rule: string) =>
    new BadFileError(`${path}/config.json: corrupt: ${rule}`, {
      code: "ERR_FILE_CORRUPT",
      hint: "restore the file from a copy",
    });
  if (model !== config.kind)
    throw corrupt(`its model ${JSON.stringify(model)} is not that of step ${step}: ${config.kind}`);
  if (data.scale !== range?.scale || data.shift !== range.shift)
    throw corrupt(
      `its scale ${data.scale} and shift ${data.shift} are not those of step ${step}: ${range?.scale} and ${range?.shift}`,
    );
  const { columns = [] } = data;
  const trained = range.columns ?? [];
  const other = columns.findIndex(
    ({ scale, offset }, i) => scale !== trained[i]?.scale || offset !== trained[i].offset,
  );
  if (other >= 0) throw corrupt(`its scale and offset of column ${other + 1} are not those of step ${step}`);
  if (columns.length !== trained.length)
    throw corrupt(`it has ${columns.length} columns, the data of step ${step} had ${trained.length}`);
}

/** The model described by a checkpoint. */
export function familyOf({ config }: Checkpoint, path: string): Family {
  try {
    return familyFrom(config);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BadFileError(`${path}: its model cannot be built: ${reason}`, {
      code: "ERR_FILE_CORRUPT",
      hint:
        cause instanceof UnknownKindError
          ? "give the module that defines it with --kinds FILE"
          : "the run is from another version of genloom, or was edited by hand",
      cause,
    });
  }
}

/** Loads data in the same way as for training. Images that were left out then are left out without a message. */
async function loadSame(data: RunData, source: string, count?: number): Promise<TrainingData> {
  const { images, fitted, skipBad, stream } = data;
  const loaded = await openDataset(source, {
    ...(count === undefined ? {} : { count }),
    ...(images === undefined ? {} : { images }),
    ...(skipBad ? { skipBad: () => undefined } : {}),
    stream,
  });
  return fitted === undefined ? loaded : fitAll(loaded, fitted);
}

/** A run's data as they were in training. Throws BadFileError if they have changed since. */
export async function reloadData(data: RunData, source = data.source): Promise<TrainingData> {
  const loaded = await loadSame(data, source, data.count);
  if ((await fingerprint(loaded)) !== data.sha256) {
    throw new BadFileError(`${source}: not the data of this run: their contents have changed`, {
      code: "ERR_FILE_CORRUPT",
      hint: "give the original data with --data",
    });
  }
  return normalisedAs(loaded, data);
}

/** Applies the run's normalisation, whatever the values of these records are. */
function normalisedAs(loaded: TrainingData, { columns, scale, shift }: RunData): TrainingData {
  // The data are treated as a table, even if their values alone look like pixels or bits.
  if (columns)
    return rescaled({ ...loaded, columns: columns.map((one) => ({ ...one, scale: 1, offset: 0 })) }, columns);
  const { columns: _columns, ...rest } = loaded;
  return Object.freeze({ ...rest, scale, shift }) as TrainingData;
}

/** Other data with the run's normalisation. Throws UsageError if their records have another shape. */
export async function loadAlike(data: RunData, source: string): Promise<TrainingData> {
  const { shape } = data;
  const loaded = await loadSame(data, source);
  if (sameShape(loaded.shape, shape)) return normalisedAs(loaded, data);
  throw new UsageError(
    `${source}: records must have shape ${shapeText(shape)} like the run's data, found ${shapeText(loaded.shape)}`,
    {
      hint: "give data of the same kind as the training data",
    },
  );
}
