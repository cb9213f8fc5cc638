/**
 * config.json of a run: settings, data and model, with a digest of its own (`sha256`), so that no digit can change
 * without a word: the SHA-256 of the JSON text of all other fields, without spaces, in the order of the file.
 *
 * Version 1, of genloom 0.1.0 before saved models, has no digest and other checkpoints: see `run-version-1.ts`.
 */
import type { Shape } from "../graph/shape.js";
import { sha256 } from "../numbers/sha256.js";
import type { Column } from "../data/columns.js";
import type { HeldOut } from "../data/hold-out.js";
import { checkImageOptions, type ImageOptions } from "../data/images/image-fit.js";
import type { Checkpoint } from "./checkpoint.js";
import { dataOf } from "./checkpoint-form.js";
import { codecOf, type DataDescription } from "./data-description.js";
import type { FamilyConfig, FamilyKind } from "./family-config.js";
import { checkFields, corrupt, differenceOf, type FieldRule, type Fields, rules } from "./json-fields.js";
import { onDivergence, type OnDivergence } from "./recovery.js";
import { respan } from "./respan.js";
import { checkEvaluationSettings, type EvaluationSettings } from "./run-evaluations.js";
import { json, parse, requireFormat } from "./run-files.js";
import { checkDescription } from "./saved-model.js";

/** The data of a run: the argument of `--data`, and properties of the loaded data set. */
export interface RunData {
  readonly source: string;
  readonly name: string;
  readonly count: number;
  readonly shape: Shape;
  /** normalised = raw * scale + shift */
  readonly scale: number;
  readonly shift: number;
  /** Lowest and highest raw value. */
  readonly extent: readonly [low: number, high: number];
  /** For a table of features: name and scaling of each column. */
  readonly columns?: readonly Column[];
  /** For records of tokens: the vocabulary, and what they stand for. */
  readonly tokens?: DataDescription["tokens"];
  /** For rows of a table: its columns. */
  readonly table?: DataDescription["table"];
  /** Hash of the records, because batches are the same only if the data are. */
  readonly sha256: string;
  /** Conversion of images to records while loading. */
  readonly images?: ImageOptions;
  /** Conversion by the preset after loading. */
  readonly fitted?: ImageOptions;
  /** Whether unusable images were skipped. */
  readonly skipBad?: true;
  /** Whether the model uses the labels, which the hash then covers. */
  readonly labelled?: true;
  /** Whether records were read during training instead of before it. */
  readonly stream?: true;
  /** Records that the training did not see; `count` and `sha256` are of all records. */
  readonly heldOut?: HeldOut;
}

export const runFormat = "genloom-run";

/** Version of config.json that is written. */
export const runVersion = 2;

/** Contents of config.json, without its digest. */
export interface RunSettings {
  readonly format: typeof runFormat;
  readonly version: 1 | typeof runVersion;
  readonly genloom: string;
  readonly model: FamilyKind;
  readonly preset: string;
  readonly data: RunData;
  readonly steps: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly deterministic: boolean;
  readonly saveEvery: number;
  readonly keep: number;
  readonly config: FamilyConfig;
  /** How the training is evaluated, if it is. */
  readonly evaluation?: EvaluationSettings;
  /** See `TrainOptions`; default "stop". */
  readonly onDivergence?: OnDivergence;
  /** The saved model whose values the training began with. */
  readonly from?: { readonly path: string; readonly step?: number | "best"; readonly weightHash: string };
}

/** Settings of a run that is created. */
export type NewRun = Omit<RunSettings, "format" | "version" | "genloom">;

const { text, count, number, flag, natural, object } = rules;
const way = [
  onDivergence.map((one) => JSON.stringify(one)).join(", "),
  (value: unknown) => onDivergence.includes(value as OnDivergence),
] as const;
const settingsFields: Fields = {
  required: {
    ...{ format: text, version: count, genloom: text, model: text, preset: text, data: object },
    ...{ steps: count, batchSize: count, seed: natural, deterministic: flag, saveEvery: count, keep: count },
    config: object,
  },
  optional: { from: object, evaluation: object, onDivergence: way },
};
const dataFields: Fields = {
  required: {
    ...{ source: text, name: text, count, shape: rules.shape, scale: number, shift: number },
    ...{ extent: rules.extent, sha256: text },
  },
  optional: {
    ...{
      columns: rules.list,
      tokens: rules.object,
      table: rules.object,
      images: object,
      fitted: object,
      skipBad: flag,
      stream: flag,
      labelled: flag,
    },
    heldOut: object,
  },
};
const stepRule: FieldRule = [`${natural[0]}, or "best"`, (value) => value === "best" || natural[1](value)];
const heldOutFields: Fields = { required: { count, seed: natural } };

/** The description of a run's data. */
export const describedRun = ({
  name,
  shape,
  scale,
  shift,
  extent,
  columns,
  tokens,
  table,
}: RunData): DataDescription => ({
  ...{ name, shape, extent },
  ...(tokens && { tokens }),
  ...(table && { table }),
  range: { scale, shift, ...(columns && { columns }) },
});

/** JSON without spaces; -0 differs from 0, as it does in arithmetic. */
const canonical = (value: unknown) => JSON.stringify(value, (_, one) => (Object.is(one, -0) ? "\0-0" : one));

const digestOf = (settings: object) => sha256(new TextEncoder().encode(canonical(settings)));

/** The text of config.json. */
export async function settingsText(settings: RunSettings): Promise<string> {
  return json({ ...settings, sha256: await digestOf(settings) });
}

/** Reads config.json. Throws BadFileError if it is damaged or of a newer version. */
export async function readSettings(bytes: Uint8Array, file: string): Promise<RunSettings> {
  const value = parse(bytes, file);
  const version = requireFormat(value, runFormat, [1, runVersion], file);
  const { sha256: digest, ...settings } = value as RunSettings & { readonly sha256?: string };
  if (version === 1) checkSettings(value, file);
  else {
    if (digest !== (await digestOf(settings)))
      throw corrupt(file, "its contents are not those that were written: their SHA-256 differs from its sha256");
    checkSettings(settings, file);
  }
  return settings;
}

function checkSettings(settings: unknown, file: string): void {
  checkFields(file, "", settings, settingsFields);
  const { data, from, evaluation } = settings as unknown as RunSettings;
  checkFields(file, "data.", data, dataFields);
  if (data.heldOut !== undefined) checkFields(file, "data.heldOut.", data.heldOut, heldOutFields);
  checkDescription(file, "data.", { ...describedRun(data), codec: codecOf(describedRun(data)) });
  if (evaluation !== undefined) checkEvaluationSettings(file, evaluation);
  for (const name of ["images", "fitted"] as const) {
    try {
      checkImageOptions(data[name] ?? {});
    } catch (cause) {
      throw corrupt(file, `data.${name}: ${(cause as Error).message}`, { cause });
    }
  }
  if (from !== undefined)
    checkFields(file, "from.", from, { required: { path: text, weightHash: text }, optional: { step: stepRule } });
}

/**
 * Compares config.json with a checkpoint of its run: model, data, seed and batch size. Throws BadFileError that names the
 * first field that differs.
 */
export function checkSame(settings: RunSettings, checkpoint: Checkpoint, file: string): void {
  const { step, steps = settings.steps } = checkpoint;
  const { range, shape, name, extent, tokens, table } = dataOf(checkpoint);
  const own = describedRun(settings.data);
  // Plain checkpoints of version 1 know only the columns' scales, and not the extent.
  const scales = ({ range: { columns = [] } }: DataDescription) =>
    columns.map(({ scale, offset }) => ({ scale, offset }));
  // A resumed run has the schedules of its new number of steps before it has a checkpoint of its own.
  const config = respan(checkpoint.config, steps, settings.steps);
  const compared: readonly (readonly [path: string, here: unknown, there: unknown])[] = [
    ["model", settings.model, config.kind],
    ["config", settings.config, config],
    ["seed", settings.seed, checkpoint.seed],
    ["batchSize", settings.batchSize, checkpoint.batchSize],
    ["data.name", own.name, name],
    ["data.shape", own.shape, shape],
    ["data.scale", own.range.scale, range.scale],
    ["data.shift", own.range.shift, range.shift],
    ["data.columns", scales(own), scales(dataOf(checkpoint))],
    ["data.extent", own.extent, extent ?? own.extent],
    ["data.tokens", own.tokens, tokens],
    ["data.table", own.table, table],
  ];
  for (const [path, here, there] of compared) {
    const found = differenceOf(here, there, path);
    if (found !== undefined) throw corrupt(file, `its ${found} is not that of the checkpoint of step ${step}`);
  }
}
