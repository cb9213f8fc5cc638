/** How private samples are: their distance to the closest record that was trained on, and copies of records. */
import type { Table } from "../../data/tables/table.js";
import { checkNumber, checkOptions, checkSeed } from "../../options.js";
import { columnKinds, comparableSets, type TableSets } from "./comparable.js";
import { type RowChoice, randomRows, uniformRows } from "./random-rows.js";

export interface ClosestRecordOptions {
  /** The greatest number of samples whose closest records are found; default 5,000. */
  readonly rows?: number;
  /** The greatest number of records that they are compared with, of each set; default 20,000. */
  readonly records?: number;
  /** Seed of the choice of rows, and of the uniform rows; default 0. */
  readonly seed?: number;
}

export interface ClosestRecord {
  /**
   * Share of the samples that are nearer to a training row than to every held-out row, of as many of both; equal
   * distances count half. 0.5 if nothing is copied.
   */
  readonly nearerToTraining: number;
  /**
   * Median of the distance to the closest training row, divided by that of uniform rows, at most 1; not given if the
   * latter is 0.
   */
  readonly protection?: number;
  /** The same of held-out rows in place of samples. */
  readonly heldOutProtection?: number;
  /** Medians of the distance to the closest training row. */
  readonly medians: { readonly synthetic: number; readonly heldOut: number; readonly uniform: number };
  /** Share of all samples that equal a training row in every column. */
  readonly copies: number;
  /** Share of all held-out rows that do: the data's own repetitions. */
  readonly heldOutCopies: number;
  readonly counts: {
    readonly synthetic: number;
    readonly heldOut: number;
    /** Training rows that distances are to. */
    readonly training: number;
    /** Training rows, and held-out rows, of the comparison of the two. */
    readonly each: number;
  };
}

/** Rows of which the median distance is taken, where it is a floor or a unit only. */
const enoughForMedian = 1000;

/**
 * Distances of samples to their closest training row and their closest held-out row: Gower 1971, the mean over the
 * columns of the absolute difference divided by the range of the training rows (at most 1), of 0 or 1 for equal or
 * other values of categories, and of 1 if one of the two is missing. `protection` is DCRBaselineProtection of
 * SDMetrics. `nearerToTraining` is what it calls overfitting, as a share: a model that copies nothing cannot tell
 * training rows from held-out ones. Large sets are chosen from at random: 5,000 samples, 20,000 records, 1,000 held-out
 * and uniform rows for the medians; copies are searched in all rows.
 * @throws RangeError if a table has no rows, columns differ, or an option is out of range
 * @throws TypeError for an unknown option
 * @example tables.closestRecord({ train: table({ x: [0, 10] }), heldOut: table({ x: [5, 6] }), synthetic: table({ x: [0, 4] }) }).nearerToTraining // 0.5
 */
export function closestRecord(sets: TableSets, options: ClosestRecordOptions = {}): ClosestRecord {
  const what = "closestRecord";
  checkOptions(what, sets, ["train", "heldOut", "synthetic"]);
  checkOptions(what, options, ["rows", "records", "seed"]);
  const { rows = 5000, records = 20_000, seed = 0 } = options;
  checkNumber(what, "rows", rows, { atLeast: 1, whole: true });
  checkNumber(what, "records", records, { atLeast: 1, whole: true });
  checkSeed(what, seed);
  const { train, heldOut, synthetic } = comparableSets(what, sets);
  const scale = scaleOf(train);
  const points = (of: NonNullable<RowChoice["of"]>, table: Table, count: number) =>
    scale(randomRows(table, { count, seed, of }));
  const each = Math.min(records, train.rows, heldOut.rows);
  const [samples, training] = [points("samples", synthetic, rows), points("training", train, records)];
  // The first rows of a random choice are as random: they are as many as there are held-out rows.
  const toTraining = closest(samples, training, { to: each });
  const toHeldOut = closest(samples, points("heldOut", heldOut, each));
  let nearer = 0;
  toTraining.forEach((distance, i) => {
    nearer += distance < toHeldOut[i] ? 1 : distance === toHeldOut[i] ? 0.5 : 0;
  });
  const ofHeldOut = points("heldOut", heldOut, Math.min(rows, enoughForMedian));
  const uniform = scale(uniformRows(train, Math.min(samples.rows, enoughForMedian), seed));
  const medians = {
    synthetic: median(closest(samples, training, { from: each, known: toTraining })),
    heldOut: median(closest(ofHeldOut, training)),
    uniform: median(closest(uniform, training)),
  };
  const known = new Set(rowTexts(train));
  const shareKnown = (table: Table) => rowTexts(table).filter((text) => known.has(text)).length / table.rows;
  return {
    nearerToTraining: nearer / samples.rows,
    ...(medians.uniform > 0 && {
      protection: Math.min(1, medians.synthetic / medians.uniform),
      heldOutProtection: Math.min(1, medians.heldOut / medians.uniform),
    }),
    medians,
    copies: shareKnown(synthetic),
    heldOutCopies: shareKnown(heldOut),
    counts: { synthetic: samples.rows, heldOut: ofHeldOut.rows, training: training.rows, each },
  };
}

/** Rows as points: their distance is the mean, over the coordinates, of the absolute difference, at most 1. */
interface Points {
  readonly rows: number;
  /** Coordinates, [rows, width]. */
  readonly values: Float64Array;
  readonly width: number;
}

/** A coordinate far from all others, but at no distance from itself. */
const missing = 1e300;

/**
 * Numbers in units of the range of the training rows, and indices of values, of which different ones are at least 1
 * apart.
 */
function scaleOf(train: Table): (table: Table) => Points {
  const { numbers, categories } = columnKinds(train);
  const units = train.cells.map((cells, index) => {
    const known = cells.filter((cell) => !Number.isNaN(cell));
    if (known.length === 0 || categories.includes(index)) return { low: 0, range: 1 };
    const low = known.reduce((least, cell) => Math.min(least, cell), Number.POSITIVE_INFINITY);
    const high = known.reduce((most, cell) => Math.max(most, cell), Number.NEGATIVE_INFINITY);
    // In a column of one value every other one is as far as can be.
    return { low, range: high - low || 1e-100 };
  });
  // Categories tell most pairs of rows apart, so that few of the numbers are looked at.
  const order = [...categories, ...numbers];
  return ({ rows, cells }) => {
    const width = order.length;
    const values = new Float64Array(rows * width);
    order.forEach((index, at) => {
      const { low, range } = units[index];
      for (let row = 0; row < rows; row++) {
        const cell = cells[index][row];
        values[row * width + at] = Number.isNaN(cell) ? missing : (cell - low) / range;
      }
    });
    return { rows, values, width };
  };
}

interface Search {
  /** First record, and the one after the last; default: all. */
  readonly from?: number;
  readonly to?: number;
  /** Distances to the closest of other records. */
  readonly known?: Float64Array;
}

/** Distance of each point to the closest record. A sum that exceeds the least one so far is not finished. */
function closest({ rows, values, width }: Points, records: Points, search: Search = {}): Float64Array {
  const { from = 0, to = records.rows, known } = search;
  const others = records.values;
  const distances = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let least = known === undefined ? Number.POSITIVE_INFINITY : known[row] * width;
    const first = row * width;
    for (let record = from * width; record < to * width; record += width) {
      let sum = 0;
      for (let at = 0; at < width && sum < least; at++) {
        const difference = Math.abs(values[first + at] - others[record + at]);
        sum += difference < 1 ? difference : 1;
      }
      if (sum < least) least = sum;
    }
    distances[row] = least / width;
  }
  return distances;
}

/** The middle value, or the mean of the two in the middle. */
function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/** A text for each row; two are equal if the rows are. */
function rowTexts({ rows, cells }: Table): string[] {
  return Array.from({ length: rows }, (_, row) => cells.map((column) => column[row]).join());
}
