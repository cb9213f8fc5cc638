/**
 * Kinds of units of Boltzmann machines, as plain values with the functions that a machine's graph uses. The
 * unnormalised probability of state x of a unit with logit l is e^(x l).
 */
import { type KindConfig, makeKind } from "../../kinds/kind.js";
import { sigmoid, softplus } from "../../ops/elementwise.js";
import { randomBernoulli } from "../../ops/random.js";
import type { NoOptions } from "../../options.js";
import type { Tensor } from "../../graph/tensor.js";

export interface Units {
  /** As JSON; `fromConfig("units", config)` reads it back. */
  readonly config: KindConfig;
  /** Range of a unit's values; data outside of it are rejected. */
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
export const bernoulli: (options?: NoOptions) => Units = /* @__PURE__ */ makeKind("units", {
  kind: "bernoulli",
  make: () => ({
    range: [0, 1],
    mean: sigmoid,
    draw: (logits) => randomBernoulli(sigmoid(logits)),
    logPartition: softplus,
  }),
});
