/** Fréchet distance of two Gaussians, and of two sets of features as if they were Gaussian: FID. */
import type { Matrix } from "ml-matrix";
import { checkNumber, checkNumbers } from "../options.js";
import { checkFeaturePair, type Features } from "./features.js";
import { featureMoments, type Moments } from "./moments.js";

/**
 * Fréchet distance of the Gaussians with the mean and covariance of two sets of features, which is FID if the features are
 * those of a network: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), where m and S are mean and unbiased covariance.
 * Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter 2017, equation 6 (a squared distance: of the unit of squared features).
 *
 * Less is better, 0 is the least; that of a set to itself is less than 1e-9 of the trace of its covariance. The estimate
 * is biased: for two sets of the same distribution it is positive and falls as 1 / count, so compare only values of
 * equal counts. As many records as features, or fewer, give a covariance without full rank: these are refused.
 * @param real records of the data, [n, size], n > size
 * @param samples samples of the model, [m, size], m > size
 * @throws RangeError (as a rejection) if there are not more records than features in each set, if sizes differ, or if a
 *   value is not finite
 * @example await metrics.frechetDistance({ values: Float64Array.of(0, 2), count: 2, size: 1 }, { values: Float64Array.of(3, 7), count: 2, size: 1 }) // 18
 */
export async function frechetDistance(real: Features, samples: Features): Promise<number> {
  checkFeaturePair("frechetDistance", { real, samples }, 2);
  for (const [name, { count, size }] of Object.entries({ real, samples })) {
    if (count > size) continue;
    throw new RangeError(
      `frechetDistance: ${name} must have more records than features, found ${count} records of ${size} features`,
    );
  }
  return gaussianFrechetDistance(featureMoments(real), featureMoments(samples));
}

/**
 * Fréchet distance of two Gaussians with given means and covariances: Dowson and Landau 1982, equation 16. The trace of the
 * root is the sum of the singular values of A B^T with S1 = A^T A and S2 = B^T B, which are the roots of the eigenvalues of
 * S1^(1/2) S2 S1^(1/2): their errors are in units of the covariances' norms, also if covariances are singular.
 * @throws TypeError (as a rejection) if means or covariances are no lists; RangeError if they do not have the sizes' lengths, if
 *   sizes differ, a value is not finite, or a covariance is not symmetric and without negative eigenvalues, but for rounding to f32
 * @example await metrics.gaussianFrechetDistance({ mean: Float64Array.of(1), covariance: Float64Array.of(4), size: 1 }, { mean: Float64Array.of(3), covariance: Float64Array.of(9), size: 1 }) // 5
 */
export async function gaussianFrechetDistance(first: Moments, second: Moments): Promise<number> {
  for (const [name, moments] of Object.entries({ first, second })) checkMoments(name, moments);
  const { size } = first;
  if (size !== second.size)
    throw new RangeError(`${what}: both Gaussians must have as many features, found ${size} and ${second.size}`);
  // Loaded on demand: pages that do not evaluate do not need it.
  const { SingularValueDecomposition } = await import("ml-matrix");
  const product = (await factorOf(first)).mmul((await factorOf(second)).transpose());
  const noVectors = { computeLeftSingularVectors: false, computeRightSingularVectors: false };
  const root = new SingularValueDecomposition(product, noVectors).diagonal.reduce((sum, value) => sum + value, 0);
  let means = 0;
  let traces = 0;
  for (let i = 0; i < size; i++) {
    means += (first.mean[i] - second.mean[i]) ** 2;
    traces += first.covariance[i * size + i] + second.covariance[i * size + i];
  }
  return Math.max(0, means + traces - 2 * root);
}

/** Throws unless a mean and a covariance have the lengths of their size and are finite, and the covariance is symmetric. */
function checkMoments(name: string, moments: Moments): void {
  const { mean, covariance, size } = moments ?? {};
  checkNumber(what, `${name}.size`, size, { whole: true, atLeast: 1 });
  checkNumbers(what, `${name}.mean`, mean, { length: size });
  checkNumbers(what, `${name}.covariance`, covariance, { length: size * size });
  const most = largest(covariance);
  covariance.forEach((value, at) => {
    const mirrored = covariance[(at % size) * size + Math.floor(at / size)];
    if (Math.abs(value - mirrored) > most * size * rounding)
      throw new RangeError(`${what}: ${name}.covariance must be symmetric, found ${value} and ${mirrored}`);
  });
}

const what = "gaussianFrechetDistance";

/** Relative error of values that were rounded to f32. */
const rounding = 2 ** -24;

const largest = (values: Float64Array | readonly number[]) =>
  (values as Float64Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** A with S = A^T A: the eigenvectors as rows, times the roots of the eigenvalues. Rounding may make these negative. */
async function factorOf({ covariance, size }: Moments): Promise<Matrix> {
  const { EigenvalueDecomposition, Matrix } = await import("ml-matrix");
  const matrix = Matrix.from1DArray(size, size, covariance as unknown as number[]);
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const least = Math.min(...realEigenvalues);
  if (least < -largest(realEigenvalues) * size * rounding)
    throw new RangeError(`${what}: eigenvalues of a covariance must be >= 0, found ${least}`);
  return eigenvectorMatrix.transpose().mulColumnVector(realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))));
}
