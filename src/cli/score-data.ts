/** The data of `genloom score`: records in the scaling of the model's data, and held-out records for a threshold. */
import { select } from "../data/dataset.js";
import { holdOut } from "../data/hold-out.js";
import { normalisedAs } from "../data/scaling.js";
import { inMemory } from "../data/stream.js";
import { fitAll } from "../data/streaming/record-file.js";
import { closeData, type Dataset, isStreamed, type TrainingData } from "../data/training-data.js";
import { openSource } from "../domains/load.js";
import { GenloomError, UsageError } from "../errors.js";
import { shapeText } from "../graph/shape.js";
import { checkAlike, type DataDescription, descriptionOf } from "../train/data-description.js";
import type { RunData } from "../train/run-folder.js";
import { ownHeldOut } from "./evaluate-data.js";
import { partOf } from "./evaluate-tokens.js";
import { configuring } from "./failure.js";
import { checkColumns, type LoadedModel, loadSame, readingOf, reloadParts, tableReadingOf } from "./loaded-run.js";
import type { Terminal } from "./terminal.js";
import { fitLike } from "./train-from.js";

/** Held-out records that a threshold is a quantile of, at most. */
const mostHeldOut = 10_000;

/** Seed of the choice among more records. */
const seed = 0;

/** Which records are wanted: all, or the first ones. */
interface Which {
  readonly count?: number | undefined;
}

/**
 * Records of a source, scaled as the model's data; images of another size are resized. Throws UsageError if they are of another
 * kind.
 */
export async function recordsOf(loaded: LoadedModel, source: string, terminal: Terminal, { count }: Which = {}) {
  const trained = loaded.model.data;
  const hint = "give data of the same kind as those that the model was trained on";
  return configuring(hint, async (): Promise<Dataset> => {
    const raw = await loadLike(loaded, source, count === undefined ? {} : { count });
    const fitted = fitLike(trained.shape, raw);
    if (fitted)
      terminal.message(`images of ${source} are resized from ${shapeText(raw.shape)} to ${shapeText(trained.shape)}`);
    const data = fitted === undefined ? raw : fitAll(raw, fitted);
    const { shape, range, tokens, table } = descriptionOf(data);
    checkAlike(source, "the model's", { ...trained, range }, { shape, range, tokens, table });
    checkColumns(source, trained, data);
    const scaled = normalisedAs(data, trained);
    warnOfUnits(source, trained, scaled, terminal);
    return wholeOf(scaled, source);
  });
}

/** Data as the run loaded its own; a saved model knows only how tokens and tables are read. */
function loadLike({ run, model }: LoadedModel, source: string, which: { readonly count?: number }) {
  if (run) return loadSame(run.settings.data, source, which);
  const sequences = readingOf(model.data);
  return openSource(source, { ...which, ...(sequences && { sequences }), table: tableReadingOf(model.data) });
}

/** Bytes in place of shares of 1, or the reverse, are not refused: values far away are what scores are for. */
function warnOfUnits(source: string, { extent, range }: DataDescription, data: TrainingData, terminal: Terminal): void {
  const width = ([low, high]: readonly [number, number]) => high - low;
  const share = extent && !range.columns && width(extent) > 0 ? width(data.extent) / width(extent) : 1;
  if (share > 16 || share < 1 / 16)
    terminal.message(
      `values of ${source} lie in [${data.extent.join(", ")}], and those of the model's data in [${extent?.join(", ")}]: are they in the same units?`,
    );
}

/** In memory, without windows that overlap; the source is closed. Throws UsageError if values are unknown. */
async function wholeOf(data: TrainingData, source: string): Promise<Dataset> {
  try {
    const whole = await inMemory(apart(data), Number.POSITIVE_INFINITY);
    // Of tokens, those after the end are masked.
    const unknown = whole.tokens ? -1 : (whole.mask?.indexOf(0) ?? -1);
    if (unknown < 0) return whole;
    const record = Math.floor((unknown * whole.count) / whole.records.length);
    throw new UsageError(`${source}: all values must be known, found an unknown one in record ${record}`, {
      hint: "leave out records with unknown values",
    });
  } finally {
    await closeData(data);
  }
}

/** Of windows of sequences, those that share no token: each begins where the one before ends. */
function apart(data: TrainingData): TrainingData {
  if (!isStreamed(data) || !data.windows) return data;
  const { starts } = data.windows;
  const [length] = data.shape;
  const kept: number[] = [];
  for (let i = 0; i < starts.length; i++)
    if (kept.length === 0 || starts[i] >= starts[kept[kept.length - 1]] + length) kept.push(i);
  return select(data, Int32Array.from(kept));
}

/** Held-out records, and where they come from, in words. */
export interface HeldOutRecords {
  readonly data: Dataset;
  readonly source: string;
}

/**
 * Records for a threshold: those that were named, or that the run held out, or of the validation or test part of its data, or the
 * training data with a message. Undefined, with a message that says why, if there are none.
 */
export async function heldOutRecords(
  loaded: LoadedModel,
  { on, quantile }: { readonly on?: string; readonly quantile?: number },
  terminal: Terminal,
): Promise<HeldOutRecords | undefined> {
  if (on !== undefined) return { data: await recordsOf(loaded, on, terminal), source: on };
  const { run } = loaded;
  try {
    if (!run)
      throw new UsageError(`${loaded.path}: a saved model does not know its data`, {
        hint: "give held-out records with --on",
      });
    return await recordsOfRun(run.settings.data, terminal);
  } catch (error) {
    if (quantile !== undefined || !(error instanceof GenloomError)) throw error;
    terminal.message(`there is no threshold: ${error.message}; --on gives held-out records`);
    return undefined;
  }
}

/**
 * Records that tell how usual each value is: the training data of a run, or those that were named. Throws UsageError for a saved
 * model without them.
 */
export async function referenceRecords(
  loaded: LoadedModel,
  { on }: { readonly on?: string },
  terminal: Terminal,
): Promise<Dataset> {
  const { run } = loaded;
  if (run) return wholeOf((await reloadParts(run.settings.data)).train, run.settings.data.source);
  if (on !== undefined) return recordsOf(loaded, on, terminal);
  throw new UsageError(
    `score: --by likelihood-ratio needs records that tell how usual each value is, and ${loaded.path} is a saved model, which does not know its data`,
    { hint: "give records with --on, or the run folder in place of the saved model" },
  );
}

async function recordsOfRun(run: RunData, terminal: Terminal): Promise<HeldOutRecords> {
  const { source } = run;
  const { train, heldOut } = await reloadParts(run);
  const own = run.tokens ? await heldOutTokens(run, heldOut) : await ownHeldOut(run, source, heldOut);
  if (!own)
    terminal.message(
      "there are no held-out records: the threshold is that of the training data, whose scores are too low; --on or --held-out gives others",
    );
  const { data, source: from } = own ?? { data: train, source: "the training data" };
  const records = apart(data);
  const some = records.count > mostHeldOut ? holdOut(records, { count: mostHeldOut, seed }).heldOut : records;
  const held = { data: await wholeOf(some, source), source: from };
  if (own && !run.tokens) await closeData(train);
  return held;
}

/** Held-out sequences of a run, if there are any. */
async function heldOutTokens(
  run: RunData,
  heldOut: TrainingData | undefined,
): Promise<{ readonly data: TrainingData; readonly source: string } | undefined> {
  if (heldOut) return { data: heldOut, source: "records that the run held out" };
  for (const part of ["valid", "test"] as const) {
    const data = await partOf(run, run.source, part);
    if (data) return { data, source: `the ${part} part of ${run.source}` };
  }
  return undefined;
}
