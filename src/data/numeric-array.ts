/** Arrays as files give them: elements of any number type in row-major order, and their dimensions. */
import { BadFileError } from "../errors.js";

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

/** What a file's header says of the elements behind it. */
export interface ArrayLayout {
  /** What they can be used as where they stand, without a change; undefined where they cannot. */
  readonly dtype: "u8" | "f32" | undefined;
  readonly elementBytes: number;
  readonly shape: readonly number[];
  /** Bytes before the first element. */
  readonly offset: number;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * The number of elements that a file's header promises, compared with the bytes that follow it before anything of that
 * size is allocated.
 * @param found bytes behind the header
 */
export function promisedCount(shape: readonly number[], elementBytes: number, found: number, name: string): number {
  const count = elementCount(shape);
  const expected = count * elementBytes;
  const says = `its header says [${shape.join(", ")}] = ${expected} bytes of elements, found ${found}`;
  if (count === 0) {
    throw new BadFileError(`${name}: holds no elements: its header says [${shape.join(", ")}]`, {
      code: "ERR_FILE_EMPTY",
      hint: "give a file with at least one record",
    });
  }
  if (expected > found) {
    throw new BadFileError(`${name}: truncated: ${says}`, {
      code: "ERR_FILE_TRUNCATED",
      hint: "fetch or copy the file again: its end is missing, or its header is damaged",
    });
  }
  if (expected < found) {
    throw new BadFileError(`${name}: ${found - expected} trailing bytes: ${says}`, {
      code: "ERR_FILE_TRAILING",
      hint: "the file is damaged, or holds more than one array: fetch or save it again",
    });
  }
  return count;
}

export function emptyFile(name: string): BadFileError {
  return new BadFileError(`${name}: empty file (0 bytes)`, {
    code: "ERR_FILE_EMPTY",
    hint: "fetch or save the file again",
  });
}

export function shortHeader(name: string, needed: number, found: number): BadFileError {
  return new BadFileError(`${name}: truncated: its header takes ${needed} bytes, found ${found}`, {
    code: "ERR_FILE_TRUNCATED",
    hint: "fetch or copy the file again: its end is missing",
  });
}
