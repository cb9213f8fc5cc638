/**
 * Densities of records of a table whose columns are independent: the background of a likelihood ratio (Ren et al. 2019, "Likelihood
 * Ratios for Out-of-Distribution Detection"). Their ratio to a model's likelihood tells how well the cells of a row belong together,
 * without how usual each of them is.
 */
import { type ColumnSpans, layoutOf } from "../../data/tables/spans.js";
import type { Dataset } from "../../data/training-data.js";

/** Intervals of a histogram of values within a mode, over [-1, 1]. */
const bins = 32;

/** What every choice and interval counts more than it has records, so that none has density 0. */
const prior = 0.5;

/** The number of the record's choice of a column, 0 if it has but one. */
function chosen({ choice }: ColumnSpans, records: ArrayLike<number>, at: number): number {
  if (!choice) return 0;
  for (let k = 0; k < choice.size; k++) if (records[at + choice.start + k] > 0.5) return k;
  return 0;
}

const binOf = (value: number) => Math.min(bins - 1, Math.max(0, Math.floor(((value + 1) / 2) * bins)));

/**
 * The distribution of each column alone: shares of the choices, and a histogram of the values of each choice.
 * @param reference a data set of a table
 * @returns log densities in nats of each place of records [count, width]: those of a choice stand at its place
 */
export function independentColumns(reference: Dataset): (records: ArrayLike<number>) => Float32Array {
  const { columns, width } = layoutOf(reference.table?.columns ?? []);
  const known = columns.map((spans) => {
    const { value, choice } = spans;
    const size = choice?.size ?? 1;
    const counts = new Float64Array(size).fill(prior);
    const values = new Float64Array(value === undefined ? 0 : size * bins).fill(prior);
    for (let row = 0; row < reference.count; row++) {
      const at = row * width;
      const k = chosen(spans, reference.records, at);
      counts[k]++;
      if (value !== undefined) values[k * bins + binOf(reference.records[at + value])]++;
    }
    return { spans, counts, values, total: reference.count + prior * size };
  });
  return (records) => {
    const logs = new Float32Array(records.length);
    for (let at = 0; at < records.length; at += width)
      for (const { spans, counts, values, total } of known) {
        const k = chosen(spans, records, at);
        const { value, choice } = spans;
        if (choice) logs[at + choice.start + k] = Math.log(counts[k] / total);
        if (value === undefined) continue;
        const share = values[k * bins + binOf(records[at + value])] / (counts[k] + prior * (bins - 1));
        logs[at + value] = Math.log((share * bins) / 2);
      }
    return logs;
  };
}
