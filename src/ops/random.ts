/**
 * Random numbers: counter-based (Philox4x32-10), so a value depends only on the seed, the node's stream, the step and
 * the element. Every node is its own stream: the n-th random node of a program, in order of creation.
 */
import { Micro, RandomKind } from "../../assembly/opcode.js";
import { checkNumber, checkOptions } from "../options.js";
import * as philox from "../random.js";
import { checkShape, sizeOf, type Shape } from "../shape.js";
import { type EvaluationContext, type Op, Tensor } from "../tensor.js";
import { tensor, type TensorLike } from "./constant.js";
import { add, less, mul } from "./elementwise.js";

type ShapeAttribute = { readonly shape: Shape };

const clockOf = (node: Tensor, { seed, step, streamOf }: EvaluationContext) => ({ seed, step, stream: streamOf(node) });

const distribution = (
  name: string,
  micro: Micro,
  draw: (count: number, clock: philox.Clock) => ArrayLike<number>,
): Op<ShapeAttribute> => ({
  name,
  shape: (_inputs, { shape }) => shape,
  gradient: null,
  evaluate: (_inputs, node, context) => Float64Array.from(draw(sizeOf(node.shape), clockOf(node, context))),
  lowering: { kind: "map", micro: () => ({ op: micro }), cost: 10 },
});

export const uniformOp = distribution("randomUniform", Micro.Uniform, philox.uniforms);
export const normalOp = distribution("randomNormal", Micro.Normal, philox.normals);

/** Uniform f32 in [low, high). @example show(randomUniform([2], { low: 5, high: 6 })).every((x) => x >= 5 && x < 6) // true */
export function randomUniform(shape: Shape, options: { readonly low?: number; readonly high?: number } = {}): Tensor {
  checkOptions("randomUniform", options, ["low", "high"]);
  const { low = 0, high = 1 } = options;
  checkNumber("randomUniform", "low", low, {});
  checkNumber("randomUniform", "high", high, {});
  const unit = new Tensor(uniformOp, [], { shape: checkShape(shape, "randomUniform") });
  return low === 0 && high === 1 ? unit : add(mul(unit, high - low), low);
}

/** Normal f32. @example randomNormal([64, 100]).shape // [64, 100] */
export function randomNormal(
  shape: Shape,
  options: { readonly mean?: number; readonly deviation?: number } = {},
): Tensor {
  checkOptions("randomNormal", options, ["mean", "deviation"]);
  const { mean = 0, deviation = 1 } = options;
  checkNumber("randomNormal", "mean", mean, {});
  checkNumber("randomNormal", "deviation", deviation, {});
  const unit = new Tensor(normalOp, [], { shape: checkShape(shape, "randomNormal") });
  return mean === 0 && deviation === 1 ? unit : add(mul(unit, deviation), mean);
}

/**
 * 1 with probability p, else 0; one draw per element of `shape` (of p's shape where not given). No gradient to p.
 * @param p probability, broadcast to `shape`
 * @example show(randomBernoulli(t([0, 1, 1]))) // [0, 1, 1]
 */
export function randomBernoulli(p: TensorLike, shape: Shape = tensor(p, "randomBernoulli").shape): Tensor {
  return less(randomUniform(shape), p);
}

export type IntegerAttributes = {
  readonly shape: Shape;
  readonly kind: RandomKind;
  readonly bound: number;
  readonly draw: number;
  readonly draws: number;
  /** The node's stream, where it does not follow from the node's place in the program. */
  readonly stream?: number;
};

export const randomIntegerOp: Op<IntegerAttributes> = {
  name: "randomInteger",
  shape: (_inputs, { shape }) => shape,
  dtype: "i32",
  gradient: null,
  evaluate: (_inputs, node, context) => {
    const { kind, bound, draw, draws } = node.attributes as IntegerAttributes;
    const count = sizeOf(node.shape);
    const clock = clockOf(node, context);
    const values =
      kind === RandomKind.Integer
        ? philox.integers(count, bound, clock)
        : philox.permutation(count, bound, clock, { draw, draws });
    return Float64Array.from(values);
  },
  lowering: { kind: "kernel" },
};

function checkBound(bound: number, what: string): void {
  if (!Number.isInteger(bound) || bound < 1 || bound > 0x7fffffff) {
    throw new RangeError(`${what}: the bound is a whole number from 1 to 2^31 - 1, found ${bound}`);
  }
}

/** Uniform i32 in [0, bound). @example show(randomInteger([3], 1)) // [0, 0, 0] */
export function randomInteger(shape: Shape, bound: number): Tensor {
  checkBound(bound, "randomInteger");
  return new Tensor(randomIntegerOp, [], {
    shape: checkShape(shape, "randomInteger"),
    kind: RandomKind.Integer,
    bound,
    draw: 0,
    draws: 1,
  });
}

export interface PermutationOptions {
  /** Which of the draws of one step this is, where a step takes several batches. */
  readonly draw?: number;
  readonly draws?: number;
  /** The stream that it takes in any program, so that the order is known elsewhere; by default the next one. */
  readonly stream?: number;
}

/**
 * The next `count` indices of a shuffled [0, bound): each step goes on where the last one ended, every index comes once
 * per epoch, and every epoch has its own order. A batch may straddle two epochs, so no record is left out.
 * @example show(randomPermutation(4, 4)).sort() // [0, 1, 2, 3]
 */
export function randomPermutation(count: number, bound: number, options: PermutationOptions = {}): Tensor {
  const what = "randomPermutation";
  checkOptions(what, options, ["draw", "draws", "stream"]);
  const { draw = 0, draws = 1, stream } = options;
  checkNumber(what, "draws", draws, { whole: true, atLeast: 1 });
  checkNumber(what, "draw", draw, { whole: true, atLeast: 0, below: draws });
  if (stream !== undefined) checkNumber(what, "stream", stream, { whole: true, atLeast: 0 });
  checkBound(bound, what);
  return new Tensor(randomIntegerOp, [], {
    shape: checkShape([count], what),
    kind: RandomKind.Permutation,
    bound,
    draw,
    draws,
    ...(stream === undefined ? {} : { stream }),
  });
}
