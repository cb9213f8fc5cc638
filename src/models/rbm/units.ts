/**
 * Kinds of units of Boltzmann machines, as plain values with the functions that a machine's graph uses. The
 * unnormalised probability of state x of a unit with logit l is e^(x l).
 */
import { type KindConfig, makeKind } from "../../kinds/kind.js";
import { gumbel } from "../../ops/gumbel.js";
import { add, sigmoid, softplus } from "../../ops/elementwise.js";
import { oneHot } from "../../ops/indexing.js";
import { reshape } from "../../ops/movement.js";
import { randomBernoulli } from "../../ops/random.js";
import { argMax, logSumExp, softmax } from "../../ops/reduction.js";
import type { NoOptions } from "../../options.js";
import type { Tensor } from "../../graph/tensor.js";

export interface Units {
  /** As JSON; `fromConfig("units", config)` reads it back. */
  readonly config: KindConfig;
  /** Range of a unit's values; data outside of it are rejected. */
  readonly range: readonly [low: number, high: number];
  /**
   * Number of units of each value of a record, of which exactly one is 1; the units of a value are next to each other. Default:
   * each value has one unit of its own.
   */
  readonly categories?: number;
  /** Expected state of each unit. */
  mean(logits: Tensor): Tensor;
  /** A random state of each unit. */
  draw(logits: Tensor): Tensor;
  /** log of the sum of e^(x l) over the states x of each unit, or of each value's units. Its derivative is `mean`. */
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

/** Logits or states [n, units] as [n, values, categories]. */
export const groups = (x: Tensor, categories: number): Tensor =>
  reshape(x, [x.shape[0], x.shape[1] / categories, categories]);

/**
 * Units of records of tokens 0 to categories - 1: each token has a group of units, of which the one of its category is 1
 * (softmax units: Salakhutdinov, Mnih, Hinton 2007, eq. 1). Visible units only.
 * @param categories the vocabulary of the data, 2 or more
 * @throws RangeError for a number outside of its range
 * @example units.categorical(4).range // [0, 3]
 */
export const categorical: (categories: number) => Units = /* @__PURE__ */ makeKind("units", {
  kind: "categorical",
  options: { categories: { atLeast: 2, atMost: 2 ** 16, whole: true } },
  positional: ["categories"],
  make: ({ categories }: { categories: number }) => ({
    categories,
    range: [0, categories - 1],
    mean: (logits) => reshape(softmax(groups(logits, categories)), logits.shape),
    draw: (logits) => drawnGroups(groups(logits, categories), logits),
    logPartition: (logits) => logSumExp(groups(logits, categories), { axes: 2 }),
  }),
});

/** States of units drawn from the softmax of each group of logits: the largest with Gumbel noise. */
const drawnGroups = (logits: Tensor, { shape }: Tensor): Tensor =>
  reshape(oneHot(argMax(add(logits, gumbel(logits.shape))), logits.shape[2]), shape);
