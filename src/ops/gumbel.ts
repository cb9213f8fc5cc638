/** Draws of categories that can be differentiated: Gumbel-softmax weights. */
import type { Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNumber, checkOptions } from "../options.js";
import { type TensorLike, tensor } from "./constant.js";
import { add, div, log, maximum, neg, sub } from "./elementwise.js";
import { oneHot } from "./indexing.js";
import { randomUniform } from "./random.js";
import { argMax, softmax } from "./reduction.js";
import { stopGradient } from "./stop.js";

/** Numbers of the standard Gumbel distribution: logits plus these are largest at a category with its probability. */
export const gumbel = (shape: Shape): Tensor =>
  // A uniform number of 0 would give minus infinity.
  neg(log(neg(log(maximum(randomUniform(shape), 2 ** -25)))));

export interface GumbelSoftmaxOptions {
  /** Above 0: towards 0 the result becomes one-hot, and its gradient steeper; default 1. */
  readonly temperature?: number | Tensor;
  /**
   * Whether the result is one-hot at the drawn category, with the gradient of the soft result in place of its own, which is 0
   * (the straight-through estimator, section 2.2); default false.
   */
  readonly hard?: boolean;
}

/**
 * Random weights of the categories [..., categories], which add up to 1 and can be differentiated by the logits:
 * softmax((logits + g) / temperature), where g are Gumbel numbers (Jang, Gu, Poole 2017, eq. 2; Maddison, Mnih, Teh 2017). The
 * largest weight is that of a category drawn from the softmax of the logits, at any temperature.
 * @throws TypeError for an unknown option; RangeError for a temperature that is not above 0, or logits without categories
 * @example show(gumbelSoftmax(t([[0, 99], [99, 0]]), { hard: true })) // [[0, 1], [1, 0]]
 * @example show(sum(gumbelSoftmax(t([0, 1, 2]), { temperature: 5 }))) // 1
 */
export function gumbelSoftmax(logits: TensorLike, options: GumbelSoftmaxOptions = {}): Tensor {
  checkOptions("gumbelSoftmax", options, ["temperature", "hard"]);
  const { temperature = 1, hard = false } = options;
  if (typeof temperature === "number") checkNumber("gumbelSoftmax", "temperature", temperature, { above: 0 });
  const x = tensor(logits, "gumbelSoftmax");
  const soft = softmax(div(add(x, gumbel(x.shape)), temperature));
  // The difference is exactly 0, so the result is exactly one-hot.
  return hard ? add(oneHot(argMax(soft), x.shape[x.rank - 1]), sub(soft, stopGradient(soft))) : soft;
}
