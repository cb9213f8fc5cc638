/** Constants: one number, which broadcasts to any shape. */
import { textOf } from "../options.js";
import type { Op } from "../graph/op.js";
import { noTensor, Tensor } from "../graph/tensor.js";

export const constantOp: Op<{ value: number }> = {
  name: "constant",
  shape: () => [],
  gradient: null,
  evaluate: (_inputs, node) => Float64Array.of(node.attributes.value as number),
  lowering: { kind: "leaf", data: (node) => Float32Array.of(node.attributes.value as number) },
};

/** Operand of an operation: a tensor, or a number that becomes a constant. */
export type TensorLike = Tensor | number;

/** A scalar with a fixed value. Throws TypeError for anything but one number. @example show(constant(3)) // 3 */
export function constant(value: number): Tensor {
  if (typeof value !== "number") {
    throw new TypeError(
      `constant: value must be a number, found ${textOf(value)}; literal(values, shape) takes several`,
    );
  }
  return new Tensor(constantOp, [], { value });
}

/**
 * Returns a tensor unchanged and a number as a constant. Throws TypeError for anything else; `what` begins the message.
 */
export function tensor(value: TensorLike, what = "tensor"): Tensor {
  if (typeof value === "number") return constant(value);
  if (value instanceof Tensor) return value;
  throw noTensor(what, value);
}

/** The value of a constant; undefined for any other node. */
export function constantValue(node: Tensor): number | undefined {
  return node.op === constantOp ? (node.attributes.value as number) : undefined;
}
