/**
 * Distribution of samples over the classes of labelled data, according to a classifier: a collapsed model omits or
 * favours classes; nonsense samples leave the classifier uncertain.
 */
import type { Classification } from "./classifier.js";

export interface ClassCoverage {
  /** Number of classes with at least one certain sample. */
  readonly classes: number;
  readonly classesOf: number;
  /** Share of samples that are certain: the classifier gives a class a probability of at least 0.9. */
  readonly certain: number;
  /** Entropy in nats of the certain samples' classes: ln(classesOf) if all are equally frequent. */
  readonly classEntropy: number;
  /** Number of certain samples per class. */
  readonly classCounts: readonly number[];
}

/** Minimum probability for a sample to count for its class. */
const certainty = 0.9;

/**
 * Scores classified samples of data with `classesOf` classes.
 * @throws RangeError if there are no samples
 * @example metrics.classCoverage({ classes: [0, 2, 2, 1], confidence: [1, 1, 0.95, 0.4] }, 3).classCounts // [1, 0, 2]
 */
export function classCoverage(
  { classes, confidence }: { readonly [key in keyof Classification]: ArrayLike<number> },
  classesOf: number,
): ClassCoverage {
  if (classes.length === 0) throw new RangeError("classCoverage: samples must have at least one record, found none");
  const classCounts = new Array<number>(classesOf).fill(0);
  for (let i = 0; i < classes.length; i++) if (confidence[i] >= certainty) classCounts[classes[i]]++;
  const certain = classCounts.reduce((sum, count) => sum + count, 0);
  const classEntropy = classCounts.reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / certain) * Math.log(count / certain)),
    0,
  );
  return {
    classes: classCounts.filter((count) => count > 0).length,
    classesOf,
    certain: certain / classes.length,
    classEntropy,
    classCounts,
  };
}
