/** Records of a model as rows of a table: see spans.ts. This code travels with exported generators. */
import { isCategories, type NumberColumn } from "./column-spec.js";
import { type ColumnSpans, layoutOf } from "./spans.js";
import type { Table } from "./table.js";

/** Deviations of a mode to which the values -1 and 1 stand: those of the paper (Xu et al. 2019, section 4.2). */
export const reach = 4;

/** The table of records [rows, width], such as samples of a model: the largest of a span is its choice. */
export function decodeTable(records: ArrayLike<number>, { name, columns }: Pick<Table, "name" | "columns">): Table {
  const { width, columns: placed } = layoutOf(columns);
  const rows = width === 0 ? 0 : records.length / width;
  const cells = placed.map((spans) => {
    const decode = decoder(spans);
    return Float64Array.from({ length: rows }, (_, row) => decode(records, row * width));
  });
  return { name, columns, rows, cells };
}

function decoder({ column, value = 0, choice }: ColumnSpans): (records: ArrayLike<number>, at: number) => number {
  const chosen = (records: ArrayLike<number>, at: number) => {
    if (!choice) return 0;
    let best = 0;
    for (let k = 1; k < choice.size; k++)
      if (records[at + choice.start + k] > records[at + choice.start + best]) best = k;
    return best;
  };
  if (isCategories(column))
    return (records, at) => {
      const one = chosen(records, at);
      return one < column.values.length ? one : Number.NaN;
    };
  return (records, at) => {
    const mode = column.modes[chosen(records, at)];
    return mode ? restored(mode.mean + reach * mode.deviation * records[at + value], column) : Number.NaN;
  };
}

/** A number as the column has it: within its limits, with its decimals. */
export function restored(value: number, { low, high, decimals }: NumberColumn): number {
  const limited = Math.min(high, Math.max(low, value));
  return decimals > 15 ? limited : Number(limited.toFixed(decimals));
}
