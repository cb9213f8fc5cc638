/** Conditions on rows: `age >= 30 and sex = Female`. */
import { isCategories, type LearnedColumn } from "../../data/tables/column-spec.js";
import type { Table } from "../../data/tables/table.js";
import { UsageError } from "../../errors.js";
import { meant } from "../../options.js";
import { cellText } from "../../data/tables/write-cell.js";
import { reader, ruleOf } from "./table-cells.js";

const operators = {
  "=": (a: number, b: number) => a === b,
  "!=": (a: number, b: number) => a !== b,
  "<": (a: number, b: number) => a < b,
  "<=": (a: number, b: number) => a <= b,
  ">": (a: number, b: number) => a > b,
  ">=": (a: number, b: number) => a >= b,
} as const;

type Operator = keyof typeof operators;

/** One condition. */
export interface Condition {
  /** Number of the column among those that are learned. */
  readonly column: number;
  readonly operator: Operator;
  /** The cell that others are compared with; NaN for a missing one. */
  readonly value: number;
  /** As it was written. */
  readonly text: string;
}

/**
 * Conditions of a text: `COLUMN OP VALUE`, with a blank on both sides of the operator (=, !=, <, <=, >, >=), several joined by
 * ` and `. The value is taken as it stands, up to the next condition.
 * @throws UsageError if a column is unknown, a value is none of its column, or numbers are compared outside of their limits
 */
export function parseWhere(text: string, columns: readonly LearnedColumn[]): Condition[] {
  const [first, ...others] = text.split(" and ");
  const joined = [first];
  for (const part of others) {
    const last = joined[joined.length - 1];
    const begins = placed(part, columns) || / (=|!=|<=?|>=?) /.test(part);
    // Otherwise " and " belongs to the name of a column or to a value.
    if (begins && placed(last, columns)) joined.push(part);
    else joined[joined.length - 1] = `${last} and ${part}`;
  }
  return joined.map((part) => condition(part, columns));
}

interface Placed {
  readonly column: number;
  readonly operator: Operator;
  readonly value: string;
}

function placed(part: string, columns: readonly LearnedColumn[]): Placed | undefined {
  for (const [column, { name }] of columns.entries()) {
    const rest = part.startsWith(`${name} `) ? /^(=|!=|<=|>=|<|>) (.*)$/s.exec(part.slice(name.length + 1)) : null;
    // A missing cell that is written as nothing: `workclass = `.
    const bare = part.startsWith(`${name} `) ? /^(=|!=)$/.exec(part.slice(name.length + 1)) : null;
    if (rest) return { column, operator: rest[1] as Operator, value: rest[2] };
    if (bare) return { column, operator: bare[1] as Operator, value: "" };
  }
  return undefined;
}

function condition(part: string, columns: readonly LearnedColumn[]): Condition {
  const names = columns.map(({ name }) => name);
  const found = placed(part.trim(), columns);
  if (!found) {
    const asked = / (?:=|!=|<=?|>=?)(?: |$)/.exec(part);
    const name = asked ? part.slice(0, asked.index).trim() : part;
    throw new UsageError(
      asked
        ? `where: no column is named ${JSON.stringify(name)}; ${meant(name, names)}`.replace(/; $/, "")
        : `where: a condition must be COLUMN OP VALUE, with blanks around one of = != < <= > >=, found ${JSON.stringify(part)}`,
      { hint: `columns: ${names.join(", ")}` },
    );
  }
  const { operator } = found;
  const column = columns[found.column];
  const value = reader(column)(found.value.trim());
  if (value === undefined)
    throw new UsageError(
      `where: ${JSON.stringify(found.value)} is not ${ruleOf(column)}, as column ${JSON.stringify(column.name)} has them`,
      {
        hint: "values are those of the training data, as they are written there",
      },
    );
  checkOrder(column, found, value);
  return { column: found.column, operator, value, text: part.trim() };
}

/** Throws UsageError if no cell of the column can meet the condition, or its values have no order. */
function checkOrder(column: LearnedColumn, { operator }: Placed, value: number): void {
  const { name } = column;
  const ordered = operator !== "=" && operator !== "!=";
  if (isCategories(column) && ordered)
    throw new UsageError(
      `where: the values of column ${JSON.stringify(name)} have no order, so ${operator} cannot compare them`,
      {
        hint: "use = or !=",
      },
    );
  if (Number.isNaN(value) && column.missing === undefined)
    throw new UsageError(`where: no cell of column ${JSON.stringify(name)} was missing in the training data`, {
      hint: "ask for a value",
    });
  if (isCategories(column) || Number.isNaN(value)) return;
  const { low, high } = column;
  const possible = {
    "=": value >= low && value <= high,
    "!=": true,
    "<": low < value,
    "<=": low <= value,
    ">": high > value,
    ">=": high >= value,
  };
  if (possible[operator]) return;
  throw new UsageError(
    `where: column ${JSON.stringify(name)} has values from ${cellText(low, column)} to ${cellText(high, column)}, so none is ${operator} ${cellText(value, column)}`,
    { hint: "a model makes no values outside of those of its training data" },
  );
}

/** Whether a row meets all conditions. A missing cell is equal to a missing one, and meets no other comparison than !=. */
export function holds(conditions: readonly Condition[], { cells }: Pick<Table, "cells">, row: number): boolean {
  return conditions.every(({ column, operator, value }) => {
    const cell = cells[column][row];
    if (!Number.isNaN(cell) && !Number.isNaN(value)) return operators[operator](cell, value);
    const same = Number.isNaN(cell) && Number.isNaN(value);
    return operator === "!=" ? !same : operator === "=" && same;
  });
}
