/** Maximum mean discrepancy with a Gaussian kernel whose width is the median distance. */
import type { Runtime } from "../host/runtime.js";
import { permutation } from "../numbers/philox.js";
import { exp } from "../numbers/portable-math.js";
import { dataStreams } from "../numbers/streams.js";
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import { checkFeaturePair, type Features } from "./features.js";
import { pairDistances } from "./pair-distances.js";

export interface DiscrepancyOptions {
  /** Standard deviation of the kernel, in units of the features; default: the median distance. */
  readonly width?: number;
  /** Seed of the choice of records for the median distance; default 0. */
  readonly seed?: number;
}

export interface Discrepancy {
  /** Squared discrepancy; 0 is expected if the distributions agree, so it may be negative. */
  readonly value: number;
  /** Standard deviation of the kernel. */
  readonly width: number;
}

/** Records of the two sets together whose distances give the median. */
const recordsForMedian = 1000;

/**
 * Squared maximum mean discrepancy with the kernel exp(-|x - y|^2 / (2 width^2)), unbiased: Gretton, Borgwardt, Rasch,
 * Schölkopf, Smola 2012, equation 3. By default the width is the median distance between records of both sets (section 8
 * there), estimated from 500 of each, or all if there are fewer. Distances are f32 products: relative errors of 1e-6 or so.
 * @param real records of the data, [n, size]
 * @param samples samples of the model, [m, size]
 * @throws RangeError (as a rejection) if a set has less than two records, if sizes differ, if a value is not finite, or if the median
 *   distance is 0 and no width is given
 * @example (await metrics.meanDiscrepancy(runtime, { values: Float64Array.of(0, 0), count: 2, size: 1 }, { values: Float64Array.of(9, 9), count: 2, size: 1 }, { width: 1 })).value // 2
 */
export async function meanDiscrepancy(
  runtime: Runtime,
  real: Features,
  samples: Features,
  options: DiscrepancyOptions = {},
): Promise<Discrepancy> {
  const what = "meanDiscrepancy";
  checkOptions(what, options, ["width", "seed"]);
  checkFeaturePair(what, { real, samples }, 2);
  const { seed = 0 } = options;
  checkSeed(what, seed);
  const { width = medianDistance([real, samples], seed) } = options;
  if (options.width === undefined && width === 0)
    throw new RangeError(`${what}: width must be given if the median distance is zero, found 0`);
  checkNumber(what, "width", width, { above: 0 });
  const value =
    (await meanKernel(runtime, real, real, width)) +
    (await meanKernel(runtime, samples, samples, width)) -
    2 * (await meanKernel(runtime, samples, real, width));
  return { value, width };
}

/** Mean of the kernel over the pairs of a and b, or over the pairs of different records if they are one set. */
async function meanKernel(runtime: Runtime, a: Features, b: Features, width: number): Promise<number> {
  const pairs = pairDistances(runtime, a, b);
  const { lows, highs, squaredScale } = pairs;
  const factor = -1 / (2 * width * width * squaredScale);
  let sum = 0;
  await pairs.eachRow(({ i, products, from, low, high }) => {
    const end = a === b ? i : b.count;
    // The mean of the two bounds is the distance as computed.
    for (let j = 0; j < end; j++)
      sum += exp(factor * Math.max(0, (low + high + lows[j] + highs[j]) / 2 - 2 * products[from + j]));
  });
  return a === b ? (2 * sum) / (a.count * (a.count - 1)) : sum / (a.count * b.count);
}

/** Median distance between records of both sets, estimated from some of them. */
function medianDistance(sets: readonly Features[], seed: number): number {
  const rows = sets.flatMap(({ values, count, size }, step) => {
    const chosen = permutation(count, count, { seed, step, stream: dataStreams.metricOrder });
    return [...chosen.subarray(0, recordsForMedian / 2)].map((i) => values.subarray(i * size, (i + 1) * size));
  });
  const distances = new Float64Array((rows.length * (rows.length - 1)) / 2);
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < i; j++) distances[at++] = Math.sqrt(squaredDistance(rows[i], rows[j]));
  }
  return distances.sort()[Math.floor((at - 1) / 2)];
}

function squaredDistance(a: Features["values"], b: Features["values"]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
