/** The results of `genloom score` as files, documents and lines. */
import { csvText } from "../data/formats/csv-text.js";
import { formatNpy } from "../data/formats/npy.js";
import { layoutOf } from "../data/tables/spans.js";
import { sizeOf } from "../graph/shape.js";
import type { DataDescription } from "../train/data-description.js";

/** Scores of records, and what is known of them. */
export interface Scored {
  readonly source: string;
  readonly measure: string;
  /** Latents of a record that the scores are estimated with. */
  readonly samples?: number;
  /** [count] */
  readonly scores: Float32Array;
  /** Scores of the values of records, [count, values], if they are asked for. */
  readonly fields?: Float32Array;
  /** Quantile of the scores of held-out records. */
  readonly threshold?: number;
  readonly heldOut?: { readonly quantile: number; readonly source: string; readonly count: number };
  /** How well the scores rank records that are known to be anomalies. */
  readonly ranking?: Readonly<Record<"anomalies" | "auroc" | "averagePrecision", number>>;
}

/** Names of a record's fields: those of a table's columns, or their number from 0. */
function fieldNames({ shape, range, tokens, table }: DataDescription): string[] {
  return table
    ? table.columns.map(({ name }) => name)
    : Array.from({ length: sizeOf(shape) }, (_, i) => range.columns?.[i]?.name ?? `${tokens ? "token" : "value"}${i}`);
}

/** Scores of the fields of records: of a table's rows one for each column, the sum over the column's numbers. */
export function fieldsOf(values: Float32Array, count: number, { table }: DataDescription): Float32Array {
  if (!table) return values;
  const { columns, width } = layoutOf(table.columns);
  const fields = new Float32Array(count * columns.length);
  columns.forEach(({ value, choice }, i) => {
    for (let row = 0; row < count; row++) {
      let sum = value === undefined ? 0 : values[row * width + value];
      for (let k = 0; k < (choice?.size ?? 0); k++) sum += values[row * width + (choice?.start ?? 0) + k];
      fields[row * columns.length + i] = sum;
    }
  });
  return fields;
}

/** Columns of numbers next to each other, row by row. */
function table(count: number, ...columns: readonly Float32Array[]): Float32Array {
  const widths = columns.map(({ length }) => length / count);
  const width = widths.reduce((sum, one) => sum + one, 0);
  const out = new Float32Array(count * width);
  let from = 0;
  columns.forEach((values, i) => {
    for (let row = 0; row < count; row++)
      out.set(values.subarray(row * widths[i], (row + 1) * widths[i]), row * width + from);
    from += widths[i];
  });
  return out;
}

const none = new Float32Array(0);

/** Whether each score is above the threshold, as 1 or 0. */
const aboveOf = ({ scores, threshold = Number.POSITIVE_INFINITY }: Scored): Float32Array =>
  scores.map((score) => (score > threshold ? 1 : 0));

/** A line for each record, after one of names: `score`, `above` if there is a threshold, and the fields. */
export function scoresCsv(scored: Scored, data: DataDescription): string {
  const { scores, fields, threshold } = scored;
  const above = threshold === undefined ? none : aboveOf(scored);
  const names = ["score", ...(threshold === undefined ? [] : ["above"]), ...(fields ? fieldNames(data) : [])];
  return csvText(table(scores.length, scores, above, fields ?? none), names.length, names);
}

/** An array [count], or [count, 1 + values] with the fields. */
export function scoresNpy({ scores, fields }: Scored): Uint8Array {
  const count = scores.length;
  if (!fields) return formatNpy(scores, [count]);
  return formatNpy(table(count, scores, fields), [count, 1 + fields.length / count]);
}

/**
 * The quantile of scores: the smallest of them that at least this share of all is not above (Hyndman, Fan 1996, definition 1). At
 * most a share of 1 - quantile is above it.
 */
export function quantileOf(scores: Float32Array, quantile: number): number {
  const sorted = Float32Array.from(scores).sort();
  // A share such as 0.07 of 100 is 7, not the next number above it.
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length - 1e-9) - 1)];
}

/** Share of the records that are above the threshold. */
const shareAbove = (scored: Scored) => aboveOf(scored).reduce((sum, one) => sum + one, 0) / scored.scores.length;

/** What programs are told, without the scores. */
export function documentOf(scored: Scored): object {
  const { measure, samples, scores, threshold, heldOut, ranking } = scored;
  return {
    ...{ measure, ...(samples !== undefined && { samples }), count: scores.length },
    ...(heldOut && {
      ...{ threshold, quantile: heldOut.quantile, above: shareAbove(scored) },
      heldOut: { source: heldOut.source, count: heldOut.count },
    }),
    ...ranking,
  };
}

/** The scores, and those of values, as lists of numbers. */
export function numbersOf({ scores, fields = none }: Scored): object {
  const width = fields.length / scores.length;
  const rows = Array.from(scores, (_, i) => Array.from(fields.subarray(i * width, (i + 1) * width)));
  return { scores: Array.from(scores), ...(width > 0 && { fields: rows }) };
}

/** What people are told. */
export function linesOf(scored: Scored): string[] {
  const { source, measure, samples, scores, threshold, heldOut, ranking } = scored;
  const estimate = samples === undefined ? "" : ` by ${samples} latents`;
  return [
    `${measure}${estimate} of ${scores.length} records of ${source}; higher is stranger`,
    ...(heldOut
      ? [
          `threshold ${threshold}: quantile ${heldOut.quantile} of ${heldOut.count} held-out records (${heldOut.source})`,
          `above it: ${(100 * shareAbove(scored)).toFixed(2)} %`,
        ]
      : []),
    ...(ranking
      ? [
          `AUROC ${ranking.auroc.toFixed(4)} (chance: 0.5), average precision ${ranking.averagePrecision.toFixed(4)} (chance: ${(ranking.anomalies / scores.length).toFixed(4)})`,
        ]
      : []),
  ];
}
