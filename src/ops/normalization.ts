/**
 * Normalisations: mean 0 and variance 1 over some axes, by the mean of squared deviations (divided by the count). They
 * differ in the axes alone; channels (features) are the last axis, the batch is the first.
 */
import { shapeText } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { add, mul, rsqrt, square, sub } from "./elementwise.js";
import { reshape } from "./movement.js";
import { mean } from "./reduction.js";

export interface NormOptions {
  /** Added to the variance; 1e-5 where not given. */
  readonly epsilon?: number;
}

/** A batch's statistics: reduced axes have length 1. */
export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Mean and variance over axes, which stay as length 1. Throws RangeError over an empty axis.
 * @example show(moments(t([[1, 2], [3, 6]]), [0]).variance) // [[1, 4]]
 */
export function moments(x: Tensor, axes: readonly number[]): Moments {
  const centre = mean(x, { axes, keepAxes: true });
  return { mean: centre, variance: mean(square(sub(x, centre)), { axes, keepAxes: true }) };
}

/**
 * (x - mean) / sqrt(variance + epsilon) for given statistics, which broadcast against x.
 * @example show(standardize(t([[1], [3]]), { mean: 2, variance: 4 }, { epsilon: 0 })) // [[-0.5], [0.5]]
 */
export function standardize(x: Tensor, statistics: Moments, { epsilon = 1e-5 }: NormOptions = {}): Tensor {
  return mul(sub(x, statistics.mean), rsqrt(add(statistics.variance, epsilon)));
}

const allButLast = (x: Tensor) => Array.from({ length: x.rank - 1 }, (_, axis) => axis);
const spatial = (x: Tensor) => Array.from({ length: x.rank - 2 }, (_, i) => i + 1);

function checkRank(x: Tensor, least: number, what: string): void {
  if (x.rank < least)
    throw new RangeError(
      `${what}: [batch${least > 2 ? ", ...positions" : ""}, ..., channels] of rank ${least} or more, found ${shapeText(x.shape)}`,
    );
}

/**
 * Per channel over the batch and all positions (Ioffe, Szegedy 2015), with this batch's own statistics.
 * @example show(batchNorm(t([[1, 2], [3, 6]]), { epsilon: 0 })) // [[-1, -1], [1, 1]]
 */
export function batchNorm(x: Tensor, options: NormOptions = {}): Tensor {
  checkRank(x, 2, "batchNorm");
  return standardize(x, moments(x, allButLast(x)), options);
}

/**
 * Per record and channel over all positions (Ulyanov, Vedaldi, Lempitsky 2016).
 * @example show(instanceNorm(t([[[1], [3]]]), { epsilon: 0 })) // [[[-1], [1]]]
 */
export function instanceNorm(x: Tensor, options: NormOptions = {}): Tensor {
  checkRank(x, 3, "instanceNorm");
  return standardize(x, moments(x, spatial(x)), options);
}

/**
 * Per record over all positions and each of `groups` equal runs of channels (Wu, He 2018).
 * @example show(groupNorm(t([[1, 3, 2, 6]]), 2, { epsilon: 0 })) // [[-1, 1, -1, 1]]
 */
export function groupNorm(x: Tensor, groups: number, options: NormOptions = {}): Tensor {
  checkRank(x, 2, "groupNorm");
  const channels = x.shape[x.rank - 1];
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new RangeError(
      `groupNorm: groups is a whole number >= 1 that divides the ${channels} channels, found ${groups}`,
    );
  }
  const parts = reshape(x, [...x.shape.slice(0, -1), groups, channels / groups]);
  return reshape(standardize(parts, moments(parts, [...spatial(x), parts.rank - 1]), options), x.shape);
}

/**
 * Per record and position over the channels (Ba, Kiros, Hinton 2016).
 * @example show(layerNorm(t([[1, 3]]), { epsilon: 0 })) // [[-1, 1]]
 */
export function layerNorm(x: Tensor, options: NormOptions = {}): Tensor {
  checkRank(x, 1, "layerNorm");
  return standardize(x, moments(x, [x.rank - 1]), options);
}

/**
 * Divides by the root of the mean square over the channels (Karras et al. 2018, section 4.2).
 * @example show(pixelNorm(t([[3, 3]]), { epsilon: 0 })) // [[1, 1]]
 */
export function pixelNorm(x: Tensor, { epsilon = 1e-8 }: NormOptions = {}): Tensor {
  checkRank(x, 1, "pixelNorm");
  return mul(x, rsqrt(add(mean(square(x), { axes: -1, keepAxes: true }), epsilon)));
}
