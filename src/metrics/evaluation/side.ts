/** One side of a comparison: records, with the features and the classes that scores need of them, each computed once. */
import type { Values } from "../../graph/values.js";
import { UsageError } from "../../errors.js";
import type { Classification, Classifier } from "../classifier.js";
import type { Extractor } from "../extractor.js";
import type { Features } from "../features.js";

export interface Side {
  /** What the records are, in messages. */
  readonly name: string;
  readonly count: number;
  /** Normalised records [count, ...shape]. */
  readonly records: Values;
  /** The class of each record: that of the data, or the one that a conditional sample was asked for. */
  readonly labels?: ArrayLike<number>;
  features(): Promise<Features>;
  classification(): Promise<Classification>;
}

/** What judges records. */
export interface Judges {
  readonly extractor: Extractor;
  readonly classifier?: Classifier | undefined;
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

/** A side of records. */
export function sideOf(
  name: string,
  records: Values,
  { extractor, classifier }: Judges,
  labels?: ArrayLike<number>,
): Side {
  return {
    ...{ name, records, count: records.shape[0] },
    ...(labels && { labels }),
    features: once(() => extractor.features(records)),
    classification: once(async () => {
      if (classifier) return classifier.classify(records);
      throw new UsageError(`evaluate: ${name} cannot be classified without a classifier`, {
        hint: "train one by metrics.trainClassifier on labelled data",
      });
    }),
  };
}
