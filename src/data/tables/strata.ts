/** The rows of a table by the values of its columns of categories, which are the classes of a conditional model. */
import { isStreamed, type TrainingData } from "../training-data.js";
import { layoutOf, tableClasses } from "./spans.js";

/** Rows of a table by the values of its columns of categories. */
export interface Strata {
  /** Indices of records: those of the first class, then those of the second, and so on. A record is in one class of each column. */
  readonly rows: Int32Array;
  /** Number of records of each class. */
  readonly counts: readonly number[];
  /** For each class, the number of its column among the columns of categories. */
  readonly columns: readonly number[];
}

/** The classes of the records of a table; undefined if the data are no table, or have no columns of categories. */
export function strataOf(data: TrainingData): Strata | undefined {
  if (!data.table || isStreamed(data)) return undefined;
  const layout = layoutOf(data.table.columns);
  const classes = tableClasses(layout);
  if (classes.length === 0) return undefined;
  const { records, count } = data;
  const names = [...new Set(classes.map(({ column }) => column))];
  const rows = new Int32Array(names.length * count);
  const counts: number[] = [];
  let at = 0;
  for (const { place } of classes) {
    const before = at;
    for (let row = 0; row < count; row++) if (records[row * layout.width + place] === 1) rows[at++] = row;
    counts.push(at - before);
  }
  return { rows, counts, columns: classes.map(({ column }) => names.indexOf(column)) };
}
