/**
 * A classifier of labelled images, trained on demand to judge samples: a small convolutional network that learns by
 * cross-entropy in a minute or less, with its accuracy on held-out records.
 */
import { batches, split } from "../data/batches.js";
import type { Dataset } from "../data/training-data.js";
import * as L from "../layers/index.js";
import { mul, neg } from "../ops/elementwise.js";
import { oneHot } from "../ops/indexing.js";
import { logSoftmax, mean, softmax, sum } from "../ops/reduction.js";
import { adam } from "../optimizers/adam.js";
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import type { Runtime } from "../host/runtime.js";
import { cosine } from "../optimizers/schedules.js";
import { type Records, RowProgram, valuesOf } from "../train/records.js";

export interface ClassifierOptions {
  /** Training steps; default 600, or a hundred epochs if those are fewer. */
  readonly steps?: number;
  /** Images per step; default 128, or all if there are fewer. */
  readonly batchSize?: number;
  /** Seed of the split, the order and the initial weights (0). */
  readonly seed?: number;
}

export interface Classification {
  /** Most probable class of each record. */
  readonly classes: Int32Array;
  /** Its probability, in (0, 1]. */
  readonly confidence: Float32Array;
}

export interface Classifier {
  readonly classes: number;
  /** Share of held-out records that it classifies correctly. */
  readonly accuracy: number;
  /** Number of held-out records: a tenth, at most 10,000. */
  readonly heldOut: number;
  /** Its classification of the held-out records. */
  readonly onHeldOut: Classification;
  /** Classifies records with the same normalisation as the training data. */
  classify(records: Records): Promise<Classification>;
}

const mostHeldOut = 10_000;

/** Halves the image until its side is about 4 pixels, followed by two dense layers. */
function network([height, width]: readonly number[], classes: number): L.Layer {
  const halvings = Math.max(0, Math.min(3, Math.floor(Math.log2(Math.min(height, width) / 4))));
  const initializer = "heNormal";
  const halving = (level: number) => [
    L.conv2d(16 * 2 ** level, 3, { stride: 2, padding: "same", initializer }),
    L.leakyRelu(),
  ];
  return L.sequential(
    ...Array.from({ length: halvings }, (_, level) => halving(level)).flat(),
    L.flatten(),
    L.dense(64, { initializer }),
    L.leakyRelu(),
    L.dense(classes),
  );
}

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
  checkOptions("trainClassifier", options, ["steps", "batchSize", "seed"]);
  const { batchSize = 128, seed = 0 } = options;
  checkSeed("trainClassifier", seed);
  checkNumber("trainClassifier", "batchSize", batchSize, { atLeast: 1, whole: true });
  const { name, shape, count, labels, classes = 0 } = data;
  if (shape.length !== 3 || labels === undefined || count < 10)
    throw new RangeError(
      `trainClassifier: ${name} must have ten or more labelled images [height, width, channels], found ${count} records of [${shape.join(", ")}] ${labels ? "with" : "without"} labels`,
    );
  const heldOut = Math.min(mostHeldOut, Math.floor(count / 10));
  const { train, valid } = split(data, { train: count - heldOut, valid: heldOut }, { seed });
  const size = Math.min(batchSize, train.count);
  const { steps = Math.min(600, 100 * Math.floor(train.count / size)) } = options;
  checkNumber("trainClassifier", "steps", steps, { atLeast: 1, whole: true });
  const judge = new L.Network("classifier", network(shape, classes));
  const step = runtime.compile(
    ({ input }) => {
      const logits = judge.apply(input("images", [size, ...shape]), { training: true });
      const target = oneHot(input("classes", [size], "i32"), classes);
      const loss = neg(mean(sum(mul(logSoftmax(logits), target), { axes: [1] })));
      return { updates: adam(cosine(2e-3, { steps })).minimize(loss, judge.parameters, { name: "classifier/adam" }) };
    },
    { name: "classifier step" },
  );
  await runtime.initialize(judge.variables, { seed });
  try {
    for (let done = 0, epoch = 0; done < steps; epoch++) {
      for (const batch of batches(train, size, { seed, epoch })) {
        await step.run({ images: batch.values, classes: batch.labels as Int32Array });
        if (++done === steps) break;
      }
    }
  } finally {
    const own = new Set(judge.variables);
    runtime.release(step.compiled().variables.filter((one) => !own.has(one)));
    step.release();
  }
  const program = new RowProgram(runtime, {
    name: "classify",
    shape,
    block: 64,
    build: (rows) => ({ probability: softmax(judge.apply(rows)) }),
  });
  const classify = async (records: Records) =>
    mostProbable((await program.run(valuesOf("classify", records, shape))).probability, classes);
  const onHeldOut = await classify(valid);
  const right = onHeldOut.classes.filter((found, i) => found === valid.labels?.[i]).length;
  return { classes, accuracy: right / heldOut, heldOut, onHeldOut, classify };
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
