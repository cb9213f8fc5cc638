/** All measures of samples of a table at once, each beside its floor and beside the Gaussian copula's. */
import { fitCopula, sampleCopula } from "../../data/tables/copula.js";
import type { Table } from "../../data/tables/table.js";
import { checkOptions, checkSeed } from "../../options.js";
import { type ClosestRecord, closestRecord } from "./closest-record.js";
import { type ColumnScores, comparableSets, type TableSets } from "./comparable.js";
import { contingencySimilarity, correlationSimilarity } from "./correlation-similarity.js";
import { ksComplement } from "./ks-complement.js";
import { randomRows } from "./random-rows.js";
import type { ColumnComparison, TableComparison, TableMetric, TableMetrics } from "./comparison.js";
import { sentencesOf } from "./sentences.js";
import { type Prediction, utilities } from "./train-synthetic-test-real.js";
import { missingValueSimilarity, tvComplement } from "./tv-complement.js";

export interface ComparedSets extends TableSets {
  /**
   * Samples of a Gaussian copula of the training rows; default: as many as there are samples, of one that is fitted
   * here.
   */
  readonly copula?: Table;
}

export interface CompareOptions {
  /** Name of the column that is predicted; default: the last one of categories, or the last one if all are numbers. */
  readonly target?: string;
  /** Seed of choices of rows and of the copula; default 0. */
  readonly seed?: number;
}

/**
 * Compares samples with the data by all measures of tables. Floors are what rows of the data get that are not training
 * rows: no model can be expected to get better ones. Measures of distributions compare as many samples, held-out rows
 * and samples of the copula, chosen at random, with all training rows, because fewer rows give lower values. Takes some
 * seconds for tens of thousands of rows.
 * @throws RangeError if a table has no rows, columns differ, there is no such target, or the seed is not an integer
 *   from 0 to 2^53 - 1
 * @throws TypeError for an unknown option
 * @example tables.compareTables({ train: table({ x: [0, 4], y: ["a", "b"] }), heldOut: table({ x: [0, 4], y: ["a", "b"] }), synthetic: table({ x: [0, 0], y: ["a", "a"] }) }).metrics.ksComplement // 0.5
 */
export function compareTables(sets: ComparedSets, options: CompareOptions = {}): TableComparison {
  const what = "compareTables";
  checkOptions(what, sets, ["train", "heldOut", "synthetic", "copula"]);
  checkOptions(what, options, ["target", "seed"]);
  const { target, seed = 0 } = options;
  checkSeed(what, seed);
  const given = comparableSets(what, sets);
  const { train, heldOut, synthetic } = given;
  const copula = given.copula ?? sampleCopula(fitCopula(train, { seed }), synthetic.rows, { seed });
  const compared = Math.min(heldOut.rows, synthetic.rows, copula.rows);
  const [ofSamples, ofHeldOut, ofCopula] = [synthetic, heldOut, copula].map((table) =>
    distributions(train, randomRows(table, { count: compared, seed })),
  );
  const samples = [synthetic, copula];
  const utility = utilities(what, { train, heldOut, samples }, { seed, ...(target !== undefined && { target }) });
  const closest = closestRecord({ train, heldOut, synthetic }, { seed });
  const closestOfCopula = closestRecord({ train, heldOut, synthetic: copula }, { seed });
  const comparison = {
    metrics: { ...ofSamples.metrics, ...utilityMetrics(utility.samples[0]), ...closestMetrics(closest) },
    floors: { ...ofHeldOut.metrics, ...utilityMetrics(utility.real), ...closestFloors(closest) },
    copula: { ...ofCopula.metrics, ...utilityMetrics(utility.samples[1]), ...closestMetrics(closestOfCopula) },
    prediction: { target: utility.target, model: utility.model, constant: utility.constant },
    counts: {
      train: train.rows,
      heldOut: heldOut.rows,
      synthetic: synthetic.rows,
      copula: copula.rows,
      compared,
      trained: utility.rows.trained,
      tested: utility.rows.tested,
      closestRecordSamples: closest.counts.synthetic,
      closestRecordTraining: closest.counts.training,
    },
    perColumn: perColumn(train, ofSamples, ofHeldOut, ofCopula),
  };
  return { ...comparison, sentences: sentencesOf(comparison) };
}

interface Distributions {
  readonly metrics: TableMetrics;
  readonly numbers: ColumnScores;
  readonly categories: ColumnScores;
  readonly missing: ColumnScores;
}

function distributions(train: Table, table: Table): Distributions {
  const [numbers, categories] = [ksComplement(train, table), tvComplement(train, table)];
  const missing = missingValueSimilarity(train, table);
  const metrics = named({
    ksComplement: numbers.value,
    tvComplement: categories.value,
    missingValueSimilarity: missing.value,
    correlationSimilarity: correlationSimilarity(train, table).value,
    contingencySimilarity: contingencySimilarity(train, table).value,
  });
  return { metrics, numbers, categories, missing };
}

const utilityMetrics = (prediction: Prediction): TableMetrics =>
  named({
    trainSyntheticTestReal: prediction.accuracy ?? prediction.r2,
    trainSyntheticTestRealAuroc: prediction.auroc,
    trainSyntheticTestRealAveragePrecision: prediction.averagePrecision,
    trainSyntheticTestRealF1: prediction.f1,
  });

const closestMetrics = (closest: ClosestRecord): TableMetrics =>
  named({
    closestRecordNearerToTraining: closest.nearerToTraining,
    closestRecordProtection: closest.protection,
    closestRecordMedian: closest.medians.synthetic,
    copies: closest.copies,
  });

const closestFloors = (closest: ClosestRecord): TableMetrics =>
  named({
    closestRecordNearerToTraining: 0.5,
    closestRecordProtection: closest.heldOutProtection,
    closestRecordMedian: closest.medians.heldOut,
    copies: closest.heldOutCopies,
  });

/** Without the names whose value is not defined. */
const named = (values: { readonly [name in TableMetric]?: number | undefined }): TableMetrics =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** Columns in the order of the table. */
function perColumn(train: Table, samples: Distributions, heldOut: Distributions, copula: Distributions) {
  const find = ({ columns }: ColumnScores, name: string) => columns.find((one) => one.name === name)?.value;
  return train.columns.map(({ name }): ColumnComparison => {
    const [kind, measure] =
      find(samples.numbers, name) === undefined
        ? (["categories", "tvComplement"] as const)
        : (["numbers", "ksComplement"] as const);
    const missing = find(samples.missing, name);
    const [value, floor, ofCopula] = [samples, heldOut, copula].map((one) => find(one[kind], name)!);
    return { name, measure, value, floor, copula: ofCopula, ...(missing !== undefined && { missing }) };
  });
}
