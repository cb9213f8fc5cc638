/** Where values live while a program runs, and the commands that read and write them. */
import type { Opcode } from "../../assembly/opcode.js";
import { sizeOf, type Shape } from "./shape.js";
import { type DType, elementBytes, type Variable } from "./tensor.js";
import type { TypedArray } from "./values.js";
import type { Writer } from "./writer.js";

/**
 * What a storage stands on:
 * - `scratch`: planned from lifetimes, shared by what does not live at the same time;
 * - `static`: the program's own, kept between runs (inputs, literals, clock);
 * - a variable: the runtime's persistent memory;
 * - a part of another storage, of which it may be another part in every iteration of a loop.
 */
export type Home = "scratch" | "static" | Variable | Part;

/** A loop around commands. */
export interface Loop {
  readonly length: number;
}

/** What a number is in the iterations t = 0, 1, … of a loop: `stride` (t + shift), or `stride` ((t + shift) mod `slots`). */
export interface Motion {
  readonly loop: Loop;
  readonly stride: number;
  readonly shift?: number;
  readonly slots?: number;
}

/** Bytes within another storage: in iteration t they lie `motion` further. */
export class Part {
  constructor(
    readonly of: Place,
    readonly motion?: Motion,
  ) {}
}

/** The storage that a storage is a part of, itself where it is none. */
export function rootOf(storage: Storage): Storage {
  let at = storage;
  while (at.home instanceof Part) at = at.home.of.storage;
  return at;
}

/** Where a place lies in its root in the first iteration of all loops, and how it moves from iteration to iteration. */
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

/** One run of bytes. Two storages may stand on one variable: its old and its new value. */
export interface Storage {
  readonly label: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly bytes: number;
  /** Scheduling may move a variable's next value to scratch, where it cannot be written in place. */
  home: Home;
  /** First contents of a static storage. */
  readonly data?: TypedArray;
}

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
  /** Commands that have to end before, beside those that write what this one reads. */
  readonly after: Command[];
  /** Elementary operations, roughly: decides whether lanes share the command. */
  readonly work: number;
  /** Floating-point operations of its mathematics. */
  readonly flops: number;
  /** [output, input] pairs that may be one memory, where the input is not needed any more. */
  readonly shares: readonly (readonly [out: Storage, input: Storage])[];
  /** Writes the command's own words, after the header. */
  words(writer: Writer): void;
  /** What a loop repeats: waves that stand between it and its `Next`. */
  readonly body?: { readonly loop: Loop; readonly waves: readonly (readonly Command[])[] };
}

/** All commands of waves, those within loops behind the loop's own: a command's place in it is its number. */
export function commandsOf(waves: readonly (readonly Command[])[]): Command[] {
  return waves.flat().flatMap((command) => [command, ...(command.body ? commandsOf(command.body.waves) : [])]);
}
