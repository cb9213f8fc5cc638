/** What the measures of two tables share: columns that match by name, scores of columns, and their mean. */
import { isCategories, isNumbers, type LearnedColumn } from "../../data/tables/column-spec.js";
import type { Table } from "../../data/tables/table.js";

export interface ColumnScore {
  /** Name of the column. */
  readonly name: string;
  readonly value: number;
}

export interface ColumnScores {
  /** Mean over the columns; not given if there are none. */
  readonly value?: number;
  readonly columns: readonly ColumnScore[];
}

/** The scores, with their mean. */
export function columnScores(columns: readonly ColumnScore[]): ColumnScores {
  return { ...meanOf(columns), columns };
}

/** The mean of values as a field, which is not there if there are no values. */
export function meanOf(scores: readonly { readonly value: number }[]): { readonly value?: number } {
  return scores.length === 0 ? {} : { value: scores.reduce((sum, { value }) => sum + value, 0) / scores.length };
}

/**
 * The other table as if it were described by the first one's columns: columns in that order, values of categories by
 * that column's indices. Values that the first one does not have get the indices after its own.
 * @throws RangeError if a table has no rows, or the columns differ in name or in being numbers or categories
 */
export function comparable(what: string, first: Table, other: Table): Table {
  for (const { name, rows } of [first, other])
    if (!(rows > 0)) throw new RangeError(`${what}: tables must have rows, found ${rows} in "${name}"`);
  if (first.columns.length !== other.columns.length)
    throw new RangeError(
      `${what}: tables must have the same columns, found ${first.columns.length} and ${other.columns.length}`,
    );
  const pairs = first.columns.map((column) => {
    const at = other.columns.findIndex(({ name }) => name === column.name);
    const found: LearnedColumn | undefined = other.columns[at];
    if (found === undefined || isNumbers(found) !== isNumbers(column)) {
      const instead = found === undefined ? "no" : `a ${found.kind} instead of a ${column.kind} in`;
      throw new RangeError(
        `${what}: tables must have the same columns, found ${instead} column "${column.name}" in "${other.name}"`,
      );
    }
    return matched(column, found, other.cells[at]);
  });
  return {
    name: other.name,
    rows: other.rows,
    columns: pairs.map(({ column }) => column),
    cells: pairs.map(({ cells }) => cells),
  };
}

function matched(column: LearnedColumn, found: LearnedColumn, cells: Float64Array) {
  if (!isCategories(column) || !isCategories(found)) return { column, cells };
  if (column.values.length === found.values.length && column.values.every((value, i) => value === found.values[i]))
    return { column, cells };
  const indices = new Map(column.values.map((value, i) => [value, i]));
  for (const value of found.values) if (!indices.has(value)) indices.set(value, indices.size);
  const renumbered = Float64Array.from(found.values, (value) => indices.get(value)!);
  return {
    column: { ...column, values: [...indices.keys()] },
    cells: cells.map((index) => (Number.isNaN(index) ? index : renumbered[index])),
  };
}

/** Rows that a model of tables was trained on, rows that it was not, and samples. */
export interface TableSets {
  /** Rows that the model was trained on. */
  readonly train: Table;
  /** Rows of the same source that it was not trained on. */
  readonly heldOut: Table;
  /** Its samples. */
  readonly synthetic: Table;
}

/** The sets as tables of the same columns, whose categories have the values of all of them. */
export function comparableSets<Sets extends TableSets & { readonly copula?: Table }>(what: string, sets: Sets): Sets {
  const names = (["train", "heldOut", "synthetic", "copula"] as const).filter((name) => sets[name] !== undefined);
  const tables: Table[] = [];
  for (const name of names) tables.push(comparable(what, tables.at(-1) ?? sets[name]!, sets[name]!));
  const { columns } = tables[tables.length - 1];
  return Object.fromEntries(names.map((name, i) => [name, { ...tables[i], columns }])) as unknown as Sets;
}

/** Indices of the columns of numbers, and of those of categories. */
export function columnKinds({ columns }: Table): { readonly numbers: number[]; readonly categories: number[] } {
  const indices = columns.map((_, index) => index);
  return {
    numbers: indices.filter((index) => isNumbers(columns[index])),
    categories: indices.filter((index) => isCategories(columns[index])),
  };
}

/** The cells that are not missing, in ascending order. */
export const knownSorted = (cells: Float64Array): Float64Array => cells.filter((cell) => !Number.isNaN(cell)).sort();
