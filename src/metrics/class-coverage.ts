/**
 * Distribution of samples over the classes of labelled data, according to a classifier: a collapsed model omits or
 * favours classes; nonsense samples leave the classifier uncertain.
 */
import { checkNumber, checkNumbers } from "../options.js";
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
 * @param classification the class of each sample, an integer from 0 to `classesOf` - 1, and its probability
 * @throws TypeError if lists are missing; RangeError if there are no samples, if the lists differ in length, if a class is not
 *   in range or a probability is none
 * @example metrics.classCoverage({ classes: [0, 2, 2, 1], confidence: [1, 1, 0.95, 0.4] }, 3).classCounts // [1, 0, 2]
 */
export function classCoverage(
  classification: { readonly [key in keyof Classification]: ArrayLike<number> },
  classesOf: number,
): ClassCoverage {
  const what = "classCoverage";
  const { classes, confidence } = classification ?? {};
  checkNumber(what, "classesOf", classesOf, { whole: true, atLeast: 1 });
  checkNumbers(what, "classes", classes, { whole: true, atLeast: 0, below: classesOf });
  // A probability of 1 may be a little more by rounding.
  checkNumbers(what, "confidence", confidence, { length: classes.length, atLeast: 0, below: 1.001 });
  if (classes.length === 0) throw new RangeError(`${what}: samples must have at least one record, found none`);
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
