/** Numbers that leave or enter a program: a typed array and its shape. */
import { shapeText, sizeOf, type Shape } from "./shape.js";
import type { DType } from "./tensor.js";

export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** What `run` takes for an input: an array in row-major order (or one number), with its shape where it cannot be known. */
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
   * @throws RangeError where there are more
   * @example new Values(Float32Array.of(3), [1]).item() // 3
   * @example new Values(Float32Array.of(1, 2), [2]).item() // throws item: one element is needed, found shape [2]
   */
  item(): number {
    if (this.data.length !== 1)
      throw new RangeError(`item: one element is needed, found shape ${shapeText(this.shape)}`);
    return this.data[0];
  }
}

export const arrayTypes = { f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;

/** The bytes of a typed array. */
export function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A typed array of a dtype over a copy of bytes. */
export function arrayFrom(bytes: Uint8Array, dtype: DType): TypedArray {
  // Not slice(): that of a Node Buffer shares its memory.
  const copy = new Uint8Array(bytes);
  return dtype === "u8" ? copy : new arrayTypes[dtype](copy.buffer);
}

/** An input's values as an array of its dtype. */
export function feedArray(feed: Feed, dtype: DType): TypedArray {
  const data = typeof feed === "number" ? [feed] : "data" in feed ? feed.data : feed;
  const Type = arrayTypes[dtype];
  return data instanceof Type ? data : Type.from(data);
}

/**
 * Fills in the free lengths (null) of an input's shape from what is fed.
 * Throws RangeError where the values do not fit.
 */
export function resolveShape(name: string, pattern: readonly (number | null)[], feed: Feed | undefined): Shape {
  if (feed === undefined) throw new RangeError(`run: no values for input ${name}`);
  const free = pattern.filter((length) => length === null).length;
  const wanted = `[${pattern.map((length) => length ?? "any").join(", ")}]`;
  if (typeof feed === "object" && "shape" in feed) {
    const fits =
      feed.shape.length === pattern.length &&
      pattern.every((length, axis) => length === null || length === feed.shape[axis]);
    if (!fits) throw new RangeError(`run: input ${name} has shape ${wanted}, found ${shapeText(feed.shape)}`);
    return feed.shape;
  }
  const count = typeof feed === "number" ? 1 : feed.length;
  const known = sizeOf(pattern.filter((length) => length !== null));
  if (free === 0 && count !== known)
    throw new RangeError(`run: input ${name} needs ${known} values for ${wanted}, found ${count}`);
  if (free > 1) throw new RangeError(`run: input ${name} has several free lengths ${wanted}: give { data, shape }`);
  if (free === 1 && (known === 0 || count % known !== 0)) {
    throw new RangeError(`run: input ${name} has shape ${wanted}: ${count} values are no whole number of ${known}`);
  }
  return pattern.map((length) => length ?? count / known);
}
