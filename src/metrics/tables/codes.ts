/** Cells as small whole numbers: values of categories, numbers cut at deciles, missing cells a value of their own. */
import { isCategories } from "../../data/tables/column-spec.js";
import type { Table } from "../../data/tables/table.js";
import { knownSorted } from "./comparable.js";

export interface Codes {
  /** For each row, a number from 0 to `count` - 1. */
  readonly codes: Int32Array;
  /** Number of codes, of which the last means a missing cell. */
  readonly count: number;
}

/**
 * Inner bounds of the tenths of the known cells, ascending: the k-th is the least cell that k / 10 of them do not
 * exceed. Equal ones count once, so a column of few values has fewer.
 */
export function decileEdges(cells: Float64Array): readonly number[] {
  const sorted = knownSorted(cells);
  if (sorted.length === 0) return [];
  const edges = Array.from({ length: 9 }, (_, k) => sorted[Math.ceil(((k + 1) * sorted.length) / 10) - 1]);
  return edges.filter((edge, i) => i === 0 || edge !== edges[i - 1]);
}

/** Codes of a column. Those of numbers are the number of edges below them. */
export function codesOf(table: Table, index: number, edges: readonly number[]): Codes {
  const column = table.columns[index];
  const last = isCategories(column) ? column.values.length : edges.length + 1;
  const code = isCategories(column)
    ? (cell: number) => cell
    : (cell: number) => {
        let below = 0;
        while (below < edges.length && edges[below] < cell) below++;
        return below;
      };
  return {
    codes: Int32Array.from(table.cells[index], (cell) => (Number.isNaN(cell) ? last : code(cell))),
    count: last + 1,
  };
}

/** Frequencies of codes: shares of the rows, [count]. */
export function frequencies({ codes, count }: Codes): Float64Array {
  const shares = new Float64Array(count);
  for (const code of codes) shares[code]++;
  return shares.map((one) => one / codes.length);
}

/** Half of the sum of the absolute differences: the total variation distance. */
export function totalVariation(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / 2;
}
