/** Draws of categories at given quantiles, from all categories or from the most likely ones. */
import { checkNumber } from "../../options.js";
import { shapeText, sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { add, div, exp, lessEqual, minimum, mul, sub, where } from "../elementwise.js";
import { cast } from "../indexing.js";
import { literal } from "../literal.js";
import { matmul } from "../matmul.js";
import { broadcastTo, pad, reshape, slice } from "../movement.js";
import { argMax, max, sum } from "../reduction.js";
import { scan } from "../scan.js";

export interface CategoricalOptions {
  /**
   * Divides the logits: below 1, likely categories become more likely; 0 takes the most likely one, the first of equal ones.
   * Default 1.
   */
  readonly temperature?: number | Tensor | undefined;
  /** Draws among the `topK` most likely categories, and those that are as likely as the last of them. Default: all. */
  readonly topK?: number | undefined;
  /**
   * Draws among the smallest set of most likely categories whose probabilities add up to `topP` or more (Holtzman et al. 2020,
   * section 3.1), after the temperature and `topK`. Default: all.
   */
  readonly topP?: number | undefined;
}

/** Names of the options of draws. */
export const categoricalOptions = ["temperature", "topK", "topP"] as const;

/** Throws RangeError for an option outside of its range. */
export function checkCategorical(what: string, { temperature = 1, topK, topP }: CategoricalOptions): void {
  if (typeof temperature === "number") checkNumber(what, "temperature", temperature, { atLeast: 0 });
  if (topK !== undefined) checkNumber(what, "topK", topK, { whole: true, atLeast: 1 });
  if (topP !== undefined) checkNumber(what, "topP", topP, { above: 0, atMost: 1 });
}

/**
 * The categories at quantiles [...] in [0, 1) of the distributions of logits [..., categories], in the order of the categories:
 * with uniform quantiles, draws.
 */
export function categoryAt(what: string, logits: Tensor, quantiles: Tensor, options: CategoricalOptions): Tensor {
  checkCategorical(what, options);
  const { temperature = 1, topK, topP } = options;
  const categories = logits.shape[logits.rank - 1];
  if (logits.rank === 0 || categories === 0)
    throw new RangeError(`${what}: logits must be [..., categories] with a category, found ${shapeText(logits.shape)}`);
  if (temperature === 0) return argMax(logits);
  const rows = reshape(logits, [sizeOf(logits.shape.slice(0, -1)), categories]);
  const scaled = temperature === 1 ? rows : div(rows, temperature);
  const weights = nucleus(mostLikely(weightsOf(scaled), topK), topP);
  const sums = sumsUpTo(weights);
  const total = slice(sums, [0, categories - 1], [rows.shape[0], 1]);
  const passed = lessEqual(sums, mul(reshape(quantiles, [rows.shape[0], 1]), total));
  // Rounding may pass all sums: then the last category that can be drawn.
  const last = max(where(weights, counted(categories), 0), { axes: 1 });
  return reshape(cast(minimum(sum(passed, { axes: 1 }), last), "i32"), quantiles.shape);
}

const counted = (length: number): Tensor =>
  literal(
    Float32Array.from({ length }, (_, i) => i),
    [length],
  );

/** Probabilities up to a factor, of which the largest is 1. */
const weightsOf = (logits: Tensor): Tensor => exp(sub(logits, max(logits, { axes: 1, keepAxes: true })));

/** Halvings of an interval: the 24 bits of f32, and more for weights far below 1. */
const halvings = 40;

/**
 * Sets all weights [rows, categories] below a threshold to 0: the largest threshold in [0, 1], up to rounding, at which `enough`
 * of what is left holds. Found by halving, which needs no order of the categories.
 */
function above(weights: Tensor, enough: (left: Tensor) => Tensor): Tensor {
  const end = (value: number) => broadcastTo(literal(Float32Array.of(value), [1, 1]), [weights.shape[0], 1]);
  const left = (threshold: Tensor) => where(lessEqual(threshold, weights), weights, 0);
  const { carries } = scan({ length: halvings, carries: { low: end(0), high: end(1.0000001) } }, (ends) => {
    const middle = mul(add(ends.low, ends.high), 0.5);
    const holds = enough(left(middle));
    return { carries: { low: where(holds, middle, ends.low), high: where(holds, ends.high, middle) } };
  });
  return left(carries.low);
}

/** The `count` largest weights and those equal to the last of them. */
function mostLikely(weights: Tensor, count: number | undefined): Tensor {
  if (count === undefined || count >= weights.shape[1]) return weights;
  return above(weights, (left) => lessEqual(count, sum(where(left, 1, 0), { axes: 1, keepAxes: true })));
}

/** The largest weights that are together `share` of all. */
function nucleus(weights: Tensor, share: number | undefined): Tensor {
  if (share === undefined || share === 1) return weights;
  const wanted = mul(sum(weights, { axes: 1, keepAxes: true }), share);
  return above(weights, (left) => lessEqual(wanted, sum(left, { axes: 1, keepAxes: true })));
}

/** Categories whose sums one product computes. */
const block = 256;

/** Sums of the first i + 1 values of each row [rows, length], by products with a triangle of ones. */
function sumsUpTo(x: Tensor): Tensor {
  const [rows, length] = x.shape;
  if (length <= block) return matmul(x, triangle(length));
  const blocks = Math.ceil(length / block);
  const padded = pad(x, [
    [0, 0],
    [0, blocks * block - length],
  ]);
  const within = matmul(reshape(padded, [rows * blocks, block]), triangle(block));
  const totals = reshape(slice(within, [0, block - 1], [rows * blocks, 1]), [rows, blocks]);
  const before = reshape(sub(sumsUpTo(totals), totals), [rows * blocks, 1]);
  return slice(reshape(add(within, before), [rows, blocks * block]), [0, 0], [rows, length]);
}

const triangle = (length: number): Tensor =>
  literal(
    Float32Array.from({ length: length ** 2 }, (_, i) => (Math.floor(i / length) <= i % length ? 1 : 0)),
    [length, length],
  );
