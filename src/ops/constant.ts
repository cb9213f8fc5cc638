/** Constants: one number, of any shape by broadcasting. */
import { type Op, Tensor } from "../tensor.js";

export const constantOp: Op<{ value: number }> = {
  name: "constant",
  shape: () => [],
  gradient: null,
  evaluate: (_inputs, node) => Float64Array.of(node.attributes.value as number),
  lowering: { kind: "leaf" },
};

/** What operations accept: a tensor, or a number that becomes a constant. */
export type TensorLike = Tensor | number;

/** A scalar with a fixed value. @example show(constant(3)) // 3 */
export function constant(value: number): Tensor {
  return new Tensor(constantOp, [], { value });
}

/** The tensor itself, or a number as a constant. */
export function tensor(value: TensorLike): Tensor {
  return typeof value === "number" ? constant(value) : value;
}

/** The number behind a constant, or undefined. */
export function constantValue(node: Tensor): number | undefined {
  return node.op === constantOp ? (node.attributes.value as number) : undefined;
}
