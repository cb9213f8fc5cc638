/** Kernel rules: how each operation that is not elementwise becomes commands. One rule per operation, by name. */
import { ElementType, Layout, Opcode, RandomKind, Reduction } from "../../assembly/opcode.js";
import { sizeOf, stridesOf, type Shape } from "../shape.js";
import { type Body, type DType, elementBytes, type Tensor } from "../tensor.js";
import { conv2d, conv2dInputGradient, conv2dWeightGradient, windowPick, windowPut } from "./convolution.js";
import { floatBits } from "./encode.js";
import type { MapRecord } from "./record.js";
import { scan } from "./scan.js";
import { type Command, type Loop, type Place, type Storage, storage } from "./storage.js";
import type { Draws } from "./turns.js";
import type { MatmulAttributes } from "../ops/matmul.js";
import type { IntegerAttributes } from "../ops/random.js";

/** What a rule may ask of the compiler. */
export interface Emission {
  readonly node: Tensor;
  /** Where the result goes. */
  readonly out: Place;
  place(node: Tensor): Place;
  streamOf(node: Tensor): number;
  /** Where a draw of `count` elements stands in the draw of all turns of the loops around it. */
  draws(count: number): Draws;
  readonly clock: Place;
  /** Emits a loop around the commands of a body. */
  nest(block: Block): void;
  /** The storages of the node's parts, where it has several values. */
  readonly parts: readonly Storage[];
  /** The storage of an input that nothing else reads: it may be given another home. */
  own(input: Tensor): Storage | undefined;
  copy(label: string, from: Place, to: Storage): Command;
  /** The expression of an input, computed on the way in (reductions only). */
  front(input: Tensor): MapRecord;
  /** A record that only reads a place. */
  plain(place: Place): MapRecord;
  /** What happens to the result on the way out (products and convolutions only), and what that reads and writes. */
  readonly epilogue?: Epilogue;
  emit(command: Omit<Command, "after" | "shares" | "flops"> & Partial<Command>): Command;
  /** What has been made of a place under this key before, or `make` makes. */
  once(of: Place, key: string, make: () => Place): Place;
}

/** A body and where its commands read and write. All storages may change from turn to turn. */
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
  readonly record: MapRecord;
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

type Rule = (emission: Emission) => void;

const elementTypes: Readonly<Record<DType, ElementType>> = {
  f32: ElementType.F32,
  u8: ElementType.U8,
  i32: ElementType.I32,
};

/** Elements that one partial sum covers where an axis is split into blocks. */
const blockElements = 16384;

/** [outer, length, inner] of a reduction over neighbouring axes. */
interface Segment {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** The last run of neighbouring reduced axes (length-1 axes do not matter), and the shape that remains. */
function lastSegment(shape: Shape, axes: readonly number[]): { segment: Segment; rest: number[]; restAxes: number[] } {
  let end = shape.length;
  const reduced = (axis: number) => axes.includes(axis);
  while (!reduced(end - 1)) end--;
  let start = end - 1;
  while (start > 0 && (reduced(start - 1) || shape[start - 1] === 1)) start--;
  while (!reduced(start)) start++;
  return {
    segment: {
      outer: sizeOf(shape.slice(0, start)),
      length: sizeOf(shape.slice(start, end)),
      inner: sizeOf(shape.slice(end)),
    },
    rest: [...shape.slice(0, start), ...shape.slice(end)],
    restAxes: axes.filter((axis) => axis < start),
  };
}

/** Length of a block so that a long reduction is shared between lanes and summed pairwise at the top. */
function blockLength({ outer, length, inner }: Segment): number {
  if (outer * length * inner <= blockElements || outer >= 64) return Math.max(length, 1);
  return Math.max(1, Math.min(length, Math.ceil(blockElements / Math.max(1, Math.min(inner, 1024)))));
}

const reduce: Rule = (emission) => {
  const { node, out, front, plain, emit } = emission;
  if (node.inputs[0].size === 0) {
    fillCommand(emission, out, node.size, "f32", 0);
    return;
  }
  const reduction = node.op.name === "max" ? Reduction.Max : Reduction.Sum;
  const step = (record: MapRecord, segment: Segment, block: number, to: Place) =>
    emit({
      opcode: Opcode.Reduce,
      label: `${node.op.name} [${segment.outer}, ${segment.length}, ${segment.inner}]`,
      reads: record.reads.map((place) => place.storage),
      writes: [to.storage],
      work: segment.outer * segment.length * segment.inner * (1 + record.micros),
      words(writer) {
        const { outer, length, inner } = segment;
        writer.integers(reduction, outer, length, inner, block);
        writer.place(to);
        writer.float(1);
        writer.integers(record.results[0], writer.offset + 2);
        record.write(writer, Layout.Tile);
      },
    });
  const [input] = node.inputs;
  let shape = input.shape;
  let axes = node.attributes.axes as readonly number[];
  let record = front(input);
  for (;;) {
    const { segment, rest, restAxes } = lastSegment(shape, axes);
    const block = blockLength(segment);
    const blocks = Math.ceil(segment.length / block);
    const last = restAxes.length === 0;
    const done = last ? out : { storage: storage(`${node.op.name} part`, rest), offset: 0 };
    if (blocks > 1) {
      const partial = { storage: storage(`${node.op.name} blocks`, [segment.outer, blocks, segment.inner]), offset: 0 };
      step(record, segment, block, partial);
      step(plain(partial), { ...segment, length: blocks }, blocks, done);
    } else {
      step(record, segment, block, done);
    }
    if (last) return;
    record = plain(done);
    shape = rest;
    axes = restAxes;
  }
};

const matmul: Rule = ({ node, out, place, emit, epilogue }) => {
  const [a, b] = node.inputs;
  const { transposeA, transposeB } = node.attributes as MatmulAttributes;
  const [m, n] = node.shape.slice(-2);
  const k = a.shape[a.rank - (transposeA ? 2 : 1)];
  const batch = sizeOf(node.shape.slice(0, -2));
  const placeA = place(a);
  const placeB = place(b);
  const batchStride = (x: Tensor) =>
    sizeOf(x.shape.slice(0, -2)) === 1 ? 0 : x.shape[x.rank - 2] * x.shape[x.rank - 1];
  const marks = `${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}`;
  emit({
    opcode: Opcode.Matmul,
    label: `matmul ${marks} ${batch > 1 ? `${batch} x ` : ""}${m}x${k}x${n}${epilogue ? ` + ${epilogue.label}` : ""}`,
    ...withEpilogue([placeA, placeB], out, epilogue),
    work: batch * m * n * (k / 8 + 1 + (epilogue?.record.micros ?? 0)),
    flops: 2 * batch * m * n * k,
    words(writer) {
      writer.integers(batch, m, n, k);
      writer.place(placeA);
      writer.place(placeB);
      writer.place(out);
      writer.integers(
        a.shape[a.rank - 1],
        b.shape[b.rank - 1],
        n,
        batchStride(a),
        batchStride(b),
        m * n,
        Number(transposeA),
        Number(transposeB),
      );
      writer.integers(epilogue ? writer.offset + 1 : 0);
      epilogue?.record.write(writer);
    },
  });
};

interface StridedView {
  readonly place: Place;
  /** Elements from the place. */
  readonly start: number;
  readonly strides: readonly number[];
}

function copyCommand(
  { emit, node }: Emission,
  label: string,
  sizes: Shape,
  out: StridedView,
  input: StridedView,
  after: readonly Command[] = [],
): Command {
  const bytes = elementBytes[node.dtype];
  const command = emit({
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
  command.after.push(...after);
  return command;
}

const whole = (place: Place, shape: Shape): StridedView => ({ place, start: 0, strides: stridesOf(shape) });

const transpose: Rule = (emission) => {
  const { node, out, place } = emission;
  const [x] = node.inputs;
  const strides = stridesOf(x.shape);
  const axes = node.attributes.axes as readonly number[];
  copyCommand(emission, "transpose", node.shape, whole(out, node.shape), {
    place: place(x),
    start: 0,
    strides: axes.map((axis) => strides[axis]),
  });
};

const startOf = (starts: readonly number[], strides: readonly number[]) =>
  starts.reduce((sum, start, axis) => sum + start * strides[axis], 0);

const slice: Rule = (emission) => {
  const { node, out, place } = emission;
  const [x] = node.inputs;
  const strides = stridesOf(x.shape);
  copyCommand(emission, "slice", node.shape, whole(out, node.shape), {
    place: place(x),
    start: startOf(node.attributes.starts as number[], strides),
    strides,
  });
};

/** Sets all elements. Bytes are set four at a time: storage is longer than its elements, up to the next alignment. */
function fillCommand({ emit }: Emission, out: Place, count: number, dtype: DType, value: number): Command {
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

const pad: Rule = (emission) => {
  const { node, out, place } = emission;
  const [x] = node.inputs;
  const strides = stridesOf(node.shape);
  const padding = node.attributes.padding as readonly (readonly [number, number])[];
  const filled = fillCommand(emission, out, node.size, node.dtype, node.attributes.value as number);
  copyCommand(
    emission,
    "pad",
    x.shape,
    {
      place: out,
      start: startOf(
        padding.map(([before]) => before),
        strides,
      ),
      strides,
    },
    whole(place(x), x.shape),
    [filled],
  );
};

const concat: Rule = (emission) => {
  const { node, out, place } = emission;
  const axis = node.attributes.axis as number;
  const strides = stridesOf(node.shape);
  let start = 0;
  for (const input of node.inputs) {
    copyCommand(
      emission,
      "concat",
      input.shape,
      { place: out, start: start * strides[axis], strides },
      whole(place(input), input.shape),
    );
    start += input.shape[axis];
  }
};

const flip: Rule = (emission) => {
  const { node, out, place } = emission;
  const axes = node.attributes.axes as readonly number[];
  const strides = stridesOf(node.shape);
  const start = axes.reduce((sum, axis) => sum + Math.max(0, node.shape[axis] - 1) * strides[axis], 0);
  copyCommand(emission, "flip", node.shape, whole(out, node.shape), {
    place: place(node.inputs[0]),
    start,
    strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
  });
};

const gather: Rule = ({ node, out, place, emit }) => {
  const [table, index] = node.inputs;
  const { scale, shift } = node.attributes as { scale: number; shift: number };
  const [rows] = table.shape;
  const [from, at] = [place(table), place(index)];
  emit({
    opcode: Opcode.Gather,
    label: `gather ${index.size} of [${table.shape.join(", ")}] ${table.dtype}`,
    reads: [from.storage, at.storage],
    writes: [out.storage],
    work: node.size * 2,
    words(writer) {
      writer.place(out);
      writer.place(from);
      writer.place(at);
      writer.integers(index.size, table.size / rows, rows, elementTypes[table.dtype]);
      writer.float(scale);
      writer.float(shift);
    },
  });
};

const scatterAdd: Rule = ({ node, out, place, emit }) => {
  const [index, values] = node.inputs;
  const rows = node.attributes.rows as number;
  const [at, from] = [place(index), place(values)];
  emit({
    opcode: Opcode.ScatterAdd,
    label: `scatterAdd ${index.size} into [${node.shape.join(", ")}]`,
    reads: [at.storage, from.storage],
    writes: [out.storage],
    work: node.size + values.size * 2,
    words(writer) {
      writer.place(out);
      writer.place(at);
      writer.place(from);
      writer.integers(index.size, rows === 0 ? 0 : node.size / rows, rows);
    },
  });
};

const argMax: Rule = ({ node, out, place, emit }) => {
  const [x] = node.inputs;
  const from = place(x);
  emit({
    opcode: Opcode.ArgMax,
    label: `argMax [${x.shape.join(", ")}]`,
    reads: [from.storage],
    writes: [out.storage],
    work: x.size,
    words(writer) {
      writer.place(out);
      writer.place(from);
      writer.integers(node.size, x.shape[x.rank - 1]);
    },
  });
};

const cast: Rule = ({ node, out, place, emit }) => {
  const [x] = node.inputs;
  const from = place(x);
  emit({
    opcode: Opcode.Cast,
    label: `cast ${x.dtype} to ${node.dtype} [${node.shape.join(", ")}]`,
    reads: [from.storage],
    writes: [out.storage],
    work: x.size * 2,
    words(writer) {
      writer.place(out);
      writer.place(from);
      writer.integers(x.size, elementTypes[x.dtype], elementTypes[node.dtype]);
    },
  });
};

const randomInteger: Rule = ({ node, out, clock, streamOf, draws: drawsOf, emit }) => {
  const { kind, bound, draw, draws } = node.attributes as IntegerAttributes;
  emit({
    opcode: Opcode.Random,
    label: `${kind === RandomKind.Integer ? "integers" : "permutation"} ${node.size} below ${bound}`,
    reads: [clock.storage],
    writes: [out.storage],
    work: node.size * 16,
    words(writer) {
      writer.integers(kind);
      writer.place(out);
      writer.integers(node.size, bound, streamOf(node));
      writer.place(clock);
      writer.integers(draw, draws);
      const { start, motions, of } = drawsOf(node.size);
      writer.moving(start, motions);
      writer.integers(of);
    },
  });
};

/** Rules by operation name. */
export const kernelRules: Readonly<Record<string, Rule>> = {
  sum: reduce,
  max: reduce,
  matmul,
  transpose,
  slice,
  pad,
  concat,
  flip,
  gather,
  scatterAdd,
  argMax,
  cast,
  randomInteger,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  windowPick,
  windowPut,
  scan,
};

/** Operations whose rule takes an epilogue. */
export const takesEpilogue: ReadonlySet<string> = new Set([
  "matmul",
  "conv2d",
  "conv2dInputGradient",
  "conv2dWeightGradient",
]);
