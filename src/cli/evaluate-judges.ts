/**
 * What judges the samples of an evaluation: the extractor of features, and the classifier of classes. They are two networks
 * of other architectures and seeds, so that a score by features and a judgement by classes do not share their errors.
 */
import type { Dataset } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { isImage } from "../graph/shape.js";
import type { Runtime } from "../host/runtime.js";
import type { Classifier, ClassifierDescription } from "../metrics/classifier.js";
import { inComparedRange } from "../metrics/evaluation/records.js";
import type { Judges } from "../metrics/evaluation/side.js";
import { extractor } from "../metrics/extractor.js";
import { cachedClassifier, type CachedClassifier } from "./classifier-cache.js";
import type { HostOptions } from "./options.js";
import type { Terminal } from "./terminal.js";

/** Values of --features that are not files. */
export const featureNames = ["classifier", "pixels"] as const;

export type FeatureName = (typeof featureNames)[number];

/** Seeds of the two classifiers. */
const seeds = { features: 0, judging: 1 };

/** Fewer records cannot be split into a training and a test part. */
export const fewestClassified = 10;

export interface JudgeWish {
  /** Labelled images on which classifiers are trained: the run's training data, or those of --features-from. */
  readonly data: Dataset;
  /** Default: the classifier, if the data can train one. */
  readonly features?: FeatureName | undefined;
  /** Whether samples are classified. */
  readonly classify: boolean;
  /** Whether features are needed. */
  readonly compare: boolean;
}

/** What was made, as plain values for results. */
export interface JudgeFacts {
  readonly features?: Readonly<Record<string, unknown>>;
  readonly classifier?: Readonly<Record<string, unknown>>;
}

/** Whether classifiers can be trained on data. */
export const canClassify = ({ labels, count, shape, classes = 0 }: Dataset): boolean =>
  labels !== undefined && classes > 1 && count >= fewestClassified && isImage(shape) && shape.length === 3;

/** Makes what an evaluation needs. Throws UsageError if a classifier is asked for and the data have no labels. */
export async function judgesOf(
  runtime: Runtime,
  { data, features, classify, compare }: JudgeWish,
  context: { readonly host: HostOptions; readonly terminal: Terminal },
): Promise<{ readonly judges: Judges; readonly facts: JudgeFacts }> {
  const able = canClassify(data);
  if (features === "classifier" && !able)
    throw new UsageError(
      `evaluate: --features classifier must have labelled images, found ${data.count} records of [${data.shape.join(", ")}] ${data.labels ? "with" : "without"} labels in ${data.name}`,
      { hint: "give labelled images of the same kind with --features-from SOURCE, or use --features pixels" },
    );
  const images = inComparedRange(data);
  const made = (network: ClassifierDescription["network"], seed: number, purpose: string) =>
    cachedClassifier(runtime, { network, seed, data: images, purpose }, context);
  const byClassifier = compare && able && features !== "pixels";
  const first = byClassifier ? await made("pooled", seeds.features, "that makes features") : undefined;
  const judge = classify && able ? await made("strided", seeds.judging, "that judges samples") : undefined;
  return {
    judges: {
      extractor: extractor(first ? first.classifier : "pixels"),
      ...(judge && { classifier: judge.classifier }),
    },
    facts: {
      ...(compare && { features: first ? { kind: "classifier", ...factsOf(first) } : { kind: "pixels" } }),
      ...(judge && { classifier: factsOf(judge) }),
    },
  };
}

/** A classifier in results. */
function factsOf({ classifier, file }: CachedClassifier): Readonly<Record<string, unknown>> {
  const { network, seed, steps, accuracy, heldOut, weightHash }: Classifier = classifier;
  return { network, seed, steps, accuracy, heldOut, weightHash, ...(file && { file }) };
}
