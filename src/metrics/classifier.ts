/**
 * A classifier of labelled images: a small convolutional network that learns by cross-entropy in about a minute, with its
 * accuracy on held-out records. It judges samples, or its penultimate layer makes features of them.
 */
import { split } from "../data/batches.js";
import type { Dataset } from "../data/training-data.js";
import type { Runtime } from "../host/runtime.js";
import type { Shape } from "../graph/shape.js";
import { Network } from "../layers/layer.js";
import { softmax } from "../ops/reduction.js";
import { checkNumber, checkOptions, checkSeed, textOf } from "../options.js";
import { readVariables, type TensorMap, weightHash, writeVariables } from "../train/checkpoint.js";
import { type Records, RowProgram, valuesOf } from "../train/records.js";
import { classifierLayers, featureSize, type NetworkName, networkNames } from "./classifier-network.js";
import { type ClassifierProgress, trainNetworks } from "./classifier-training.js";
import type { Features } from "./features.js";

export interface ClassifierOptions {
  /**
   * Architecture: `strided` (convolutions of 5 x 5 with stride 2, dropout), the default, to judge samples; `pooled`
   * (convolutions of 3 x 3 with batch norm, max pooling), for features.
   */
  readonly network?: NetworkName;
  /** Training steps; default: ten epochs, but 400 to 1,500 (pooled) or 2,000 (strided), and not more than sixty epochs. */
  readonly steps?: number;
  /** Images per step; default 128, or all if there are fewer. */
  readonly batchSize?: number;
  /** Seed of the split, the order and the initial weights (0). */
  readonly seed?: number;
  /** Receives the number of completed steps, about every fifty steps. */
  readonly onProgress?: (progress: ClassifierProgress) => void;
}

export interface Classification {
  /** Most probable class of each record. */
  readonly classes: Int32Array;
  /** Its probability, in (0, 1]. */
  readonly confidence: Float32Array;
}

/** How a classifier was made, and how good it is. */
export interface ClassifierDescription {
  readonly network: NetworkName;
  /** Shape of a record: [height, width, channels]. */
  readonly shape: Shape;
  readonly classes: number;
  /** Names of the classes, if its data have them. */
  readonly classNames?: readonly string[];
  readonly seed: number;
  readonly steps: number;
  /** Share of held-out records that it classifies correctly. */
  readonly accuracy: number;
  /** Number of held-out records: a tenth of the data, at most 10,000. */
  readonly heldOut: number;
}

export interface Classifier extends ClassifierDescription {
  /** SHA-256 of its weights. */
  readonly weightHash: string;
  /** Its values, by the names of its variables. */
  readonly tensors: TensorMap;
  /** Its classification of records with the same normalisation as the training data. */
  classify(records: Records): Promise<Classification>;
  /** Features [count, 64] of such records: the values before its last layer. */
  features(records: Records): Promise<Features>;
  /** Frees its programs and variables in the runtime. */
  release(): void;
}

const mostHeldOut = 10_000;
const mostSteps: Readonly<Record<NetworkName, number>> = { pooled: 1500, strided: 2000 };

/** Steps for data of `epoch` steps per epoch: few epochs of large data, many of small ones. */
const usualSteps = (network: NetworkName, epoch: number): number =>
  Math.min(mostSteps[network], Math.max(400, 10 * epoch), 60 * epoch);

/**
 * Trains a classifier on nine tenths of a labelled data set of images [height, width, channels].
 * @throws RangeError (as a rejection) if the records are not images, have no labels, or are fewer than ten
 * @example (await metrics.trainClassifier(runtime, datasets.digits({ count: 100 }), { steps: 2 })).classes // 10
 */
export async function trainClassifier(
  runtime: Runtime,
  data: Dataset,
  options: ClassifierOptions = {},
): Promise<Classifier> {
  checkOptions("trainClassifier", options, ["network", "steps", "batchSize", "seed", "onProgress"]);
  const { network = "strided", batchSize = 128, seed = 0, onProgress } = options;
  if (!networkNames.includes(network))
    throw new RangeError(`trainClassifier: network must be ${networkNames.join(" or ")}, found ${textOf(network)}`);
  checkSeed("trainClassifier", seed);
  checkNumber("trainClassifier", "batchSize", batchSize, { atLeast: 1, whole: true });
  const { name, shape, count, labels, classes = 0, classNames } = data;
  if (shape.length !== 3 || labels === undefined || count < 10)
    throw new RangeError(
      `trainClassifier: ${name} must have ten or more labelled images [height, width, channels], found ${count} records of [${shape.join(", ")}] ${labels ? "with" : "without"} labels`,
    );
  const heldOut = Math.min(mostHeldOut, Math.floor(count / 10));
  const { train, valid } = split(data, { train: count - heldOut, valid: heldOut }, { seed });
  const size = Math.min(batchSize, train.count);
  const { steps = usualSteps(network, Math.floor(train.count / size)) } = options;
  checkNumber("trainClassifier", "steps", steps, { atLeast: 1, whole: true });
  const parts = partsOf({ network, shape, classes });
  await trainNetworks(runtime, train, parts, {
    ...{ steps, batchSize: size, seed },
    ...(onProgress && { onProgress }),
  });
  const tensors = await readVariables(
    runtime,
    parts.flatMap((part) => part.variables),
  );
  const description = {
    ...{ network, shape: [...shape], classes, seed, steps, heldOut },
    ...(classNames && { classNames }),
  };
  const made = await classifierOf(runtime, parts, { description: { ...description, accuracy: 0 }, tensors });
  const judged = await made.classify(valid);
  const right = judged.classes.filter((found, i) => found === valid.labels?.[i]).length;
  return { ...made, accuracy: right / heldOut };
}

/**
 * The classifier of a description and its values, such as those that were stored.
 * @throws RangeError (as a rejection) if the values are not those of its network
 * @example await (async (made) => (await metrics.restoreClassifier(runtime, made, made.tensors)).weightHash === made.weightHash)(await metrics.trainClassifier(runtime, datasets.digits({ count: 100 }), { steps: 2 })) // true
 */
export async function restoreClassifier(
  runtime: Runtime,
  description: ClassifierDescription,
  tensors: TensorMap,
): Promise<Classifier> {
  const { network, shape, classes, classNames, seed, steps, accuracy, heldOut } = description;
  const parts = partsOf({ network, shape, classes });
  for (const part of parts) part.init(part === parts[0] ? shape : [featureSize]);
  await writeVariables(
    runtime,
    parts.flatMap((part) => part.variables),
    tensors,
  );
  const own = { network, shape: [...shape], classes, seed, steps, accuracy, heldOut };
  return classifierOf(runtime, parts, { description: { ...own, ...(classNames && { classNames }) }, tensors });
}

/** Body and head of a network. */
function partsOf({ network, shape, classes }: Pick<ClassifierDescription, "network" | "shape" | "classes">): Network[] {
  const { body, head } = classifierLayers(network, shape, classes);
  return [new Network("classifier/body", body), new Network("classifier/head", head)];
}

/** Records of a block of the program. */
const block = 128;

/** The program that judges records and makes their features. */
function programOf(runtime: Runtime, [body, head]: readonly Network[], shape: Shape): RowProgram {
  return new RowProgram(runtime, {
    ...{ name: "classify", shape, block },
    build: (rows) => {
      const features = body.apply(rows);
      return { features, probability: softmax(head.apply(features)) };
    },
  });
}

async function classifierOf(
  runtime: Runtime,
  parts: readonly Network[],
  { description, tensors }: { readonly description: ClassifierDescription; readonly tensors: TensorMap },
): Promise<Classifier> {
  const { shape, classes } = description;
  const program = programOf(runtime, parts, shape);
  const of = (records: Records) => program.run(valuesOf("classifier", records, shape));
  return {
    ...description,
    weightHash: await weightHash(tensors),
    tensors,
    classify: async (records) => mostProbable((await of(records)).probability, classes),
    features: async (records) => {
      const { features } = await of(records);
      return { values: features, count: features.length / featureSize, size: featureSize };
    },
    release() {
      program.release();
      runtime.release(parts.flatMap((part) => part.variables));
    },
  };
}

/** The most probable class of each row of [n, classes]. */
function mostProbable(probability: Float32Array, classes: number): Classification {
  const count = probability.length / classes;
  const found = new Int32Array(count);
  const confidence = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const row = probability.subarray(i * classes, (i + 1) * classes);
    confidence[i] = row.reduce((most, value) => Math.max(most, value), 0);
    found[i] = row.indexOf(confidence[i]);
  }
  return { classes: found, confidence };
}
