/** The check that samples are numbers: a model whose weights are finite may still give others, and scores of them say nothing. */
import { DivergedError } from "../errors.js";
import type { Values } from "../graph/values.js";

/** Returns samples. Throws DivergedError if a value is not finite; `what` begins the message. */
export function finiteSamples(what: string, samples: Values): Values {
  if (samples.data.every(Number.isFinite)) return samples;
  throw new DivergedError(`${what}: samples of this model are not finite numbers: its training has diverged`, {
    hint: "train again with a lower learning rate, or use an earlier checkpoint",
  });
}
