/** The data of `genloom score`: records in the scaling of the model's data, and held-out records for a threshold. */
import { select } from "../data/dataset.js";
import { holdOut } from "../data/hold-out.js";
import { normalisedAs } from "../data/scaling.js";
import { inMemory } from "../data/stream.js";
import { fitAll } from "../data/streaming/record-file.js";
import { closeData, type Dataset, isStreamed, type TrainingData } from "../data/training-data.js";
import { openSource } from "../domains/load.js";
import { GenloomError, UsageError } from "../errors.js";
import { checkAlike, descriptionOf } from "../train/data-description.js";
import type { RunData } from "../train/run-folder.js";
import { ownHeldOut } from "./evaluate-data.js";
import { partOf } from "./evaluate-tokens.js";
import { configuring } from "./failure.js";
import { checkColumns, type LoadedModel, loadAlike, readingOf, reloadParts } from "./loaded-run.js";
import type { Terminal } from "./terminal.js";
import { fitLike } from "./train-from.js";

/** Held-out records that a threshold is a quantile of, at most. */
const mostHeldOut = 10_000;

/** Seed of the choice among more records. */
const seed = 0;

/** Records of a source, scaled as the model's data. Throws UsageError if they are of another kind. */
export async function recordsOf(loaded: LoadedModel, source: string, count?: number): Promise<Dataset> {
  return configuring("give data of the same kind as those that the model was trained on", async () => {
    const which = count === undefined ? {} : { count };
    const { run } = loaded;
    const data = run ? await loadAlike(run.settings.data, source, which) : await loadFor(loaded, source, which);
    const { shape, scale, shift, columns, tokens } = data;
    const range = { scale, shift, ...(columns && { columns }) };
    checkAlike(source, "the model's", loaded.model.data, { shape, range, tokens });
    return wholeOf(data, source);
  });
}

/** Data for a saved model, which knows their shape and scaling, but not how they were loaded. */
async function loadFor(
  { model: { data: trained } }: LoadedModel,
  source: string,
  which: { readonly count?: number },
): Promise<TrainingData> {
  const sequences = readingOf(trained);
  const raw = await openSource(source, { ...which, ...(sequences && { sequences }) });
  const fitted = fitLike(trained.shape, raw);
  const data = fitted === undefined ? raw : fitAll(raw, fitted);
  const { shape, range, tokens } = { ...descriptionOf(data) };
  // The shape first: columns of another number cannot be scaled.
  checkAlike(source, "the model's", { ...trained, range }, { shape, range, tokens });
  checkColumns(source, trained, data);
  return normalisedAs(data, trained);
}

/** In memory, without windows that overlap; the source is closed. Throws UsageError if values are unknown. */
async function wholeOf(data: TrainingData, source: string): Promise<Dataset> {
  try {
    const whole = await inMemory(apart(data), Number.POSITIVE_INFINITY);
    const unknown = whole.mask?.indexOf(0) ?? -1;
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
  if (on !== undefined) return { data: await recordsOf(loaded, on), source: on };
  const { run } = loaded;
  try {
    if (!run)
      throw new UsageError("score: a threshold needs held-out records, and a saved model does not know its data", {
        hint: "give them with --on",
      });
    return await recordsOfRun(run.settings.data, terminal);
  } catch (error) {
    if (quantile !== undefined || !(error instanceof GenloomError)) throw error;
    terminal.message(`there is no threshold, which --on gives: ${error.message}`);
    return undefined;
  }
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
