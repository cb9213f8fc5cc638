/**
 * Squared distances of all pairs of two sets of records, row by row, with bounded memory. The products are computed in
 * f32 by the runtime's kernels, of features that are centred and scaled by a power of two. Each product gives a lower
 * and an upper bound of the squared distance; a pair that these do not decide is computed again in f64. So decisions
 * such as "nearer than" are those of f64 arithmetic, in every build and with any number of lanes.
 */
import type { Runtime } from "../host/runtime.js";
import { matmul } from "../ops/matmul.js";
import { variable } from "../graph/variable.js";
import { type Features, meanOf } from "./features.js";

/** Products of one block: 16 MiB. */
const blockElements = 2 ** 22;

/**
 * Row i of the pairs: the squared distance of a_i and b_j, times `scale` squared, lies in
 * [low + lows[j] - 2 p, high + highs[j] - 2 p] with p = products[from + j].
 */
export interface PairRow {
  readonly i: number;
  readonly products: Float32Array;
  readonly from: number;
  readonly low: number;
  readonly high: number;
}

export interface PairDistances {
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  /** Factor from squared distances to the bounds, a power of two. */
  readonly squaredScale: number;
  /** The squared distance of a_i and b_j in f64. */
  exact(i: number, j: number): number;
  /** Visits every row, in order. */
  eachRow(visit: (row: PairRow) => void): Promise<void>;
}

/** Features as f32, centred and scaled, and their squared norms. */
export interface Packed {
  /** [count, size]. */
  readonly rows: Float32Array;
  /** Of the values in `rows`, in f64. */
  readonly norms: Float64Array;
}

function packed({ values, count, size }: Features, mean: Float64Array, scale: number): Packed {
  const rows = new Float32Array(count * size);
  const norms = new Float64Array(count);
  for (let i = 0, at = 0; i < count; i++) {
    for (let j = 0; j < size; j++, at++) {
      rows[at] = (values[at] - mean[j]) * scale;
      norms[i] += rows[at] * rows[at];
    }
  }
  return { rows, norms };
}

/** The power of two that scales the largest centred value into [1/2, 1]; 1 if there is none. */
function scaleOf(sets: readonly Features[], mean: Float64Array): number {
  let most = 0;
  for (const { values, size } of sets) {
    for (let at = 0; at < values.length; at++) most = Math.max(most, Math.abs(values[at] - mean[at % size]));
  }
  return most > 0 ? 2 ** -Math.max(-500, Math.min(500, Math.ceil(Math.log2(most)))) : 1;
}

export interface PackedPair {
  readonly rows: Packed;
  readonly columns: Packed;
  readonly scale: number;
}

/** Both sets relative to the mean of `b`, times the same `scale`. */
export function packedPair(a: Features, b: Features): PackedPair {
  const mean = meanOf(b);
  const scale = scaleOf(a === b ? [b] : [a, b], mean);
  const columns = packed(b, mean, scale);
  return { rows: a === b ? columns : packed(a, mean, scale), columns, scale };
}

/** Rows of a block, so that the pairs with all columns are 16 MiB, or 8 rows. */
export const blockRows = (rows: number, columns: number) =>
  Math.min(rows, Math.max(8, Math.floor(blockElements / columns)));

/**
 * Relative error of |a|^2 + |b|^2 - 2 a.b in units of |a|^2 + |b|^2: a sum of `size` products in any order has an error
 * of size x 2^-24 x |a| |b| (Higham 2002, equation 3.5), rounding the features to f32 adds 4 x 2^-24 x (|a|^2 + |b|^2).
 * The rest is a margin for the terms of second order.
 */
const relativeError = (size: number) => 2 ** -24 * (1.1 * size + 8);
/** Products below f32's normal numbers may become zero. */
const leastError = (size: number) => size * 2 ** -124;

/** Distances between the records of `a` (rows) and `b` (columns), which have as many features. */
export function pairDistances(runtime: Runtime, a: Features, b: Features): PairDistances {
  const { size } = b;
  const { rows, columns, scale } = packedPair(a, b);
  const error = relativeError(size);
  const least = leastError(size);
  return {
    lows: columns.norms.map((norm) => norm * (1 - error) - least),
    highs: columns.norms.map((norm) => norm * (1 + error) + least),
    squaredScale: scale * scale,
    exact(i, j) {
      let sum = 0;
      for (let at = i * size, other = j * size, end = at + size; at < end; at++, other++) {
        const difference = a.values[at] - b.values[other];
        sum += difference * difference;
      }
      return sum;
    },
    async eachRow(visit) {
      const block = blockRows(a.count, b.count);
      const fixed = variable({ name: "metrics/records", shape: [b.count, size], data: columns.rows });
      const program = runtime.compile(
        ({ input }) => ({ outputs: { products: matmul(input("rows", [block, size]), fixed, { transposeB: true }) } }),
        { name: "metrics distances" },
      );
      try {
        for (let first = 0; first < a.count; first += block) {
          const present = Math.min(block, a.count - first);
          const feed = new Float32Array(block * size);
          feed.set(rows.rows.subarray(first * size, (first + present) * size));
          const { products } = await program.run({ rows: feed });
          for (let row = 0; row < present; row++) {
            const norm = rows.norms[first + row];
            visit({
              i: first + row,
              products: products.data as Float32Array,
              from: row * b.count,
              low: norm * (1 - error),
              high: norm * (1 + error),
            });
          }
        }
      } finally {
        program.release();
        runtime.release([fixed]);
      }
    },
  };
}
