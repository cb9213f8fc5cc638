/**
 * How samples spread over the classes of labelled data, as a classifier sees them: a model that has collapsed leaves
 * classes out or favours some, one that draws nonsense leaves the classifier in doubt.
 */
import type { Classification } from "./classifier.js";

export interface ClassCoverage {
  /** Classes of which at least one sample is certain. */
  readonly classes: number;
  readonly classesOf: number;
  /** Share of samples that are certain: given a probability of 0.9 or more. */
  readonly certain: number;
  /** Entropy in nats of the certain samples' classes: ln(classesOf) where all are equally frequent. */
  readonly classEntropy: number;
  /** Certain samples per class. */
  readonly classCounts: readonly number[];
}

/** Probability from which a sample counts for its class. */
const certainty = 0.9;

/**
 * Scores classified samples of data with so many classes.
 * @throws RangeError where there is no sample
 * @example metrics.classCoverage({ classes: [0, 2, 2, 1], confidence: [1, 1, 0.95, 0.4] }, 3).classCounts // [1, 0, 2]
 */
export function classCoverage(
  { classes, confidence }: { readonly [key in keyof Classification]: ArrayLike<number> },
  classesOf: number,
): ClassCoverage {
  if (classes.length === 0) throw new RangeError("classCoverage: at least one sample is needed, found none");
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
