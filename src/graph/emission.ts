/**
 * How operations become commands: the interface that an op record's `emit` gets from the compiler, and the commands
 * that several operations emit. Op records depend on this interface, not on the compiler.
 *
 * Storages and commands know nothing of graphs: `Node` stands for the type of a graph's nodes, which is `Tensor`. Its
 * definition holds op records, and these use this interface.
 */
import { Opcode } from "../../assembly/opcode.js";
import { type Shape, sizeOf, stridesOf } from "./shape.js";
import type { Command } from "./command.js";
import { type DType, elementBytes } from "./dtype.js";
import type { Loop, Place, Storage } from "./storage.js";
import type { Draws } from "./draws.js";
import { floatBits, type Writer } from "./writer.js";

/** An elementwise expression inside a command: a map descriptor (`MapWord`). */
export interface EmbeddedMap {
  /** Number of micro-operations per element. */
  readonly micros: number;
  /** Slots of the results, in order. */
  readonly results: readonly number[];
  readonly reads: readonly Place[];
  /** @param tile elements per tile; given if the order of a sum depends on it */
  write(writer: Writer, tile?: number): void;
}

/** The compiler's services to an op record. */
export interface Emission<Node> {
  readonly node: Node;
  /** Memory of the result. */
  readonly out: Place;
  place(node: Node): Place;
  streamOf(node: Node): number;
  /** The elements that a draw of `count` takes of the draw of all iterations of the loops around it. */
  draws(count: number): Draws;
  readonly clock: Place;
  /**
   * Rows of the block for each row that the program computes; 1 if it computes no part of a block, or always as many. A form
   * whose bits differ from those of another one is chosen as for the whole block.
   */
  readonly blockRows: number;
  /** Whether a row's bits may depend on the other rows, as they do if a form is chosen by the values of all. */
  readonly rowsTogether: boolean;
  /** The storages of the node's results, if it has several. */
  readonly parts: readonly Storage[];
  /** The expression of an input, computed while the command reads it (only if the op record sets `front`). */
  front(input: Node): EmbeddedMap;
  /** A map that reads a place unchanged. */
  plain(place: Place): EmbeddedMap;
  /**
   * The elementwise expression applied to the result before it is stored (only if the op record sets `epilogue`), and
   * the memory that it reads and writes.
   */
  readonly epilogue?: Epilogue;
  emit(command: Omit<Command, "after" | "shares" | "flops"> & Partial<Command>): Command;
  copy(label: string, from: Place, to: Storage): Command;
  /** Emits a loop around the commands of a body. */
  nest(block: Block<Node>): void;
  /**
   * The storage of an input that only this node reads, and that may therefore be moved elsewhere; undefined if there is
   * none.
   */
  own(input: Node): Storage | undefined;
  /** The cached result of `make` for this place and key; calls `make` the first time. */
  once(of: Place, key: string, make: () => Place): Place;
}

/**
 * A body, and the storages that its commands read and write. All of these storages may move from iteration to
 * iteration.
 */
export interface Block<Node> {
  readonly label: string;
  readonly body: { readonly inputs: readonly Node[]; readonly results: readonly Node[] };
  /** One for each input of the body. */
  readonly inputs: readonly Storage[];
  /** One for each result. */
  readonly results: readonly Storage[];
  /** For each result: the input whose next value it is, if both may share memory. */
  readonly carried: readonly (Storage | undefined)[];
  readonly loop: Loop;
  readonly reverse?: boolean;
  /** See `LoopWord.Period`. */
  readonly period?: number;
  /**
   * Called when it is known which results overwrite the input that they update. Sets the final homes of the storages,
   * and returns the storages of the outer graph that the loop reads and writes.
   */
  settle(inPlace: readonly (boolean | undefined)[]): {
    readonly reads: readonly Storage[];
    readonly writes: readonly Storage[];
  };
}

export interface Epilogue {
  readonly map: EmbeddedMap;
  readonly label: string;
  readonly reads: readonly Storage[];
  readonly writes: readonly Storage[];
  readonly shares: readonly (readonly [Storage, Storage])[];
}

/**
 * What a command with an epilogue reads, writes and may overwrite. The kernel reads its own operands repeatedly while
 * it writes results, so no result may reuse an operand's memory, even if the epilogue reads that operand too.
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

/** The memory of a tensor, and the strides at which a command reads or writes it. */
export interface StridedView {
  readonly place: Place;
  /** Offset from the place, in elements. */
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

/** Emits a copy between two views; the elements have the node's dtype. */
export function copyCommand(
  { emit, node }: Pick<Emission<{ readonly dtype: DType }>, "emit" | "node">,
  { label, sizes, out, input }: Copied,
): Command {
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

/** The view of a whole place, row-major. */
export const whole = (place: Place, shape: Shape): StridedView => ({ place, start: 0, strides: stridesOf(shape) });

interface Filled {
  readonly out: Place;
  readonly count: number;
  readonly dtype: DType;
  readonly value: number;
}

/**
 * Sets all elements to one value. u8 elements are set four at a time; the storage is padded to its alignment, so this
 * stays inside it.
 */
export function fillCommand({ emit }: Pick<Emission<unknown>, "emit">, { out, count, dtype, value }: Filled): Command {
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
