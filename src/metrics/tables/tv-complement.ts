/** How alike the frequencies of values are, and those of missing cells: complements of the total variation distance. */
import type { Table } from "../../data/tables/table.js";
import { codesOf, frequencies, totalVariation } from "./codes.js";
import { type ColumnScores, columnKinds, columnScores, comparable } from "./comparable.js";

/**
 * For each column of categories, 1 minus the total variation distance of the frequencies, which is half of the sum of
 * their absolute differences: TVComplement of SDMetrics. A missing cell is a value of its own. 1 if the frequencies are
 * equal, 0 if no value is in both. Fewer rows give a lower value, so compare only values of equal numbers of rows.
 * @param real rows of the data
 * @param synthetic samples, with the same columns
 * @throws RangeError if a table has no rows or the columns differ
 * @example tables.tvComplement(table({ x: ["a", "a", "b", null] }), table({ x: ["a", "b", "b", "b"] })).value // 0.5
 */
export function tvComplement(real: Table, synthetic: Table): ColumnScores {
  const other = comparable("tvComplement", real, synthetic);
  return columnScores(
    columnKinds(real).categories.map((i) => {
      const ofOther = codesOf(other, i, []);
      // The real table in the other's numbering, which has the values of both.
      const ofReal = codesOf({ ...other, cells: real.cells, rows: real.rows }, i, []);
      return {
        name: real.columns[i].name,
        value: 1 - totalVariation(frequencies(ofReal), frequencies(ofOther)),
      };
    }),
  );
}

/**
 * For each column of numbers that has a missing cell in one of the tables, 1 minus the absolute difference of the
 * shares of missing cells: MissingValueSimilarity of SDMetrics.
 * @param real rows of the data
 * @param synthetic samples, with the same columns
 * @throws RangeError if a table has no rows or the columns differ
 * @example tables.missingValueSimilarity(table({ x: [1, null] }), table({ x: [1, 2, 3, null] })).value // 0.75
 */
export function missingValueSimilarity(real: Table, synthetic: Table): ColumnScores {
  const other = comparable("missingValueSimilarity", real, synthetic);
  const scores = columnKinds(real).numbers.flatMap((i) => {
    const [a, b] = [missingShare(real.cells[i]), missingShare(other.cells[i])];
    return a + b === 0 ? [] : [{ name: real.columns[i].name, value: 1 - Math.abs(a - b) }];
  });
  return columnScores(scores);
}

const missingShare = (cells: Float64Array) => cells.filter(Number.isNaN).length / cells.length;
