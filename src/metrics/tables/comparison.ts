/** The values of a comparison of samples of a table with its data. */
import type { Utility } from "./train-synthetic-test-real.js";

/** Names of the measures in reports. */
export type TableMetric =
  | "ksComplement"
  | "tvComplement"
  | "missingValueSimilarity"
  | "correlationSimilarity"
  | "contingencySimilarity"
  | "trainSyntheticTestReal"
  | "trainSyntheticTestRealAuroc"
  | "trainSyntheticTestRealAveragePrecision"
  | "trainSyntheticTestRealF1"
  | "closestRecordNearerToTraining"
  | "closestRecordProtection"
  | "closestRecordMedian"
  | "copies";

/** Values of the measures; those that do not apply to a table are not there. */
export type TableMetrics = { readonly [name in TableMetric]?: number };

/**
 * A column: its distribution in samples, in held-out rows and in samples of the copula, each compared with the training
 * rows.
 */
export interface ColumnComparison {
  readonly name: string;
  readonly measure: "ksComplement" | "tvComplement";
  readonly value: number;
  readonly floor: number;
  readonly copula: number;
  /** `missingValueSimilarity` of the samples, of a column of numbers with missing cells. */
  readonly missing?: number;
}

export interface TableComparison {
  /** Of the samples. `trainSyntheticTestReal` is the accuracy, or R^2 of a target of numbers. */
  readonly metrics: TableMetrics;
  /**
   * Of held-out rows in place of samples; of models that are trained on the data; 0.5 for
   * `closestRecordNearerToTraining`.
   */
  readonly floors: TableMetrics;
  /** Of samples of the copula. */
  readonly copula: TableMetrics;
  /** Column that is predicted, by which model, and how well a constant does. */
  readonly prediction: Pick<Utility, "target" | "model" | "constant">;
  readonly counts: {
    readonly train: number;
    readonly heldOut: number;
    readonly synthetic: number;
    readonly copula: number;
    /** Rows of each of the last three that are compared with the training rows, for measures of distributions. */
    readonly compared: number;
    /** Rows that the predicting models were trained on, and tested on. */
    readonly trained: number;
    readonly tested: number;
    /** Samples, and training rows, between which distances were taken. */
    readonly closestRecordSamples: number;
    readonly closestRecordTraining: number;
  };
  /** Columns in the order of the table. */
  readonly perColumn: readonly ColumnComparison[];
  /** What stands out, in plain English. */
  readonly sentences: readonly string[];
}
