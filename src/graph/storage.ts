/** Memory of values while a program runs. */
import { sizeOf, type Shape } from "./shape.js";
import { type DType, elementBytes } from "./dtype.js";
import type { TypedArray } from "./values.js";

/** Owner of memory that outlives programs: a variable. The runtime knows where that memory lies. */
export interface Owner {
  readonly id: number;
  readonly name: string;
}

/**
 * Kind of memory that a storage lies in:
 * - `scratch`: planned from lifetimes; shared by storages that are not alive at the same time;
 * - `static`: owned by the program and kept between runs (inputs, literals, clock);
 * - an owner (a variable): the runtime's persistent memory;
 * - a part of another storage. In a loop it may be a different part in every iteration.
 */
export type Home = "scratch" | "static" | Owner | Part;

/** A loop around commands. */
export interface Loop {
  readonly length: number;
}

/**
 * A number that changes with the iterations t = 0, 1, … of a loop: `stride` (t + shift), or `stride` ((t + shift) mod
 * `slots`).
 */
export interface Motion {
  readonly loop: Loop;
  readonly stride: number;
  readonly shift?: number;
  readonly slots?: number;
}

/** A range of bytes in another storage; in iteration t of a loop it is moved by `motion`. */
export class Part {
  constructor(
    readonly of: Place,
    readonly motion?: Motion,
  ) {}
}

/** The outermost storage that contains a storage; the storage itself if it is not a part. */
export function rootOf(storage: Storage): Storage {
  let at = storage;
  while (at.home instanceof Part) at = at.home.of.storage;
  return at;
}

/**
 * The offset of a place in its outermost storage in the first iteration of all loops, and its motions from iteration to
 * iteration.
 */
export function resolve({ storage, offset }: Place): { place: Place; motions: Motion[] } {
  const motions: Motion[] = [];
  let at = storage;
  let bytes = offset;
  while (at.home instanceof Part) {
    const { of, motion } = at.home;
    if (motion) motions.push(motion);
    bytes += of.offset;
    at = of.storage;
  }
  return { place: { storage: at, offset: bytes }, motions };
}

/** A contiguous range of bytes. Two storages may have the same variable as home: its old value and its new value. */
export interface Storage {
  readonly label: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly bytes: number;
  /** The compiler moves a variable's next value to scratch if it cannot be written in place. */
  home: Home;
  /** Initial contents of a static storage. */
  readonly data?: TypedArray;
}

/** A storage for a tensor of the given shape. */
export function storage(
  label: string,
  shape: Shape,
  { dtype = "f32", home = "scratch", data }: { dtype?: DType; home?: Home; data?: TypedArray } = {},
): Storage {
  return { label, shape, dtype, home, bytes: sizeOf(shape) * elementBytes[dtype], ...(data ? { data } : {}) };
}

/** A contiguous tensor within a storage. */
export interface Place {
  readonly storage: Storage;
  /** Bytes from the storage's start. */
  readonly offset: number;
}
