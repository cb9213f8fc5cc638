/**
 * Expected values of coverage and of clipped coverage if the samples have the distribution of the records. The ball of a
 * record reaches to the k-th nearest of the N - 1 others, so for any continuous distribution its probability has the
 * distribution Beta(k, N - k), and the number of m samples in it the beta-binomial one of (m, k, N - k). Where several records are
 * as near as the k-th (integers, repeated records), a closed ball holds c > k others; clipped coverage is then calibrated with
 * Beta(c, N - c).
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

/** Probability that none of m samples is in the ball of a record that holds `within` others. */
function empty(records: number, samples: number, within: number): number {
  let product = 1;
  for (let i = 1; i <= within; i++) product *= (records - i) / (records + samples - i);
  return product;
}

/** Expected min(c, k) / k for the number c of `good` samples (an integer) in a ball that holds `within` other records. */
function expectedOfBall({ records, k }: CoverageCounts, good: number, within: number): number {
  let probability = empty(records, good, within);
  let missing = 0;
  for (let c = 0; c < k; c++) {
    missing += (1 - c / k) * probability;
    if (c >= good) break;
    probability *= ((good - c) * (c + within)) / ((c + 1) * (records - within + good - c - 1));
  }
  return 1 - missing;
}

/**
 * The share of good samples at which `share`, a mean of min(c, k) / k over the records, is expected: the inverse of the expected
 * share in the number of good samples, with straight lines between integers; 1 at most.
 * @param within by record, the number of others in its closed ball: k, or more where distances are equal
 */
export function goodShare(share: number, counts: CoverageCounts, within: ArrayLike<number>): number {
  const { records, samples } = counts;
  const balls = new Map<number, number>();
  for (let i = 0; i < within.length; i++) balls.set(within[i], (balls.get(within[i]) ?? 0) + 1);
  const expected = (good: number) => {
    let sum = 0;
    for (const [inside, times] of balls) sum += times * expectedOfBall(counts, good, inside);
    return sum / records;
  };
  if (share >= expected(samples)) return 1;
  let [low, high] = [0, samples];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (expected(middle) <= share) low = middle;
    else high = middle;
  }
  const [below, above] = [expected(low), expected(high)];
  return (low + (share - below) / (above - below)) / samples;
}
