/**
 * `genloom/tables`: tables with columns of different kinds, in any host: files to data sets, samples to rows and files, conditions,
 * missing cells, a Gaussian copula, and measures of how alike samples are to the data.
 */
import type { ColumnSpec } from "../../data/tables/column-spec.js";
import { tableData } from "../../data/tables/table-data.js";
import type { Dataset, DatasetSource } from "../../data/training-data.js";
import { checkOptions } from "../../options.js";
import { type ColumnWish, inferColumns } from "./infer-columns.js";
import { type CellOptions, type Cells, mayBeMixed, readCells } from "./read-cells.js";
import { tableOfCells } from "./table-cells.js";

export { balancedRows, columnsOfModel, type DrawnRows, type DrawOptions, drawRows } from "./draw-rows.js";
export * from "../../metrics/tables/index.js";
export { type FilledRows, fillRows, fillSamples } from "./fill-rows.js";
export { type CellOptions, type Cells, readCells } from "./read-cells.js";
export { type Hyparquet, type ParquetMetadata, isParquet, readAnyCells, readParquet } from "./read-parquet.js";
export { type Condition, holds, parseWhere } from "./where.js";
export { type ColumnWish, inferColumns } from "./infer-columns.js";
export { decodeTable } from "../../data/tables/decode.js";
export { conditionSpans, layoutOf, type TableLayout, tableClasses } from "../../data/tables/spans.js";
export { type TableDataOptions, tableOf } from "../../data/tables/table-data.js";
export { tableData };
export { cellText, textRows } from "../../data/tables/write-cell.js";
export { filledCsv, tableCsv, tableOfCells } from "./table-cells.js";
export type * as types from "../../types.js";

export interface ReadTableOptions extends CellOptions, TableOptions {}

/** How cells become a data set. */
export interface TableOptions {
  /** The columns, as they were inferred and edited, or as a model has them; default: inferred. */
  readonly columns?: readonly ColumnWish[] | undefined;
  /** Whether values that the columns do not know count as missing; default: they are errors. */
  readonly lenient?: boolean;
  readonly source?: DatasetSource;
}

/**
 * A data set of a table file's rows; undefined if all cells are numbers, or if no column is of another kind: such files are tables
 * of features.
 * @throws as `readTable`
 */
export function readMixedTable(
  bytes: Uint8Array,
  options: Omit<ReadTableOptions, "columns" | "lenient">,
): Dataset | undefined {
  checkOptions("readMixedTable", options, ["name", "header", "source"]);
  const { source, ...reading } = options;
  if (!mayBeMixed(bytes)) return undefined;
  const cells = readCells(bytes, reading);
  return isMixed(cells) ? tableFromCells(cells, { ...(source && { source }) }) : undefined;
}

/** Whether a column has no number among its cells, or one has missing cells between numbers. */
function isMixed({ header, rows }: Cells): boolean {
  const isNumber = (text: string) => text !== "" && Number.isFinite(Number(text));
  return header.some((_, at) => {
    const known = rows.filter((row) => row[at] !== "");
    return known.length > 0 && (known.length < rows.length || !known.some((row) => isNumber(row[at])));
  });
}

/**
 * A data set of a table file's rows.
 * @throws BadFileError for a file that breaks a rule, which is named with row and column; UsageError if there is nothing to learn
 */
export function readTable(bytes: Uint8Array, options: ReadTableOptions): Dataset {
  checkOptions("readTable", options, ["name", "header", "columns", "lenient", "source"]);
  const { name, header, ...rest } = options;
  return tableFromCells(readCells(bytes, { name, header }), rest);
}

/**
 * A data set of rows that are known as texts, such as `readParquet` gives them.
 * @throws as `readTable`
 */
export function tableFromCells(cells: Cells, options: TableOptions = {}): Dataset {
  checkOptions("tableFromCells", options, ["columns", "lenient", "source"]);
  const { columns, lenient, source } = options;
  const complete = columns?.every((column) => "modes" in column || "values" in column);
  const own = complete ? (columns as readonly ColumnSpec[]) : inferColumns(cells, columns);
  const table = tableOfCells(cells, own, lenient ? "missing" : "error");
  return tableData(table, { ...(source && { source }) });
}
