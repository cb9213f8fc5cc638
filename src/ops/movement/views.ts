/** Reshape and broadcast: the same elements in another shape, and repeated elements. */
import { Micro } from "../../../assembly/opcode.js";
import {
  broadcastReader,
  broadcastShapes,
  checkShape,
  type Shape,
  sameShape,
  shapeText,
  sizeOf,
} from "../../graph/shape.js";
import type { Op } from "../../graph/op.js";
import { anyType, Tensor } from "../../graph/tensor.js";
import { type TensorLike, tensor } from "../constant.js";
import { dtypeOfFirst, listOf } from "./walk.js";

type ShapeAttribute = { readonly shape: Shape };

export const reshapeOp: Op<ShapeAttribute> = {
  name: "reshape",
  takes: [anyType],
  shape: (_inputs, { shape }) => shape,
  dtype: dtypeOfFirst,
  gradient: (g, y) => [reshape(g, y.inputs[0].shape)],
  evaluate: ([x]) => x,
  lowering: { kind: "view" },
};

/** The same elements in another shape; one length may be -1 and is then computed. @example show(reshape(t([1, 2, 3, 4]), [2, -1])) // [[1, 2], [3, 4]] */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const input = tensor(x, "reshape");
  const list = listOf(shape, "shape", "a list of axis lengths", "reshape");
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
