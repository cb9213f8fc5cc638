/** Sums of a Gaussian kernel over pairs of records, and the median distance that is its width. Loaded on demand. */

import { variable } from "../graph/variable.js";
import type { Runtime } from "../host/runtime.js";
import { permutation } from "../numbers/philox.js";
import { exp as exp64 } from "../numbers/portable-math.js";
import { dataStreams } from "../numbers/streams.js";
import { add, exp, maximum, mul, sub } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { sum } from "../ops/reduction.js";
import type { Features } from "./features.js";
import { blockRows, type PackedPair, packedPair, pairDistances } from "./pair-distances.js";

/** Records of the two sets together whose distances give the median. */
const recordsForMedian = 1000;

/**
 * Largest sum of the squared norms of two records, in units of the squared width, at which their squared distance may be computed in
 * f32 as a difference of these.
 */
const mostNorms = 32;

/** Sum of the kernel over all pairs of a and b. */
export async function sumOfKernel(runtime: Runtime, a: Features, b: Features, width: number): Promise<number> {
  const packed = packedPair(a, b);
  const [own, other] = [packed.rows, packed.columns].map(({ norms }) =>
    norms.reduce((most, one) => Math.max(most, one)),
  );
  const unit = (width * packed.scale) ** 2;
  return own + other <= mostNorms * unit && unit > leastUnit
    ? sumInSingle(runtime, [a, b], packed, unit)
    : sumInDouble(runtime, [a, b], width);
}

/** Least squared width, in scaled units, whose inverse is a number of f32. */
const leastUnit = 2 ** -100;

/** `sumOfKernel` with f64 distances of records that are far from their mean; all kernels are f64. */
async function sumInDouble(runtime: Runtime, [a, b]: Pair, width: number): Promise<number> {
  const pairs = pairDistances(runtime, a, b);
  const { lows, highs, squaredScale } = pairs;
  const unit = width * width * squaredScale;
  let total = 0;
  await pairs.eachRow(({ i, products, from, low, high }) => {
    for (let j = 0; j < b.count; j++) {
      const norms = (low + high + lows[j] + highs[j]) / 2;
      const least = low + lows[j] - 2 * products[from + j];
      if (least > mostUnits * unit) continue;
      const squared =
        norms > mostNorms * unit ? pairs.exact(i, j) * squaredScale : Math.max(0, norms - 2 * products[from + j]);
      // Two divisions, because the squared width may be below all numbers.
      total += exp64((-squared / squaredScale / width / width) * 0.5);
    }
  });
  return total;
}

/** Squared distance in units of the squared width, above which the kernel is less than 1e-17. */
const mostUnits = 80;

type Pair = readonly [Features, Features];

/** `sumOfKernel` with f32 distances and kernels. */
async function sumInSingle(runtime: Runtime, [a, b]: Pair, packed: PackedPair, unit: number): Promise<number> {
  const { rows, columns } = packed;
  const { size } = b;
  const factor = -1 / (2 * unit);
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
  return total;
}

/** Median distance between records of both sets, estimated from some of them. */
export function medianDistance(sets: readonly Features[], seed: number): number {
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
