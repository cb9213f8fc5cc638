/**
 * Random numbers: counter-based (Philox4x32-10), so a value depends only on the seed, the node's stream, the step and
 * the element. Every node has its own stream: the n-th random node of a program, in order of creation, has the n-th
 * stream.
 */
import { Micro, Opcode, RandomKind } from "../../assembly/opcode.js";
import { elementsPerRow } from "../graph/draws.js";
import type { Emission } from "../graph/emission.js";
import { checkNumber, checkOptions } from "../options.js";
import * as philox from "../numbers/philox.js";
import { checkShape, sizeOf, type Shape } from "../graph/shape.js";
import { type EvaluationContext, type Op, Tensor } from "../graph/tensor.js";
import { tensor, type TensorLike } from "./constant.js";
import { add, clamp, less, mul } from "./elementwise.js";

const largestFloat = (2 - 2 ** -23) * 2 ** 127;

type ShapeAttribute = { readonly shape: Shape };

function clockOf(node: Tensor, { seed, step, streamOf, iteration, rows }: EvaluationContext): philox.Clock {
  const row = rows ? elementsPerRow(node.size, rows) : 0;
  const from = rows ? (iteration.index * rows.of + rows.first) * row : iteration.index * node.size;
  return { seed, step, stream: streamOf(node), from };
}

/** Elements that all iterations and all rows draw together. */
const drawnBy = (node: Tensor, { iteration, rows }: EvaluationContext) =>
  iteration.of * (rows ? elementsPerRow(node.size, rows) * rows.of : node.size);

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
  random: true,
  distinct: true,
});

export const uniformOp = distribution("randomUniform", Micro.Uniform, philox.uniforms);
export const normalOp = distribution("randomNormal", Micro.Normal, philox.normals);

/** The next f32 after a finite one, towards the infinity of the given sign. */
function nextFloat(value: number, sign: 1 | -1): number {
  if (value === 0) return sign * 2 ** -149;
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0] += value > 0 === sign > 0 ? 1 : -1;
  return new Float32Array(bits.buffer)[0];
}

/**
 * Uniform f32 in [low, high): u (high - low) + low with u uniform in [0, 1). The result is clamped to the least and the
 * greatest f32 of the interval, because rounding the sum may give `high` or a value below `low`.
 * @throws RangeError if a limit is not a finite f32, or no f32 lies in the interval
 * @example show(randomUniform([2], { low: 5, high: 6 })).every((x) => x >= 5 && x < 6) // true
 * @example randomUniform([2], { low: 1, high: 1 }) // throws randomUniform: no f32 lies in [1, 1)
 */
export function randomUniform(shape: Shape, options: { readonly low?: number; readonly high?: number } = {}): Tensor {
  checkOptions("randomUniform", options, ["low", "high"]);
  const { low = 0, high = 1 } = options;
  const unit = new Tensor(uniformOp, [], { shape: checkShape(shape, "randomUniform") });
  const limits = { atLeast: -largestFloat, atMost: largestFloat };
  const [from, to] = [Math.fround(checkNumber("randomUniform", "low", low, limits)), Math.fround(high)];
  checkNumber("randomUniform", "high", high, limits);
  if (low === 0 && high === 1) return unit;
  const [least, greatest] = [from < low ? nextFloat(from, 1) : from, to < high ? to : nextFloat(to, -1)];
  if (least > greatest) throw new RangeError(`randomUniform: no f32 lies in [${low}, ${high})`);
  // If the width overflows f32, half of the value is drawn and then doubled.
  const scale = high - low > largestFloat ? 2 : 1;
  const value = add(mul(unit, high / scale - low / scale), low / scale);
  const held = clamp(value, least / scale, greatest / scale);
  return scale === 1 ? held : mul(held, scale);
}

/** Normally distributed f32. @example randomNormal([64, 100]).shape // [64, 100] */
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
 * 1 with probability p, else 0; one draw per element of `shape` (p's shape if not given). p gets no gradient.
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
  /** The node's stream, if it is fixed instead of following from the node's position in the program. */
  readonly stream?: number;
};

function emitRandomInteger({ node, out, clock, streamOf, draws: drawsOf, emit }: Emission<Tensor>): void {
  const { kind, bound, draw, draws } = node.attributes as IntegerAttributes;
  emit({
    opcode: Opcode.Random,
    label: `${kind === RandomKind.Integer ? "integers" : "permutation"} ${node.size} below ${bound}`,
    reads: [clock.storage],
    writes: [out.storage],
    work: node.size * 16,
    words(writer) {
      writer.integers(kind);
      writer.place(out);
      writer.integers(node.size, bound, streamOf(node));
      writer.place(clock);
      writer.integers(draw, draws);
      const part = drawsOf(node.size);
      writer.draw(part);
      writer.integers(part.of);
    },
  });
}

export const randomIntegerOp: Op<IntegerAttributes> = {
  name: "randomInteger",
  shape: (_inputs, { shape }) => shape,
  dtype: "i32",
  gradient: null,
  random: true,
  distinct: true,
  evaluate: (_inputs, node, context) => {
    const { kind, bound, draw, draws } = node.attributes as IntegerAttributes;
    const count = sizeOf(node.shape);
    const clock = clockOf(node, context);
    const values =
      kind === RandomKind.Integer
        ? philox.integers(count, bound, clock)
        : philox.permutation(count, bound, clock, { draw, draws, of: drawnBy(node, context) });
    return Float64Array.from(values);
  },
  lowering: { kind: "kernel", emit: emitRandomInteger },
};

function checkBound(bound: number, what: string): void {
  if (!Number.isInteger(bound) || bound < 1 || bound > 0x7fffffff) {
    throw new RangeError(`${what}: bound must be an integer from 1 to 2^31 - 1, found ${bound}`);
  }
}

/**
 * Uniform i32 in [0, bound).
 * @param options `stream`: a fixed stream, the same in every program; by default the next one
 * @example show(randomInteger([3], 1)) // [0, 0, 0]
 */
export function randomInteger(shape: Shape, bound: number, options: Pick<PermutationOptions, "stream"> = {}): Tensor {
  checkOptions("randomInteger", options, ["stream"]);
  const { stream } = options;
  if (stream !== undefined) checkNumber("randomInteger", "stream", stream, { whole: true, atLeast: 0 });
  checkBound(bound, "randomInteger");
  return new Tensor(randomIntegerOp, [], {
    shape: checkShape(shape, "randomInteger"),
    kind: RandomKind.Integer,
    bound,
    draw: 0,
    draws: 1,
    ...(stream === undefined ? {} : { stream }),
  });
}

export interface PermutationOptions {
  /** Number of this draw among the `draws` of one step, if a step draws several batches. */
  readonly draw?: number;
  readonly draws?: number;
  /**
   * A fixed stream, the same in every program, so that other code can compute the order too; by default the next
   * stream.
   */
  readonly stream?: number;
}

/**
 * The next `count` indices of a shuffled [0, bound): each step continues where the last one ended. Every index occurs once
 * per epoch, and every epoch has its own order. A batch may span two epochs, so no record is left out.
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
