/** Kernel distance with the cubic polynomial kernel: KID if the features are those of a network. */
import { permutation } from "../numbers/philox.js";
import { dataStreams } from "../numbers/streams.js";
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import { checkFeaturePair, type Features } from "./features.js";

export interface KernelDistanceOptions {
  /** Records of a block; default: 1,000, or a tenth of the smaller set if that is less (and at least 2). */
  readonly blockSize?: number;
  /** Seed of the order in which records are assigned to blocks; default 0. */
  readonly seed?: number;
}

export interface KernelDistance {
  /** Mean of the blocks' estimates; 0 is expected if the distributions agree, so it may be negative. */
  readonly value: number;
  /** Standard deviation of the blocks' estimates divided by the root of their number; NaN if there is one block. */
  readonly standardError: number;
  readonly blocks: number;
  readonly blockSize: number;
}

/**
 * Squared maximum mean discrepancy with the kernel (x.y / size + 1)^3, unbiased: Bińkowski, Sutherland, Arbel, Gretton 2018,
 * section 4. Both sets are put in a random order and cut into as many disjoint blocks of equal size as fit; the value is
 * the mean of the blocks' estimates. (The paper draws 100 subsets of 1,000 that overlap; blocks that do not are independent, so that
 * their spread gives a standard error.) The expected value does not depend on the counts. Computed in f64.
 * @param real records of the data, [n, size]
 * @param samples samples of the model, [m, size]
 * @throws RangeError if a set has less than two records or less than a block, if sizes differ, or if a value is not
 *   finite
 * @example metrics.kernelDistance({ values: Float64Array.of(0, 0), count: 2, size: 1 }, { values: Float64Array.of(1, 1), count: 2, size: 1 }).value // 7
 */
export function kernelDistance(real: Features, samples: Features, options: KernelDistanceOptions = {}): KernelDistance {
  const what = "kernelDistance";
  checkOptions(what, options, ["blockSize", "seed"]);
  checkFeaturePair(what, { real, samples }, 2);
  const least = Math.min(real.count, samples.count);
  const { blockSize = Math.max(2, Math.min(1000, Math.floor(least / 10))), seed = 0 } = options;
  checkSeed(what, seed);
  checkNumber(what, "blockSize", blockSize, { whole: true, atLeast: 2, atMost: least });
  const blocks = Math.floor(least / blockSize);
  const [order, sampleOrder] = [real, samples].map(({ count }, step) =>
    permutation(count, count, { seed, step, stream: dataStreams.metricOrder }),
  );
  const estimates = Array.from({ length: blocks }, (_, block) => {
    const [from, to] = [block * blockSize, (block + 1) * blockSize];
    return unbiased(rowsOf(real, order.subarray(from, to)), rowsOf(samples, sampleOrder.subarray(from, to)));
  });
  const value = estimates.reduce((sum, one) => sum + one, 0) / blocks;
  const squares = estimates.reduce((sum, one) => sum + (one - value) ** 2, 0);
  const standardError = blocks > 1 ? Math.sqrt(squares / (blocks - 1) / blocks) : Number.NaN;
  return { value, standardError, blocks, blockSize };
}

const rowsOf = ({ values, size }: Features, indices: Int32Array) =>
  [...indices].map((i) => Float64Array.from(values.subarray(i * size, (i + 1) * size)));

/** The kernel. Four sums at once, because one waits for its last addition: three times as fast. */
function cubic(a: Float64Array, b: Float64Array): number {
  const length = a.length;
  let p = 0;
  let q = 0;
  let r = 0;
  let s = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    p += a[i] * b[i];
    q += a[i + 1] * b[i + 1];
    r += a[i + 2] * b[i + 2];
    s += a[i + 3] * b[i + 3];
  }
  for (; i < length; i++) p += a[i] * b[i];
  const value = (p + q + (r + s)) / length + 1;
  return value * value * value;
}

/** The unbiased estimate of a block: Gretton et al. 2012, equation 3. */
function unbiased(x: readonly Float64Array[], y: readonly Float64Array[]): number {
  const m = x.length;
  let within = 0;
  let across = 0;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < i; j++) within += cubic(x[i], x[j]) + cubic(y[i], y[j]);
    for (let j = 0; j < m; j++) across += cubic(x[i], y[j]);
  }
  return (2 * within) / (m * (m - 1)) - (2 * across) / (m * m);
}
