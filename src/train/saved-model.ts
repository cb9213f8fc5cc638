/**
 * The file of a saved model, and of a checkpoint: safetensors, whose metadata hold JSON texts.
 *
 * | metadata   | JSON                                                                                            |
 * |------------|-------------------------------------------------------------------------------------------------|
 * | `genloom`  | `{ format: "genloom-model", version: 1, genloom }`: the version of this form, and of the writer |
 * | `model`    | the family's configuration, from which `familyFrom` makes the model                             |
 * | `data`     | a `DataDescription`, and `codec`: what a record is (see `codecOf`)                              |
 * | `training` | in checkpoints: `{ version, step, steps, seed, batchSize, history }`                            |
 * | `sha256`   | not JSON: the digest of all the rest, 64 hexadecimal digits                                     |
 *
 * The arrays are the model's variables by name, in a checkpoint also those of the optimizer. A saved model has all that
 * sampling, encoding, scoring and further training need: all networks and moving averages. An export leaves out more.
 *
 * The digest is the SHA-256 of a sequence of fields, each as its length in bytes (u64, little-endian) and its bytes:
 *
 *     key and text of each of the metadata but `sha256`, in the order of the keys, all UTF-8
 *     name, element type and shape ("f32 [2, 3]"), bytes of each array, in the order of the names
 *
 * Orders are those of UTF-16 code units. So no text and no value can change without a word, while other programs may
 * write the same contents in another order.
 */
import { readSafetensors, writeSafetensors } from "../data/formats/safetensors.js";
import { BadFileError } from "../errors.js";
import { shapeText } from "../graph/shape.js";
import { bytesOf, type TypedArray, type Values } from "../graph/values.js";
import { sha256OfAll } from "../numbers/sha256.js";
import { textOf } from "../options.js";
import type { WatchState } from "./alarms.js";
import type { HistoryEntry, TensorMap } from "./checkpoint.js";
import { codecNames, codecOf, type DataDescription } from "./data-description.js";
import type { FamilyConfig } from "./family-config.js";
import { checkFields, corrupt, type Fields, isObject, type Json, rules } from "./json-fields.js";
import { packageVersion } from "./package-version.js";
import type { Recovery } from "./recovery.js";

const format = "genloom-model";

/** Version of the file's form. */
export const savedVersion = 1;

/** What a training needs besides the values, to go on with the same bits. */
export interface TrainingState {
  /** `checkpointVersion`: that of the random numbers. */
  readonly version: number;
  readonly step: number;
  readonly steps?: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly history: readonly HistoryEntry[];
  readonly watch?: WatchState;
  readonly recovery?: Recovery;
}

/** Contents of a file. */
export interface SavedModel {
  readonly config: FamilyConfig;
  readonly data: DataDescription;
  readonly tensors: TensorMap;
  /** Present in a checkpoint. */
  readonly training?: TrainingState;
}

/** A saved model that was read: also the version of genloom that wrote it. */
export interface ReadModel extends SavedModel {
  readonly genloom: string;
  readonly sha256: string;
}

const known = ["genloom", "model", "data", "training", "sha256"];

/** The digest of metadata and arrays: see the head of this file. */
function digestOf(metadata: Readonly<Record<string, string>>, tensors: TensorMap): Promise<string> {
  const encoder = new TextEncoder();
  const fields: Uint8Array[] = [];
  for (const key of Object.keys(metadata).sort())
    if (key !== "sha256") fields.push(encoder.encode(key), encoder.encode(metadata[key]));
  for (const name of [...tensors.keys()].sort()) {
    const { data, shape } = tensors.get(name) as Values<TypedArray>;
    fields.push(encoder.encode(name), encoder.encode(`${typeName(data)} ${shapeText(shape)}`), bytesOf(data));
  }
  return sha256OfAll(fields.flatMap((field) => [lengthOf(field), field]));
}

/** A field's length as u64, little-endian. */
function lengthOf({ length }: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  return bytes;
}

const typeName = (data: TypedArray) =>
  data instanceof Float32Array ? "f32" : data instanceof Int32Array ? "i32" : "u8";

/** The bytes of a saved model or checkpoint. Equal contents give equal bytes. */
export async function writeModel({ config, data, tensors, training }: SavedModel): Promise<Uint8Array<ArrayBuffer>> {
  const texts = {
    genloom: { format, version: savedVersion, genloom: packageVersion },
    model: config,
    data: { ...data, codec: codecOf(data) },
    ...(training && { training }),
  };
  const metadata = Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, JSON.stringify(value)]));
  return writeSafetensors(tensors, { ...metadata, sha256: await digestOf(metadata, tensors) });
}

const dataFields: Fields = {
  required: { name: rules.text, shape: rules.shape, range: rules.object, codec: rules.text },
  optional: {
    extent: rules.extent,
    tokens: rules.object,
    table: rules.object,
    classes: rules.count,
    classNames: rules.texts,
    classCounts: rules.counts,
    preset: rules.text,
  },
};
const nonZero = ["a finite number except 0", (value: unknown) => Number.isFinite(value) && value !== 0] as const;
const rangeFields: Fields = {
  required: { scale: nonZero, shift: rules.number },
  optional: { columns: rules.list },
};
const { number } = rules;
const tokenFields: Fields = {
  required: { vocabulary: rules.count, ended: rules.flag },
  optional: { codec: rules.object },
};
const columnFields: Fields = {
  required: { scale: nonZero, offset: number },
  optional: { name: rules.text, low: number, high: number, mean: number, deviation: number },
};
const trainingFields: Fields = {
  required: {
    version: rules.count,
    step: rules.natural,
    seed: rules.natural,
    batchSize: rules.count,
    history: rules.list,
  },
  optional: { steps: rules.count, watch: rules.object, recovery: rules.object },
};
const entryFields: Fields = {
  required: { step: rules.natural, losses: rules.object },
  optional: { signals: rules.object, alarms: rules.texts },
};
const watchFields: Fields = { required: { recent: rules.list, alarms: rules.list } };
const { natural, text } = rules;
const alarmFields: Fields = { required: { name: text, step: natural, message: text, hint: text, until: natural } };
const recoveryFields: Fields = { required: { step: natural, diverged: rules.count, tensor: text, rate: number } };

/** Throws BadFileError if the value is not a description of tokens. What a codec needs besides its kind, `codecFrom` checks. */
function checkTokens(what: string, where: string, tokens: unknown): void {
  checkFields(what, where, tokens, tokenFields);
  if (tokens.codec === undefined) return;
  const { kind } = tokens.codec as Json;
  if (typeof kind !== "string") throw corrupt(what, `${where}codec.kind must be a string, found ${textOf(kind)}`);
}

/** Throws BadFileError if the value is not a description of data. */
export function checkDescription(what: string, where: string, data: unknown): asserts data is DataDescription {
  checkFields(what, where, data, dataFields);
  checkFields(what, `${where}range.`, data.range, rangeFields);
  if (data.tokens !== undefined) checkTokens(what, `${where}tokens.`, data.tokens);
  const { columns = [] } = data.range as { columns?: readonly unknown[] };
  columns.forEach((column, i) => {
    checkFields(what, `${where}range.columns[${i}].`, column, columnFields);
  });
}

/** Throws BadFileError if a field of an entry is not a record of finite numbers. */
function checkNumbers(what: string, where: string, numbers: unknown): void {
  for (const [name, one] of Object.entries(numbers as object))
    if (!Number.isFinite(one)) throw corrupt(what, `${where}.${name} must be a finite number`);
}

/** Throws BadFileError if the value is not the history of a training. */
export function checkHistory(what: string, where: string, history: readonly unknown[]): void {
  history.forEach((entry, i) => {
    checkFields(what, `${where}[${i}].`, entry, entryFields);
    checkNumbers(what, `${where}[${i}].losses`, entry.losses);
    checkNumbers(what, `${where}[${i}].signals`, entry.signals ?? {});
  });
}

/** Throws BadFileError if measurements, alarms or a recovery are not what a training writes. */
function checkWatch(what: string, { watch, recovery }: Json): void {
  if (recovery !== undefined) checkFields(what, "training.recovery.", recovery, recoveryFields);
  if (watch === undefined) return;
  checkFields(what, "training.watch.", watch, watchFields);
  checkHistory(what, "training.watch.recent", watch.recent as readonly unknown[]);
  (watch.alarms as readonly unknown[]).forEach((alarm, i) => {
    checkFields(what, `training.watch.alarms[${i}].`, alarm, alarmFields);
  });
}

function parsed(what: string, key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corrupt(what, `its metadata ${key} is not JSON`, { cause });
  }
}

/** Throws BadFileError if the file is not a saved model, or of another version. Returns the writer's version. */
function checkFormat(name: string, { genloom, step }: Readonly<Record<string, string>>): string {
  if (genloom === undefined) {
    throw new BadFileError(`${name}: not a saved model: its metadata have no entry "genloom"`, {
      code: "ERR_FILE_FORMAT",
      hint:
        step === undefined
          ? "give a file that save() of a trained model wrote, or a run folder"
          : "if it is a checkpoint of genloom 0.1.0 before saved models, give its run folder",
    });
  }
  const head = parsed(name, "genloom", genloom);
  const found = isObject(head) ? head : {};
  if (found.format !== format)
    throw corrupt(name, `its format must be ${JSON.stringify(format)}, found ${textOf(found.format)}`);
  if (found.version !== savedVersion) {
    const by = typeof found.genloom === "string" ? `, by genloom ${found.genloom}` : "";
    throw new BadFileError(
      `${name}: written in version ${textOf(found.version)} of the format${by}; this genloom, ${packageVersion}, knows version ${savedVersion}`,
      { code: "ERR_FILE_FORMAT", hint: "update genloom" },
    );
  }
  checkFields(name, "genloom.", found, { required: { format: rules.text, version: rules.count, genloom: rules.text } });
  return found.genloom as string;
}

/**
 * Reads a saved model or checkpoint, and checks all of it against its digest.
 * @param name of the file, for messages
 * @throws BadFileError if it is damaged, no saved model, or of a newer version
 */
export async function readModel(bytes: Uint8Array, name = "saved model"): Promise<ReadModel> {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const genloom = checkFormat(name, metadata);
  const { sha256: digest } = metadata;
  if (digest === undefined) throw corrupt(name, "its metadata have no entry sha256");
  const found = await digestOf(metadata, tensors);
  if (found !== digest)
    throw corrupt(name, "its contents are not those that were saved: their SHA-256 differs from that in its metadata");
  const unknown = Object.keys(metadata).find((key) => !known.includes(key));
  if (unknown !== undefined) throw corrupt(name, `unknown metadata ${JSON.stringify(unknown)}`);
  for (const key of ["model", "data"])
    if (metadata[key] === undefined) throw corrupt(name, `its metadata have no entry ${key}`);
  const config = parsed(name, "model", metadata.model);
  if (!isObject(config)) throw corrupt(name, `model must be an object, found ${textOf(config)}`);
  const described = parsed(name, "data", metadata.data);
  checkDescription(name, "data.", described);
  const { codec, ...data } = described as DataDescription & { readonly codec: string };
  if (!codecNames.includes(codec)) {
    throw new BadFileError(`${name}: unknown codec ${textOf(codec)}; known: ${codecNames.join(", ")}`, {
      code: "ERR_FILE_FORMAT",
      hint: "update genloom",
    });
  }
  const model = { config: config as FamilyConfig, data, tensors, genloom, sha256: digest };
  if (metadata.training === undefined) return model;
  const training = parsed(name, "training", metadata.training);
  checkFields(name, "training.", training, trainingFields);
  checkHistory(name, "training.history", training.history as readonly unknown[]);
  checkWatch(name, training);
  return { ...model, training: training as unknown as TrainingState };
}
