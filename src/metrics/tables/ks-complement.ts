/** How alike the distributions of columns of numbers are: the complement of the Kolmogorov-Smirnov statistic. */
import type { Table } from "../../data/tables/table.js";
import { type ColumnScores, columnKinds, columnScores, comparable, knownSorted } from "./comparable.js";

/**
 * For each column of numbers, 1 minus the two-sample Kolmogorov-Smirnov statistic, which is the greatest difference of
 * the shares of cells that are at most x, over all x: KSComplement of SDMetrics. 1 if the distributions are equal, 0 if
 * they do not overlap. Missing cells are left out; a column with known cells in one table only scores 0, in none 1.
 *
 * Fewer rows give a lower value, about 1 - 0.87 sqrt((n + m) / (n m)) for two sets of n and m rows of one distribution:
 * compare only values of equal numbers of rows.
 * @param real rows of the data
 * @param synthetic samples, with the same columns
 * @throws RangeError if a table has no rows or the columns differ
 * @example tables.ksComplement(table({ x: [1, 2, 3, 4] }), table({ x: [2, 3, 4, 5] })).value // 0.75
 */
export function ksComplement(real: Table, synthetic: Table): ColumnScores {
  const other = comparable("ksComplement", real, synthetic);
  return columnScores(
    columnKinds(real).numbers.map((i) => ({
      name: real.columns[i].name,
      value: 1 - statistic(knownSorted(real.cells[i]), knownSorted(other.cells[i])),
    })),
  );
}

/** Greatest difference of the two distribution functions, after all values that are equal. */
function statistic(a: Float64Array, b: Float64Array): number {
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 0 : 1;
  let greatest = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const value = Math.min(a[i], b[j]);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    greatest = Math.max(greatest, Math.abs(i / a.length - j / b.length));
  }
  return greatest;
}
