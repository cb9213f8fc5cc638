/**
 * Expected values of coverage and of clipped coverage if the samples have the distribution of the records, whatever that
 * is. The ball of a record reaches to the k-th nearest of the N - 1 others, so its probability has the distribution
 * Beta(k, N - k), and the number of m samples in it the beta-binomial one of (m, k, N - k).
 */

import { checkNumber, checkOptions } from "../options.js";

/** Number of records and samples, and of the neighbours that a ball reaches to. */
export interface CoverageCounts {
  readonly records: number;
  readonly samples: number;
  readonly k: number;
}

/**
 * Expected coverage of `records` records by `samples` samples of the same distribution:
 * 1 - (N - 1) ... (N - k) / ((N + M - 1) ... (N + M - k)). Naeem, Oh, Uh, Choi, Yoo 2020, section 3.3 (there M = N).
 * @throws RangeError if a number is not an integer >= 1, or k is not less than the number of records
 * @example metrics.expectedCoverage({ records: 10000, samples: 10000, k: 5 }) // 0.9687734
 */
export function expectedCoverage(counts: CoverageCounts): number {
  checkOptions("expectedCoverage", counts, ["records", "samples", "k"]);
  const { records, samples, k } = counts;
  checkNumber("expectedCoverage", "records", records, { whole: true, atLeast: 2 });
  checkNumber("expectedCoverage", "samples", samples, { whole: true, atLeast: 1 });
  checkNumber("expectedCoverage", "k", k, { whole: true, atLeast: 1, below: records });
  return 1 - empty(records, samples, k);
}

/** Probability that none of m samples is in the ball of a record. */
function empty(records: number, samples: number, k: number): number {
  let product = 1;
  for (let i = 1; i <= k; i++) product *= (records - i) / (records + samples - i);
  return product;
}

/** Expected min(c, k) / k for the number c of `good` samples (an integer) in the ball of a record. */
function expectedShare(records: number, good: number, k: number): number {
  let probability = empty(records, good, k);
  let missing = 0;
  for (let c = 0; c < k; c++) {
    missing += (1 - c / k) * probability;
    if (c >= good) break;
    probability *= ((good - c) * (c + k)) / ((c + 1) * (records - k + good - c - 1));
  }
  return 1 - missing;
}

/**
 * The share of good samples at which `share`, a mean of min(c, k) / k over the records, is expected: the inverse of
 * `expectedShare` in the number of good samples, with straight lines between integers; 1 at most.
 */
export function goodShare(share: number, { records, samples, k }: CoverageCounts): number {
  if (share >= expectedShare(records, samples, k)) return 1;
  let [low, high] = [0, samples];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (expectedShare(records, middle, k) <= share) low = middle;
    else high = middle;
  }
  const [below, above] = [expectedShare(records, low, k), expectedShare(records, high, k)];
  return (low + (share - below) / (above - below)) / samples;
}
