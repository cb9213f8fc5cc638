/** The spectral norm of a weight: its greatest singular value, by power iteration. */
import { sizeOf, shapeText } from "../graph/shape.js";
import { checkOptions, textOf } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import { tensor, type TensorLike } from "./constant.js";
import { add, div, sqrt, square } from "./elementwise.js";
import { matmul } from "./matmul.js";
import { reshape } from "./movement.js";
import { sum } from "./reduction.js";
import { stopGradient } from "./stop.js";

export interface SpectralNormOptions {
  /** Power iterations; 1 if not given. 0 uses the direction unchanged. */
  readonly iterations?: number;
}

export interface SpectralNorm {
  /** The weight divided by its spectral norm. */
  readonly weight: Tensor;
  /** The direction after the iterations: [features], of length 1. The next step begins with it. */
  readonly direction: Tensor;
}

const length = (x: Tensor) => sqrt(add(sum(square(x)), 1e-12));
const unit = (x: Tensor) => div(x, length(x));

/**
 * Divides a weight [..., features] by sigma = |W v|, where W is the weight as a matrix of `features` columns and v the
 * direction, of length 1, after power iterations (Miyato et al. 2018, algorithm 1). No gradient flows through the
 * iterations: after convergence it is 0.
 * Throws RangeError if the direction does not fit.
 * @example show(spectralNorm(t([[3], [4]]), t([1])).weight) // [[0.6], [0.8]]
 */
export function spectralNorm(w: TensorLike, v0: TensorLike, options: SpectralNormOptions = {}): SpectralNorm {
  checkOptions("spectralNorm", options, ["iterations"]);
  const { iterations = 1 } = options;
  const [weight, direction] = [tensor(w, "spectralNorm"), tensor(v0, "spectralNorm")];
  const features = weight.shape[weight.rank - 1];
  if (weight.rank < 2 || direction.rank !== 1 || direction.size !== features) {
    throw new RangeError(
      `spectralNorm: operands must be a weight [..., features] and a direction [features], found ${shapeText(weight.shape)} and ${shapeText(direction.shape)}`,
    );
  }
  if (!Number.isInteger(iterations) || iterations < 0)
    throw new RangeError(`spectralNorm: iterations must be an integer >= 0, found ${textOf(iterations)}`);
  const matrix = reshape(weight, [sizeOf(weight.shape.slice(0, -1)), features]);
  const fixed = stopGradient(matrix);
  let v = unit(reshape(direction, [features, 1]));
  for (let i = 0; i < iterations; i++) v = unit(matmul(fixed, matmul(fixed, v), { transposeA: true }));
  return { weight: div(weight, length(matmul(matrix, v))), direction: reshape(stopGradient(v), [features]) };
}
