/**
 * What a likelihood is: the distribution of a record given a decoder's output, as a plain value. The output comes split into as
 * many tensors as the likelihood's `parameters` says (Bernoulli: 1, the logits), each [..., values of a record]; of tokens it is
 * one tensor. Parameters that the likelihood itself learns are read from its scope.
 */

import { UsageError } from "../errors.js";
import { type Shape, shapeText, sizeOf } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { KindConfig } from "../kinds/kind.js";
import type { Scope } from "../layers/layer.js";
import { reshape, slice } from "../ops/movement.js";

/** The distribution of records given one output of the decoder. */
export interface Observation {
  /** log p(x | latent) in nats, [...], for x [..., values]; the leading axes broadcast. */
  logProbability(x: Tensor): Tensor;
  /** The terms of `logProbability`, [..., values]: log p of each value. A likelihood of your own may lack them. */
  logProbabilities?(x: Tensor): Tensor;
  /** The mean of the distribution, [..., values]. */
  readonly mean: Tensor;
  /** One sample, [..., values]; no gradient flows through it. */
  sample(): Tensor;
}

export interface Likelihood {
  /** As JSON; `fromConfig("likelihood", config)` reads it back. */
  readonly config: KindConfig;
  /** How many numbers the decoder returns for each value of a record. */
  readonly parameters: number;
  /** Range of the values of a record. */
  readonly range: readonly [low: number, high: number];
  /** Of records of tokens: what they must be. The output is then observed whole: logits [..., values of a record, vocabulary]. */
  readonly tokens?: { readonly vocabulary: number; readonly ended: boolean };
  /** Of rows whose samples are fitted to the data when a training ends: their spans. See objectives/fitted-rows.ts. */
  readonly fitting?: readonly number[];
  observe(outputs: readonly Tensor[], scope: Scope): Observation;
}

/** log p of each value of x, [..., values]. Throws UsageError for a likelihood that has none. */
export function logProbabilitiesOf({ logProbabilities }: Observation, x: Tensor): Tensor {
  if (logProbabilities) return logProbabilities(x);
  throw new UsageError("fieldScores: the likelihood has no log-probabilities of single values", {
    hint: "a likelihood of your own gives them by logProbabilities(x) of its observation",
  });
}

/**
 * The tensors [...lead, values] that a likelihood observes, from a decoder's output [rows, ...]; if there are several,
 * they are consecutive parts of the last axis. Of tokens it is one tensor [...lead, values, vocabulary]. Throws RangeError if the
 * output has too few or too many numbers.
 */
export function splitOutput(likelihood: Likelihood, output: Tensor, lead: Shape, shape: Shape): Tensor[] {
  const { parameters, config } = likelihood;
  const [rows, size] = [sizeOf(lead), sizeOf(shape)];
  const last = output.shape[output.rank - 1];
  if (output.size !== rows * size * parameters || output.shape[0] !== rows || last % parameters !== 0) {
    throw new RangeError(
      `${config.kind} likelihood: the decoder must give ${parameters} x ${size} numbers per record of ${shapeText(shape)}, found ${shapeText(output.shape)} for ${rows} records`,
    );
  }
  if (likelihood.tokens) return [reshape(output, [...lead, size, parameters])];
  const part = last / parameters;
  return Array.from({ length: parameters }, (_, index) => {
    const starts = output.shape.map((_length, axis) => (axis === output.rank - 1 ? index * part : 0));
    return reshape(slice(output, starts, [...output.shape.slice(0, -1), part]), [...lead, size]);
  });
}
