/** How alike the dependence of pairs of columns is: correlations of numbers, joint frequencies of values. */
import type { Table } from "../../data/tables/table.js";
import { correlation } from "../../numbers/correlation.js";
import { type Codes, codesOf, decileEdges, frequencies, totalVariation } from "./codes.js";
import { columnKinds, comparable, meanOf } from "./comparable.js";

export interface PairScore {
  readonly names: readonly [first: string, second: string];
  readonly value: number;
}

export interface CorrelationPair extends PairScore {
  /** Pearson's correlation in the data. */
  readonly real: number;
  /** Pearson's correlation in the samples. */
  readonly synthetic: number;
}

export interface PairScores<Pair extends PairScore = PairScore> {
  /** Mean over the pairs; not given if there are none. */
  readonly value?: number;
  readonly pairs: readonly Pair[];
}

/**
 * For each pair of columns of numbers, 1 minus half of the absolute difference of Pearson's correlations:
 * CorrelationSimilarity of SDMetrics. Correlations are over the rows where both are known. A pair whose correlation is
 * not defined in the data, because one is constant, is left out; in the samples it counts as 0.
 * @param real rows of the data
 * @param synthetic samples, with the same columns
 * @throws RangeError if a table has no rows or the columns differ
 * @example tables.correlationSimilarity(table({ x: [1, 2, 3], y: [1, 2, 3] }), table({ x: [1, 2, 3], y: [3, 2, 1] })).value // 0
 */
export function correlationSimilarity(real: Table, synthetic: Table): PairScores<CorrelationPair> {
  const other = comparable("correlationSimilarity", real, synthetic);
  const pairs = pairsOf(columnKinds(real).numbers).flatMap(([i, j]) => {
    const inReal = correlation(real.cells[i], real.cells[j]);
    if (inReal === undefined) return [];
    const inSynthetic = correlation(other.cells[i], other.cells[j]) ?? 0;
    const value = 1 - Math.abs(inReal - inSynthetic) / 2;
    return [{ names: namesOf(real, i, j), value, real: inReal, synthetic: inSynthetic }];
  });
  return { ...meanOf(pairs), pairs };
}

/**
 * For each pair of columns of which one or both are categories, 1 minus the total variation distance of the joint
 * frequencies: ContingencySimilarity of SDMetrics. Numbers are cut at the deciles of the data (there at ten equal
 * widths, which leaves almost all cells of a skewed column in one). A missing cell is a value of its own. Joint
 * frequencies have many values, so that few rows give a much lower value: compare only values of equal numbers of rows.
 * @param real rows of the data
 * @param synthetic samples, with the same columns
 * @throws RangeError if a table has no rows or the columns differ
 * @example tables.contingencySimilarity(table({ x: ["a", "b"], y: ["c", "d"] }), table({ x: ["a", "b"], y: ["d", "c"] })).value // 0
 */
export function contingencySimilarity(real: Table, synthetic: Table): PairScores {
  const other = comparable("contingencySimilarity", real, synthetic);
  // The real table in the other's numbering, which has the values of both.
  const renumbered = { ...other, cells: real.cells, rows: real.rows };
  const edges = real.cells.map((cells) => decileEdges(cells));
  const ofReal = edges.map((edge, i) => codesOf(renumbered, i, edge));
  const ofOther = edges.map((edge, i) => codesOf(other, i, edge));
  const categories = new Set(columnKinds(real).categories);
  const pairs = pairsOf([...real.columns.keys()])
    .filter(([i, j]) => categories.has(i) || categories.has(j))
    .map(([i, j]) => ({
      names: namesOf(real, i, j),
      value: 1 - totalVariation(frequencies(joint(ofReal[i], ofReal[j])), frequencies(joint(ofOther[i], ofOther[j]))),
    }));
  return { ...meanOf(pairs), pairs };
}

const pairsOf = (indices: readonly number[]) =>
  indices.flatMap((i, at) => indices.slice(at + 1).map((j) => [i, j] as const));

const namesOf = ({ columns }: Table, i: number, j: number) => [columns[i].name, columns[j].name] as const;

const joint = (a: Codes, b: Codes): Codes => ({
  codes: a.codes.map((code, row) => code * b.count + b.codes[row]),
  count: a.count * b.count,
});
