/** Operations that move elements and compute nothing: reshape, broadcast, transpose, slice, pad, concat, flip. */
import { Micro } from "../../assembly/opcode.js";
import { type AxesArgument, type AxesOptions, axesOf, axisOf } from "../axes.js";
import { textOf } from "../options.js";
import {
  broadcastReader,
  broadcastShapes,
  checkShape,
  type Shape,
  sameShape,
  shapeText,
  sizeOf,
  stridesOf,
} from "../shape.js";
import { anyType, type Op, Tensor } from "../tensor.js";
import { numbersAs } from "../values.js";
import { type TensorLike, tensor } from "./constant.js";

type SingleAxis = Omit<AxesOptions, "keepAxes">;
type ShapeAttribute = { readonly shape: Shape };

/** A copy of a list of numbers. Throws TypeError where it is none. */
function listOf(values: readonly number[], rule: string, what: string): number[] {
  if (Array.isArray(values) && values.every((value) => typeof value === "number")) return [...values];
  throw new TypeError(`${what}: ${rule}, found ${textOf(values)}`);
}

const dtypeOfFirst = (inputs: readonly Tensor[]) => inputs[0].dtype;

/** Row-major walk over `shape`, giving the position of every element in `strides`, from `start`. */
export function walkStrides(
  shape: Shape,
  strides: readonly number[],
  start: number,
  visit: (at: number, index: number) => void,
): void {
  const size = sizeOf(shape);
  const own = stridesOf(shape);
  for (let index = 0; index < size; index++) {
    let at = start;
    for (let axis = 0; axis < shape.length; axis++) at += (Math.floor(index / own[axis]) % shape[axis]) * strides[axis];
    visit(at, index);
  }
}

export const reshapeOp: Op<ShapeAttribute> = {
  name: "reshape",
  takes: [anyType],
  shape: (_inputs, { shape }) => shape,
  dtype: dtypeOfFirst,
  gradient: (g, y) => [reshape(g, y.inputs[0].shape)],
  evaluate: ([x]) => x,
  lowering: { kind: "view" },
};

/** The same elements under another shape; one length may be -1 and is worked out. @example show(reshape(t([1, 2, 3, 4]), [2, -1])) // [[1, 2], [3, 4]] */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const input = tensor(x, "reshape");
  const list = listOf(shape, "a shape is a list of axis lengths", "reshape");
  const known = list.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const free = list.filter((length) => length === -1).length;
  const full = free === 1 && known > 0 ? list.map((length) => (length === -1 ? input.size / known : length)) : list;
  if (free > 1 || full.some((length) => !Number.isInteger(length) || length < 0) || sizeOf(full) !== input.size) {
    throw new RangeError(
      `reshape: ${shapeText(input.shape)} has ${input.size} elements and does not fit ${shapeText(shape)}`,
    );
  }
  return sameShape(full, input.shape) ? input : new Tensor(reshapeOp, [input], { shape: full });
}

export const broadcastOp: Op<ShapeAttribute> = {
  name: "broadcastTo",
  takes: [["f32", "i32"]],
  shape: (_inputs, { shape }) => shape,
  dtype: dtypeOfFirst,
  gradient: (g) => [g],
  evaluate: ([x], node) => {
    const read = broadcastReader(x, node.inputs[0].shape, node.shape);
    return Float64Array.from({ length: sizeOf(node.shape) }, (_, i) => read(i));
  },
  lowering: { kind: "map", micro: () => ({ op: Micro.Copy }), cost: 1 },
};

/** Repeats axes of length 1 (and missing leading ones) until the shape is `shape`. @example show(broadcastTo(t([1, 2]), [2, 2])) // [[1, 2], [1, 2]] */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  const input = tensor(x, "broadcastTo");
  checkShape(shape, "broadcastTo");
  if (!sameShape(broadcastShapes(input.shape, shape, "broadcastTo"), shape)) {
    throw new RangeError(`broadcastTo: ${shapeText(input.shape)} does not broadcast to ${shapeText(shape)}`);
  }
  return sameShape(input.shape, shape) ? input : new Tensor(broadcastOp, [input], { shape: [...shape] });
}

export const transposeOp: Op<{ readonly axes: readonly number[] }> = {
  name: "transpose",
  takes: [anyType],
  shape: ([x], { axes }) => axes.map((axis) => x.shape[axis]),
  dtype: dtypeOfFirst,
  gradient: (g, y) => {
    const axes = y.attributes.axes as readonly number[];
    return [
      transpose(
        g,
        axes.map((_, axis) => axes.indexOf(axis)),
      ),
    ];
  },
  evaluate: ([x], node) => {
    const strides = stridesOf(node.inputs[0].shape);
    const out = new Float64Array(x.length);
    walkStrides(
      node.shape,
      (node.attributes.axes as readonly number[]).map((axis) => strides[axis]),
      0,
      (at, i) => {
        out[i] = x[at];
      },
    );
    return out;
  },
  lowering: { kind: "kernel" },
};

/**
 * Permutes axes: result axis i is input axis `axes[i]`; reverses them where not given.
 * @example show(transpose(t([[1, 2], [3, 4]]))) // [[1, 3], [2, 4]]
 */
export function transpose(x: TensorLike, axes?: readonly number[] | Pick<AxesOptions, "axes">): Tensor {
  const input = tensor(x, "transpose");
  const reversed = input.shape.map((_, axis) => input.rank - 1 - axis);
  const { axes: list } = axesOf("transpose", axes, input.rank, { fallback: reversed, known: ["axes"] });
  if (list.length !== input.rank) {
    throw new RangeError(
      `transpose: [${list.join(", ")}] is not a permutation of the ${input.rank} axes of ${shapeText(input.shape)}`,
    );
  }
  return list.every((axis, i) => axis === i) ? input : new Tensor(transposeOp, [input], { axes: list });
}

export const sliceOp: Op<{ readonly starts: readonly number[]; readonly sizes: readonly number[] }> = {
  name: "slice",
  takes: [anyType],
  shape: (_inputs, { sizes }) => sizes,
  dtype: dtypeOfFirst,
  gradient: (g, y) => {
    const [x] = y.inputs;
    const { starts, sizes } = y.attributes as { starts: number[]; sizes: number[] };
    return [
      pad(
        g,
        starts.map((start, axis) => [start, x.shape[axis] - start - sizes[axis]] as const),
      ),
    ];
  },
  evaluate: ([x], node) => {
    const strides = stridesOf(node.inputs[0].shape);
    const starts = node.attributes.starts as readonly number[];
    const out = new Float64Array(sizeOf(node.shape));
    walkStrides(
      node.shape,
      strides,
      starts.reduce((sum, start, axis) => sum + start * strides[axis], 0),
      (at, i) => {
        out[i] = x[at];
      },
    );
    return out;
  },
  lowering: { kind: "kernel" },
};

/** The block of `sizes` elements that begins at `starts`, one whole number per axis. @example show(slice(t([1, 2, 3, 4]), [1], [2])) // [2, 3] */
export function slice(x: TensorLike, starts: readonly number[], sizes: readonly number[]): Tensor {
  const input = tensor(x, "slice");
  const [from, lengths] = [starts, sizes].map((list) => listOf(list, "starts and sizes are lists of numbers", "slice"));
  if (![...from, ...lengths].every(Number.isInteger)) {
    throw new RangeError(
      `slice: starts and sizes are whole numbers, found [${from.join(", ")}] and [${lengths.join(", ")}]`,
    );
  }
  const fits =
    from.length === input.rank &&
    lengths.length === input.rank &&
    from.every((start, axis) => start >= 0 && lengths[axis] >= 0 && start + lengths[axis] <= input.shape[axis]);
  if (!fits) {
    throw new RangeError(
      `slice: starts [${from.join(", ")}] and sizes [${lengths.join(", ")}] reach outside of ${shapeText(input.shape)}`,
    );
  }
  return sameShape(lengths, input.shape) ? input : new Tensor(sliceOp, [input], { starts: from, sizes: lengths });
}

/** Elements before and behind an axis. */
export type Padding = readonly (readonly [before: number, behind: number])[];

export const padOp: Op<{ readonly padding: Padding; readonly value: number }> = {
  name: "pad",
  takes: [anyType],
  shape: ([x], { padding }) => x.shape.map((length, axis) => length + padding[axis][0] + padding[axis][1]),
  dtype: dtypeOfFirst,
  gradient: (g, y) => {
    const [x] = y.inputs;
    return [
      slice(
        g,
        (y.attributes.padding as Padding).map(([before]) => before),
        x.shape,
      ),
    ];
  },
  evaluate: ([x], node) => {
    const strides = stridesOf(node.shape);
    const padding = node.attributes.padding as Padding;
    const out = new Float64Array(sizeOf(node.shape)).fill(node.attributes.value as number);
    walkStrides(
      node.inputs[0].shape,
      strides,
      padding.reduce((sum, [before], axis) => sum + before * strides[axis], 0),
      (at, i) => {
        out[at] = x[i];
      },
    );
    return out;
  },
  lowering: { kind: "kernel" },
};

/**
 * Surrounds a tensor with a constant, one that its dtype holds: `padding[axis]` = [before, behind], whole numbers.
 * @example show(pad(t([1, 2]), [[1, 2]])) // [0, 1, 2, 0, 0]
 */
export function pad(x: TensorLike, padding: Padding, value = 0): Tensor {
  const input = tensor(x, "pad");
  const fits =
    Array.isArray(padding) &&
    padding.length === input.rank &&
    padding.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0),
    );
  if (!fits) {
    throw new RangeError(
      `pad: one [before, behind] of whole numbers >= 0 per axis of ${shapeText(input.shape)}, found ${textOf(padding)}`,
    );
  }
  numbersAs("pad: value", [value], input.dtype);
  const pairs = padding.map(([before, behind]) => [before, behind] as const);
  return pairs.every(([before, behind]) => before + behind === 0)
    ? input
    : new Tensor(padOp, [input], { padding: pairs, value });
}

export const concatOp: Op<{ readonly axis: number }> = {
  name: "concat",
  takes: [anyType],
  shape: (inputs, { axis }) => {
    const [first] = inputs;
    for (const { shape, dtype } of inputs) {
      if (dtype !== first.dtype)
        throw new TypeError(
          `concat: inputs have one dtype, found ${inputs.map((input) => input.dtype).join(", ")}; cast(x, "${first.dtype}") converts`,
        );
      if (shape.length !== first.rank || shape.some((length, i) => i !== axis && length !== first.shape[i])) {
        throw new RangeError(
          `concat: shapes differ outside of axis ${axis}: ${inputs.map((input) => shapeText(input.shape)).join(", ")}`,
        );
      }
    }
    return first.shape.map((length, i) =>
      i === axis ? inputs.reduce((total, input) => total + input.shape[axis], 0) : length,
    );
  },
  dtype: dtypeOfFirst,
  gradient: (g, y) => {
    const axis = y.attributes.axis as number;
    let start = 0;
    return y.inputs.map((input) => {
      const starts = input.shape.map((_, i) => (i === axis ? start : 0));
      start += input.shape[axis];
      return slice(g, starts, input.shape);
    });
  },
  evaluate: (inputs, node) => {
    const axis = node.attributes.axis as number;
    const strides = stridesOf(node.shape);
    const out = new Float64Array(sizeOf(node.shape));
    let start = 0;
    inputs.forEach((data, k) => {
      const { shape } = node.inputs[k];
      walkStrides(shape, strides, start * strides[axis], (at, i) => {
        out[at] = data[i];
      });
      start += shape[axis];
    });
    return out;
  },
  lowering: { kind: "kernel" },
};

/** Joins tensors of one dtype along one axis (the first by default). @example show(concat([t([1, 2]), t([3])])) // [1, 2, 3] */
export function concat(inputs: readonly TensorLike[], axis?: AxesArgument<SingleAxis>): Tensor {
  if (!Array.isArray(inputs)) throw new TypeError(`concat: a list of tensors, found ${textOf(inputs)}`);
  if (inputs.length === 0) throw new RangeError("concat: at least one tensor is needed, found none");
  const list = inputs.map((input) => tensor(input, "concat"));
  const along = axisOf("concat", axis, list[0].rank, 0);
  return list.length === 1 ? list[0] : new Tensor(concatOp, list, { axis: along });
}

export const flipOp: Op<{ readonly axes: readonly number[] }> = {
  name: "flip",
  takes: [anyType],
  shape: ([x]) => x.shape,
  dtype: dtypeOfFirst,
  gradient: (g, y) => [flip(g, y.attributes.axes as readonly number[])],
  evaluate: ([x], node) => {
    const axes = node.attributes.axes as readonly number[];
    const strides = stridesOf(node.shape);
    const start = axes.reduce((sum, axis) => sum + (node.shape[axis] - 1) * strides[axis], 0);
    const out = new Float64Array(x.length);
    walkStrides(
      node.shape,
      strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
      start,
      (at, i) => {
        out[i] = x[at];
      },
    );
    return out;
  },
  lowering: { kind: "kernel" },
};

/** Reverses the order along axes (all of them by default). @example show(flip(t([1, 2, 3]), 0)) // [3, 2, 1] */
export function flip(x: TensorLike, axes?: AxesArgument<SingleAxis>): Tensor {
  const input = tensor(x, "flip");
  return new Tensor(flipOp, [input], { axes: axesOf("flip", axes, input.rank).axes });
}
