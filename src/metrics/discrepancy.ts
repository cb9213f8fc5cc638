/** Maximum mean discrepancy with a Gaussian kernel whose width is the median distance. */
import type { Runtime } from "../host/runtime.js";
import { permutation } from "../numbers/philox.js";
import { dataStreams } from "../numbers/streams.js";
import { add, exp, maximum, mul, sub } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { sum } from "../ops/reduction.js";
import { variable } from "../graph/variable.js";
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import { checkFeaturePair, type Features } from "./features.js";
import { blockRows, packedPair } from "./pair-distances.js";

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
 * there), estimated from 500 of each, or all if there are fewer. Distances and kernels are computed in f32 by the runtime's
 * kernels: the value has an error of about 1e-7.
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
  const { rows, columns, scale } = packedPair(a, b);
  const { size } = b;
  const factor = -1 / (2 * (width * scale) ** 2);
  const block = blockRows(a.count, b.count);
  const fixed = variable({ name: "metrics/records", shape: [b.count, size], data: columns.rows });
  const norms = variable({ name: "metrics/norms", shape: [1, b.count], data: columns.norms });
  const program = runtime.compile(
    ({ input }) => {
      const products = matmul(input("rows", [block, size]), fixed, { transposeB: true });
      const squared = sub(add(input("norms", [block, 1]), norms), mul(products, 2));
      return { outputs: { sums: sum(exp(mul(maximum(squared, 0), factor)), { axes: [1] }) } };
    },
    { name: "metrics kernel" },
  );
  let total = 0;
  try {
    for (let first = 0; first < a.count; first += block) {
      const present = Math.min(block, a.count - first);
      const [feed, feedNorms] = [new Float32Array(block * size), new Float32Array(block)];
      feed.set(rows.rows.subarray(first * size, (first + present) * size));
      feedNorms.set(rows.norms.subarray(first, first + present));
      const { sums } = await program.run({ rows: feed, norms: feedNorms });
      for (let i = 0; i < present; i++) total += sums.data[i];
    }
  } finally {
    program.release();
    runtime.release([fixed, norms]);
  }
  // The kernel of a record and itself is 1.
  return a === b ? (total - a.count) / (a.count * (a.count - 1)) : total / (a.count * b.count);
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
