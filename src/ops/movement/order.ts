/** Operations on order: transpose permutes axes, flip reverses elements. */
import { type AxesArgument, type AxesOptions, axesOf } from "../../graph/axes.js";
import { copyCommand, type Emission, whole } from "../../graph/emission.js";
import { shapeText, stridesOf } from "../../graph/shape.js";
import { type Op, Tensor } from "../../graph/tensor.js";
import { anyType } from "../../graph/dtype.js";
import { type TensorLike, tensor } from "../constant.js";
import { dtypeOfFirst, walkStrides } from "./walk.js";

function emitTranspose(emission: Emission<Tensor>): void {
  const { node, out, place } = emission;
  const [x] = node.inputs;
  const strides = stridesOf(x.shape);
  const axes = node.attributes.axes as readonly number[];
  copyCommand(emission, {
    label: "transpose",
    sizes: node.shape,
    out: whole(out, node.shape),
    input: { place: place(x), start: 0, strides: axes.map((axis) => strides[axis]) },
  });
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
  lowering: { kind: "kernel", emit: emitTranspose },
};

/**
 * Permutes axes: result axis i is input axis `axes[i]`. Reverses the axes if none are given.
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

function emitFlip(emission: Emission<Tensor>): void {
  const { node, out, place } = emission;
  const axes = node.attributes.axes as readonly number[];
  const strides = stridesOf(node.shape);
  const start = axes.reduce((sum, axis) => sum + Math.max(0, node.shape[axis] - 1) * strides[axis], 0);
  copyCommand(emission, {
    label: "flip",
    sizes: node.shape,
    out: whole(out, node.shape),
    input: {
      place: place(node.inputs[0]),
      start,
      strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    },
  });
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
  lowering: { kind: "kernel", emit: emitFlip },
};

/** Reverses the order along axes (all of them by default). @example show(flip(t([1, 2, 3]), 0)) // [3, 2, 1] */
export function flip(x: TensorLike, axes?: AxesArgument<Omit<AxesOptions, "keepAxes">>): Tensor {
  const input = tensor(x, "flip");
  return new Tensor(flipOp, [input], { axes: axesOf("flip", axes, input.rank).axes });
}
