/**
 * An evaluator: scores of a model's samples against records of its data, each with its floor. The floor of a score is the
 * same score of held-out records in the place of the samples: what a perfect model would get with as many samples.
 */
import { split } from "../../data/batches.js";
import type { Dataset } from "../../data/training-data.js";
import { isImage, sameShape, shapeText } from "../../graph/shape.js";
import { checkNumber, checkOptions, checkPart, checkSeed } from "../../options.js";
import { labelsIn } from "../../train/labels.js";
import type { TrainedModel } from "../../train/trained.js";
import type { Classifier } from "../classifier.js";
import { type Extractor, extractor as extractorOf } from "../extractor.js";
import { chooseScores, type Lacking, needFeatures } from "./choose-scores.js";
import { compare, type Comparison, type Evaluation, type Floors, floorsOf } from "./compare.js";
import { classesOfModel, judgedAs, otherJudge, samplesAsked } from "./conditional-samples.js";
import { manySamples } from "./many-samples.js";
import { comparedRecords, comparedSamples, someOf } from "./records.js";
import { type Judges, sideOf } from "./side.js";

export interface EvaluatorOptions {
  /** The data that the model was trained on, scaled as for it. */
  readonly data: Dataset;
  /**
   * Records of the same kind and scaling that the model was not trained on. Default: a part of `data`, which the samples are
   * then not compared with; without others, `copies` cannot be computed.
   */
  readonly heldOut?: Dataset;
  /** What makes features: see `metrics.extractor`. It gets images in [-1, 1]. Default: the records' own values. */
  readonly extractor?: Extractor;
  /**
   * What judges samples of data with classes, trained on images in [-1, 1]: another network than that of the extractor, and
   * of another seed, so that both do not share their errors.
   */
  readonly classifier?: Classifier | undefined;
  /**
   * Names of scores, or `["all"]`; default: fid, kid, clippedDensity, clippedCoverage, certain and asked, as far as they apply.
   */
  readonly metrics?: readonly string[];
  /** Samples to draw; default: as many as there are held-out records, at most 10,000. */
  readonly samples?: number;
  /** Samples of classes that are asked for, of a conditional model; default 1,000, or `samples` if that is less. */
  readonly asked?: number;
  /** Seed of the samples, and of the choice of records (0). */
  readonly seed?: number;
}

export interface Evaluator {
  /** The names of its scores. */
  readonly names: readonly string[];
  /** Scores that are left out because something is lacking. */
  readonly lacking: readonly Lacking[];
  /** Number of samples that it draws. */
  readonly samples: number;
  /** The scores of the model as it is now. */
  measure(): Promise<Evaluation>;
}

/** Largest number of samples and of records of each kind, if it is not given. */
const mostRecords = 10_000;
const mostAsked = 1000;

const names = ["data", "heldOut", "extractor", "classifier", "metrics", "samples", "asked", "seed"];

/**
 * Makes an evaluator of a model; it can measure it again and again during a training. Features of records, and floors, are
 * computed once.
 * @param model a trained model, or the `model` of a training
 * @returns the evaluator; its results are the same for the same seed in one build of the kernels
 * @throws RangeError (as a rejection) for an option out of its range or an unknown metric, UsageError for a metric that was
 *   named and cannot be computed from these data, or held-out records of a class that the model lacks, RangeError if shapes
 *   do not fit
 * @example (await metrics.evaluator(tinyGan.trained(runtime, [2]), { data: datasets.ring({ count: 100 }), metrics: ["kid"] })).names // ["kid"]
 */
export async function evaluator(model: TrainedModel, options: EvaluatorOptions): Promise<Evaluator> {
  checkOptions("evaluator", options, names);
  const { data, seed = 0, classifier, metrics } = options;
  checkSeed("evaluator", seed);
  for (const name of ["samples", "asked"] as const)
    if (options[name] !== undefined) checkNumber("evaluator", name, options[name], { atLeast: 1, whole: true });
  for (const [name, part] of Object.entries({ data, heldOut: options.heldOut }))
    if (part && !sameShape(part.shape, model.shape))
      throw new RangeError(
        `evaluator: ${name} must have shape ${shapeText(model.shape)} like the model's, found ${shapeText(part.shape)}`,
      );
  const { extractor = extractorOf("pixels") } = options;
  checkPart("evaluator", "extractor", extractor, "features", "an extractor: metrics.extractor(function)");
  const judges: Judges = { extractor, classifier };
  const { train, heldOut: others } = partsOf(data, options.heldOut, seed);
  const { samples = Math.min(mostRecords, others.count), asked = Math.min(mostAsked, samples) } = options;
  const reference = sideOf("training records", comparedRecords(someOf(train, mostRecords, seed)), judges);
  const kept = someOf(others, samples, seed);
  const classes = classesOfModel(model);
  const judged = classifier ? judgedAs(model, classifier) : [];
  const chosen = chooseScores(metrics, {
    images: isImage(data.shape) && data.shape.length === 3,
    classifier: classifier !== undefined,
    conditional: classes !== undefined,
    otherJudge: classifier && otherJudge(model, classifier),
    ...{ samples, training: reference.count, heldOut: kept.count, unseen: options.heldOut !== undefined },
    size: needFeatures(metrics) ? (await reference.features()).size : 0,
  });
  // Only here do classes of held-out records matter: others may have names that the model does not know.
  const asks = chosen.names.includes("asked");
  const inJudged = (labels: Int32Array | undefined) => labels?.map((label) => judged[label] ?? -1);
  const labels = asks ? inJudged(labelsIn("evaluator", kept, model.data)) : undefined;
  const heldOut = sideOf("held-out records", comparedRecords(kept), judges, labels);
  const comparison: Comparison = {
    ...{ runtime: model.runtime, seed, reference, heldOut },
    classes: classifier?.classes ?? 0,
  };
  const conditional = async () => {
    if (classes === undefined || !asks) return undefined;
    const drawn = await samplesAsked(model, { count: asked, classes, seed });
    return sideOf("samples", comparedSamples(drawn.samples, data), judges, inJudged(drawn.labels));
  };
  let floors: Promise<Floors> | undefined;
  return {
    ...{ ...chosen, samples },
    async measure() {
      floors ??= floorsOf(chosen.names, comparison);
      const drawn = comparedSamples(await manySamples(model, samples, seed), data);
      const sides = { samples: sideOf("samples", drawn, judges), asked: await conditional() };
      return compare(chosen.names, comparison, sides, await floors);
    },
  };
}

/** Training records, and held-out ones: a part of the training records if there are no others. */
function partsOf(data: Dataset, heldOut: Dataset | undefined, seed: number): { train: Dataset; heldOut: Dataset } {
  if (heldOut) return { train: data, heldOut };
  const { train, valid } = split(
    data,
    { train: Math.ceil(data.count / 2), valid: Math.floor(data.count / 2) },
    { seed },
  );
  return { train, heldOut: valid };
}

/**
 * The scores of a trained model, once: `evaluator(model, options)` and its `measure()`.
 * @throws as `metrics.evaluator`
 * @example await (async ({ model, done }) => { await done; return Object.keys((await metrics.evaluate(model, { data: datasets.ring({ count: 100 }), metrics: ["kid"] })).floors); })(tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 })) // ["kid"]
 */
export async function evaluate(model: TrainedModel, options: EvaluatorOptions): Promise<Evaluation> {
  return (await evaluator(model, options)).measure();
}
