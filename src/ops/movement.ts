/** Operations that move elements and compute nothing: reshape, broadcast, transpose, slice, pad, concat, flip. */
import { Micro } from "../../assembly/opcode.js";
import {
  broadcastReader,
  broadcastShapes,
  checkShape,
  normalizeAxis,
  type Shape,
  sameShape,
  shapeText,
  sizeOf,
  stridesOf,
} from "../shape.js";
import { type Op, Tensor } from "../tensor.js";
import { type TensorLike, tensor } from "./constant.js";

type ShapeAttribute = { readonly shape: Shape };

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
  shape: (_inputs, { shape }) => shape,
  dtype: dtypeOfFirst,
  gradient: (g, y) => [reshape(g, y.inputs[0].shape)],
  evaluate: ([x]) => x,
  lowering: { kind: "view" },
};

/** The same elements under another shape; one length may be -1 and is worked out. @example show(reshape(t([1, 2, 3, 4]), [2, -1])) // [[1, 2], [3, 4]] */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const free = shape.filter((length) => length === -1).length;
  const full = free === 1 && known > 0 ? shape.map((length) => (length === -1 ? x.size / known : length)) : shape;
  if (free > 1 || full.some((length) => !Number.isInteger(length) || length < 0) || sizeOf(full) !== x.size) {
    throw new RangeError(`reshape: ${shapeText(x.shape)} has ${x.size} elements and does not fit ${shapeText(shape)}`);
  }
  return sameShape(full, x.shape) ? x : new Tensor(reshapeOp, [x], { shape: full });
}

export const broadcastOp: Op<ShapeAttribute> = {
  name: "broadcastTo",
  shape: (_inputs, { shape }) => shape,
  gradient: (g) => [g],
  evaluate: ([x], node) => {
    const read = broadcastReader(x, node.inputs[0].shape, node.shape);
    return Float64Array.from({ length: sizeOf(node.shape) }, (_, i) => read(i));
  },
  lowering: { kind: "map", micro: () => ({ op: Micro.Copy }), cost: 1 },
};

/** Repeats axes of length 1 (and missing leading ones) until the shape is `shape`. @example show(broadcastTo(t([1, 2]), [2, 2])) // [[1, 2], [1, 2]] */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  const input = tensor(x);
  if (!sameShape(broadcastShapes(input.shape, shape, "broadcastTo"), shape)) {
    throw new RangeError(`broadcastTo: ${shapeText(input.shape)} does not broadcast to ${shapeText(shape)}`);
  }
  return sameShape(input.shape, shape)
    ? input
    : new Tensor(broadcastOp, [input], { shape: checkShape(shape, "broadcastTo") });
}

export const transposeOp: Op<{ readonly axes: readonly number[] }> = {
  name: "transpose",
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

/** Permutes axes: result axis i is input axis `axes[i]`; reverses them where not given. @example show(transpose(t([[1, 2], [3, 4]]))) // [[1, 3], [2, 4]] */
export function transpose(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => x.rank - 1 - axis)): Tensor {
  const list = axes.map((axis) => normalizeAxis(axis, x.rank, "transpose"));
  if (list.length !== x.rank || new Set(list).size !== x.rank) {
    throw new RangeError(
      `transpose: [${axes.join(", ")}] is not a permutation of the ${x.rank} axes of ${shapeText(x.shape)}`,
    );
  }
  return list.every((axis, i) => axis === i) ? x : new Tensor(transposeOp, [x], { axes: list });
}

export const sliceOp: Op<{ readonly starts: readonly number[]; readonly sizes: readonly number[] }> = {
  name: "slice",
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

/** The block of `sizes` elements that begins at `starts`, one number per axis. @example show(slice(t([1, 2, 3, 4]), [1], [2])) // [2, 3] */
export function slice(x: Tensor, starts: readonly number[], sizes: readonly number[]): Tensor {
  const fits =
    starts.length === x.rank &&
    sizes.length === x.rank &&
    starts.every((start, axis) => start >= 0 && sizes[axis] >= 0 && start + sizes[axis] <= x.shape[axis]);
  if (!fits) {
    throw new RangeError(
      `slice: starts [${starts.join(", ")}] and sizes [${sizes.join(", ")}] reach outside of ${shapeText(x.shape)}`,
    );
  }
  return sameShape(sizes, x.shape) ? x : new Tensor(sliceOp, [x], { starts: [...starts], sizes: [...sizes] });
}

/** Elements before and behind an axis. */
export type Padding = readonly (readonly [before: number, behind: number])[];

export const padOp: Op<{ readonly padding: Padding; readonly value: number }> = {
  name: "pad",
  shape: ([x], { padding }) => x.shape.map((length, axis) => length + padding[axis][0] + padding[axis][1]),
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

/** Surrounds a tensor with a constant: `padding[axis]` = [before, behind]. @example show(pad(t([1, 2]), [[1, 2]])) // [0, 1, 2, 0, 0] */
export function pad(x: Tensor, padding: Padding, value = 0): Tensor {
  if (padding.length !== x.rank || padding.some(([before, behind]) => before < 0 || behind < 0)) {
    throw new RangeError(
      `pad: one [before, behind] pair >= 0 per axis of ${shapeText(x.shape)}, found ${JSON.stringify(padding)}`,
    );
  }
  return padding.every(([before, behind]) => before + behind === 0) ? x : new Tensor(padOp, [x], { padding, value });
}

export const concatOp: Op<{ readonly axis: number }> = {
  name: "concat",
  shape: (inputs, { axis }) => {
    const [first] = inputs;
    for (const { shape } of inputs) {
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

/** Joins tensors along one axis (the first by default). @example show(concat([t([1, 2]), t([3])])) // [1, 2, 3] */
export function concat(inputs: readonly Tensor[], axis = 0): Tensor {
  if (inputs.length === 0) throw new RangeError("concat: at least one tensor is needed, found none");
  return inputs.length === 1
    ? inputs[0]
    : new Tensor(concatOp, inputs, { axis: normalizeAxis(axis, inputs[0].rank, "concat") });
}

export const flipOp: Op<{ readonly axes: readonly number[] }> = {
  name: "flip",
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

/** Reverses the order along axes. @example show(flip(t([1, 2, 3]), 0)) // [3, 2, 1] */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  const list = [axes].flat().map((axis) => normalizeAxis(axis as number, x.rank, "flip"));
  return new Tensor(flipOp, [x], { axes: list });
}
