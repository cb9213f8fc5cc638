/**
 * What the networks of a GAN see of a record. Values are seen as they are. Tokens [length] are seen as one-hot images [length,
 * vocabulary], of which a generator gives weights between 0 and 1: these can be differentiated, and a penalty's gradient is
 * that by the image. A sample is the most likely token at every position.
 */
import type { TrainingData } from "../../data/training-data.js";
import { sameShape, type Shape, shapeText } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Variable } from "../../graph/variable.js";
import { checkNumber, checkOptions } from "../../options.js";
import { add, mul } from "../../ops/elementwise.js";
import { cast, oneHot } from "../../ops/indexing.js";
import { argMax } from "../../ops/reduction.js";
import { checkVocabulary } from "../vocabulary.js";

export interface TokenImageOptions {
  /** Number of tokens; they are 0 to vocabulary - 1. */
  readonly vocabulary: number;
  /** Share of the weight of a real token that is spread evenly over all tokens, in [0, 1); default 0. */
  readonly smoothing?: number;
}

/** The records of a GAN, and their images. */
export interface Images {
  /** Shape of the image of a record. Throws RangeError if the records cannot be of this shape. */
  shape(record: Shape): Shape;
  /** Images [batch, ...] of records of the data. */
  of(records: Tensor): Tensor;
  /** Images of what a generator returns; default: it returns images. */
  generated?(output: Tensor): Tensor;
  /** Of conditional models whose images have classes in them: loss of a generator's output that has others, a scalar. */
  asked?(output: Tensor, labels: Tensor): Tensor;
  /** Of models that are asked for several classes at once: those of a training's records, as weights [batch, classes]. */
  several?(labels: Tensor, records: Tensor): Tensor;
  /** Images that the discriminator judges together, a divisor of the batch size; default 1. */
  readonly pac?: number;
  /** Of rows whose samples are fitted to the data when a training ends. */
  readonly fitting?: {
    /** Variables of a model: see objectives/fitted-rows.ts. */
    variables(): { readonly offsets: Variable; readonly curves: Variable };
    readonly spans: readonly number[];
    /** Records whose values are moved along curves. */
    curved(records: Tensor, curves: Tensor): Tensor;
  };
  /** Packs of images [batch, ...] of `classes` classes or their weights, [batch / pac, ...]; default: the images. */
  packed?(images: Tensor, labels: Tensor | undefined, classes: number | undefined): Tensor;
  /** Records [batch, ...] of generated images. */
  records(images: Tensor): Tensor;
  /** Throws RangeError unless the data are of the kind that the GAN is made for. */
  check(data: TrainingData): void;
}

/** Images of tokens, as an option of a GAN. */
export interface TokenImages extends Images {
  readonly config: TokenImageOptions;
}

/** The images of values: the records themselves. */
export const valueImages: Images = {
  shape: (record) => record,
  of: (records) => records,
  records: (images) => images,
  check: () => undefined,
};

/**
 * One-hot images of records of tokens, for the option `tokens` of a GAN: its networks see [batch, length, vocabulary], and its samples
 * are tokens [batch, length].
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example tokenImages({ vocabulary: 5 }).shape([8]) // [8, 5]
 * @example tokenImages({ vocabulary: 1 }) // throws tokenImages: vocabulary must be an integer >= 2 and <= 65536, found 1
 */
export function tokenImages(options: TokenImageOptions): TokenImages {
  checkOptions("tokenImages", options, ["vocabulary", "smoothing"]);
  const { vocabulary, smoothing = 0 } = options;
  checkNumber("tokenImages", "vocabulary", vocabulary, { whole: true, atLeast: 2, atMost: 2 ** 16 });
  checkNumber("tokenImages", "smoothing", smoothing, { atLeast: 0, below: 1 });
  return {
    config: { vocabulary, ...(smoothing > 0 && { smoothing }) },
    shape: (record) => {
      if (record.length === 1) return [...record, vocabulary];
      throw new RangeError(`gan: records of tokens must have shape [length], found ${shapeText(record)}`);
    },
    of: (records) => {
      const weights = oneHot(cast(records, "i32"), vocabulary);
      return smoothing === 0 ? weights : add(mul(weights, 1 - smoothing), smoothing / vocabulary);
    },
    records: (images) => cast(argMax(images), "f32"),
    check: (data) => checkVocabulary("gan", "vocabulary of tokens", data, vocabulary),
  };
}

/** Throws RangeError unless a generator gives images of the data's shape. */
export function checkGenerated(found: Shape, wanted: Shape): void {
  if (sameShape(found, wanted)) return;
  throw new RangeError(
    `gan: the generator's output per record must have shape ${shapeText(wanted.slice(1))} like the data, found ${shapeText(found.slice(1))}`,
  );
}
