/** Means and covariances of features, in f64. */
import { checkFeatures, type Features, meanOf } from "./features.js";

export interface Moments {
  /** [size]. */
  readonly mean: Float64Array;
  /** Unbiased (divided by count - 1), symmetric, [size, size] in row-major order. */
  readonly covariance: Float64Array;
  readonly size: number;
}

/**
 * Mean and unbiased covariance of features [count, size], two-pass in f64.
 * @throws RangeError if there are fewer than two records or a value is not finite
 * @example [...metrics.featureMoments({ values: Float64Array.of(0, 0, 2, 4), count: 2, size: 2 }).covariance] // [2, 4, 4, 8]
 */
export function featureMoments(features: Features): Moments {
  checkFeatures("featureMoments", "features", features, 2);
  const { values, count, size } = features;
  const mean = meanOf(features);
  const covariance = new Float64Array(size * size);
  const centred = new Float64Array(size);
  for (let at = 0; at < values.length; at += size) {
    for (let j = 0; j < size; j++) centred[j] = values[at + j] - mean[j];
    for (let row = 0; row < size; row++) {
      const factor = centred[row];
      for (let column = row, to = row * size + row; column < size; column++, to++)
        covariance[to] += factor * centred[column];
    }
  }
  for (let row = 0; row < size; row++) {
    for (let column = row; column < size; column++) {
      covariance[row * size + column] /= count - 1;
      covariance[column * size + row] = covariance[row * size + column];
    }
  }
  return { mean, covariance, size };
}
