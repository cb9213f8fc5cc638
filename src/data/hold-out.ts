/**
 * Records that a training does not see: a random part of the data, chosen by a seed. In memory and streamed data give the
 * same parts, and the same as `split`. Of windows, those held out share no token with those for training, and may be fewer
 * than asked for: see `split`.
 */
import { checkNumber } from "../options.js";
import { partsOf } from "./batches.js";
import { select } from "./dataset.js";
import type { TrainingData } from "./training-data.js";

/** Which records are held out: their number, and the seed that chooses them. */
export interface HeldOut {
  readonly count: number;
  readonly seed: number;
}

/** Data in two parts without a common record. */
export interface HeldOutParts {
  readonly train: TrainingData;
  readonly heldOut: TrainingData;
}

/**
 * Holds out `count` records of the data.
 * @throws RangeError if count is not an integer from 1 to one less than the number of records
 */
export function holdOut(data: TrainingData, { count, seed }: HeldOut): HeldOutParts {
  checkNumber(`hold out of ${data.name}`, "count", count, { whole: true, atLeast: 1, atMost: data.count - 1 });
  const { train, valid } = partsOf(data, { train: data.count - count, valid: count }, seed);
  return { train: select(data, train), heldOut: select(data, valid) };
}
