/** The vocabulary of data that a model of tokens is made for. */
import type { TrainingData } from "../data/training-data.js";
import { shapeText } from "../graph/shape.js";

/** Throws RangeError unless the records of the data are tokens of this vocabulary, which the model has as `option`. */
export function checkVocabulary(
  what: string,
  option: string,
  { name, tokens, shape }: TrainingData,
  vocabulary: number,
): void {
  if (tokens === undefined)
    throw new RangeError(
      `${what}: the records of ${name} must be tokens, as the option ${option} says, found values of ${shapeText(shape)}`,
    );
  if (tokens.vocabulary !== vocabulary)
    throw new RangeError(`${what}: ${option} must be ${tokens.vocabulary}, as that of ${name}, found ${vocabulary}`);
}
