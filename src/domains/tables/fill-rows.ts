/**
 * Missing cells of a table, filled in by a model: each row gets the missing cells of the samples that are most like its known
 * ones. It needs nothing but samples, so every family can do it.
 */
import { isCategories } from "../../data/tables/column-spec.js";
import { restored } from "../../data/tables/decode.js";
import type { Table } from "../../data/tables/table.js";

/** Samples that a row is compared with, and those whose cells it gets. */
export const fillSamples = 10_000;
const nearest = 25;

export interface FilledRows {
  readonly table: Table;
  /** Cells that were filled in. */
  readonly filled: number;
}

/**
 * Fills in the missing cells of a table. The distance is Gower's (1971): numbers by their difference in shares of the column's
 * range, categories 0 or 1, over the cells that both rows have. A number becomes the mean of the 25 nearest samples, a category
 * their most frequent value.
 * @param table rows, of which cells are missing (NaN)
 * @param samples rows of a model with the same columns
 */
export function fillRows(table: Table, samples: Table): FilledRows {
  const { columns, rows } = table;
  const scales = columns.map((column) => (isCategories(column) ? 0 : 1 / (column.high - column.low || 1)));
  const cells = table.cells.map((column) => column.slice());
  let filled = 0;
  const distances = new Float64Array(samples.rows);
  for (let row = 0; row < rows; row++) {
    const missing = columns.flatMap((_, i) => (Number.isNaN(table.cells[i][row]) ? [i] : []));
    if (missing.length === 0) continue;
    measure(table, samples, row, scales, distances);
    const order = smallest(distances, nearest);
    for (const i of missing) {
      const found = order.map((at) => samples.cells[i][at]).filter((value) => !Number.isNaN(value));
      if (found.length === 0) continue;
      const column = columns[i];
      cells[i][row] = isCategories(column) ? mostFrequent(found) : restored(mean(found), column);
      filled++;
    }
  }
  return { table: { ...table, cells }, filled };
}

/** Distances of a row to all samples. */
function measure(table: Table, samples: Table, row: number, scales: readonly number[], distances: Float64Array): void {
  distances.fill(0);
  table.cells.forEach((own, i) => {
    const value = own[row];
    if (Number.isNaN(value)) return;
    const others = samples.cells[i];
    const scale = scales[i];
    for (let at = 0; at < others.length; at++) {
      const other = others[at];
      distances[at] += Number.isNaN(other)
        ? 1
        : scale === 0
          ? other === value
            ? 0
            : 1
          : Math.abs(other - value) * scale;
    }
  });
}

/** Indices of the smallest numbers. */
function smallest(numbers: Float64Array, count: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < numbers.length; i++) {
    if (kept.length === count && numbers[i] >= numbers[kept[count - 1]]) continue;
    let at = kept.length;
    while (at > 0 && numbers[kept[at - 1]] > numbers[i]) at--;
    kept.splice(at, 0, i);
    if (kept.length > count) kept.pop();
  }
  return kept;
}

const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;

function mostFrequent(list: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of list) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}
