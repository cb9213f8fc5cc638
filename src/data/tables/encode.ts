/** Rows of a table as records of a model, and back: see spans.ts. */
import { dataStreams } from "../../numbers/streams.js";
import { type RandomSource, randomSource } from "../random-source.js";
import { isCategories, type NumberColumn } from "./column-spec.js";
import { sharesOf } from "./modes.js";
import { type ColumnSpans, layoutOf } from "./spans.js";
import type { Table } from "./table.js";

/** Deviations of a mode to which the values -1 and 1 stand: those of the paper. */
const reach = 4;

/**
 * Records [rows, width] of a table. The mode of a number is drawn by its probability, from the seed.
 */
export function encodeTable(table: Table, seed = 0): Float32Array {
  const layout = layoutOf(table.columns);
  const { width } = layout;
  const records = new Float32Array(table.rows * width);
  layout.columns.forEach((spans, i) => {
    const source = randomSource(seed, dataStreams.tableModes, i);
    const encode = encoder(spans, source);
    for (let row = 0; row < table.rows; row++) encode(table.cells[i][row], records, row * width);
  });
  return records;
}

type Encode = (cell: number, records: Float32Array, at: number) => void;

/** Writes a cell into the record that begins at `at`. */
function encoder({ column, value = 0, choice }: ColumnSpans, source: RandomSource): Encode {
  const mark = (records: Float32Array, at: number, chosen: number) => {
    if (choice) records[at + choice.start + chosen] = 1;
  };
  if (isCategories(column))
    return (cell, records, at) => mark(records, at, Number.isNaN(cell) ? column.values.length : cell);
  const { modes } = column;
  const shares = new Float64Array(modes.length);
  return (cell, records, at) => {
    if (Number.isNaN(cell)) return mark(records, at, modes.length);
    sharesOf(cell, modes, shares);
    const mode = drawn(shares, source.uniform());
    const { mean, deviation } = modes[mode];
    if (deviation > 0) records[at + value] = Math.min(1, Math.max(-1, (cell - mean) / (reach * deviation)));
    mark(records, at, mode);
  };
}

/** The choice in whose interval the quantile lies. */
function drawn(shares: Float64Array, quantile: number): number {
  let rest = quantile;
  for (let k = 0; k < shares.length; k++) {
    rest -= shares[k];
    if (rest < 0) return k;
  }
  return shares.lastIndexOf(Math.max(...shares));
}

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
