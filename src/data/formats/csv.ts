/**
 * Numeric tables as text: cells separated by comma, semicolon or tab, one record per line, optionally a first line of
 * column names and one column of labels, which are integers or names of classes. Cells may be quoted as in RFC 4180.
 */

import type { ErrorCode } from "../../errors.js";
import { BadFileError, UsageError } from "../../errors.js";
import { mostClasses } from "../dataset.js";

export interface CsvOptions {
  /** Name used in messages. */
  name?: string;
  /** Whether the first line holds column names; default: if none of its cells is a number. */
  header?: boolean;
  /** Default: the one of `,` `;` tab that is most frequent in the first line. */
  delimiter?: "," | ";" | "\t";
  /**
   * The column that holds labels, all integers from 0 or all names: its name, its index from 0, "first" or "last"; `false` for none. Default: a column
   * named label, labels, class or target.
   */
  label?: string | number | false;
}

export interface CsvTable {
  /** Values row by row, without the label column. */
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Names of the value columns, if the file has a header. */
  readonly names?: readonly string[];
  readonly labels?: Int32Array;
  /** Names of the classes, in the order of their code units, if the labels are names. */
  readonly classNames?: readonly string[];
}

interface Line {
  readonly text: string;
  /** 1-based. */
  readonly number: number;
}

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const nonFinitePattern = /^[+-]?(nan|inf|infinity|na|n\/a|null|none|\?)$/i;
const labelNames = new Set(["label", "labels", "class", "target"]);
/** Whether a column of this name holds labels by default. */
export const isLabelName = (column: string): boolean => labelNames.has(column.toLowerCase());
const formatHint = "every cell must be a number; a first line of column names is allowed";

/**
 * Reads a numeric table.
 * @param text the whole file
 * @returns values as f32 in row-major order, and labels if a column holds them
 * @throws BadFileError naming line and column of the first bad cell; UsageError if the label column does not exist
 */
export function parseCsv(text: string, options: CsvOptions = {}): CsvTable {
  const name = options.name ?? "CSV data";
  const lines = linesOf(text);
  let line = lines.next();
  if (line.done) throw bad(name, "holds no lines", "ERR_FILE_EMPTY", "give a table with at least one line of numbers");
  const delimiter = options.delimiter ?? detectDelimiter(line.value.text);
  const first = cellsOf(line.value, delimiter, name);
  const hasHeader = options.header ?? isHeader(first, options.label);
  if (hasHeader) line = lines.next();
  if (line.done)
    throw bad(name, "holds column names but no records", "ERR_FILE_EMPTY", "give at least one line of numbers");

  const width = first.length;
  const label = labelColumn(options.label, hasHeader ? first : undefined, width, name);
  const columns = label < 0 ? width : width - 1;
  if (columns === 0)
    throw bad(name, "has no column besides the labels", "ERR_FILE_FORMAT", "give at least one column of values");

  const values: number[] = [];
  const labels: LabelCell[] = [];
  for (; !line.done; line = lines.next()) {
    const cells = cellsOf(line.value, delimiter, name);
    if (cells.length !== width) {
      throw bad(
        name,
        `line ${line.value.number} has ${cells.length} columns, line 1 has ${width}`,
        "ERR_FILE_FORMAT",
        formatHint,
      );
    }
    for (let column = 0; column < width; column++) {
      if (column === label) labels.push({ cell: cells[column], line: line.value.number });
      else values.push(numberOf(cells[column], line.value.number, column, name, delimiter));
    }
  }
  return {
    data: Float32Array.from(values),
    rows: values.length / columns,
    columns,
    ...(hasHeader ? { names: first.filter((_, column) => column !== label) } : {}),
    ...(label >= 0 ? classesOf(labels, label, name) : {}),
  };
}

/** Lines that are not blank, without line endings (LF, CRLF or CR) and byte order mark. */
function* linesOf(text: string): Generator<Line, undefined> {
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let number = 1; start < text.length; number++) {
    let end = start;
    while (end < text.length && text.charCodeAt(end) !== 10 && text.charCodeAt(end) !== 13) end++;
    const line = text.slice(start, end);
    if (line.trim() !== "") yield { text: line, number };
    start = end + (text.charCodeAt(end) === 13 && text.charCodeAt(end + 1) === 10 ? 2 : 1);
  }
  return undefined;
}

function detectDelimiter(line: string): string {
  const outside = line.replace(/"[^"]*"/g, "");
  const counts = [",", ";", "\t"].map((delimiter) => outside.split(delimiter).length);
  return [",", ";", "\t"][counts.indexOf(Math.max(...counts))];
}

/** Cells of a line, trimmed and unquoted. */
function cellsOf({ text, number }: Line, delimiter: string, name: string): string[] {
  if (!text.includes('"')) return text.split(delimiter).map((cell) => cell.trim());
  const cells: string[] = [];
  let rest = text;
  for (;;) {
    const quoted = quotedCell(rest, delimiter);
    const end = quoted === undefined ? rest.indexOf(delimiter) : quoted.end;
    const closed = quoted === undefined || end === rest.length || rest.startsWith(delimiter, end);
    if (!closed) {
      throw bad(
        name,
        `line ${number}, column ${cells.length + 1}: missing closing quote`,
        "ERR_FILE_FORMAT",
        formatHint,
      );
    }
    const cell = quoted === undefined ? rest.slice(0, end < 0 ? rest.length : end) : quoted.cell;
    cells.push(cell.trim());
    if (end < 0 || end === rest.length) return cells;
    rest = rest.slice(end + 1);
  }
}

/**
 * The quoted cell at the start of a text, and the end of the cell and the blanks after it (-1 if the closing quote is
 * missing). Not a regular expression: one with backtracking overflows the stack for a cell of 10 MB.
 */
function quotedCell(text: string, delimiter: string): { readonly cell: string; readonly end: number } | undefined {
  const notBlank = delimiter === "\t" ? /[^ ]/ : /\S/;
  const start = text.search(notBlank);
  if (text[start] !== '"') return undefined;
  let close = text.indexOf('"', start + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) return { cell: "", end: -1 };
  const blanks = text.slice(close + 1).search(notBlank);
  return {
    cell: text.slice(start + 1, close).replaceAll('""', '"'),
    end: blanks < 0 ? text.length : close + 1 + blanks,
  };
}

function isHeader(cells: readonly string[], label: CsvOptions["label"]): boolean {
  if (typeof label === "string" && cells.includes(label)) return true;
  return (
    cells.every((cell) => !numberPattern.test(cell)) &&
    cells.some((cell) => cell !== "" && !nonFinitePattern.test(cell))
  );
}

/** Index of the label column, or -1. */
function labelColumn(
  label: CsvOptions["label"],
  names: readonly string[] | undefined,
  width: number,
  name: string,
): number {
  if (label === false) return -1;
  if (label === undefined) return names?.findIndex(isLabelName) ?? -1;
  const column = typeof label === "number" ? label : (names?.indexOf(label) ?? -1);
  if (Number.isInteger(column) && column >= 0 && column < width) return column;
  if (label === "first") return 0;
  if (label === "last") return width - 1;
  throw new UsageError(`${name}: no label column ${JSON.stringify(label)}: the table has ${width} columns`, {
    hint:
      names === undefined
        ? 'give an index from 0, "first" or "last"'
        : `columns are ${names.slice(0, 8).join(", ")}${width > 8 ? ", …" : ""}`,
  });
}

function numberOf(cell: string, line: number, column: number, name: string, delimiter: string): number {
  if (numberPattern.test(cell)) {
    const value = Math.fround(Number(cell));
    if (Number.isFinite(value)) return value;
    throw bad(
      name,
      `line ${line}, column ${column + 1}: ${shortened(cell)} is beyond the range of f32`,
      "ERR_FILE_VALUE",
      "scale the column down",
    );
  }
  const where = `line ${line}, column ${column + 1}`;
  if (cell === "")
    throw bad(name, `${where}: empty cell`, "ERR_FILE_VALUE", "fill in or drop records with missing values");
  if (nonFinitePattern.test(cell)) {
    throw bad(
      name,
      `${where}: ${cell} is not a finite number`,
      "ERR_FILE_VALUE",
      "fill in or drop records with missing values",
    );
  }
  const decimalComma = delimiter !== "," && /^[+-]?\d+,\d+$/.test(cell);
  const hint = decimalComma
    ? "write decimal points, not commas"
    : line === 1
      ? `${formatHint}; a first line that mixes names and numbers needs header: true`
      : formatHint;
  throw bad(name, `${where}: ${JSON.stringify(shortened(cell))} is not a number`, "ERR_FILE_FORMAT", hint);
}

interface LabelCell {
  readonly cell: string;
  readonly line: number;
}

/** Labels of a column whose cells are all integers from 0, or all names of classes. */
function classesOf(
  labels: readonly LabelCell[],
  column: number,
  name: string,
): Pick<CsvTable, "labels" | "classNames"> {
  const numbered = labels.some(({ cell }) => numberPattern.test(cell));
  const fail = ({ cell, line }: LabelCell, rule: string, hint: string) =>
    bad(
      name,
      `line ${line}, column ${column + 1}: a label must be ${rule}, found ${JSON.stringify(shortened(cell))}`,
      "ERR_FILE_LABELS",
      hint,
    );
  if (numbered) {
    const isClass = ({ cell }: LabelCell) =>
      numberPattern.test(cell) && Number.isInteger(Number(cell)) && Number(cell) >= 0;
    const wrong = labels.find((one) => !isClass(one) || Number(one.cell) >= mostClasses);
    if (wrong !== undefined)
      throw fail(wrong, `an integer from 0 to ${mostClasses - 1}`, "number the classes from 0, or name all of them");
    return { labels: Int32Array.from(labels, ({ cell }) => Number(cell)) };
  }
  const nameless = labels.find(({ cell }) => cell === "" || nonFinitePattern.test(cell));
  if (nameless !== undefined)
    throw fail(
      nameless,
      `an integer from 0 to ${mostClasses - 1} or the name of a class`,
      "fill in or drop records with missing labels",
    );
  const classNames = [...new Set(labels.map(({ cell }) => cell))].sort();
  if (classNames.length > mostClasses)
    throw bad(
      name,
      `column ${column + 1} must have at most ${mostClasses} classes, found ${classNames.length}`,
      "ERR_FILE_LABELS",
      "choose a column of classes: label",
    );
  const numbers = new Map(classNames.map((one, i) => [one, i]));
  return { labels: Int32Array.from(labels, ({ cell }) => numbers.get(cell) as number), classNames };
}

function shortened(cell: string): string {
  return cell.length > 40 ? `${cell.slice(0, 40)}…` : cell;
}

function bad(name: string, message: string, code: ErrorCode, hint: string): BadFileError {
  return new BadFileError(`${name}: ${message}`, { code, hint });
}
