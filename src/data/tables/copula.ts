/**
 * A Gaussian copula of a table, the simplest model that has both the distribution of each column and a dependence of all: every cell
 * becomes a score of the standard normal distribution, and the scores of a row are jointly normal. It is the floor that trained models
 * must beat. Patki, Wedge, Veeramachaneni 2016, "The Synthetic Data Vault", section III, with two differences: columns of numbers
 * have their empirical distribution (there the best fit of some families), and a score is uniform within its value's interval of
 * probabilities (there a truncated normal in it), so that the scores of every column are exactly normal.
 */
import { choleskyFactor } from "../../numbers/cholesky.js";
import { normalProbability, normalQuantile } from "../../numbers/normal.js";
import { dataStreams } from "../../numbers/streams.js";
import { checkNumber, checkOptions, checkSeed } from "../../options.js";
import { type RandomSource, randomSource } from "../random-source.js";
import { isCategories, type LearnedColumn } from "./column-spec.js";
import type { Table } from "./table.js";

/**
 * Distribution of a column: the probabilities from 0 to `missing` are missing cells; the rest, as a probability from 0 to 1, is found
 * by linear interpolation. Two knots of the same value are a single value with a probability.
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
  /** Correlations of the scores, [columns, columns]. */
  readonly correlation: readonly (readonly number[])[];
}

export interface CopulaOptions {
  /** Seed of the random scores within intervals, or of the samples; default 0. */
  readonly seed?: number;
}

/** A column with more different values is described by as many evenly spaced quantiles. */
const mostSteps = 1000;

/**
 * Fits a Gaussian copula: the distribution of each column, and the correlations of their scores. A column of numbers with more than
 * 1,000 different values is kept as 1,001 quantiles. The values of a category are intervals of the probabilities, the most frequent first;
 * missing cells of any column are an interval before all others. Scores are drawn at random within intervals, which makes
 * correlations with categories and with frequent values weaker than they are.
 * @throws RangeError if the table has no rows or the seed is not an integer from 0 to 2^53 - 1
 * @example metrics.fitCopula(table({ x: [3, 3, 5, null] })).marginals[0].probabilities // [0, 0.6666666667, 0.6666666667, 1]
 */
export function fitCopula(table: Table, options: CopulaOptions = {}): Copula {
  checkOptions("fitCopula", options, ["seed"]);
  const { seed = 0 } = options;
  checkSeed("fitCopula", seed);
  if (!(table.rows > 0)) throw new RangeError(`fitCopula: the table must have rows, found ${table.rows}`);
  const fitted = table.columns.map((column, i) =>
    fitColumn(table.cells[i], isCategories(column), randomSource(seed, dataStreams.copulaScores, i)),
  );
  return {
    name: table.name,
    columns: table.columns,
    marginals: fitted.map(({ marginal }) => marginal),
    correlation: correlations(fitted.map(({ scores }) => scores)),
  };
}

/**
 * Rows of a fitted copula. Numbers are rounded to the decimals of their column.
 * @param count number of rows, at least 1
 * @throws RangeError if the count is not an integer above 0, or the seed not an integer from 0 to 2^53 - 1
 * @example metrics.sampleCopula(metrics.fitCopula(table({ x: [3, 3, 3] })), 2).cells[0][1] // 3
 */
export function sampleCopula(copula: Copula, count: number, options: CopulaOptions = {}): Table {
  checkOptions("sampleCopula", options, ["seed"]);
  checkNumber("sampleCopula", "count", count, { atLeast: 1, whole: true });
  const { seed = 0 } = options;
  checkSeed("sampleCopula", seed);
  const { columns, marginals } = copula;
  const size = columns.length;
  const lower = factor(Float64Array.from(copula.correlation.flat()), size);
  const source = randomSource(seed, dataStreams.copulaSamples);
  const cells = columns.map(() => new Float64Array(count));
  const decimals = columns.map((column) => (isCategories(column) ? 0 : column.decimals));
  const noise = new Float64Array(size);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < size; i++) noise[i] = source.normal();
    for (let i = 0; i < size; i++) {
      let score = 0;
      for (let k = 0; k <= i; k++) score += lower[i * size + k] * noise[k];
      const value = valueAt(marginals[i], normalProbability(score));
      // Adding 0 makes -0 a 0; NaN, a missing cell, stays.
      cells[i][row] = Number(value.toFixed(decimals[i])) + 0;
    }
  }
  return { name: copula.name, columns, rows: count, cells };
}

/** Distribution of a column, and a score for each cell. */
function fitColumn(cells: Float64Array, categories: boolean, source: RandomSource) {
  const counts = new Map<number, number>();
  let missing = 0;
  for (const cell of cells) {
    if (Number.isNaN(cell)) missing++;
    else counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  const order = [...counts].sort(([a, m], [b, n]) => (categories ? n - m || a - b : a - b));
  // Intervals of the probabilities, as counts of cells.
  const ends = new Map<number, number>();
  let end = missing;
  for (const [value, count] of order) {
    end += count;
    ends.set(value, end);
  }
  const scores = cells.map((cell) => {
    const [to, count] = Number.isNaN(cell) ? [missing, missing] : [ends.get(cell)!, counts.get(cell)!];
    return normalQuantile((to - count * source.uniform()) / cells.length);
  });
  const known = cells.length - missing;
  const steps = categories || order.length <= mostSteps;
  const knots = steps
    ? order.flatMap(([value, count]) => {
        const to = ends.get(value)! - missing;
        return [(to - count) / known, to / known].map((probability) => ({ probability, value }));
      })
    : quantiles(cells);
  const marginal: Marginal = {
    missing: missing / cells.length,
    probabilities: knots.map(({ probability }) => probability),
    values: knots.map(({ value }) => value),
  };
  return { marginal, scores };
}

/** Evenly spaced quantiles of the known cells, interpolated between neighbours. */
function quantiles(cells: Float64Array) {
  const sorted = cells.filter((cell) => !Number.isNaN(cell)).sort();
  return Array.from({ length: mostSteps + 1 }, (_, k) => {
    const at = (k / mostSteps) * (sorted.length - 1);
    const below = Math.min(Math.floor(at), sorted.length - 2);
    const value = sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
    return { probability: k / mostSteps, value };
  });
}

/** The value at a probability; NaN, a missing cell, below the share of missing ones. */
function valueAt({ missing, probabilities, values }: Marginal, probability: number): number {
  if (probability < missing || values.length === 0) return Number.NaN;
  const p = Math.min(1, (probability - missing) / (1 - missing));
  // The first knot at p or above; knots of the same probability belong to the value before them.
  let [low, high] = [0, probabilities.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (probabilities[middle] < p) low = middle + 1;
    else high = middle;
  }
  if (low === 0 || values[low] === values[low - 1]) return values[low];
  const share = (p - probabilities[low - 1]) / (probabilities[low] - probabilities[low - 1]);
  return values[low - 1] + share * (values[low] - values[low - 1]);
}

/** Pearson's correlations. */
function correlations(scores: readonly Float64Array[]): number[][] {
  const deviations = scores.map((column) => {
    const mean = column.reduce((sum, score) => sum + score, 0) / column.length;
    const centred = column.map((score) => score - mean);
    const norm = Math.sqrt(centred.reduce((sum, one) => sum + one * one, 0));
    return norm > 0 ? centred.map((one) => one / norm) : centred;
  });
  const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, one, row) => sum + one * b[row], 0);
  return deviations.map((a, i) => deviations.map((b, j) => (i === j ? 1 : product(a, b))));
}

/** The Cholesky factor of correlations; of singular ones with the least ridge of 1e-8, 1e-7, ... that makes them regular. */
function factor(correlation: Float64Array, size: number): Float64Array {
  for (let ridge = 0; ; ridge = ridge === 0 ? 1e-8 : 10 * ridge) {
    const scaled = correlation.map((one, at) => (at % (size + 1) === 0 ? 1 : one / (1 + ridge)));
    const lower = choleskyFactor(scaled, size);
    if (lower !== undefined) return lower;
  }
}
