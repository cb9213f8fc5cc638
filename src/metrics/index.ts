/** Measures of trained models as functions; those of a VAE are methods of its trained model. */
export {
  type AnnealingOptions,
  annealedLogPartition,
  type LogPartitionEstimate,
  type ReverseAnnealingOptions,
  reverseLogPartition,
} from "../models/rbm/annealing.js";
export { type ClassCoverage, classCoverage } from "./class-coverage.js";
export {
  type Classification,
  type Classifier,
  type ClassifierDescription,
  type ClassifierOptions,
  restoreClassifier,
  trainClassifier,
} from "./classifier.js";
export type { Evaluation, ScoreCounts } from "./evaluation/compare.js";
export { type Evaluator, type EvaluatorOptions, evaluate, evaluator } from "./evaluation/evaluator.js";
export { type Extractor, type ExtractorOptions, extractor, type FeatureFunction } from "./extractor.js";
export { exactLogPartition } from "../models/rbm/exact-partition.js";
export { freeEnergyGap, logLikelihood, pseudoLikelihood, type Score, type ScoreOptions } from "../models/rbm/scores.js";
export { type MixtureMetrics, mixtureMetrics } from "./mixture.js";
