/**
 * A Gaussian copula of a table, the simplest model that has both the distribution of each column and a dependence of
 * all: every cell becomes a score of the standard normal distribution, and the scores of a row are jointly normal. It
 * is the floor that trained models must beat. Patki, Wedge, Veeramachaneni 2016, "The Synthetic Data Vault", section
 * III, with two differences: columns of numbers have their empirical distribution (there the best fit of some
 * families), and a score is uniform within its value's interval of probabilities (there a truncated normal in it), so
 * that the scores of every column are exactly normal. As there, whether a cell is missing is a score of its own.
 */
import { choleskyFactor } from "../../numbers/cholesky.js";
import { correlation } from "../../numbers/correlation.js";
import { normalProbability, normalQuantile } from "../../numbers/normal.js";
import { dataStreams } from "../../numbers/streams.js";
import { checkNumber, checkOptions, checkSeed } from "../../options.js";
import { type RandomSource, randomSource } from "../random-source.js";
import { isCategories, type LearnedColumn } from "./column-spec.js";
import type { Table } from "./table.js";

/**
 * Distribution of the known cells of a column: the value of a probability is found by linear interpolation between
 * knots. Two knots of the same value are a single value with a probability.
 */
export interface Marginal {
  /** Share of missing cells. */
  readonly missing: number;
  /** Probabilities of the knots, ascending from 0 to 1. */
  readonly probabilities: readonly number[];
  /** Values of the knots: numbers, ascending, or indices of a category's values, the most frequent first. */
  readonly values: readonly number[];
}

/** A fitted copula; plain data, which JSON holds. */
export interface Copula {
  readonly name: string;
  readonly columns: readonly LearnedColumn[];
  readonly marginals: readonly Marginal[];
  /** Correlations of the scores: of the columns, then of whether a cell is missing, for each column where one is. */
  readonly correlation: readonly (readonly number[])[];
}

export interface CopulaOptions {
  /** Seed of the random scores within intervals, or of the samples; default 0. */
  readonly seed?: number;
}

/** A column with more different values is described by as many evenly spaced quantiles. */
const mostSteps = 1000;

/**
 * Fits a Gaussian copula: the distribution of each column, and the correlations of their scores. A column of numbers
 * with more than 1,000 different values is kept as 1,001 quantiles. The values of a category are intervals of the
 * probabilities, the most frequent first. Scores are drawn at random within intervals, which makes correlations with
 * categories and with frequent values weaker than they are. Correlations are over the rows where both cells are known.
 * @throws RangeError if the table has no rows or the seed is not an integer from 0 to 2^53 - 1
 * @example tables.fitCopula(table({ x: [3, 3, 5, null] })).marginals[0].probabilities // [0, 0.6666666667, 0.6666666667, 1]
 */
export function fitCopula(table: Table, options: CopulaOptions = {}): Copula {
  checkOptions("fitCopula", options, ["seed"]);
  const { seed = 0 } = options;
  checkSeed("fitCopula", seed);
  const stream = dataStreams.copulaScores;
  if (!(table.rows > 0)) throw new RangeError(`fitCopula: the table must have rows, found ${table.rows}`);
  const orders = table.cells.map((cells, i) => valuesOf(cells, isCategories(table.columns[i])));
  const marginals = table.cells.map((cells, i) => marginalOf(cells, orders[i], isCategories(table.columns[i])));
  // 0 where a cell is missing, 1 where it is known.
  const presence = table.cells
    .filter((_, i) => marginals[i].missing > 0)
    .map((cells) => cells.map((cell) => (Number.isNaN(cell) ? 0 : 1)));
  const scores = [
    ...table.cells.map((cells, i) => scoresOf(cells, orders[i], randomSource(seed, stream, i))),
    ...presence.map((cells, i) =>
      scoresOf(cells, valuesOf(cells, false), randomSource(seed, stream, table.columns.length + i)),
    ),
  ];
  const correlations = scores.map((a, i) => scores.map((b, j) => (i === j ? 1 : (correlation(a, b) ?? 0))));
  return { name: table.name, columns: table.columns, marginals, correlation: correlations };
}

/**
 * Rows of a fitted copula. Numbers are rounded to the decimals of their column.
 * @param count number of rows, at least 1
 * @throws RangeError if the count is not an integer above 0, or the seed not an integer from 0 to 2^53 - 1
 * @example tables.sampleCopula(tables.fitCopula(table({ x: [3, 3, 3] })), 2).cells[0][1] // 3
 */
export function sampleCopula(copula: Copula, count: number, options: CopulaOptions = {}): Table {
  checkOptions("sampleCopula", options, ["seed"]);
  checkNumber("sampleCopula", "count", count, { atLeast: 1, whole: true });
  const { seed = 0 } = options;
  checkSeed("sampleCopula", seed);
  const { columns, marginals } = copula;
  const size = copula.correlation.length;
  const lower = factor(Float64Array.from(copula.correlation.flat()), size);
  const source = randomSource(seed, dataStreams.copulaSamples);
  const cells = columns.map(() => new Float64Array(count));
  const decimals = columns.map((column) => (isCategories(column) ? 0 : column.decimals));
  const absent = columns.map((_, i) => i).filter((i) => marginals[i].missing > 0);
  const noise = new Float64Array(size);
  const probabilities = new Float64Array(size);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < size; i++) noise[i] = source.normal();
    for (let i = 0; i < size; i++) {
      let score = 0;
      for (let k = 0; k <= i; k++) score += lower[i * size + k] * noise[k];
      probabilities[i] = normalProbability(score);
    }
    columns.forEach((_, i) => {
      // Adding 0 makes -0 a 0.
      cells[i][row] = Number(valueAt(marginals[i], probabilities[i]).toFixed(decimals[i])) + 0;
    });
    absent.forEach((i, at) => {
      if (probabilities[columns.length + at] < marginals[i].missing) cells[i][row] = Number.NaN;
    });
  }
  return { name: copula.name, columns, rows: count, cells };
}

/** A value and the number of cells that have it. */
type Counted = readonly [value: number, count: number];

/** The known values: numbers in ascending order, those of categories with the most frequent first. */
function valuesOf(cells: Float64Array, categories: boolean): readonly Counted[] {
  const counts = new Map<number, number>();
  for (const cell of cells) if (!Number.isNaN(cell)) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => (categories ? n - m || a - b : a - b));
}

/** A standard normal score for each known cell, at random within the interval of its value; NaN for a missing one. */
function scoresOf(cells: Float64Array, order: readonly Counted[], source: RandomSource): Float64Array {
  const intervals = new Map<number, readonly [end: number, count: number]>();
  let known = 0;
  for (const [value, count] of order) {
    known += count;
    intervals.set(value, [known, count]);
  }
  return cells.map((cell) => {
    const interval = intervals.get(cell);
    if (interval === undefined) return Number.NaN;
    const [end, count] = interval;
    return normalQuantile((end - count * source.uniform()) / known);
  });
}

function marginalOf(cells: Float64Array, order: readonly Counted[], categories: boolean): Marginal {
  const known = order.reduce((sum, [, count]) => sum + count, 0);
  const missing = 1 - known / cells.length;
  if (!categories && order.length > mostSteps) return { missing, ...quantiles(cells) };
  let end = 0;
  const probabilities = order.flatMap(([, count]) => {
    end += count;
    return [(end - count) / known, end / known];
  });
  return { missing, probabilities, values: order.flatMap(([value]) => [value, value]) };
}

/** Evenly spaced quantiles of the known cells, interpolated between neighbours. */
function quantiles(cells: Float64Array): Pick<Marginal, "probabilities" | "values"> {
  const sorted = cells.filter((cell) => !Number.isNaN(cell)).sort();
  const probabilities = Array.from({ length: mostSteps + 1 }, (_, k) => k / mostSteps);
  const values = probabilities.map((probability) => {
    const at = probability * (sorted.length - 1);
    const below = Math.min(Math.floor(at), sorted.length - 2);
    return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
  });
  return { probabilities, values };
}

/** The value at a probability; NaN if no value is known. */
function valueAt({ probabilities, values }: Marginal, probability: number): number {
  if (values.length === 0) return Number.NaN;
  // The first knot at the probability or above; knots of the same one belong to the value before them.
  let [low, high] = [0, probabilities.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (probabilities[middle] < probability) low = middle + 1;
    else high = middle;
  }
  if (low === 0 || values[low] === values[low - 1]) return values[low];
  const share = (probability - probabilities[low - 1]) / (probabilities[low] - probabilities[low - 1]);
  return values[low - 1] + share * (values[low] - values[low - 1]);
}

/**
 * The Cholesky factor of correlations; of singular ones with the least ridge of 1e-8, 2e-8, ... that makes them
 * regular.
 */
function factor(correlation: Float64Array, size: number): Float64Array {
  for (let ridge = 0; ; ridge = ridge === 0 ? 1e-8 : 2 * ridge) {
    const scaled = correlation.map((one, at) => (at % (size + 1) === 0 ? 1 : one / (1 + ridge)));
    const lower = choleskyFactor(scaled, size);
    if (lower !== undefined) return lower;
  }
}
