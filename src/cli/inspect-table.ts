/** `genloom inspect` of a table's file: what its columns are taken for. */
import { gunzip } from "../data/formats/gzip.js";
import { readWhole } from "../data/formats/read-file.js";
import { type ColumnSpec, isCategories, isNumbers } from "../data/tables/column-spec.js";
import type { Terminal } from "./terminal.js";

/** Values of a column that are shown. */
const mostShown = 6;

/** What a column holds, in a few words. */
async function detailsOf(column: ColumnSpec): Promise<string> {
  const { cellText } = await import("../domains/tables/index.js");
  const missing =
    "missing" in column && column.missing !== undefined ? `, missing as ${JSON.stringify(column.missing)}` : "";
  if (isNumbers(column)) return `${cellText(column.low, column)} to ${cellText(column.high, column)}${missing}`;
  if (!isCategories(column)) return "left out";
  const { values } = column;
  const shown = values.slice(0, mostShown).join(", ");
  return `${values.length > mostShown ? `${shown} … ${values.length} in all` : shown}${missing}`;
}

/** Prints the columns; with --json in the form that --columns reads. Returns the exit code. */
export async function inspectTable(path: string, terminal: Terminal): Promise<number> {
  const { inferColumns, readAnyCells } = await import("../domains/tables/index.js");
  const cells = await readAnyCells(await gunzip(await readWhole(path), path), { name: path });
  const columns = inferColumns(cells);
  terminal.document({ data: path, rows: cells.rows.length, columns });
  const width = Math.max(...columns.map(({ name }) => name.length));
  const lines = await Promise.all(
    columns.map(
      async (column) => `${column.name.padEnd(width)}  ${column.kind.padEnd(10)}  ${await detailsOf(column)}`,
    ),
  );
  terminal.text([`${cells.rows.length} rows`, ...lines].join("\n"));
  return 0;
}
