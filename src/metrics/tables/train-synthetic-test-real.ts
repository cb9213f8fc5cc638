/**
 * How useful samples are in place of the data: a model trained on samples, tested on rows that neither was trained on.
 */
import { isCategories } from "../../data/tables/column-spec.js";
import { type Table, tableRows } from "../../data/tables/table.js";
import { checkNumber, checkOptions, checkSeed } from "../../options.js";
import { averagePrecision, auroc } from "../ranking.js";
import { comparableSets, type TableSets } from "./comparable.js";
import { encodingOf } from "./encoding.js";
import { fitLogistic, fitRidge } from "./linear-models.js";
import { randomRows } from "./random-rows.js";

export interface UtilityOptions {
  /** Name of the column to predict; default: the last one of categories, or the last one if all are numbers. */
  readonly target?: string;
  /** The greatest number of rows that are trained on; default 10,000. */
  readonly rows?: number;
  /** Seed of the choice of rows; default 0. */
  readonly seed?: number;
}

/** How well a target is predicted in rows that were not trained on. */
export interface Prediction {
  /** Share of the rows whose value is predicted, of a target of categories. */
  readonly accuracy?: number;
  /** Of a target of two values: area under the ROC curve of the probability of the rarer value. */
  readonly auroc?: number;
  /** Of a target of two values: average precision of the probability of the rarer value. */
  readonly averagePrecision?: number;
  /** Of a target of two values: F1 of the rarer value, 2 hits / (2 hits + false ones + missed ones). */
  readonly f1?: number;
  /** Of a target of numbers: 1 minus the squared error, in units of the variance of the target. */
  readonly r2?: number;
}

export interface Utility {
  /** Name of the column that is predicted. */
  readonly target: string;
  readonly model: "logistic regression" | "ridge regression";
  /** Trained on samples. */
  readonly synthetic: Prediction;
  /** Trained on as many rows of the data: the floor. */
  readonly real: Prediction;
  /** Predicting the most frequent value, or the mean, of the training rows. */
  readonly constant: Prediction;
  /** Numbers of rows that were trained and tested on; rows without a target are left out. */
  readonly rows: { readonly trained: number; readonly tested: number };
}

/**
 * Trains a model to predict a column from the others, once on samples and once on as many rows of the data, and tests
 * both on held-out rows of the data (TSTR: Esteban, Hyland, Rätsch 2017). For a target of categories it is a
 * multinomial logistic regression, for one of numbers a ridge regression. Inputs are standardised numbers, their
 * tenths, and the values of categories; missing cells are values of their own. The penalty is half the squared weights
 * (of the inputs as they are scaled by the table that is trained on). Deterministic.
 * @throws RangeError if a table has no rows, columns differ, there is no such target, or no row of a table has a known
 *   one
 * @throws TypeError for an unknown option
 * @example tables.trainSyntheticTestReal({ train: table({ x: [1, 2], y: ["a", "b"] }), heldOut: table({ x: [1, 2], y: ["a", "b"] }), synthetic: table({ x: [1, 2], y: ["b", "a"] }) }).synthetic.accuracy // 0
 */
export function trainSyntheticTestReal(sets: TableSets, options: UtilityOptions = {}): Utility {
  const what = "trainSyntheticTestReal";
  checkOptions(what, sets, ["train", "heldOut", "synthetic"]);
  checkOptions(what, options, ["target", "rows", "seed"]);
  const { train, heldOut, synthetic } = comparableSets(what, sets);
  const { samples, ...others } = utilities(what, { train, heldOut, samples: [synthetic] }, options);
  return { ...others, synthetic: samples[0] };
}

/** The same of several tables of samples; all tables have the same columns. */
export function utilities(
  what: string,
  { train, heldOut, samples }: { readonly train: Table; readonly heldOut: Table; readonly samples: readonly Table[] },
  { target, rows = 10_000, seed = 0 }: UtilityOptions,
): Omit<Utility, "synthetic"> & { readonly samples: readonly Prediction[] } {
  checkNumber(what, "rows", rows, { atLeast: 1, whole: true });
  checkSeed(what, seed);
  const index = targetIndex(what, train, target);
  const known = [train, ...samples].map((table) => withTarget(what, table, index));
  const trained = Math.min(rows, ...known.map((table) => table.rows));
  const [ofReal, ...ofSamples] = known.map((table) => randomRows(table, { count: trained, seed }));
  const testing = withTarget(what, heldOut, index);
  return {
    target: train.columns[index].name,
    model: isCategories(train.columns[index]) ? "logistic regression" : "ridge regression",
    samples: ofSamples.map((table) => tested(table, testing, index)),
    real: tested(ofReal, testing, index),
    constant: constantPrediction(ofReal, testing, index),
    rows: { trained, tested: testing.rows },
  };
}

function targetIndex(what: string, { columns }: Table, target: string | undefined): number {
  const last = columns.findLastIndex(isCategories);
  if (target === undefined) return last < 0 ? columns.length - 1 : last;
  const index = columns.findIndex(({ name }) => name === target);
  if (index >= 0) return index;
  throw new RangeError(
    `${what}: target must be one of ${columns.map(({ name }) => `"${name}"`).join(", ")}, found "${target}"`,
  );
}

function withTarget(what: string, table: Table, index: number): Table {
  const cells = table.cells[index];
  const known = [...cells.keys()].filter((row) => !Number.isNaN(cells[row]));
  if (known.length === 0)
    throw new RangeError(
      `${what}: column "${table.columns[index].name}" of "${table.name}" must have a known cell, found none`,
    );
  return known.length === table.rows ? table : tableRows(table, known);
}

/** Trains on a table and tests on held-out rows. */
function tested(table: Table, heldOut: Table, index: number): Prediction {
  const encode = encodingOf(table, index);
  const column = heldOut.columns[index];
  if (!isCategories(column)) {
    const predicted = fitRidge(encode(table), table.cells[index])(encode(heldOut));
    return { r2: r2(predicted, heldOut.cells[index]) };
  }
  const classes = column.values.length;
  const labels = Int32Array.from(table.cells[index]);
  const probabilities = fitLogistic(encode(table), labels, classes)(encode(heldOut));
  return classScores(probabilities, Int32Array.from(heldOut.cells[index]), classes);
}

/** Scores of probabilities [rows, classes]. */
function classScores(probabilities: Float64Array, labels: Int32Array, classes: number): Prediction {
  const predicted = labels.map((_, row) => {
    let best = 0;
    for (let k = 1; k < classes; k++)
      if (probabilities[row * classes + k] > probabilities[row * classes + best]) best = k;
    return best;
  });
  const accuracy = predicted.filter((one, row) => one === labels[row]).length / labels.length;
  if (classes !== 2) return { accuracy };
  const ones = labels.filter((label) => label === 1).length;
  const rarer = 2 * ones <= labels.length ? 1 : 0;
  const count = (of: (row: number) => boolean) => labels.filter((_, row) => of(row)).length;
  const hits = count((row) => predicted[row] === rarer && labels[row] === rarer);
  const named = count((row) => predicted[row] === rarer || labels[row] === rarer) + hits;
  const f1 = named === 0 ? 1 : (2 * hits) / named;
  if (ones === 0 || ones === labels.length) return { accuracy, f1 };
  const scores = Float64Array.from(labels, (_, row) => probabilities[row * 2 + rarer]);
  const isRarer = labels.map((label) => (label === rarer ? 1 : 0));
  return { accuracy, auroc: auroc(scores, isRarer), averagePrecision: averagePrecision(scores, isRarer), f1 };
}

/** 1 minus the squared error in units of the variance; of constant targets 1 if there is no error, else 0. */
function r2(predicted: Float64Array, targets: Float64Array): number {
  const mean = targets.reduce((sum, one) => sum + one, 0) / targets.length;
  const squares = targets.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const errors = targets.reduce((sum, one, row) => sum + (one - predicted[row]) ** 2, 0);
  return squares > 0 ? 1 - errors / squares : errors === 0 ? 1 : 0;
}

function constantPrediction(table: Table, heldOut: Table, index: number): Prediction {
  const cells = table.cells[index];
  const column = table.columns[index];
  if (!isCategories(column)) {
    const mean = cells.reduce((sum, one) => sum + one, 0) / cells.length;
    return { r2: r2(new Float64Array(heldOut.rows).fill(mean), heldOut.cells[index]) };
  }
  const classes = column.values.length;
  const shares = new Float64Array(classes);
  for (const cell of cells) shares[cell] += 1 / cells.length;
  const probabilities = Float64Array.from({ length: heldOut.rows * classes }, (_, at) => shares[at % classes]);
  return classScores(probabilities, Int32Array.from(heldOut.cells[index]), classes);
}
