/** Records of a table as rows of texts, of an exported generator. This code travels with the module. */
import { textRows } from "../data/tables/write-cell.js";
import { decodeTable } from "../data/tables/decode.js";
import type { TableDescription } from "../data/training-data.js";

/** Rows of cells as the training data have them, the names of the columns first. */
export const rowsOfRecords = (data: ArrayLike<number>, { columns }: TableDescription): string[][] =>
  textRows(decodeTable(data, { name: "", columns }));

/** Rows as CSV: cells with a comma, a quote or a line break are quoted (RFC 4180). */
export const csvOfRows = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
