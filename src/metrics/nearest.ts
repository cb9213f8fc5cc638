/** The k nearest neighbours of each record, exact in f64; the candidates are found by f32 products (pair-distances.ts). */
import type { Runtime } from "../host/runtime.js";
import type { Features } from "./features.js";
import { type PairRow, pairDistances } from "./pair-distances.js";

export interface Neighbours {
  readonly k: number;
  /** Squared distances, [count, k], ascending in each row. */
  readonly squared: Float64Array;
  /** Indices of the neighbours, [count, k]; of equal distances, the lower index first. */
  readonly indices: Int32Array;
  /** Number of records as near as the k-th neighbour or nearer, [count]: k, or more of them with equal distances. */
  readonly within: Int32Array;
}

/**
 * The k nearest records in `b` of each record in `a`. If `a` and `b` are the same object, a record is not its own
 * neighbour. `k` is at most the number of other records.
 */
export async function nearestNeighbours(runtime: Runtime, a: Features, b: Features, k: number): Promise<Neighbours> {
  const pairs = pairDistances(runtime, a, b);
  const { lows, highs } = pairs;
  const squared = new Float64Array(a.count * k);
  const indices = new Int32Array(a.count * k);
  const within = new Int32Array(a.count);
  const least = new Float64Array(k);
  const visit = ({ i, products, from, low, high }: PairRow) => {
    const own = a === b ? i : -1;
    // The k-th smallest upper bound: every nearer record has a lower bound that is at most this.
    least.fill(Number.POSITIVE_INFINITY);
    let limit = Number.POSITIVE_INFINITY;
    for (let j = 0; j < b.count; j++) {
      const upper = high + highs[j] - 2 * products[from + j];
      if (upper >= limit || j === own) continue;
      let at = k - 1;
      for (; at > 0 && least[at - 1] > upper; at--) least[at] = least[at - 1];
      least[at] = upper;
      limit = least[k - 1];
    }
    const found: [squared: number, index: number][] = [];
    for (let j = 0; j < b.count; j++) {
      if (low + lows[j] - 2 * products[from + j] <= limit && j !== own) found.push([pairs.exact(i, j), j]);
    }
    found.sort(([d, i], [e, j]) => d - e || i - j);
    for (let at = 0; at < k; at++) [squared[i * k + at], indices[i * k + at]] = found[at];
    const farthest = found[k - 1][0];
    for (const [distance] of found) if (distance <= farthest) within[i]++;
  };
  await pairs.eachRow(visit);
  return { k, squared, indices, within };
}

/** Squared distance of each record to its k-th nearest neighbour, [count]. */
export function radii({ squared, k }: Neighbours): Float64Array {
  return Float64Array.from({ length: squared.length / k }, (_, i) => squared[i * k + k - 1]);
}
