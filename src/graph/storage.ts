/** Memory of values while a program runs, and the commands that read and write it. */
import type { Opcode } from "../../assembly/opcode.js";
import { sizeOf, type Shape } from "./shape.js";
import { type DType, elementBytes, type Variable } from "./tensor.js";
import type { TypedArray } from "./values.js";
import type { Writer } from "./writer.js";

/**
 * Kind of memory that a storage lies in:
 * - `scratch`: planned from lifetimes; shared by storages that are not alive at the same time;
 * - `static`: owned by the program and kept between runs (inputs, literals, clock);
 * - a variable: the runtime's persistent memory;
 * - a part of another storage. In a loop it may be a different part in every iteration.
 */
export type Home = "scratch" | "static" | Variable | Part;

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

export interface Command {
  readonly opcode: Opcode;
  /** What it computes, for listings and errors. */
  readonly label: string;
  readonly reads: readonly Storage[];
  readonly writes: readonly Storage[];
  /** Commands that must end before this one begins, in addition to those that write what this one reads. */
  readonly after: Command[];
  /** Approximate number of elementary operations; decides whether lanes share the command. */
  readonly work: number;
  /** Floating-point operations of the mathematical definition. */
  readonly flops: number;
  /** [output, input] pairs that may share memory if the input is not needed afterwards. */
  readonly shares: readonly (readonly [out: Storage, input: Storage])[];
  /** Writes the command's own words, after the header. */
  words(writer: Writer): void;
  /** What a loop repeats: the waves between it and its `Next`. */
  readonly body?: { readonly loop: Loop; readonly waves: readonly (readonly Command[])[] };
}

/**
 * All commands of some waves, with the commands of a loop directly after it. The index of a command in this list is its
 * number in the program.
 */
export function commandsOf(waves: readonly (readonly Command[])[]): Command[] {
  return waves.flat().flatMap((command) => [command, ...(command.body ? commandsOf(command.body.waves) : [])]);
}
