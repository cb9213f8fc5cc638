/** Categories: the cross-entropy of logits, and draws from the distribution that they describe. */
import { checkNumber, checkOptions } from "../options.js";
import { sameShape, shapeText, sizeOf } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { type TensorLike, tensor } from "./constant.js";
import { add, div, exp, lessEqual, maximum, minimum, mul, sub, where } from "./elementwise.js";
import { cast, oneHot } from "./indexing.js";
import { literal } from "./literal.js";
import { matmul } from "./matmul.js";
import { broadcastTo, pad, reshape, slice } from "./movement.js";
import { randomUniform } from "./random.js";
import { argMax, logSoftmax, max, mean, sum } from "./reduction.js";
import { scan } from "./scan.js";

export interface CrossEntropyOptions {
  /** Weights of the rows, of the targets' shape: 0 leaves a row out. Default: all 1. */
  readonly mask?: TensorLike | undefined;
  /** Share of the target distribution that is spread evenly over all categories (Szegedy et al. 2016, section 7), in [0, 1); default 0. */
  readonly smoothing?: number;
}

/**
 * Mean of -log p(target) in nats, [], where p is the softmax of logits [..., categories]; with a mask, the mean weighted by it.
 * @param targets i32 [...], each from 0 to categories - 1
 * @throws TypeError for targets that are not i32 or an unknown option; RangeError if shapes do not fit, or for a smoothing
 *   outside of [0, 1)
 * @example show(crossEntropy(t([[0, 0]]), cast(t([1]), "i32"))) // 0.693147181
 * @example show(crossEntropy(t([[0, 0], [9, 0]]), cast(t([1, 1]), "i32"), { mask: t([1, 0]) })) // 0.693147181
 */
export function crossEntropy(logits: TensorLike, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkOptions("crossEntropy", options, ["mask", "smoothing"]);
  const { mask, smoothing = 0 } = options;
  const losses = mul(logProbability("crossEntropy", logits, targets, smoothing), -1);
  if (mask === undefined) return mean(losses);
  const weights = tensor(mask, "crossEntropy");
  if (!sameShape(weights.shape, targets.shape))
    throw new RangeError(
      `crossEntropy: the mask must have the targets' shape ${shapeText(targets.shape)}, found ${shapeText(weights.shape)}`,
    );
  // A batch in which nothing counts has the loss 0.
  return div(sum(mul(losses, weights)), maximum(sum(weights), 1e-9));
}

/** log p(target) of every row, in nats, of the targets' shape; `smoothing` as in `crossEntropy`. */
export function logProbability(what: string, logits: TensorLike, targets: Tensor, smoothing = 0): Tensor {
  const x = tensor(logits, what);
  checkNumber(what, "smoothing", smoothing, { atLeast: 0, below: 1 });
  if (targets.dtype !== "i32")
    throw new TypeError(`${what}: targets must be i32, found ${targets.dtype}; cast(x, "i32") converts them`);
  const categories = x.shape[x.rank - 1];
  if (x.rank === 0 || categories === 0 || !sameShape(targets.shape, x.shape.slice(0, -1)))
    throw new RangeError(
      `${what}: targets must have the shape of the logits without the last axis, found ${shapeText(targets.shape)} and ${shapeText(x.shape)}`,
    );
  const logs = logSoftmax(x);
  const picked = sum(mul(logs, oneHot(targets, categories)), { axes: -1 });
  return smoothing === 0 ? picked : add(mul(picked, 1 - smoothing), mul(mean(logs, { axes: -1 }), smoothing));
}

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
 * Categories drawn from the softmax of logits [..., categories]: i32 [...].
 * @throws TypeError for an unknown option, RangeError for an option outside of its range, or logits without categories
 * @example show(randomCategorical(t([[0, 99, 0], [99, 0, 0]]))) // [1, 0]
 * @example show(randomCategorical(t([[1, 3, 2]]), { temperature: 0 })) // [1]
 */
export function randomCategorical(logits: TensorLike, options: CategoricalOptions = {}): Tensor {
  checkOptions("randomCategorical", options, [...categoricalOptions]);
  const x = tensor(logits, "randomCategorical");
  return categoryAt("randomCategorical", x, randomUniform(x.shape.slice(0, -1)), options);
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
