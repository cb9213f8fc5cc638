/** A table in memory: the cells of each column as numbers. */
import type { LearnedColumn } from "./column-spec.js";

export interface Table {
  readonly name: string;
  readonly columns: readonly LearnedColumn[];
  readonly rows: number;
  /**
   * For each column, a number for each row: the value of a number, days or seconds of a date, the index of a category's value.
   * NaN where the cell is missing.
   */
  readonly cells: readonly Float64Array[];
}

/** The rows with these indices, in that order, copied. */
export function tableRows(table: Table, indices: ArrayLike<number>): Table {
  const cells = table.cells.map((column) => Float64Array.from(indices, (row) => column[row]));
  return { ...table, rows: indices.length, cells };
}
