/**
 * Columns of a table whose cells are of different kinds: numbers, dates, categories, truth values. A description of columns is
 * inferred from a file, can be written out and edited, and is kept with the run and the saved model.
 */

/** A part of the distribution of a column of numbers: a normal distribution, or a single value if `deviation` is 0. */
export interface Mode {
  readonly mean: number;
  readonly deviation: number;
  /** Share of the known cells, above 0. */
  readonly weight: number;
}

export interface Named {
  /** Name in the header; unique within the table. */
  readonly name: string;
}

/** Text of a cell without a value, such as "" or "NA"; not given if every cell of the column has one. */
export interface MayMiss extends Named {
  readonly missing?: string;
}

/** Numbers, whole numbers, or dates, which are counted in days or seconds since 1970-01-01 (UTC). */
export interface NumberColumn extends MayMiss {
  readonly kind: "number" | "integer" | "date";
  readonly low: number;
  readonly high: number;
  /** Decimals that are written; 0 for whole numbers and dates. */
  readonly decimals: number;
  /** The decimal sign, if it is not a point. */
  readonly decimalSign?: ",";
  /** The sign between thousands, if there is one. */
  readonly thousands?: "," | "." | " " | "'";
  /** Of a date: how it is written, such as "YYYY-MM-DD" or "DD.MM.YYYY hh:mm". */
  readonly format?: string;
  /** 1 to 10 of them, whose weights add up to 1. */
  readonly modes: readonly Mode[];
}

/** A few values that cells have, in any order; of a "boolean" two. */
export interface CategoryColumn extends MayMiss {
  readonly kind: "category" | "boolean";
  readonly values: readonly string[];
}

/** A column that no model learns: names, keys, free text. It is left out of samples. */
export interface IdentifierColumn extends Named {
  readonly kind: "identifier";
}

export type ColumnSpec = NumberColumn | CategoryColumn | IdentifierColumn;

/** A column that a model learns. */
export type LearnedColumn = NumberColumn | CategoryColumn;

/** Whether a column has a few values. */
export const isCategories = (column: ColumnSpec): column is CategoryColumn =>
  column.kind === "category" || column.kind === "boolean";

/** Whether a column has numbers or dates. */
export const isNumbers = (column: ColumnSpec): column is NumberColumn =>
  column.kind === "number" || column.kind === "integer" || column.kind === "date";

/** Whether a model learns a column. */
export const isLearned = (column: ColumnSpec): column is LearnedColumn => column.kind !== "identifier";
