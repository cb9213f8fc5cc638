/** Small arrays written into a graph: fixed filters, index rows. */
import { shapeText, sizeOf, type Shape } from "../shape.js";
import { type Op, Tensor } from "../tensor.js";

export const literalOp: Op<{ readonly shape: Shape; readonly data: Float32Array }> = {
  name: "literal",
  shape: (_inputs, { shape }) => shape,
  gradient: null,
  evaluate: (_inputs, node) => Float64Array.from(node.attributes.data as Float32Array),
  lowering: { kind: "leaf" },
};

/**
 * A tensor of fixed f32 values, row-major.
 * @throws RangeError where the number of values is not that of the shape
 * @example show(literal(Float32Array.of(1, 2), [2])) // [1, 2]
 */
export function literal(data: Float32Array, shape: Shape): Tensor {
  if (data.length !== sizeOf(shape))
    throw new RangeError(`literal: ${shapeText(shape)} needs ${sizeOf(shape)} values, found ${data.length}`);
  return new Tensor(literalOp, [], { shape, data });
}
