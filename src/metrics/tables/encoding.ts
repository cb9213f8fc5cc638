/**
 * Rows as inputs of a linear model. A number is its standardised value (0 if missing) and one of its tenths or
 * "missing"; a category is one of its values or "missing". What a row has is stored: a few numbers, and the indices of
 * the inputs that are 1.
 */
import type { Table } from "../../data/tables/table.js";
import { type Codes, codesOf, decileEdges } from "./codes.js";
import { columnKinds } from "./comparable.js";

export interface Inputs {
  readonly rows: number;
  /** Standardised numbers, [rows, numbers]; they are the first inputs. */
  readonly dense: Float64Array;
  readonly numbers: number;
  /** Indices of the inputs that are 1, [rows, ones]. */
  readonly hot: Int32Array;
  readonly ones: number;
  /** Number of inputs in all. */
  readonly size: number;
}

/**
 * An encoding whose means, deviations and tenths are those of a training table; for that table and others with its
 * columns.
 */
export type Encoding = (table: Table) => Inputs;

/** The encoding of all columns but the target. */
export function encodingOf(training: Table, target: number): Encoding {
  const numbers = columnKinds(training).numbers.filter((index) => index !== target);
  const coded = [...training.columns.keys()].filter((index) => index !== target);
  const edges = training.cells.map((cells) => decileEdges(cells));
  const scales = numbers.map((index) => scaleOf(training.cells[index]));
  return (table) => {
    const { rows } = table;
    const dense = new Float64Array(rows * numbers.length);
    numbers.forEach((index, at) => {
      const { mean, deviation } = scales[at];
      for (let row = 0; row < rows; row++) {
        const cell = table.cells[index][row];
        dense[row * numbers.length + at] = Number.isNaN(cell) ? 0 : (cell - mean) / deviation;
      }
    });
    const codes: readonly Codes[] = coded.map((index) => codesOf(table, index, edges[index]));
    const hot = new Int32Array(rows * coded.length);
    let size = numbers.length;
    codes.forEach(({ codes, count }, at) => {
      for (let row = 0; row < rows; row++) hot[row * coded.length + at] = size + codes[row];
      size += count;
    });
    return { rows, dense, numbers: numbers.length, hot, ones: coded.length, size };
  };
}

function scaleOf(cells: Float64Array) {
  const known = cells.filter((cell) => !Number.isNaN(cell));
  const mean = known.reduce((sum, cell) => sum + cell, 0) / Math.max(1, known.length);
  const variance = known.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / Math.max(1, known.length);
  // A constant column, whose variance is rounding, is 0 throughout.
  return { mean, deviation: variance > (mean * 1e-13) ** 2 ? Math.sqrt(variance) : 1 };
}
