/** Closed forms of linear-Gaussian models, by ml-matrix: the optimum of a VAE with linear networks. */
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from "ml-matrix";

/** Mean and maximum-likelihood covariance of rows [count, width]. */
function moments(data: ArrayLike<number>, width: number): { mean: Float64Array; covariance: Matrix } {
  const count = data.length / width;
  const mean = new Float64Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width] += data[i] / count;
  const covariance = Matrix.zeros(width, width);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        const product = (data[row * width + i] - mean[i]) * (data[row * width + j] - mean[j]);
        covariance.set(i, j, covariance.get(i, j) + product / count);
      }
    }
  }
  return { mean, covariance };
}

/**
 * Maximum mean log-likelihood that probabilistic PCA with `latent` dimensions reaches (Tipping, Bishop 1999, eq. 8).
 */
export function principalLogLikelihood(data: ArrayLike<number>, width: number, latent: number): number {
  const { covariance } = moments(data, width);
  const values = new EigenvalueDecomposition(covariance, { assumeSymmetric: true }).realEigenvalues.sort(
    (a, b) => b - a,
  );
  const rest = values.slice(latent);
  const noise = rest.reduce((total, value) => total + value, 0) / rest.length;
  const logDeterminant = values.slice(0, latent).reduce((total, value) => total + Math.log(value), 0);
  return -0.5 * (width * Math.log(2 * Math.PI) + logDeterminant + rest.length * Math.log(noise) + width);
}

export interface LinearModel {
  /** [latent, width], as in a dense layer. */
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly variance: number;
}

/** Mean log density of rows under N(bias, weight^T weight + variance I). */
export function marginalLogLikelihood(data: ArrayLike<number>, { weight, bias, variance }: LinearModel): number {
  const width = bias.length;
  const rows = Matrix.from1DArray(weight.length / width, width, Array.from(weight));
  const covariance = rows.transpose().mmul(rows).add(Matrix.eye(width).mul(variance));
  const factor = new CholeskyDecomposition(covariance);
  const logDeterminant =
    2 * factor.lowerTriangularMatrix.diagonal().reduce((total, value) => total + Math.log(value), 0);
  const count = data.length / width;
  let total = 0;
  for (let row = 0; row < count; row++) {
    const centred = Matrix.columnVector(Array.from({ length: width }, (_, i) => data[row * width + i] - bias[i]));
    const distance = centred.transpose().mmul(factor.solve(centred)).get(0, 0);
    total -= 0.5 * (distance + logDeterminant + width * Math.log(2 * Math.PI));
  }
  return total / count;
}
