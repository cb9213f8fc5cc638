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
export { type Watch, type WatchBest, type WatchEntry, type WatchOptions, watch } from "./evaluation/watch.js";
export { type Extractor, type ExtractorOptions, extractor, type FeatureFunction } from "./extractor.js";
export { exactLogPartition } from "../models/rbm/exact-partition.js";
export { freeEnergyGap, logLikelihood, pseudoLikelihood, type Score, type ScoreOptions } from "../models/rbm/scores.js";
export { type MixtureMetrics, mixtureMetrics } from "./mixture.js";
export { type CoverageCounts, expectedCoverage } from "./clipped-calibration.js";
export { type Discrepancy, type DiscrepancyOptions, meanDiscrepancy } from "./discrepancy.js";
export type { Features } from "./features.js";
export { frechetDistance, gaussianFrechetDistance } from "./frechet.js";
export { type ImageDiversity, type ImageDiversityOptions, imageDiversity } from "./image-diversity.js";
export { type KernelDistance, type KernelDistanceOptions, kernelDistance } from "./kernel-distance.js";
export { type Memorisation, type MemorisationSets, memorisation } from "./memorisation.js";
export { type ModesAndKl, modesAndKl, stackedClasses } from "./modes.js";
export { featureMoments, type Moments } from "./moments.js";
export { type ImageShape, msSsimScales } from "./ms-ssim.js";
export { type NeighbourOptions, type NeighbourScores, neighbourScores } from "./neighbour-scores.js";
export { auroc, averagePrecision } from "./ranking.js";
export { type SlicedWassersteinOptions, slicedWasserstein } from "./sliced-wasserstein.js";
