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

/** The rows of tables with the same columns, one table after the other. Throws RangeError if there is none. */
export function joinTables(tables: readonly Table[]): Table {
  const [first] = tables;
  if (!first) throw new RangeError("joinTables: one or more tables must be given, found none");
  const rows = tables.reduce((sum, one) => sum + one.rows, 0);
  const cells = first.columns.map((_, i) => {
    const column = new Float64Array(rows);
    let at = 0;
    for (const one of tables) {
      column.set(one.cells[i], at);
      at += one.rows;
    }
    return column;
  });
  return { ...first, rows, cells };
}
