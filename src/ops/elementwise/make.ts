/** Makes elementwise operations from a row each: f64 value, gradient, micro-operation. Inputs broadcast. */
import type { Micro } from "../../../assembly/opcode.js";
import { operation } from "../../graph/operation.js";
import { broadcastReader, broadcastShapes, sizeOf } from "../../graph/shape.js";
import { type Attributes, type MicroCode, type Op, Tensor } from "../../graph/tensor.js";
import { type TensorLike, tensor } from "../constant.js";

type Gradient = (upstream: Tensor, node: Tensor) => readonly (Tensor | null)[];

/** Relative cost of a plain micro-operation. */
export const cheap = 1;

/** Marks operations that are computed to the bit: see `Op.exact`. The others' kernels approximate. */
export const exact = { exact: true } as const;
type Exactness = typeof exact | Record<never, never>;

/** The record of an elementwise operation; `value` is its f64 evaluation of one element. */
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

/** An operation of one tensor, with its record. */
export interface Unary {
  (x: TensorLike): Tensor;
  readonly op: Op;
}

/** An operation of two tensors, with its record. */
export interface Binary {
  (a: TensorLike, b: TensorLike): Tensor;
  readonly op: Op;
}

/** An operation of one tensor, and the gradient to it: x is the tensor, y the result. */
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

/** Gradients to two tensors a and b; y is the result. */
type Slopes = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly (Tensor | null)[];

/** The record of an operation of two tensors, and the gradients to them. */
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

/** An operation of two tensors, see `binaryRecord`. */
/* @__NO_SIDE_EFFECTS__ */
export function binary(...row: Parameters<typeof binaryRecord>): Binary {
  const op = binaryRecord(...row);
  const [name] = row;
  return operation((a: TensorLike, b: TensorLike) => new Tensor(op, [tensor(a, name), tensor(b, name)]), op);
}
