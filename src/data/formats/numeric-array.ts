/**
 * Arrays from files: elements of any number type in row-major order, their dimensions, and their conversion to records.
 */
import { BadFileError, UsageError } from "../../errors.js";
import { isLittleEndian } from "../../numbers/byte-order.js";

export type NumericData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export interface NumericArray {
  readonly data: NumericData;
  readonly shape: readonly number[];
  /** Whether the file's type was boolean; the data are then 0 and 1. */
  readonly boolean?: boolean;
}

/** Maps the index i of an element in a block to its index in the file, for messages. */
export type Numbering = (i: number) => number;

/** The layout of a file's elements, from its header. */
export interface ArrayLayout {
  /** Type of the records made from these elements: bytes and bits become u8, all others f32. */
  readonly dtype: "u8" | "f32";
  readonly elementBytes: number;
  readonly shape: readonly number[];
  /** Bytes before the first element. */
  readonly offset: number;
  /** Whether the last axis varies fastest, so that a record is contiguous. */
  readonly rowMajor: boolean;
  /**
   * Converts bytes to elements; u8 elements are a view of the bytes. Throws BadFileError for an element that is not a
   * number.
   */
  readonly elements: (bytes: Uint8Array, numberOf?: Numbering) => NumericData;
}

interface ElementType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): T;
}

/** Elements from bytes of either byte order. */
export function elementsOf<T>(Type: ElementType<T>, bytes: Uint8Array, littleEndian: boolean): T {
  return new Type(inOrder(bytes, Type.BYTES_PER_ELEMENT, littleEndian).buffer);
}

/** A view of u8 elements as a plain Uint8Array, even of a Node Buffer, whose slice() and map() differ. */
export const byteElements = ({ buffer, byteOffset, length }: Uint8Array) => new Uint8Array(buffer, byteOffset, length);

/** A copy, with the bytes of each element reversed if the byte order differs from the host's. */
export function inOrder(bytes: Uint8Array, elementBytes: number, littleEndian: boolean): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  if (littleEndian === isLittleEndian() || elementBytes === 1) return copy;
  for (let at = 0; at < copy.length; at += elementBytes) {
    for (let i = 0; i < elementBytes; i++) copy[at + i] = bytes[at + elementBytes - 1 - i];
  }
  return copy;
}

/**
 * Elements as the values of records: u8 unchanged, others as f32, all of them finite.
 * @param length values of a record
 */
export function recordValues(
  data: NumericData,
  length: number,
  name: string,
  numberOf: Numbering = (i) => i,
): Uint8Array | Float32Array {
  if (data instanceof Uint8Array) return data;
  const floats = data instanceof Float32Array ? data : Float32Array.from(data);
  for (let i = 0; i < floats.length; i++) {
    if (Number.isFinite(floats[i])) continue;
    const [reason, number] = [
      Number.isFinite(data[i]) ? "beyond the range of f32" : "not a finite number",
      numberOf(i),
    ];
    throw new BadFileError(
      `${name}: record ${Math.floor(number / length)}, index ${number % length}: ${data[i]} is ${reason}`,
      { code: "ERR_FILE_VALUE", hint: "replace or drop records with such values" },
    );
  }
  return floats;
}

/**
 * Shape of one record of an array [n, ...]: images [n, h, w] become [h, w, 1].
 * @param wanted replaces the array's own shape
 * @throws UsageError if that is a different number of values
 */
export function recordShape(array: readonly number[], name: string, wanted?: readonly number[]): readonly number[] {
  const rest = array.slice(1);
  const own = rest.length === 0 ? [1] : rest.length === 2 ? [...rest, 1] : rest;
  if (wanted === undefined) return own;
  if (elementCount(wanted) !== elementCount(own) || !wanted.every((size) => Number.isInteger(size) && size >= 1)) {
    throw new UsageError(`${name}: records of [${own.join(", ")}] cannot be read as [${wanted.join(", ")}]`, {
      hint: `the sizes must multiply to ${elementCount(own)}`,
    });
  }
  return wanted;
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * The number of elements according to a file's header, checked against the bytes that follow it before anything of that
 * size is allocated.
 * @param found bytes after the header
 */
export function promisedCount(shape: readonly number[], elementBytes: number, found: number, name: string): number {
  const count = elementCount(shape);
  const expected = count * elementBytes;
  const says = `by its header the elements of [${shape.join(", ")}] must have ${expected} bytes, found ${found}`;
  if (count === 0) {
    throw new BadFileError(`${name}: holds no elements: its header says [${shape.join(", ")}]`, {
      code: "ERR_FILE_EMPTY",
      hint: "give a file with at least one record",
    });
  }
  if (expected > found) {
    throw new BadFileError(`${name}: truncated: ${says}`, {
      code: "ERR_FILE_TRUNCATED",
      hint: "download or copy the file again: its end is missing, or its header is damaged",
    });
  }
  if (expected < found) {
    throw new BadFileError(`${name}: ${found - expected} trailing bytes: ${says}`, {
      code: "ERR_FILE_TRAILING",
      hint: "the file is damaged, or holds more than one array: download or save it again",
    });
  }
  return count;
}

/** The error of a file of 0 bytes. */
export function emptyFile(name: string): BadFileError {
  return new BadFileError(`${name}: empty file (0 bytes)`, {
    code: "ERR_FILE_EMPTY",
    hint: "download or save the file again",
  });
}

/** The error of a file that ends within its header, of which `needed` bytes are known to be necessary. */
export function shortHeader(name: string, needed: number, found: number): BadFileError {
  return new BadFileError(`${name}: truncated: its header must have ${needed} bytes, found ${found}`, {
    code: "ERR_FILE_TRUNCATED",
    hint: "download or copy the file again: its end is missing",
  });
}
