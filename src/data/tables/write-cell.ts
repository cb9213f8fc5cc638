/** Cells as texts, in the form of their column. This code travels with exported generators. */
import { isCategories, type LearnedColumn, type NumberColumn } from "./column-spec.js";
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

/** The parts of a date's format. */
export const dateToken = /YYYY|MM|M|DD|D|hh|mm|ss/g;

/** Milliseconds of the unit in which a format counts: a second if it has a time, otherwise a day. */
export const dateUnit = (format: string): number => (format.includes("hh") ? 1000 : 86_400_000);

/** A date as a cell. */
export function writeDate(value: number, format: string): string {
  const date = new Date(value * dateUnit(format));
  const padded = (number: number, size: number) => String(number).padStart(size, "0");
  const written: Readonly<Record<string, string>> = {
    YYYY: padded(date.getUTCFullYear(), 4),
    MM: padded(date.getUTCMonth() + 1, 2),
    M: String(date.getUTCMonth() + 1),
    DD: padded(date.getUTCDate(), 2),
    D: String(date.getUTCDate()),
    hh: padded(date.getUTCHours(), 2),
    mm: padded(date.getUTCMinutes(), 2),
    ss: padded(date.getUTCSeconds(), 2),
  };
  return format.replace(dateToken, (one) => written[one]);
}

/** A number as a cell, in the column's style. */
export function writeNumber(value: number, { decimals, decimalSign, thousands }: NumberColumn): string {
  const plain = decimals > 15 ? String(value) : value.toFixed(decimals);
  const [whole, rest] = plain.split(".");
  const grouped = thousands === undefined ? whole : whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  return rest === undefined ? grouped : `${grouped}${decimalSign ?? "."}${rest}`;
}
