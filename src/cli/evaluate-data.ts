/** The data of an evaluation: the records that a run was trained on, and held-out records of the same kind. */
import { stat } from "node:fs/promises";
import { type builtin, isBuiltinName } from "../data/builtin.js";
import { dataFile } from "../data/data-path.js";
import type { Channels } from "../data/images/colour.js";
import { normalisedAs } from "../data/scaling.js";
import { fitAll } from "../data/streaming/record-file.js";
import { inMemory } from "../data/stream.js";
import { closeData, type Dataset, type TrainingData } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { sameShape, shapeText } from "../graph/shape.js";
import { describedRun, type RunData } from "../train/run-settings.js";
import { canClassify, fewestClassified } from "./evaluate-judges.js";
import { loadAlike, loadSame, reloadData, reloadParts } from "./loaded-run.js";
import { shownBytes } from "./train-settings.js";

export interface HeldOutData {
  readonly data: Dataset;
  /** Where the records come from, in words. */
  readonly source: string;
}

export interface EvaluationData {
  /** Absent if they could not be loaded, and other data were named; `missing` then says why. */
  readonly train?: Dataset;
  readonly missing?: unknown;
  /** Absent if a part of the training data has to do. */
  readonly heldOut?: HeldOutData;
  /** Data for measures of records, such as likelihoods: those that were named, or held out, or the training data. */
  readonly measured: Dataset;
}

/** Largest number of records that are drawn of a built-in data set. */
const mostDrawn = 10_000;

/** In memory, up to the limit of previews and measures; the source is closed. */
async function held(data: TrainingData): Promise<Dataset> {
  try {
    return await inMemory(data, shownBytes);
  } finally {
    await closeData(data);
  }
}

export interface DataWish {
  /** Current path of the run's data, if it has changed. */
  readonly data?: string | undefined;
  /** Other data, such as a test set. */
  readonly on?: string | undefined;
}

/**
 * Loads the training data of a run, and held-out records: other data that were named, or the records that the run held out,
 * or the test half of a folder of MNIST files, or new records of a built-in data set.
 */
export async function evaluationData(
  run: RunData,
  { data: source = run.source, on }: DataWish,
): Promise<EvaluationData> {
  if (on !== undefined) {
    const heldOut = { data: await held(await loadAlike(run, on)), source: on };
    const train = await reloadData(run, source).then(
      async (data) => ({ train: await held(data) }),
      (missing: unknown) => ({ missing }),
    );
    return { ...train, heldOut, measured: heldOut.data };
  }
  const parts = await reloadParts(run, source);
  const heldOut = await ownHeldOut(run, source, parts.heldOut);
  const train = await held(parts.train);
  return { train, ...(heldOut && { heldOut }), measured: parts.heldOut && heldOut ? heldOut.data : train };
}

/** Held-out records of a run's data, if there are any: see `evaluationData`. */
export async function ownHeldOut(
  run: RunData,
  source: string,
  heldOut: TrainingData | undefined,
): Promise<HeldOutData | undefined> {
  if (heldOut) return { data: await inMemory(heldOut, shownBytes), source: "records that the run held out" };
  if (isBuiltinName(source)) return newRecords(run, source);
  if (!(await hasTestHalf(source))) return undefined;
  return { data: await held(await loadAlike(run, source, { part: "test" })), source: `the test half of ${source}` };
}

/** Whether a path is a folder of MNIST files with a test half. */
async function hasTestHalf(source: string): Promise<boolean> {
  const folder = await stat(source).then(
    (status) => status.isDirectory(),
    () => false,
  );
  if (!folder) return false;
  const [train, test] = await Promise.all([dataFile(source, "train"), dataFile(source, "test").catch(() => undefined)]);
  return test !== undefined && test !== train;
}

/** New records of a built-in data set, of another seed; undefined for a set that is not drawn at random. */
async function newRecords(run: RunData, source: keyof typeof builtin): Promise<HeldOutData | undefined> {
  if (source === "bars") return undefined;
  const drawn = await loadAlike(run, source, { count: Math.min(mostDrawn, run.count), seed: otherSeed });
  return { data: await held(drawn), source: `new records of ${source}` };
}

/** The built-in data of a training have seed 0. */
const otherSeed = 1;

/**
 * Labelled images that classifiers are trained on, in the shape of a run's records: resized with antialiasing if they have
 * another one. Throws UsageError if they cannot have it, or if no classifier can be trained on them.
 */
export async function loadForFeatures(data: RunData, source: string): Promise<Dataset> {
  const { shape } = data;
  const loaded = await loadSame(data, source);
  const [height, width, channels] = shape;
  const square = shape.length === 3 && height === width && [1, 3, 4].includes(channels) && loaded.shape.length === 3;
  const other = !sameShape(loaded.shape, shape);
  const fitted = square && other ? fitAll(loaded, { size: height, channels: channels as Channels }) : loaded;
  if (!sameShape(fitted.shape, shape))
    throw new UsageError(
      `${source}: images for --features-from must have shape ${shapeText(shape)} like the run's records, found ${shapeText(loaded.shape)}`,
      { hint: "give labelled images of the same kind as the training data" },
    );
  const images = await held(normalisedAs(fitted, describedRun(data)));
  if (canClassify(images)) return images;
  const { count, labels, classes = 0 } = images;
  throw new UsageError(
    `${source}: --features-from must have at least ${fewestClassified} images of two classes or more, found ${count} ${labels ? `with labels of ${classes}` : "without labels"}`,
    {
      hint: "give a folder with a sub-folder for each class, an IDX file with its file of labels beside it, or a .npz",
    },
  );
}

/** What to know of scores of more samples than there are held-out records for their floors; undefined if there are enough. */
export const floorsNote = (samples: number, heldOut: number): string | undefined =>
  samples > heldOut
    ? `floors are those of ${heldOut} held-out records, scores those of ${samples} samples: FID is biased by the count`
    : undefined;
