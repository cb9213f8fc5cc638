/** Data sets whose records are the rows of a table. */
import { UsageError } from "../../errors.js";
import { checkOptions, checkSeed } from "../../options.js";
import { dataset } from "../dataset.js";
import type { Dataset, DatasetSource, TrainingData } from "../training-data.js";
import { isStreamed } from "../training-data.js";
import { decodeTable } from "./decode.js";
import { encodeTable } from "./encode.js";
import { layoutOf } from "./spans.js";
import type { Table } from "./table.js";

export interface TableDataOptions {
  /** Seed of the modes of numbers; default 0. */
  readonly seed?: number;
  readonly source?: DatasetSource;
}

/**
 * A data set of a table's rows, for models of tables. Its records are described in spans.ts; `decodeTable` gives rows back.
 * @throws UsageError if fewer than two columns can be learned, or there is one row; TypeError for an unknown option, RangeError for a
 * seed that is not an integer from 0 to 2^53 - 1
 */
export function tableData(table: Table, options: TableDataOptions = {}): Dataset {
  checkOptions("tableData", options, ["seed", "source"]);
  const { seed = 0, source } = options;
  checkSeed("tableData", seed);
  const { name, columns, rows } = table;
  if (rows < 2)
    throw new UsageError(`table ${name}: at least two rows must be given, found ${rows}`, {
      hint: "a model learns from many rows",
    });
  const { width, columns: placed } = layoutOf(columns);
  const learned = placed.filter(({ value, choice }) => value !== undefined || choice);
  if (learned.length < 2)
    throw new UsageError(
      `table ${name}: at least two columns must have values that differ, found ${learned.length} of ${columns.length}`,
      {
        hint: "columns of names, keys and free text are left out; genloom inspect prints what each column was taken for",
      },
    );
  const data = dataset({
    name,
    records: encodeTable(table, seed),
    shape: [width],
    count: rows,
    ...(source && { source }),
  });
  return Object.freeze({ ...data, table: Object.freeze({ columns: Object.freeze([...columns]) }) });
}

/** The rows of a data set of a table. Throws UsageError if the data are none. */
export function tableOf(data: TrainingData): Table {
  const { name, table } = data;
  if (!table || isStreamed(data)) throw new UsageError(`${name}: these data are no table of rows`);
  return decodeTable(data.records, { name, columns: table.columns });
}
