/** Texts of cells as a table, by its columns, and a table as texts again. */
import Papa from "papaparse";
import {
  type ColumnSpec,
  isCategories,
  isLearned,
  type LearnedColumn,
  type NumberColumn,
} from "../../data/tables/column-spec.js";
import type { Table } from "../../data/tables/table.js";
import { BadFileError } from "../../errors.js";
import { parseDate } from "../../data/tables/cell-dates.js";
import { parseNumber } from "../../data/tables/cell-numbers.js";
import { cellText, textRows, writeDate } from "../../data/tables/write-cell.js";
import { alsoMissing, missingTexts } from "./missing-texts.js";
import type { Cells } from "./read-cells.js";

/** What to do with a cell that its column does not allow: a value that no training row had. */
type Unknown = "error" | "missing";

/**
 * The table of cells, with the columns that are learned; others are left out. Cells of other columns may be absent.
 * @throws BadFileError if a column is missing, or a cell is not what its column says
 */
export function tableOfCells(cells: Cells, columns: readonly ColumnSpec[], unknown: Unknown = "error"): Table {
  const { name, header, rows } = cells;
  const learned = columns.filter(isLearned);
  const lists = learned.map((column) => {
    const at = header.indexOf(column.name);
    if (at < 0)
      throw new BadFileError(
        `${name}: the column ${JSON.stringify(column.name)} is missing; its columns: ${header.join(", ")}`,
        {
          code: "ERR_FILE_FORMAT",
          hint: "give a table with the columns of the training data",
        },
      );
    const read = reader(column, unknown);
    return Float64Array.from(rows, (row, i) => {
      const value = read(row[at]);
      if (value !== undefined) return value;
      throw new BadFileError(
        `${name}: row ${i + 1}, column ${JSON.stringify(column.name)}: ${JSON.stringify(row[at])} is not ${ruleOf(column)}`,
        { code: "ERR_FILE_FORMAT", hint: "correct the cell, or leave it empty if its value is missing" },
      );
    });
  });
  return { name, columns: learned, rows: rows.length, cells: lists };
}

const blank = new Set([...missingTexts, ...alsoMissing]);

/** What a column asks of its cells, for messages. */
export function ruleOf(column: LearnedColumn): string {
  if (isCategories(column)) return `one of ${shortList(column.values)}`;
  return column.kind === "date" ? `a date such as ${writeDate(column.low, column.format as string)}` : "a number";
}

const shortList = (values: readonly string[]) =>
  values.length > 12 ? `${values.slice(0, 12).join(", ")} … ${values.length} in all` : values.join(", ");

/** Reads cells of a column: NaN for a missing one, undefined for one that is not allowed. */
export function reader(column: LearnedColumn, unknown: Unknown = "error"): (text: string) => number | undefined {
  const other = unknown === "missing" ? Number.NaN : undefined;
  if (isCategories(column)) {
    const indices = new Map(column.values.map((value, i) => [value, i]));
    return (text) => indices.get(text) ?? (text === column.missing || blank.has(text) ? Number.NaN : other);
  }
  const parse = column.kind === "date" ? (text: string) => parseDate(text, column.format as string) : numberIn(column);
  return (text) => {
    const value = parse(text);
    return Number.isNaN(value) && text !== column.missing && !blank.has(text) ? other : value;
  };
}

/** In the column's own style, or with a decimal point. */
const numberIn = (column: NumberColumn) => (text: string) => {
  const own = parseNumber(text, column);
  return Number.isNaN(own) ? parseNumber(text, {}) : own;
};

/** A table as CSV with a header. */
export const tableCsv = (table: Table): string => `${Papa.unparse(textRows(table), { newline: "\n" })}\n`;

/** A file's rows with the cells that were missing in `before` and are known in `after`; all other cells stay as they were written. */
export function filledCsv({ header, rows }: Cells, before: Table, after: Table): string {
  const texts = rows.map((row) => [...row]);
  after.columns.forEach((column, i) => {
    const at = header.indexOf(column.name);
    for (let row = 0; row < after.rows; row++)
      if (Number.isNaN(before.cells[i][row]) && !Number.isNaN(after.cells[i][row]))
        texts[row][at] = cellText(after.cells[i][row], column);
  });
  return `${Papa.unparse([[...header], ...texts], { newline: "\n" })}\n`;
}
