/**
 * safetensors: named arrays in one file, readable by every machine-learning library (format of
 * huggingface/safetensors).
 *
 *     +-----------------+----------------------------------------------------+-----------------------+
 *     | u64 length of   | JSON: { name: { dtype, shape, data_offsets }, … }  | values, little-endian |
 *     | the header      | padded with spaces to a multiple of 8 bytes        | one array after other |
 *     +-----------------+----------------------------------------------------+-----------------------+
 *
 * Reading is strict: arrays must fill the data part without gap or overlap.
 */
import { BadFileError } from "../../errors.js";
import { type Shape, shapeText, sizeOf } from "../../graph/shape.js";
import { type DType, elementBytes } from "../../graph/dtype.js";
import { arrayFrom, bytesOf, type TypedArray, Values } from "../../graph/values.js";
import type { OwnBytes } from "../../web-types.js";

/** Arrays by name, and the file's metadata. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Values<TypedArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const prefixBytes = 8;

/** Limit of the reference implementation on headers. */
const mostHeaderBytes = 100_000_000;

const dtypeNames = { f32: "F32", i32: "I32", u8: "U8" } as const satisfies Record<DType, string>;
const dtypes = new Map<unknown, DType>(Object.entries(dtypeNames).map(([dtype, name]) => [name, dtype as DType]));

const arrayNames: Readonly<Record<string, DType>> = { Float32Array: "f32", Int32Array: "i32", Uint8Array: "u8" };

/** Checks one array before it is written, by the rules of the reader. */
function checkArray(name: unknown, array: unknown): { name: string; data: TypedArray; shape: Shape; dtype: DType } {
  if (typeof name !== "string") throw new TypeError(`writeSafetensors: names must be strings, found ${String(name)}`);
  checkText("a name", name);
  if (name === "__metadata__") throw new RangeError("writeSafetensors: no array can be named __metadata__");
  const { data, shape } = (isRecord(array) ? array : {}) as { data?: TypedArray; shape?: Shape };
  const kind = ArrayBuffer.isView(data) ? data[Symbol.toStringTag] : data === null ? "null" : typeof data;
  if (!Object.hasOwn(arrayNames, kind)) {
    const known = "Float32Array, Int32Array or Uint8Array";
    throw new TypeError(`writeSafetensors: data of ${name} must be ${known}, found ${kind}`);
  }
  if (!isCounts(shape)) {
    throw new TypeError(`writeSafetensors: the shape of ${name} must consist of integers >= 0, found [${shape}]`);
  }
  const { length } = data as TypedArray;
  if (sizeOf(shape) !== length) {
    throw new RangeError(
      `writeSafetensors: ${name} ${shapeText(shape)} must have ${sizeOf(shape)} values, found ${length}`,
    );
  }
  return { name, data: data as TypedArray, shape, dtype: arrayNames[kind] };
}

/** Throws TypeError unless metadata is an object of strings. */
function checkMetadata(metadata: unknown): void {
  const prototype = isRecord(metadata) ? Object.getPrototypeOf(metadata) : undefined;
  if (prototype === undefined || (prototype !== null && Object.getPrototypeOf(prototype) !== null))
    throw new TypeError(`writeSafetensors: metadata must be an object of strings, found ${String(metadata)}`);
  for (const [key, value] of Object.entries(metadata as object)) {
    if (typeof value !== "string")
      throw new TypeError(`writeSafetensors: metadata.${key} must be a string, found ${typeof value} ${String(value)}`);
    checkText("a key of metadata", key);
    checkText(`metadata.${key}`, value);
  }
}

/** A lone surrogate has no UTF-8 encoding, and readers of other libraries reject it. */
function checkText(what: string, text: string): void {
  if (/\p{Surrogate}/u.test(text))
    throw new RangeError(`writeSafetensors: ${what} is not well-formed Unicode: ${JSON.stringify(text)}`);
}

/**
 * Writes arrays in the order of their names, 4-byte elements before 1-byte ones so that all are aligned.
 * @param tensors arrays by name, as returned by `runtime.read`
 * @param metadata strings by name, stored in the header
 * @returns the file's bytes; equal arrays give equal bytes
 * @throws TypeError if an array is not a Float32Array, Int32Array or Uint8Array, a shape is not a list of
 * integers, or metadata is not an object of strings; RangeError if an array and its shape disagree, a name is
 * `__metadata__` or not well-formed, or the header exceeds 100 MB
 * @example writeSafetensors(new Map(), { step: 100 }) // throws writeSafetensors: metadata.step must be a string, found number 100
 * @example [...readSafetensors(writeSafetensors(new Map([["weight", new Values(new Float32Array(6), [2, 3])]]))).tensors.keys()] // ["weight"]
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Values<TypedArray>>,
  metadata: Readonly<Record<string, string>> = {},
): OwnBytes {
  if (!(tensors instanceof Map))
    throw new TypeError(`writeSafetensors: tensors must be a Map of arrays, found ${tensors}`);
  checkMetadata(metadata);
  const entries = [...tensors].map(([name, array]) => checkArray(name, array));
  const width = (dtype: DType) => elementBytes[dtype];
  entries.sort((a, b) => width(b.dtype) - width(a.dtype) || (a.name < b.name ? -1 : 1));
  // No prototype, because an array may be named `__proto__`.
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let end = 0;
  for (const { name, data, shape, dtype } of entries) {
    header[name] = { dtype: dtypeNames[dtype], shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = prefixBytes + Math.ceil(text.length / 8) * 8;
  if (start - prefixBytes > mostHeaderBytes) {
    throw new RangeError(
      `writeSafetensors: names, shapes and metadata must fit a header of ${mostHeaderBytes} bytes, found ${start - prefixBytes} bytes`,
    );
  }
  const bytes = new Uint8Array(start + end).fill(0x20, prefixBytes, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - prefixBytes), true);
  bytes.set(text, prefixBytes);
  let at = start;
  for (const { data } of entries) {
    bytes.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads the arrays of a file.
 * @param name used in error messages
 * @throws BadFileError if the file is truncated, damaged, or holds element types other than F32, I32 and U8
 * @example readSafetensors(writeSafetensors(new Map(), { model: "gan" })).metadata.model // "gan"
 * @example readSafetensors(new Uint8Array(0), "weights") // throws weights: empty file (0 bytes)
 */
export function readSafetensors(bytes: Uint8Array, name = "safetensors data"): Safetensors {
  const start = headerEnd(bytes, name);
  const header = parseHeader(bytes.subarray(prefixBytes, start), name);
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== "string")) {
    throw corrupt(name, "__metadata__ must map names to strings");
  }
  const entries = Object.entries(rest).map(([key, entry]) => checkEntry(key, entry, name));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const available = bytes.length - start;
  const tensors = new Map<string, Values<TypedArray>>();
  let at = 0;
  for (const { key, dtype, shape, begin, end } of entries) {
    if (end > available) throw truncated(name, `${key} ends at byte ${end} of the data, which has ${available}`);
    if (begin < at)
      throw corrupt(name, `${key} overlaps the array before it (starts at ${begin}, the other ends at ${at})`);
    if (begin > at) throw corrupt(name, `${begin - at} bytes before ${key} belong to no array`);
    tensors.set(key, new Values(arrayFrom(bytes.subarray(start + begin, start + end), dtype), shape));
    at = end;
  }
  if (at !== available) {
    throw new BadFileError(`${name}: ${available - at} bytes after the last array`, {
      code: "ERR_FILE_TRAILING",
      hint: "copy the file again",
    });
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function headerEnd(bytes: Uint8Array, name: string): number {
  if (bytes.length === 0) {
    throw new BadFileError(`${name}: empty file (0 bytes)`, { code: "ERR_FILE_EMPTY", hint: "copy the file again" });
  }
  if (bytes.length < prefixBytes)
    throw truncated(name, `the length of the header must have 8 bytes, found ${bytes.length}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  // Texts, pictures and archives give lengths like this, and have no JSON there.
  if (length > mostHeaderBytes && bytes[prefixBytes] !== 0x7b)
    throw new BadFileError(
      `${name}: must be a safetensors file, found one that begins with ${JSON.stringify(String.fromCharCode(...bytes.subarray(0, prefixBytes)))}`,
      { code: "ERR_FILE_FORMAT", hint: "saved models and checkpoints are safetensors files" },
    );
  if (length > mostHeaderBytes)
    throw corrupt(name, `its header must have at most ${mostHeaderBytes} bytes, found ${length}`);
  const end = prefixBytes + Number(length);
  if (end > bytes.length)
    throw truncated(name, `the header must have ${length} bytes, found ${bytes.length - prefixBytes}`);
  return end;
}

function parseHeader(bytes: Uint8Array, name: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw corrupt(name, "its header is not JSON", cause);
  }
  if (!isRecord(header)) throw corrupt(name, "its header is not a JSON object");
  return header;
}

interface Entry {
  readonly key: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function checkEntry(key: string, entry: unknown, name: string): Entry {
  if (!isRecord(entry)) throw corrupt(name, `the entry of ${key} must be an object, found ${typeof entry}`);
  const dtype = dtypes.get(entry.dtype);
  if (dtype === undefined) {
    throw new BadFileError(
      `${name}: the element type of ${key} must be F32, I32 or U8, found ${JSON.stringify(entry.dtype)}`,
      {
        code: "ERR_FILE_FORMAT",
        hint: "convert the arrays to 32-bit floats",
      },
    );
  }
  const { shape, data_offsets: offsets } = entry;
  const unknown = Object.keys(entry).find((field) => !["dtype", "shape", "data_offsets"].includes(field));
  if (unknown !== undefined) throw corrupt(name, `the entry of ${key} has an unknown field ${JSON.stringify(unknown)}`);
  if (!isCounts(shape)) throw corrupt(name, `the shape of ${key} is not a list of integers`);
  if (!isCounts(offsets) || offsets.length !== 2) throw corrupt(name, `the offsets of ${key} are not two integers`);
  const [begin, end] = offsets;
  const needed = sizeOf(shape) * elementBytes[dtype];
  if (end - begin !== needed) {
    throw corrupt(
      name,
      `${key} ${entry.dtype} [${shape.join(", ")}] must have ${needed} bytes, found offsets for ${end - begin}`,
    );
  }
  return { key, dtype, shape, begin, end };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);

function truncated(name: string, what: string): BadFileError {
  return new BadFileError(`${name}: truncated: ${what}`, { code: "ERR_FILE_TRUNCATED", hint: "copy the file again" });
}

function corrupt(name: string, what: string, cause?: unknown): BadFileError {
  return new BadFileError(`${name}: corrupt: ${what}`, {
    code: "ERR_FILE_CORRUPT",
    hint: "copy the file again",
    cause,
  });
}
