/**
 * The cells of a Parquet file as texts, parsed by the optional package `hyparquet` (MIT), which is loaded when it is first needed.
 * Portable.
 */
import { checkOptions } from "../../options.js";
import { emptyFile } from "../../data/formats/numeric-array.js";
import { BadFileError, UsageError } from "../../errors.js";
import { optionalPackage } from "../optional-package.js";
import { type CellOptions, type Cells, distinct, readCells } from "./read-cells.js";

/** What is used of the package. */
export interface Hyparquet {
  parquetMetadata(file: ArrayBuffer): ParquetMetadata;
  parquetRead(options: {
    readonly file: ArrayBuffer;
    readonly metadata: ParquetMetadata;
    readonly onComplete: (rows: readonly (readonly unknown[])[]) => void;
  }): Promise<void>;
}

/** The parts of a file's metadata that are used. */
export interface ParquetMetadata {
  /** The schema as a tree in preorder; the first element is its root. */
  readonly schema: readonly { readonly name: string; readonly type?: string; readonly num_children?: number }[];
}

const packageName = "hyparquet";

/**
 * Whether a file is Parquet: by its name, or by its first and last bytes (a CSV file may begin with a column PAR1).
 * @param name with its extension
 */
export function isParquet(bytes: Uint8Array, name: string): boolean {
  const ends = [bytes.subarray(0, 4), bytes.subarray(-4)];
  return /\.parquet(\.gz)?$/i.test(name) || ends.every((end) => String.fromCharCode(...end) === "PAR1");
}

/**
 * The package, if there is one.
 * @throws UsageError that names it if there is none
 */
export function needHyparquet(library: Hyparquet | undefined, name: string): Hyparquet {
  if (library !== undefined) return library;
  throw new UsageError(`${name}: Parquet files need the package ${packageName}, which is not installed`, {
    hint: `npm install ${packageName}`,
  });
}

/**
 * Reads the cells of a table, which is CSV or Parquet.
 * @param library the package hyparquet, for pages whose bundler cannot find it by its name; default: it is imported
 * @throws as `readCells` and `readParquet`
 */
export const readAnyCells = async (bytes: Uint8Array, options: CellOptions, library?: Hyparquet): Promise<Cells> =>
  isParquet(bytes, options.name) ? readParquet(bytes, options, library) : readCells(bytes, options);

/**
 * Reads the cells of a Parquet file: numbers and truth values as JavaScript writes them, dates as `2026-11-29`, dates with times as
 * `2026-11-29T16:30:00`, null as an empty cell, lists and structs as JSON.
 * @param library the package hyparquet; default: it is imported
 * @throws UsageError if the package is not installed; BadFileError if the file is damaged, or has no rows
 */
export async function readParquet(bytes: Uint8Array, options: CellOptions, library?: Hyparquet): Promise<Cells> {
  checkOptions("readParquet", options, ["name", "header"]);
  const { name } = options;
  if (bytes.length === 0) throw emptyFile(name);
  const parquet = needHyparquet(library ?? ((await optionalPackage(packageName)) as Hyparquet | undefined), name);
  const file = new Uint8Array(bytes).buffer;
  let columns: ParquetMetadata["schema"] = [];
  let values: readonly (readonly unknown[])[] = [];
  try {
    const metadata = parquet.parquetMetadata(file);
    columns = columnsOf(metadata.schema);
    await parquet.parquetRead({ file, metadata, onComplete: (rows) => (values = rows) });
  } catch (cause) {
    throw unreadable(name, cause);
  }
  if (values.length === 0 || columns.length === 0)
    throw new BadFileError(`${name}: holds no rows`, { code: "ERR_FILE_EMPTY", hint: "give a table with rows" });
  const writers = columns.map(({ type }, at) => writerOf(values, at, type === "FLOAT"));
  const rows = values.map((row) => writers.map((write, at) => write(row[at])));
  return { name, header: distinct(columns.map((column) => column.name.trim())), rows, delimiter: "," };
}

/** The children of the schema's root; those with children of their own are lists and structs. */
function columnsOf(schema: ParquetMetadata["schema"]): ParquetMetadata["schema"] {
  const found: ParquetMetadata["schema"][number][] = [];
  const after = (at: number): number => {
    let next = at + 1;
    for (let i = 0; i < (schema[at].num_children ?? 0); i++) next = after(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = after(at)) found.push(schema[at]);
  return found;
}

type Writer = (value: unknown) => string;

/** How the cells of a column are written: all dates of one in the same form, f32 with no more digits than it has. */
function writerOf(rows: readonly (readonly unknown[])[], at: number, single: boolean): Writer {
  const isDay = (value: unknown) => !(value instanceof Date) || value.getTime() % 86_400_000 === 0;
  const dateLength = rows.every((row) => isDay(row[at])) ? "YYYY-MM-DD".length : "YYYY-MM-DDThh:mm:ss".length;
  return (value) => {
    if (value === null || value === undefined) return "";
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString().slice(0, dateLength);
    if (typeof value === "number" && single) return shortest(value);
    return typeof value === "object" ? asJson(value) : String(value).trim();
  };
}

/** An f32 with the fewest digits that tell it from its neighbours: 0.1, not 0.10000000149011612. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(value);
}

const asJson = (value: object) =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint" ? String(part) : part instanceof Uint8Array ? Array.from(part) : part,
  );

function unreadable(name: string, cause: unknown): BadFileError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).replaceAll("\n", " ");
  const codec = /unsupported compression codec/.test(reason);
  return new BadFileError(`${name}: the Parquet file cannot be read (${reason})`, {
    code: codec ? "ERR_FILE_FORMAT" : "ERR_FILE_CORRUPT",
    hint: codec ? "save it with the compression snappy or none" : "download or save the file again, or save it as .csv",
    cause,
  });
}
