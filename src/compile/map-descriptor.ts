/**
 * Builds a map descriptor (`MapWord`): the micro-operation list of a fused elementwise expression. It chooses compound
 * micro-operations, and assigns tile buffers to temporaries by their lifetimes.
 */
import { Layout, MapWord, Micro, MicroWord, Slot, SlotWord } from "../../assembly/opcode.js";
import type { EmbeddedMap } from "../graph/emission.js";
import { type Place, storage } from "../graph/storage.js";
import type { Writer } from "../graph/writer.js";
import { broadcastStrides, sizeOf, type Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Expression, MicroExpression } from "./expression.js";
import { expressionBuilder, type ExpressionSource } from "./expression-builder.js";
import { type Draws, wholeDraw } from "../graph/draws.js";

interface SlotEntry {
  readonly kind: Slot;
  readonly place?: Place;
  /** Period or repeat count, or the bits of a constant. */
  readonly value?: number;
  readonly view?: { readonly sizes: readonly number[]; readonly strides: readonly number[] };
  buffer: number;
}

interface MicroEntry {
  readonly op: Micro;
  readonly out: number;
  readonly operands: readonly number[];
  readonly p: number;
  readonly q: number;
  /** The operation draws random numbers: p is its stream, and the clock's address is written instead of q. */
  readonly random: boolean;
}

/** What a descriptor needs to know of the graph and its memory. */
export interface DescriptorSource extends ExpressionSource {
  place(node: Tensor): Place;
  /** The elements that a draw of `count` takes of the draw of all iterations of the loops around it. */
  draws(count: number): Draws;
  readonly clock: Place;
}

/** How a tensor of `shape` is read for each element of `target`. */
export function accessOf(
  shape: Shape,
  target: Shape,
): { kind: Slot; value?: number; view?: { sizes: number[]; strides: number[] } } {
  const count = sizeOf(target);
  if (sizeOf(shape) === count) return { kind: Slot.Contiguous };
  if (sizeOf(shape) === 1) return { kind: Slot.Scalar };
  const sizes: number[] = [];
  const strides: number[] = [];
  broadcastStrides(shape, target).forEach((stride, axis) => {
    const length = target[axis];
    if (length === 1) return;
    const last = sizes.length - 1;
    // Adjacent axes are merged if both are repeated, or if the outer stride spans the whole inner axis.
    if (last >= 0 && strides[last] === stride * length) {
      sizes[last] *= length;
      strides[last] = stride;
    } else {
      sizes.push(length);
      strides.push(stride);
    }
  });
  if (sizes.length === 2 && strides[0] === 0 && strides[1] === 1) return { kind: Slot.Periodic, value: sizes[1] };
  if (sizes.length === 2 && strides[0] === 1 && strides[1] === 0) return { kind: Slot.Repeated, value: sizes[1] };
  return { kind: Slot.Strided, view: { sizes, strides } };
}

/** A map descriptor: built by the constructor, then ready to be written. */
export class MapDescriptor implements EmbeddedMap {
  readonly #slots: SlotEntry[] = [];
  readonly #micros: MicroEntry[] = [];
  readonly #slotOf = new Map<Expression, number>();
  readonly #lastRead = new Map<number, number>();
  readonly #writtenAt = new Map<number, number>();
  readonly #count: number;
  /** Slots of the results, in the order of the outputs. */
  readonly results: number[];
  buffers = 0;

  /**
   * @param shape the iteration space
   * @param outputs nodes to compute, with a place for those that are stored
   */
  constructor(
    private readonly shape: Shape,
    outputs: readonly { readonly node: Tensor; readonly place?: Place }[],
    private readonly source: DescriptorSource,
  ) {
    this.#count = sizeOf(shape);
    const stored = new Set(outputs.filter(({ place }) => place).map(({ node }) => node));
    const build = expressionBuilder(
      outputs.map(({ node }) => node),
      stored,
      source,
    );
    const expressions = outputs.map(({ node }) => build(node));
    this.results = outputs.map(({ place }, i) => this.#emitResult(expressions[i], place));
    this.#allocate();
  }

  /** Whether the descriptor stays within a lane's limits on tile buffers and slots. */
  get fits(): boolean {
    return this.buffers <= Layout.TileBuffers && this.#slots.length <= Layout.Slots;
  }

  get micros(): number {
    return this.#micros.length;
  }

  /**
   * Whether a result may overwrite the memory of an input: only if the input is not read after the result is written.
   */
  mayShare(result: number, input: Place): boolean {
    const users = this.#slots.flatMap((entry, slot) => (entry.place?.storage === input.storage ? [slot] : []));
    const [slot] = users;
    const written = this.#writtenAt.get(this.results[result]);
    if (users.length !== 1 || written === undefined || this.#slots[slot].kind !== Slot.Contiguous) return false;
    return (this.#lastRead.get(slot) ?? -1) <= written;
  }

  /** All places that this descriptor reads. */
  get reads(): Place[] {
    return this.#slots.flatMap((entry, slot) => (entry.place && !this.#writtenAt.has(slot) ? [entry.place] : []));
  }

  get contiguousReads(): Place[] {
    return this.#slots.flatMap((entry, slot) =>
      entry.place && entry.kind === Slot.Contiguous && !this.#writtenAt.has(slot) ? [entry.place] : [],
    );
  }

  /**
   * @param tile elements per tile. A reduction passes the same value for every front, because the order of its sums
   * depends on it
   */
  write(writer: Writer, tile = this.#tile()): void {
    const start = writer.offset;
    const viewsAt = MapWord.Size + this.#slots.length * SlotWord.Size + this.#micros.length * MicroWord.Size;
    const views: number[] = [];
    const columns = this.shape.length === 0 ? 1 : this.shape[this.shape.length - 1];
    writer.integers(this.#count, tile, this.#slots.length, this.#micros.length, columns, viewsAt + views.length);
    for (const { kind, place, value = 0, view, buffer } of this.#slots) {
      writer.integers(kind);
      if (place) writer.place(place);
      else writer.integers(0);
      writer.integers(view ? viewsAt + views.length : value, view?.sizes.length ?? 0, Math.max(buffer, 0));
      if (view) views.push(...view.sizes, ...view.strides);
    }
    for (const { op, out, operands, p, q, random } of this.#micros) {
      writer.integers(op, out);
      if (random) {
        writer.draw(this.source.draws(this.#count));
        writer.integers(0, 0, p);
        writer.place(this.source.clock);
      } else {
        writer.integers(operands[0] ?? 0, operands[1] ?? 0, operands[2] ?? 0);
        writer.float(p);
        writer.float(q);
      }
    }
    writer.integers(...views);
    if (writer.offset - start !== viewsAt + views.length) throw new Error("map descriptor: words miscounted");
  }

  /** Elements per tile: a multiple of the periods if they fit, so that repeated rows are filled in once. */
  #tile(): number {
    let tile = 1;
    for (const { kind, value } of this.#slots) {
      if (kind !== Slot.Periodic || value === undefined) continue;
      const common = (tile * value) / greatestCommonDivisor(tile, value);
      if (common <= Layout.Tile) tile = common;
    }
    return Math.floor(Layout.Tile / tile) * tile;
  }

  #emitResult(expression: Expression, place: Place | undefined): number {
    const known = this.#slotOf.get(expression);
    if (!place) return this.#emit(expression);
    if (known === undefined && expression.kind === "micro") {
      const out = this.#slot({ kind: Slot.Contiguous, place, buffer: -1 });
      this.#emitMicro(expression, out);
      this.#slotOf.set(expression, out);
      return out;
    }
    const from = this.#emit(expression);
    const out = this.#slot({ kind: Slot.Contiguous, place, buffer: -1 });
    this.#push({ op: Micro.Copy, out, operands: [from], p: 0, q: 0, random: false });
    return out;
  }

  #emit(expression: Expression): number {
    const known = this.#slotOf.get(expression);
    if (known !== undefined) return known;
    let slot: number;
    if (expression.kind === "constant") {
      slot = this.#slot({ kind: Slot.Constant, value: expression.bits, buffer: -1 });
    } else if (expression.kind === "leaf") {
      slot = this.#slot({
        ...accessOf(expression.node.shape, this.shape),
        place: this.source.place(expression.node),
        buffer: -1,
      });
    } else {
      slot = this.#slot({ kind: Slot.Temporary, buffer: -1 });
      this.#emitMicro(expression, slot);
    }
    this.#slotOf.set(expression, slot);
    return slot;
  }

  #emitMicro(expression: MicroExpression, out: number): void {
    const operands = expression.operands.map((operand) => this.#emit(operand));
    const { op, p, q, random } = expression;
    this.#push({ op, out, operands, p, q, random });
  }

  #push(entry: MicroEntry): void {
    const index = this.#micros.length;
    for (const slot of entry.operands) this.#lastRead.set(slot, index);
    this.#writtenAt.set(entry.out, index);
    this.#micros.push(entry);
  }

  #slot(entry: SlotEntry): number {
    this.#slots.push(entry);
    return this.#slots.length - 1;
  }

  /** Assigns tile buffers: broadcast operands keep theirs; temporaries free theirs after their last use. */
  #allocate(): void {
    const free: number[] = [];
    const take = () => free.pop() ?? this.buffers++;
    for (const entry of this.#slots) {
      if (entry.kind !== Slot.Temporary && entry.kind !== Slot.Contiguous) entry.buffer = take();
    }
    this.#micros.forEach((entry, index) => {
      for (const slot of new Set(entry.operands)) {
        const operand = this.#slots[slot];
        const kept = this.results.includes(slot);
        if (operand.kind === Slot.Temporary && !kept && this.#lastRead.get(slot) === index) free.push(operand.buffer);
      }
      const out = this.#slots[entry.out];
      if (out.kind === Slot.Temporary) out.buffer = take();
    });
  }
}

/** Whether one map descriptor can compute and store these nodes, which have the same shape. */
export function fitsDescriptor(nodes: readonly Tensor[], inlined: (node: Tensor) => boolean): boolean {
  const nowhere: Place = { storage: storage("nowhere", []), offset: 0 };
  const source: DescriptorSource = {
    inlined,
    place: () => nowhere,
    streamOf: () => 0,
    draws: wholeDraw,
    clock: nowhere,
  };
  const outputs = nodes.map((node) => ({ node, place: nowhere }));
  return new MapDescriptor(nodes[0].shape, outputs, source).fits;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
