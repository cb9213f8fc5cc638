/** Fréchet distance of two Gaussians, and of two sets of features as if they were Gaussian: FID. */
import type { Matrix } from "ml-matrix";
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
 * @throws RangeError (as a rejection) if sizes differ or a value is not finite
 * @example await metrics.gaussianFrechetDistance({ mean: Float64Array.of(1), covariance: Float64Array.of(4), size: 1 }, { mean: Float64Array.of(3), covariance: Float64Array.of(9), size: 1 }) // 5
 */
export async function gaussianFrechetDistance(first: Moments, second: Moments): Promise<number> {
  const { size } = first;
  if (size !== second.size)
    throw new RangeError(
      `gaussianFrechetDistance: both Gaussians must have as many features, found ${size} and ${second.size}`,
    );
  for (const { mean, covariance } of [first, second]) {
    const broken = [mean, covariance].flatMap((values) => values.find((value) => !Number.isFinite(value)) ?? []);
    if (broken.length > 0)
      throw new RangeError(`gaussianFrechetDistance: mean and covariance must be finite, found ${broken[0]}`);
  }
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

/** A with S = A^T A: the eigenvectors as rows, times the roots of the eigenvalues. Rounding may make these negative. */
async function factorOf({ covariance, size }: Moments): Promise<Matrix> {
  const { EigenvalueDecomposition, Matrix } = await import("ml-matrix");
  const matrix = Matrix.from1DArray(size, size, covariance as unknown as number[]);
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  return eigenvectorMatrix.transpose().mulColumnVector(realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))));
}
