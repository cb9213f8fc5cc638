/**
 * Feature extractors: what turns records into the features that scores compare. A classifier's penultimate layer, the
 * values of small records themselves, or a function of the user's.
 */
import { resized } from "../data/images/resample.js";
import type { Dataset } from "../data/training-data.js";
import { type Shape, shapeText, sizeOf } from "../graph/shape.js";
import { Values } from "../graph/values.js";
import { checkNumber, checkOptions, textOf } from "../options.js";
import { valuesOf } from "../train/records.js";
import type { Classifier } from "./classifier.js";
import { checkFeatures, type Features } from "./features.js";

/** What an extractor is, as plain values: scores are comparable only if they were made by the same one. */
export interface ExtractorDescription {
  /** `classifier`, `pixels`, or the name that a user gave a function. */
  readonly kind: string;
  /** Number of features of a record, if it is known before the first one. */
  readonly size?: number;
  /** SHA-256 of the classifier's weights. */
  readonly weightHash?: string;
  /** Share of held-out records that the classifier is right about. */
  readonly accuracy?: number;
  /** Height and width that images are resized to. */
  readonly images?: readonly [height: number, width: number];
}

export interface Extractor extends ExtractorDescription {
  /** Features of records: a data set, or normalised values [count, ...shape]. */
  features(records: Dataset | Values): Promise<Features>;
}

/** Features [count, size] of records [count, ...shape], as a user's function makes them. */
export type FeatureFunction = (records: Values) => Values | Features | Promise<Values | Features>;

export interface ExtractorOptions {
  /** Of a function: its name in results (own). */
  readonly name?: string;
  /** Of `"pixels"`: images are resized to this height and width, or to less if they are smaller; default 16. */
  readonly side?: number;
}

const usualSide = 16;

/**
 * An extractor of features.
 * @param source a classifier, whose features are those before its last layer; `"pixels"` for the records' own values, of
 *   which images are resized to 16 x 16 with antialiasing; or a function of records [count, ...shape] that returns features
 *   [count, size]
 * @throws TypeError if the source is none of these, or an option is unknown; RangeError for an option out of its range
 * @example (await metrics.extractor("pixels").features(datasets.ring({ count: 5 }))).size // 2
 * @example (await metrics.extractor((records) => new Values(records.data, [2, 2]), { name: "twice" }).features(new Values(Float32Array.of(1, 2, 3, 4), [2, 2]))).count // 2
 */
export function extractor(source: Classifier | "pixels" | FeatureFunction, options: ExtractorOptions = {}): Extractor {
  checkOptions("extractor", options, ["name", "side"]);
  const { side = usualSide, name = "own" } = options;
  checkNumber("extractor", "side", side, { atLeast: 1, whole: true });
  if (source === "pixels") return pixelExtractor(side);
  if (typeof source === "function")
    return { kind: name, features: async (records) => ownFeatures(name, source, records) };
  if (typeof source === "object" && source !== null && typeof source.features === "function") {
    const { weightHash, accuracy } = source;
    const features = (records: Dataset | Values) => source.features(shaped(records, source.shape));
    return { kind: "classifier", size: 64, weightHash, accuracy, features };
  }
  throw new TypeError(`extractor: the source must be a classifier, "pixels" or a function, found ${textOf(source)}`);
}

/** Records, checked to have the shape that a classifier takes. */
function shaped(records: Dataset | Values, shape: Shape): Dataset | Values {
  const found = shapeOf(records);
  if (sizeOf(found) === sizeOf(shape)) return records;
  throw new RangeError(
    `extractor: records must have shape ${shapeText(shape)} like those that the classifier was trained on, found ${shapeText(found)}`,
  );
}

/** The shape of one record. */
const shapeOf = (records: Dataset | Values): Shape => ("records" in records ? records.shape : records.shape.slice(1));

async function ownFeatures(name: string, source: FeatureFunction, records: Dataset | Values): Promise<Features> {
  const shape = shapeOf(records);
  const data = valuesOf("extractor", records, shape);
  const count = data.length / sizeOf(shape);
  const made = await source(new Values(data, [count, ...shape]));
  const features =
    made instanceof Values
      ? { values: made.data, count: made.shape[0], size: sizeOf(made.shape.slice(1)) }
      : (made as Features);
  checkFeatures(`extractor ${name}`, "features", features);
  if (features.count !== count)
    throw new RangeError(
      `extractor ${name}: features must have ${count} rows, one per record, found ${features.count}`,
    );
  return features;
}

function pixelExtractor(side: number): Extractor {
  return {
    kind: "pixels",
    features: async (records) => {
      const shape = shapeOf(records);
      const values = valuesOf("extractor", records, shape);
      const count = values.length / sizeOf(shape);
      if (shape.length !== 3) return { values, count, size: sizeOf(shape) };
      const [height, width, channels] = shape;
      const to = [Math.min(height, side), Math.min(width, side)] as const;
      const out = new Float32Array(count * to[0] * to[1] * channels);
      for (let i = 0; i < count; i++) {
        const image = values.subarray(i * sizeOf(shape), (i + 1) * sizeOf(shape));
        out.set(resized(image, shape as [number, number, number], to), i * to[0] * to[1] * channels);
      }
      return { values: out, count, size: to[0] * to[1] * channels };
    },
  };
}
