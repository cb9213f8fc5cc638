/** Categories: the cross-entropy of logits, and draws from the distribution that they describe. */
import { checkOptions } from "../options.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { type CategoricalOptions, categoricalOptions, categoryAt } from "./categorical/draw.js";
import { logProbability } from "./categorical/log-probability.js";
import { type TensorLike, tensor } from "./constant.js";
import { div, maximum, mul } from "./elementwise.js";
import { randomUniform } from "./random.js";
import { mean, sum } from "./reduction.js";

export type { CategoricalOptions } from "./categorical/draw.js";

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
