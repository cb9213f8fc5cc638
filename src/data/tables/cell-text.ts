/** Cells as texts, in the form of their column. This code travels with exported generators. */
import { writeDate } from "./cell-dates.js";
import { writeNumber } from "./cell-numbers.js";
import { isCategories, type LearnedColumn } from "./column-spec.js";
import type { Table } from "./table.js";

/** The text of a cell. */
export function cellText(value: number, column: LearnedColumn): string {
  if (Number.isNaN(value)) return column.missing ?? "";
  if (isCategories(column)) return column.values[value];
  return column.kind === "date" ? writeDate(value, column.format as string) : writeNumber(value, column);
}

/** Rows of a table as texts, with the names of its columns first. */
export function textRows({ columns, rows, cells }: Table): string[][] {
  const names = columns.map(({ name }) => name);
  const lists = Array.from({ length: rows }, (_, row) => columns.map((column, i) => cellText(cells[i][row], column)));
  return [names, ...lists];
}
