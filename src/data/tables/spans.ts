/**
 * Where the columns of a table lie in a record. A record is a row of numbers in spans: a span of 1 is a value from -1 to 1, a
 * longer one has a 1 at one place and 0 elsewhere.
 *
 *     column               spans
 *     numbers              the value within its mode; which mode, and behind the modes: missing
 *     categories           which value, and behind the values: missing
 *
 * A span with a single choice is left out: a column of one mode is a value alone, one of one category is nothing.
 */
import { type ColumnSpec, isCategories, isLearned, isNumbers, type LearnedColumn } from "./column-spec.js";

/** The spans of one column. */
export interface ColumnSpans {
  readonly column: LearnedColumn;
  /** Place of the value, of a column of numbers. */
  readonly value?: number;
  /** First place and number of the choices; not given if there is but one. */
  readonly choice?: { readonly start: number; readonly size: number };
}

export interface TableLayout {
  readonly columns: readonly ColumnSpans[];
  /** Lengths of all spans, in order. */
  readonly spans: readonly number[];
  /** Numbers in a record. */
  readonly width: number;
}

/** The layout of records of a table. */
export function layoutOf(columns: readonly ColumnSpec[]): TableLayout {
  const spans: number[] = [];
  let width = 0;
  const take = (size: number) => {
    spans.push(size);
    width += size;
    return width - size;
  };
  const placed = columns.filter(isLearned).map((column) => {
    const value = isNumbers(column) ? { value: take(1) } : {};
    const size = choicesOf(column);
    return { column, ...value, ...(size > 1 && { choice: { start: take(size), size } }) };
  });
  return { columns: placed, spans, width };
}

/** The number of modes or values, with one more if cells are missing. */
const choicesOf = (column: LearnedColumn): number =>
  (isCategories(column) ? column.values.length : column.modes.length) + (column.missing === undefined ? 0 : 1);

/** One value of a column of categories, as a class of a conditional model. */
export interface TableClass {
  readonly column: string;
  /** Text of the cell. */
  readonly value: string;
  /** Place in a record that is 1. */
  readonly place: number;
}

/** The classes that a model of a table can be asked for: every value of every column of categories, in order. */
export const tableClasses = ({ columns }: TableLayout): TableClass[] =>
  columns.flatMap(({ column, choice }) => {
    if (!choice || !isCategories(column)) return [];
    const texts = [...column.values, ...(column.missing === undefined ? [] : [column.missing])];
    return texts.map((value, i) => ({ column: column.name, value, place: choice.start + i }));
  });

/** Names of the classes: `sex = Female`. */
export const classNamesOf = (layout: TableLayout): string[] =>
  tableClasses(layout).map(({ column, value }) => `${column} = ${value}`);

/** Numbers of the spans that are columns of categories. */
export function conditionSpans({ columns, spans }: TableLayout): number[] {
  const starts = new Set(
    columns.flatMap(({ column, choice }) => (choice && isCategories(column) ? [choice.start] : [])),
  );
  let at = 0;
  return spans.flatMap((size, i) => {
    const start = at;
    at += size;
    return size > 1 && starts.has(start) ? [i] : [];
  });
}
