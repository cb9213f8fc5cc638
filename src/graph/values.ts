/** Values that enter or leave a program: a typed array and its shape. */
import { textOf } from "../options.js";
import { checkShape, shapeText, sizeOf, type Shape } from "./shape.js";
import type { DType } from "./dtype.js";

export type TypedArray = Float32Array | Int32Array | Uint8Array;

/**
 * What `run` accepts for an input: an array in row-major order or one number; with its shape if the shape cannot be
 * inferred.
 */
export type Feed = number | ArrayLike<number> | { readonly data: ArrayLike<number>; readonly shape: Shape };

/**
 * Values of a tensor, row-major.
 * @example new Values(Float32Array.of(1, 2), [2]).data[1] // 2
 */
export class Values<T extends TypedArray = Float32Array> {
  constructor(
    readonly data: T,
    readonly shape: Shape,
  ) {}

  /**
   * The only number of a tensor of one element.
   * @throws RangeError if it does not have exactly one element
   * @example new Values(Float32Array.of(3), [1]).item() // 3
   * @example new Values(Float32Array.of(1, 2), [2]).item() // throws item: the tensor must have one element, found shape [2]
   */
  item(): number {
    if (this.data.length !== 1)
      throw new RangeError(`item: the tensor must have one element, found shape ${shapeText(this.shape)}`);
    return this.data[0];
  }
}

export const arrayTypes = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;

/** The bytes of a typed array. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A typed array of a dtype, on a copy of the bytes. */
export function arrayFrom(bytes: Uint8Array, dtype: DType): TypedArray {
  // Not slice(): on a Node Buffer it shares memory instead of copying.
  const copy = new Uint8Array(bytes);
  return dtype === "u8" ? copy : new arrayTypes[dtype](copy.buffer);
}

/** Lowest and highest value of the integer types. */
const limits = { i32: [-(2 ** 31), 2 ** 31 - 1], u8: [0, 255] } as const;

/** Whether a value has elements by index: arrays and typed arrays, but not strings, sets or DataViews. */
const isListed = (values: unknown): values is ArrayLike<unknown> =>
  typeof values === "object" && values !== null && Number.isInteger((values as ArrayLike<unknown>).length);

/**
 * Converts numbers in row-major order to a typed array of a dtype; returns the array itself if it is one already. f32
 * rounds to nearest.
 * Throws TypeError for an element that is not a number, and RangeError for one that i32 or u8 cannot hold. `what`
 * begins the message.
 */
export function numbersAs(what: string, values: unknown, dtype: DType): TypedArray {
  const Type = arrayTypes[dtype];
  if (values instanceof Type) return values;
  if (!isListed(values))
    throw new TypeError(`${what}: values must be numbers in row-major order, found ${textOf(values)}`);
  const [low, high] = dtype === "f32" ? [Number.NaN, Number.NaN] : limits[dtype];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== "number") {
      const hint = isListed(value) ? "; values.flat(Infinity) flattens nested lists" : "";
      throw new TypeError(`${what}: values must be numbers in row-major order, found ${textOf(value)} at ${i}${hint}`);
    }
    if (dtype !== "f32" && !(Number.isInteger(value) && value >= low && value <= high))
      throw new RangeError(
        `${what}: values of ${dtype} must be integers from ${low} to ${high}, found ${value} at ${i}`,
      );
  }
  return new Type(values as ArrayLike<number>);
}

const isShaped = (feed: unknown): feed is { readonly data: ArrayLike<number>; readonly shape: Shape } =>
  typeof feed === "object" && feed !== null && "data" in feed && "shape" in feed;

/**
 * An input's values as an array of its dtype. Throws like `numbersAs`, and RangeError if there are too few or too many.
 */
export function feedArray(name: string, feed: Feed, dtype: DType, size: number): TypedArray {
  const what = `run: input ${name}`;
  const data = typeof feed === "number" ? [feed] : isShaped(feed) ? feed.data : feed;
  const array = numbersAs(what, data, dtype);
  if (array.length !== size) throw new RangeError(`${what} must have ${size} values, found ${array.length}`);
  return array;
}

/**
 * Replaces the free lengths (null) of an input's shape by those of the fed values.
 * Throws RangeError if the values do not fit.
 */
export function resolveShape(name: string, pattern: readonly (number | null)[], feed: Feed | undefined): Shape {
  if (feed === undefined || feed === null) throw new RangeError(`run: no values for input ${name}`);
  const free = pattern.filter((length) => length === null).length;
  const wanted = `[${pattern.map((length) => length ?? "any").join(", ")}]`;
  if (isShaped(feed)) {
    checkShape(feed.shape, `run: input ${name}`);
    const fits =
      feed.shape.length === pattern.length &&
      pattern.every((length, axis) => length === null || length === feed.shape[axis]);
    if (!fits) throw new RangeError(`run: input ${name} must have shape ${wanted}, found ${shapeText(feed.shape)}`);
    return feed.shape;
  }
  if (typeof feed !== "number" && !isListed(feed))
    throw new TypeError(`run: input ${name} must be numbers in row-major order, found ${textOf(feed)}`);
  const count = typeof feed === "number" ? 1 : feed.length;
  const known = sizeOf(pattern.filter((length) => length !== null));
  if (free === 0 && count !== known)
    throw new RangeError(`run: input ${name} must have ${known} values for ${wanted}, found ${count}`);
  if (free > 1) throw new RangeError(`run: input ${name} has several free lengths ${wanted}: give { data, shape }`);
  if (free === 1 && (known === 0 || count % known !== 0)) {
    throw new RangeError(
      `run: the number of values of input ${name} ${wanted} must be a multiple of ${known}, found ${count}`,
    );
  }
  return pattern.map((length) => length ?? count / known);
}
