/**
 * How an operation becomes commands: what its record's `emit` is given, and the commands that several operations emit.
 * The compiler is behind this interface, so records do not know it.
 */
import { Opcode } from "../../assembly/opcode.js";
import { type Shape, sizeOf, stridesOf } from "./shape.js";
import { type Body, type DType, elementBytes, type Tensor } from "./tensor.js";
import type { Command, Loop, Place, Storage } from "./storage.js";
import type { Draws } from "./draws.js";
import { floatBits, type Writer } from "./writer.js";

/** An elementwise expression within a command: a `MapWord` record. */
export interface EmbeddedMap {
  /** Micro-operations of one element. */
  readonly micros: number;
  /** Slots of the results, in order. */
  readonly results: readonly number[];
  readonly reads: readonly Place[];
  /** @param tile elements per tile, where the order of a sum depends on it */
  write(writer: Writer, tile?: number): void;
}

/** What a record may ask of the compiler. */
export interface Emission {
  readonly node: Tensor;
  /** Where the result goes. */
  readonly out: Place;
  place(node: Tensor): Place;
  streamOf(node: Tensor): number;
  /** Where a draw of `count` elements stands in the draw of all iterations of the loops around it. */
  draws(count: number): Draws;
  readonly clock: Place;
  /** The storages of the node's parts, where it has several values. */
  readonly parts: readonly Storage[];
  /** The expression of an input, computed on the way in (for records that say `front`). */
  front(input: Tensor): EmbeddedMap;
  /** A map that only reads a place. */
  plain(place: Place): EmbeddedMap;
  /** What happens to the result on the way out (for records that say `epilogue`), and what that reads and writes. */
  readonly epilogue?: Epilogue;
  emit(command: Omit<Command, "after" | "shares" | "flops"> & Partial<Command>): Command;
  copy(label: string, from: Place, to: Storage): Command;
  /** Emits a loop around the commands of a body. */
  nest(block: Block): void;
  /** The storage of an input that nothing else reads: it may be given another home. */
  own(input: Tensor): Storage | undefined;
  /** What has been made of a place under this key before, or `make` makes. */
  once(of: Place, key: string, make: () => Place): Place;
}

/** A body and where its commands read and write. All storages may change from iteration to iteration. */
export interface Block {
  readonly label: string;
  readonly body: Body;
  /** One for each input of the body. */
  readonly inputs: readonly Storage[];
  /** One for each result. */
  readonly results: readonly Storage[];
  /** For each result the input whose next value it is, where the two may be one memory. */
  readonly carried: readonly (Storage | undefined)[];
  readonly loop: Loop;
  readonly reverse?: boolean;
  /** See `LoopWord.Period`. */
  readonly period?: number;
  /**
   * Called once it is known which results are written over what they carry on. Gives storages their last home, and says
   * what the loop reads and writes of the graph around it.
   */
  settle(inPlace: readonly (boolean | undefined)[]): {
    readonly reads: readonly Storage[];
    readonly writes: readonly Storage[];
  };
}

export interface Epilogue {
  readonly record: EmbeddedMap;
  readonly label: string;
  readonly reads: readonly Storage[];
  readonly writes: readonly Storage[];
  readonly shares: readonly (readonly [Storage, Storage])[];
}

/**
 * What a command with an epilogue reads, writes and may overwrite. The kernel reads its own operands again and again
 * while results are written, so none of their memory may be taken over, whatever the epilogue does with it.
 */
export function withEpilogue(
  operands: readonly Place[],
  out: Place,
  epilogue: Epilogue | undefined,
): Pick<Command, "reads" | "writes" | "shares"> {
  const own = operands.map((place) => place.storage);
  return {
    reads: [...own, ...(epilogue?.reads ?? [])],
    writes: [out.storage, ...(epilogue?.writes ?? [])],
    shares: (epilogue?.shares ?? []).filter(([, input]) => !own.includes(input)),
  };
}

/** A tensor's memory as a command walks it. */
export interface StridedView {
  readonly place: Place;
  /** Elements from the place. */
  readonly start: number;
  readonly strides: readonly number[];
}

interface Copied {
  readonly label: string;
  /** Elements along each axis of both views. */
  readonly sizes: Shape;
  readonly out: StridedView;
  readonly input: StridedView;
}

/** A copy between two views of elements of the node's dtype. */
export function copyCommand({ emit, node }: Emission, { label, sizes, out, input }: Copied): Command {
  const bytes = elementBytes[node.dtype];
  return emit({
    opcode: Opcode.Copy,
    label: `${label} [${sizes.join(", ")}]`,
    reads: [input.place.storage],
    writes: [out.place.storage],
    work: sizeOf(sizes) * 2,
    words(writer) {
      writer.place(out.place, out.start * bytes);
      writer.place(input.place, input.start * bytes);
      writer.integers(bytes, sizes.length, ...sizes, ...out.strides, ...input.strides);
    },
  });
}

/** All of a place, row-major. */
export const whole = (place: Place, shape: Shape): StridedView => ({ place, start: 0, strides: stridesOf(shape) });

interface Filled {
  readonly out: Place;
  readonly count: number;
  readonly dtype: DType;
  readonly value: number;
}

/** Sets all elements. Bytes are set four at a time: storage is longer than its elements, up to the next alignment. */
export function fillCommand({ emit }: Emission, { out, count, dtype, value }: Filled): Command {
  const bits = { f32: floatBits(value), i32: value, u8: value * 0x01010101 }[dtype];
  return emit({
    opcode: Opcode.Fill,
    label: `fill [${count}]`,
    reads: [],
    writes: [out.storage],
    work: count,
    words(writer) {
      writer.place(out);
      writer.integers(Math.ceil((count * elementBytes[dtype]) / 4), bits);
    },
  });
}
