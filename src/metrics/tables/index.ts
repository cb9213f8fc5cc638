/** Measures of samples of tables beside rows of the data, and the Gaussian copula that samples are compared with. */
export {
  type Copula,
  type CopulaOptions,
  fitCopula,
  type Marginal,
  sampleCopula,
} from "../../data/tables/copula.js";
export { type ClosestRecord, type ClosestRecordOptions, closestRecord } from "./closest-record.js";
export type { ColumnScore, ColumnScores, TableSets } from "./comparable.js";
export {
  type CorrelationPair,
  contingencySimilarity,
  correlationSimilarity,
  type PairScore,
  type PairScores,
} from "./correlation-similarity.js";
export type { ColumnComparison, TableComparison, TableMetric, TableMetrics } from "./comparison.js";
export { type CompareOptions, type ComparedSets, compareTables } from "./evaluate-tables.js";
export { ksComplement } from "./ks-complement.js";
export {
  type Prediction,
  trainSyntheticTestReal,
  type Utility,
  type UtilityOptions,
} from "./train-synthetic-test-real.js";
export { missingValueSimilarity, tvComplement } from "./tv-complement.js";
