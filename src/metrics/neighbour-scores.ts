/**
 * Scores of samples by nearest neighbours, in two pairs: how realistic the samples are (precision, density, clipped
 * density), and how much of the data they cover (recall, coverage, clipped coverage).
 */
import type { Runtime } from "../host/runtime.js";
import { checkNumber, checkOptions } from "../options.js";
import { goodShare } from "./clipped-calibration.js";
import { checkFeaturePair, type Features } from "./features.js";

export interface NeighbourOptions {
  /** Neighbours that a ball reaches to; default 5, the value of both papers that calibrate it. */
  readonly k?: number;
}

export interface NeighbourScores {
  /** Share of the samples that are in the ball of at least one record, in [0, 1]. */
  readonly precision: number;
  /** Share of the records that are in the ball of at least one sample, in [0, 1]. */
  readonly recall: number;
  /** Mean number of records' balls that a sample is in, divided by k: 1 is expected for samples of the data; no limit. */
  readonly density: number;
  /** Share of the records whose ball has at least one sample, in [0, 1]; see `expectedCoverage`. */
  readonly coverage: number;
  /** The share of good samples at which the samples would be as realistic as these, in [0, 1]. */
  readonly clippedDensity: number;
  /** The share of good samples at which the samples would cover the data as these do, in [0, 1]. */
  readonly clippedCoverage: number;
  /** The clipped scores before they are calibrated. */
  readonly uncalibrated: {
    /** Mean of min(number of clipped balls that a sample is in, k) / k. */
    readonly clippedDensity: number;
    /** The same of the records themselves, each left out of its own ball. */
    readonly clippedDensityOfData: number;
    /** Mean of min(number of samples in a record's ball, k) / k. */
    readonly clippedCoverage: number;
  };
}

/**
 * Compares samples with records of the data by their k nearest neighbours. The ball of a record (or sample) reaches to
 * its k-th nearest other record (or sample).
 *
 * - `precision`, `recall`: Kynkäänniemi, Karras, Laine, Lehtinen, Aila 2019, equation 2. A point is in a ball if its
 *   distance is strictly less than the radius, as in the reference implementation of Naeem et al.
 * - `density`, `coverage`: Naeem, Oh, Uh, Choi, Yoo 2020, equations 3 and 4, with the same strict inequality.
 * - `clippedDensity`, `clippedCoverage`: Salvy, Talbot, Thirion 2025 (arXiv 2507.01761). Of the paper: the radii for density
 *   are clipped at their median, the number of balls of a sample and the number of samples in a ball at k, and both
 *   scores are calibrated so that they fall linearly with the share of bad samples. Derived here: density is divided by
 *   that of the records themselves, each left out of its own ball; coverage is the share of good samples whose expected
 *   coverage is the one found, by the beta-binomial distribution (clipped-calibration.ts). Balls are closed. Where balls hold
 *   many more than k records, because records repeat, clipped coverage nears 1 with a part of the samples good, and says little.
 *
 * Distances are decided in f64, so the scores have the same bits in every host. Memory: 16 MiB and the features.
 * Time: three passes over pairs, four if distances are equal.
 * @param real records of the data, [n, size], n > k
 * @param samples samples of the model, [m, size], m > k
 * @throws RangeError (as a rejection) if there are too few records or samples, if sizes differ, or if a value is not finite
 * @example (await metrics.neighbourScores(runtime, { values: Float64Array.of(0, 1, 2, 3), count: 4, size: 1 }, { values: Float64Array.of(0.5, 9, 9.5), count: 3, size: 1 }, { k: 1 })).precision // 0.3333333
 */
export async function neighbourScores(
  runtime: Runtime,
  real: Features,
  samples: Features,
  options: NeighbourOptions = {},
): Promise<NeighbourScores> {
  checkOptions("neighbourScores", options, ["k"]);
  const { k = 5 } = options;
  checkNumber("neighbourScores", "k", k, { atLeast: 1, whole: true });
  checkFeaturePair("neighbourScores", { real, samples }, k + 1);
  const { nearestNeighbours, radii } = await import("./nearest.js");
  const { countPairs, ownBalls } = await import("./neighbour-counts.js");
  const ofReal = await nearestNeighbours(runtime, real, real, k);
  const ofSamples = await nearestNeighbours(runtime, samples, samples, k);
  const reach = radii(ofReal);
  const median = Float64Array.from(reach).sort()[Math.floor((real.count - 1) / 2)];
  const counts = await countPairs(runtime, real, samples, {
    reach,
    clippedReach: reach.map((radius) => Math.min(radius, median)),
    sampleReach: radii(ofSamples),
  });
  const clippedDensity = meanShare(counts.clippedBalls, k);
  const clippedDensityOfData = meanShare(await ownBalls(runtime, real, ofReal, median), k);
  const clippedCoverage = meanShare(counts.closedSamples, k);
  return {
    precision: shareOf(counts.balls),
    recall: shareOf(counts.sampleBalls),
    density: counts.balls.reduce((sum, count) => sum + count, 0) / (k * samples.count),
    coverage: shareOf(counts.samples),
    clippedDensity: Math.min(1, clippedDensity / clippedDensityOfData),
    clippedCoverage: goodShare(clippedCoverage, { records: real.count, samples: samples.count, k }, ofReal.within),
    uncalibrated: { clippedDensity, clippedDensityOfData, clippedCoverage },
  };
}

/** Share of counts that are not zero. */
const shareOf = (counts: Int32Array) => counts.reduce((sum, count) => sum + Math.min(count, 1), 0) / counts.length;

/** Mean of min(count, k) / k. */
const meanShare = (counts: Int32Array, k: number) =>
  counts.reduce((sum, count) => sum + Math.min(count, k), 0) / (k * counts.length);
