/** Random choices of a table's rows, and rows whose cells are independent and uniform. */
import { isCategories } from "../../data/tables/column-spec.js";
import { randomSource } from "../../data/random-source.js";
import { type Table, tableRows } from "../../data/tables/table.js";
import { permutation } from "../../numbers/philox.js";
import { dataStreams } from "../../numbers/streams.js";

export interface RowChoice {
  /** The greatest number of rows. */
  readonly count: number;
  readonly seed: number;
  /** Choices of different names are independent, also those from tables of as many rows. */
  readonly of?: "samples" | "training" | "heldOut";
}

const sets = ["samples", "training", "heldOut"];

/** So many rows without repetition, or all of them, in random order; fewer are the first ones of more. */
export function randomRows(table: Table, { count, seed, of = "samples" }: RowChoice): Table {
  const clock = { seed, step: sets.indexOf(of), stream: dataStreams.metricRows };
  return tableRows(table, permutation(Math.min(count, table.rows), table.rows, clock, { of: table.rows }));
}

/**
 * Rows that know nothing of the table but what a single cell may be: a number uniform between the least and the
 * greatest one, rounded to the column's decimals, one of the values that occur, or missing as often as in the table.
 */
export function uniformRows(table: Table, count: number, seed: number): Table {
  const cells = table.columns.map((column, i) => {
    const source = randomSource(seed, dataStreams.metricRandomRows, i);
    const known = table.cells[i].filter((cell) => !Number.isNaN(cell));
    const values = isCategories(column) ? [...new Set(known)].sort((a, b) => a - b) : [];
    const low = known.reduce((least, cell) => Math.min(least, cell), Number.POSITIVE_INFINITY);
    const high = known.reduce((most, cell) => Math.max(most, cell), Number.NEGATIVE_INFINITY);
    return Float64Array.from({ length: count }, () => {
      if (source.uniform() * table.rows >= known.length) return Number.NaN;
      if (isCategories(column)) return values[source.integer(values.length)];
      // Half a step beyond both ends, so that rounding gives these as often as other values.
      const half = 0.5 * 10 ** -column.decimals;
      const value = Number(source.between(low - half, high + half).toFixed(column.decimals)) + 0;
      return Math.min(high, Math.max(low, value));
    });
  });
  return { ...table, rows: count, cells };
}
