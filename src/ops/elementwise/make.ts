/** Makes an elementwise operation from one row: f64 value, gradient, micro-operation. Inputs broadcast. */
import type { Micro } from "../../../assembly/opcode.js";
import { operation, type MicroCode, type Op, type Attributes, Tensor } from "../../graph/tensor.js";
import { broadcastReader, broadcastShapes, sizeOf } from "../../graph/shape.js";
import { type TensorLike, tensor } from "../constant.js";

type Gradient = (upstream: Tensor, node: Tensor) => readonly (Tensor | null)[];

/** Relative cost of a simple micro-operation. */
export const cheap = 1;

/** Marks operations whose kernel rounds exactly: see `Op.exact`. The kernels of the others approximate. */
export const exact = { exact: true } as const;
type Exactness = typeof exact | Record<never, never>;

/** The op record of an elementwise operation; `value` is its f64 evaluation of one element. */
/* @__NO_SIDE_EFFECTS__ */
export function elementwise<A extends Attributes>(
  name: string,
  cost: number,
  micro: (attributes: A) => MicroCode,
  value: (attributes: A) => (...operands: number[]) => number,
  gradient: Gradient | null,
  exactness: Exactness = {},
): Op<A> {
  return {
    name,
    ...exactness,
    shape: (inputs) => inputs.map((input) => input.shape).reduce((a, b) => broadcastShapes(a, b, name)),
    gradient,
    evaluate: (inputs, node) => evaluateElementwise(value(node.attributes as A), inputs, node),
    lowering: { kind: "map", micro, cost },
  };
}

function evaluateElementwise(
  f: (...operands: number[]) => number,
  inputs: readonly Float64Array[],
  node: Tensor,
): Float64Array {
  const out = new Float64Array(sizeOf(node.shape));
  const readers = inputs.map((data, i) => broadcastReader(data, node.inputs[i].shape, node.shape));
  for (let i = 0; i < out.length; i++) out[i] = f(...readers.map((read) => read(i)));
  return out;
}

/** An operation on one tensor, with its op record. */
export interface Unary {
  (x: TensorLike): Tensor;
  readonly op: Op;
}

/** An operation on two tensors, with its op record. */
export interface Binary {
  (a: TensorLike, b: TensorLike): Tensor;
  readonly op: Op;
}

/** Makes an operation on one tensor. `slope` gives its gradient; g is the gradient of the result y, x the operand. */
/* @__NO_SIDE_EFFECTS__ */
export function unary(
  name: string,
  micro: Micro,
  cost: number,
  value: (x: number) => number,
  slope: ((g: Tensor, x: Tensor, y: Tensor) => Tensor) | null,
  exactness?: Exactness,
): Unary {
  const gradient = slope && ((g: Tensor, y: Tensor) => [slope(g, y.inputs[0], y)]);
  const op = elementwise(
    name,
    cost,
    () => ({ op: micro }),
    () => value,
    gradient,
    exactness,
  );
  return operation((x: TensorLike) => new Tensor(op, [tensor(x, name)]), op);
}

/** Gradients with respect to the operands a and b; g is the gradient of the result y. */
type Slopes = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly (Tensor | null)[];

/** Makes the op record of an operation on two tensors; `slopes` gives their gradients. */
/* @__NO_SIDE_EFFECTS__ */
export function binaryRecord(
  name: string,
  micro: Micro,
  cost: number,
  value: (a: number, b: number) => number,
  slopes: Slopes | null,
  exactness?: Exactness,
): Op {
  const gradient = slopes && ((g: Tensor, y: Tensor) => slopes(g, y.inputs[0], y.inputs[1], y));
  return elementwise(
    name,
    cost,
    () => ({ op: micro }),
    () => value,
    gradient,
    exactness,
  );
}

/** Makes an operation on two tensors; for its arguments see `binaryRecord`. */
/* @__NO_SIDE_EFFECTS__ */
export function binary(...row: Parameters<typeof binaryRecord>): Binary {
  const op = binaryRecord(...row);
  const [name] = row;
  return operation((a: TensorLike, b: TensorLike) => new Tensor(op, [tensor(a, name), tensor(b, name)]), op);
}
