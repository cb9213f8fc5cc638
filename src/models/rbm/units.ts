/**
 * Kinds of units of Boltzmann machines, as plain values with the functions that a machine's graph uses. A unit with input
 * l (its logit) has the unnormalised probability e^(x l) of state x.
 */
import { sigmoid, softplus } from "../../ops/elementwise.js";
import { randomBernoulli } from "../../ops/random.js";
import { checkOptions, described, kindOf, type NoOptions } from "../../options.js";
import type { Tensor } from "../../graph/tensor.js";

export interface Units {
  /** JSON description, for `unitsFrom`. */
  readonly config: { readonly kind: string };
  /** Range of a unit's values; data outside of it is rejected. */
  readonly range: readonly [low: number, high: number];
  /** Expected state of each unit. */
  mean(logits: Tensor): Tensor;
  /** A random state of each unit. */
  draw(logits: Tensor): Tensor;
  /** log of the sum of e^(x l) over the states x of each unit. Its derivative is `mean`. */
  logPartition(logits: Tensor): Tensor;
}

/**
 * Units that are 0 or 1 (Smolensky 1986).
 * @example units.bernoulli().config.kind // "bernoulli"
 */
export function bernoulli(options: NoOptions = {}): Units {
  checkOptions("bernoulli", options, []);
  return {
    config: { kind: "bernoulli" },
    range: [0, 1],
    mean: sigmoid,
    draw: (logits) => randomBernoulli(sigmoid(logits)),
    logPartition: softplus,
  };
}

const makers: Readonly<Record<string, (options: NoOptions) => Units>> = { bernoulli };

/**
 * Kinds that `unitsFrom` knows.
 * @example units.unitKinds // ["bernoulli"]
 */
export const unitKinds: readonly string[] = Object.keys(makers);

/**
 * Units from their description. Throws TypeError for an unknown kind or option.
 * @example units.unitsFrom({ kind: "bernoulli" }).config.kind // "bernoulli"
 */
export function unitsFrom(config: { readonly kind: string }): Units {
  const { kind, ...options } = described("unitsFrom", config);
  return kindOf("unitsFrom", makers, kind)(options);
}
