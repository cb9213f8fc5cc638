/** What the columns of a table are, told from all of their cells. */
import type { CategoryColumn, ColumnSpec, LearnedColumn, NumberColumn } from "../../data/tables/column-spec.js";
import { modesOf } from "../../data/tables/modes.js";
import { BadFileError } from "../../errors.js";
import { dateFormatOf, parseDate } from "../../data/tables/cell-dates.js";
import { decimalsOf, type NumberStyle, parseNumber, styleOf } from "../../data/tables/cell-numbers.js";
import { alsoMissing, missingTexts } from "./missing-texts.js";
import type { Cells } from "./read-cells.js";

/** Whole numbers of at most so many values are categories, if every one of them has this many cells on average. */
const mostCodes = 12;
const cellsOfCode = 20;

/** Most values of a column of categories, and the share of its known cells that they may be. */
const mostCategories = 100;
const fewCategories = 10;
const largestShare = 0.5;

/** Cells with more characters than this on average are free text. */
const longestCategory = 60;

/** Share of numbers that makes other cells of a column errors, if there are more different cells than this. */
const mostlyNumbers = 0.9;
const fewDifferent = 50;

/** A column as texts. */
interface TextColumn {
  readonly table: string;
  readonly name: string;
  readonly texts: readonly string[];
  readonly semicolons: boolean;
}

/**
 * The columns of a table, in order: as `wishes` says, the others as their cells tell.
 * @throws BadFileError if a cell of a column of numbers is neither a number nor missing
 */
export function inferColumns(cells: Cells, wishes: readonly ColumnWish[] = []): ColumnSpec[] {
  const { name: table, header, rows, delimiter } = cells;
  const semicolons = delimiter === ";";
  const unknown = wishes.find(({ name }) => !header.includes(name));
  if (unknown)
    throw new BadFileError(
      `${table}: no column is named ${JSON.stringify(unknown.name)}; its columns: ${header.join(", ")}`,
      {
        code: "ERR_FILE_FORMAT",
        hint: "the columns that --columns describes must be in the table",
      },
    );
  return header.map((name, i) => {
    const column = { table, name, texts: rows.map((row) => row[i]), semicolons };
    const wish = wishes.find((one) => one.name === name);
    return wish ? wished(column, wish) : inferred(column);
  });
}

/** A column as a user describes it: complete, or its name and kind, and the rest is told from the cells. */
export type ColumnWish =
  | LearnedColumn
  | { readonly name: string; readonly kind?: ColumnSpec["kind"]; readonly missing?: string };

/** The column that a user wishes. Throws BadFileError if a cell is not of its kind. */
function wished(column: TextColumn, wish: ColumnWish): ColumnSpec {
  if ("modes" in wish || "values" in wish) return wish;
  const { kind, missing } = wish;
  if (kind === undefined && missing === undefined) return inferred(column);
  const { name } = column;
  if (kind === "identifier") return { name, kind };
  // A text that the user calls missing is read as an empty cell.
  const texts = missing === undefined ? column.texts : column.texts.map((text) => (text === missing ? "" : text));
  const own = { ...column, texts };
  const found = kind === undefined ? inferred(own) : asKind(own, kind);
  return missing === undefined || found.kind === "identifier" || found.missing === undefined
    ? found
    : { ...found, missing };
}

function asKind(column: TextColumn, kind: Exclude<ColumnSpec["kind"], "identifier">): ColumnSpec {
  const { table, name, texts, semicolons } = column;
  const known = texts.filter((text) => !missingTexts.has(text));
  const fail = (row: number, rule: string) => {
    throw new BadFileError(
      `${table}: row ${row + 1}, column ${JSON.stringify(name)}: ${JSON.stringify(texts[row])} is not ${rule}`,
      {
        code: "ERR_FILE_FORMAT",
        hint: `the file of --columns says that the column is of kind ${JSON.stringify(kind)}`,
      },
    );
  };
  if (known.length === 0)
    throw new BadFileError(`${table}: every cell of column ${JSON.stringify(name)} is missing`, {
      code: "ERR_FILE_FORMAT",
      hint: 'leave the column out: its kind is "identifier"',
    });
  if (kind === "category" || kind === "boolean") {
    const values = inOrder(countsOf(known).map(([text]) => text));
    return { name, kind, values, ...missingOf(texts, known) };
  }
  const strict = known.filter((text) => !alsoMissing.has(text));
  if (kind === "date") {
    const format = dateFormatOf(strict);
    if (format !== undefined) return dates(column, format, strict);
    return fail(
      texts.indexOf(strict.find((text) => dateFormatOf([text]) === undefined) ?? strict[0]),
      "a date like the others",
    );
  }
  const style = styleOf(strict, semicolons);
  if (!style)
    return fail(texts.indexOf(strict.find((text) => Number.isNaN(parseNumber(text, {}))) ?? strict[0]), "a number");
  return numberColumn(column, style, strict);
}

function inferred(column: TextColumn): ColumnSpec {
  const { name, texts, semicolons } = column;
  const known = texts.filter((text) => !missingTexts.has(text));
  if (known.length === 0) return { name, kind: "identifier" };
  const strict = known.filter((text) => !alsoMissing.has(text));
  const style = strict.length > 0 ? styleOf(strict, semicolons) : undefined;
  if (style) return numbers(column, style, strict);
  const format = strict.length > 0 ? dateFormatOf(strict) : undefined;
  if (format !== undefined) return dates(column, format, strict);
  refuseChange(column, strict);
  return categories(column, known);
}

/** The most frequent text of missing cells, as part of a column; nothing if no cell is missing. */
function missingOf(texts: readonly string[], known: readonly string[]): { missing?: string } {
  if (texts.length === known.length) return {};
  const set = new Set(known);
  const counts = countsOf(texts.filter((text) => !set.has(text)));
  return { missing: counts[0][0] };
}

/** Different texts with their numbers, the most frequent first. */
function countsOf(texts: readonly string[]): [text: string, count: number][] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}

function numbers(column: TextColumn, style: NumberStyle, known: readonly string[]): ColumnSpec {
  const { name } = column;
  const values = Float64Array.from(known, (text) => parseNumber(text, style));
  const different = new Set(values);
  const decimals = known.reduce((most, text) => Math.max(most, decimalsOf(text, style)), 0);
  if (isKey(name, values, different.size, decimals)) return { name, kind: "identifier" };
  const codes = decimals === 0 && different.size <= mostCodes && values.length >= cellsOfCode * different.size;
  const bits = different.size <= 2 && values.every((value) => value === 0 || value === 1);
  if (codes || bits || different.size === 1) return categories(column, known);
  return numberColumn(column, style, known);
}

function numberColumn({ name, texts }: TextColumn, style: NumberStyle, known: readonly string[]): NumberColumn {
  const values = Float64Array.from(known, (text) => parseNumber(text, style));
  const decimals = known.reduce((most, text) => Math.max(most, decimalsOf(text, style)), 0);
  return {
    name,
    kind: decimals === 0 ? "integer" : "number",
    ...spread(values),
    decimals,
    ...style,
    ...missingOf(texts, known),
    modes: modesOf(values),
  };
}

/** Whether whole numbers count the rows, or are named like keys and differ in every row. */
function isKey(name: string, values: Float64Array, different: number, decimals: number): boolean {
  if (decimals > 0 || different !== values.length || values.length < 3) return false;
  const counting = values.every((value, i) => i === 0 || value === values[i - 1] + 1);
  return counting || /^(.*[ _-])?(id|key|index|uuid)$/i.test(name);
}

function dates({ name, texts }: TextColumn, format: string, known: readonly string[]): NumberColumn {
  const values = Float64Array.from(known, (text) => parseDate(text, format));
  return {
    name,
    kind: "date",
    ...spread(values),
    decimals: 0,
    format,
    ...missingOf(texts, known),
    modes: modesOf(values),
  };
}

function spread(values: Float64Array): { low: number; high: number } {
  return {
    low: values.reduce((least, value) => Math.min(least, value)),
    high: values.reduce((most, value) => Math.max(most, value)),
  };
}

/** Throws BadFileError for a column of many numbers with some other cell. */
function refuseChange({ table, name, texts }: TextColumn, known: readonly string[]): void {
  const style = {};
  const isNumber = (text: string) => !Number.isNaN(parseNumber(text, style));
  const count = known.filter(isNumber).length;
  if (count < mostlyNumbers * known.length || new Set(known).size <= fewDifferent) return;
  const kept = new Set(known);
  const row = texts.findIndex((text) => kept.has(text) && !isNumber(text));
  throw new BadFileError(
    `${table}: row ${row + 1}, column ${JSON.stringify(name)}: ${JSON.stringify(texts[row])} is not a number, and ${count} of ${known.length} cells of this column are`,
    { code: "ERR_FILE_FORMAT", hint: "correct the cell, or leave it empty if its value is missing" },
  );
}

const truths = [
  ["true", "false"],
  ["yes", "no"],
  ["t", "f"],
  ["y", "n"],
  ["1", "0"],
].map((pair) => new Set(pair));

function categories(
  { name, texts }: TextColumn,
  known: readonly string[],
): CategoryColumn | { name: string; kind: "identifier" } {
  const counts = countsOf(known);
  const share = counts.length / known.length;
  const length = known.reduce((sum, text) => sum + text.length, 0) / known.length;
  const many = counts.length > mostCategories || (counts.length > fewCategories && share > largestShare);
  const unique = counts.length > 2 && counts.length === known.length;
  if (many || unique || length > longestCategory) return { name, kind: "identifier" };
  const values = counts.map(([text]) => text);
  const lower = values.map((text) => text.toLowerCase());
  const boolean = values.length === 2 && truths.some((pair) => lower.every((text) => pair.has(text)));
  return { name, kind: boolean ? "boolean" : "category", values: inOrder(values), ...missingOf(texts, known) };
}

/** Values that are whole numbers by size, all others as they are: the most frequent first. */
const inOrder = (values: readonly string[]): readonly string[] =>
  values.every((text) => /^-?\d+$/.test(text)) ? [...values].sort((a, b) => Number(a) - Number(b)) : values;
