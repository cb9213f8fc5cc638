/** Literals: small arrays in a graph, such as fixed filters and row indices. */
import { checkOptions } from "../options.js";
import { checkShape, shapeText, sizeOf, type Shape } from "../graph/shape.js";
import type { Op } from "../graph/op.js";
import { checkDType, type DType, Tensor } from "../graph/tensor.js";
import { numbersAs, type TypedArray } from "../graph/values.js";

export const literalOp: Op<{ readonly shape: Shape; readonly data: TypedArray; readonly dtype?: DType }> = {
  name: "literal",
  shape: (_inputs, { shape }) => shape,
  dtype: (_inputs, { dtype = "f32" }) => dtype,
  gradient: null,
  evaluate: (_inputs, node) => Float64Array.from(node.attributes.data as TypedArray),
  lowering: { kind: "leaf", data: (node) => node.attributes.data as TypedArray },
  // Merging equal literals would require comparing their values.
  distinct: true,
};

export interface LiteralOptions {
  /** If not given: i32 for an Int32Array, u8 for a Uint8Array or Uint8ClampedArray, f32 for everything else. */
  readonly dtype?: DType;
}

const typeOf = (data: unknown): DType =>
  data instanceof Int32Array ? "i32" : data instanceof Uint8Array || data instanceof Uint8ClampedArray ? "u8" : "f32";

/**
 * A tensor of fixed values, row-major; f32 values are rounded to nearest.
 * @throws TypeError for values that are not numbers; RangeError if there are too few or too many for the shape, or if
 * the dtype cannot hold one
 * @example show(literal(Float32Array.of(1, 2), [2])) // [1, 2]
 * @example literal(Int32Array.of(1, 2), [2]).dtype // "i32"
 * @example literal([1.5], [1], { dtype: "i32" }) // throws literal: values of i32 must be integers from -2147483648 to 2147483647, found 1.5 at 0
 */
export function literal(data: ArrayLike<number>, shape: Shape, options: LiteralOptions = {}): Tensor {
  checkOptions("literal", options, ["dtype"]);
  const dtype = checkDType("literal", options.dtype ?? typeOf(data));
  const values = numbersAs("literal", data, dtype);
  const size = sizeOf(checkShape(shape, "literal"));
  if (values.length !== size)
    throw new RangeError(`literal: shape ${shapeText(shape)} must have ${size} values, found ${values.length}`);
  // Copies the array unless that has happened already, so that later changes by the caller do not change the graph.
  return new Tensor(literalOp, [], {
    shape: [...shape],
    data: (values as unknown) === data ? values.slice() : values,
    dtype,
  });
}
