/** Rows of a table as records of a model: see spans.ts. */
import { dataStreams } from "../../numbers/streams.js";
import { type RandomSource, randomSource } from "../random-source.js";
import { isCategories } from "./column-spec.js";
import { reach } from "./decode.js";
import { sharesOf } from "./modes.js";
import { type ColumnSpans, layoutOf } from "./spans.js";
import type { Table } from "./table.js";

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
