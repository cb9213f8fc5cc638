/**
 * Normalisations to mean 0 and variance 1 over some axes; the variance is the mean of squared deviations (divided by
 * the count). They differ only in the axes. Channels (features) are the last axis, the batch is the first.
 */
import { shapeText } from "../graph/shape.js";
import { type AxesArgument, type AxesOptions, axesOf } from "../graph/axes.js";
import { checkNumber, checkOptions } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import { tensor, type TensorLike } from "./constant.js";
import { add, mul, rsqrt, square, sub } from "./elementwise.js";
import { reshape } from "./movement.js";
import { mean } from "./reduction.js";

export interface NormOptions {
  /** Added to the variance; 1e-5 if not given. */
  readonly epsilon?: number;
}

/** Statistics of a batch; reduced axes have length 1. */
export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Mean and variance over axes (all of them by default), which are kept with length 1.
 * Throws RangeError for an empty axis.
 * @example show(moments(t([[1, 2], [3, 6]]), [0]).variance) // [[1, 4]]
 */
export function moments(x: TensorLike, over?: AxesArgument<Omit<AxesOptions, "keepAxes">>): Moments {
  const input = tensor(x, "moments");
  const { axes } = axesOf("moments", over, input.rank);
  const centre = mean(input, { axes, keepAxes: true });
  return { mean: centre, variance: mean(square(sub(input, centre)), { axes, keepAxes: true }) };
}

/**
 * (x - mean) / sqrt(variance + epsilon) with given statistics, which broadcast against x.
 * @example show(standardize(t([[1], [3]]), { mean: 2, variance: 4 }, { epsilon: 0 })) // [[-0.5], [0.5]]
 */
export function standardize(x: TensorLike, statistics: Moments, options: NormOptions = {}): Tensor {
  const epsilon = epsilonOf("standardize", options, 1e-5);
  return mul(sub(x, statistics.mean), rsqrt(add(statistics.variance, epsilon)));
}

function epsilonOf(what: string, options: NormOptions, fallback: number): number {
  checkOptions(what, options, ["epsilon"]);
  return checkNumber(what, "epsilon", options.epsilon ?? fallback, { atLeast: 0 });
}

const allButLast = (x: Tensor) => Array.from({ length: x.rank - 1 }, (_, axis) => axis);
const spatial = (x: Tensor) => Array.from({ length: x.rank - 2 }, (_, i) => i + 1);

function channelled(like: TensorLike, least: number, what: string): Tensor {
  const x = tensor(like, what);
  if (x.rank < least)
    throw new RangeError(
      `${what}: the input must have shape [batch${least > 2 ? ", ...positions" : ""}, ..., channels] of rank ${least} or more, found ${shapeText(x.shape)}`,
    );
  return x;
}

/** x standardised by its moments over axes; `what` is the name of the norm, for error messages. */
function normalised(x: Tensor, axes: readonly number[], options: NormOptions, what: string): Tensor {
  return standardize(x, moments(x, axes), { epsilon: epsilonOf(what, options, 1e-5) });
}

/**
 * Normalises each channel over the batch and all positions (Ioffe, Szegedy 2015), with the statistics of this batch.
 * @example show(batchNorm(t([[1, 2], [3, 6]]), { epsilon: 0 })) // [[-1, -1], [1, 1]]
 */
export function batchNorm(images: TensorLike, options: NormOptions = {}): Tensor {
  const x = channelled(images, 2, "batchNorm");
  return normalised(x, allButLast(x), options, "batchNorm");
}

/**
 * Normalises each channel of a record over all positions (Ulyanov, Vedaldi, Lempitsky 2016).
 * @example show(instanceNorm(t([[[1], [3]]]), { epsilon: 0 })) // [[[-1], [1]]]
 */
export function instanceNorm(images: TensorLike, options: NormOptions = {}): Tensor {
  const x = channelled(images, 3, "instanceNorm");
  return normalised(x, spatial(x), options, "instanceNorm");
}

/**
 * Normalises each of `groups` equal, contiguous groups of channels of a record over all positions (Wu, He 2018).
 * @example show(groupNorm(t([[1, 3, 2, 6]]), 2, { epsilon: 0 })) // [[-1, 1, -1, 1]]
 */
export function groupNorm(images: TensorLike, groups: number, options: NormOptions = {}): Tensor {
  const x = channelled(images, 2, "groupNorm");
  const channels = x.shape[x.rank - 1];
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new RangeError(
      `groupNorm: groups must be an integer >= 1 that divides the ${channels} channels, found ${groups}`,
    );
  }
  const parts = reshape(x, [...x.shape.slice(0, -1), groups, channels / groups]);
  return reshape(normalised(parts, [...spatial(x), parts.rank - 1], options, "groupNorm"), x.shape);
}

/**
 * Normalises each position of a record over the channels (Ba, Kiros, Hinton 2016).
 * @example show(layerNorm(t([[1, 3]]), { epsilon: 0 })) // [[-1, 1]]
 */
export function layerNorm(images: TensorLike, options: NormOptions = {}): Tensor {
  const x = channelled(images, 1, "layerNorm");
  return normalised(x, [x.rank - 1], options, "layerNorm");
}

/**
 * Divides each position by the root mean square over the channels (Karras et al. 2018, section 4.2).
 * @example show(pixelNorm(t([[3, 3]]), { epsilon: 0 })) // [[1, 1]]
 */
export function pixelNorm(images: TensorLike, options: NormOptions = {}): Tensor {
  const x = channelled(images, 1, "pixelNorm");
  const epsilon = epsilonOf("pixelNorm", options, 1e-8);
  return mul(x, rsqrt(add(mean(square(x), { axes: -1, keepAxes: true }), epsilon)));
}
