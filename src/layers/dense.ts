/** The fully connected layer. */
import { makeKind } from "../kinds/kind.js";
import { add } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { type InitializerOption, type Weights, weightRules } from "./initializer-config.js";
import { requireInput } from "./input-rule.js";
import type { Layer } from "./layer.js";

export interface DenseOptions {
  /** Adds a trained vector [units] to every row; true by default. */
  readonly bias?: boolean;
  /** Initial values of the weight; `glorotUniform` by default, which suits linear, tanh and leaky units. */
  readonly initializer?: InitializerOption;
  /** Initial values of the bias; `zeros` by default. */
  readonly biasInitializer?: InitializerOption;
}

/**
 * x W + b over the last axis: [batch, ..., features] to [batch, ..., units]. Variables: `weight` [features, units] and
 * `bias` [units].
 * @param units number of outputs, 1 or more
 * @throws TypeError for an unknown option, RangeError if units is not an integer of 1 or more
 * @example shape(layers.dense(8), 5, 3) // [5, 8]
 * @example layers.dense(0) // throws dense: units
 */
export const dense: (units: number, options?: DenseOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "dense",
  options: { units: { atLeast: 1, whole: true }, ...weightRules },
  positional: ["units"],
  make: ({ units, bias, initializer, biasInitializer }: Weights & { units: number }) => ({
    causal: true,
    apply(x, scope) {
      requireInput(x.rank >= 2, "dense", "have shape [batch, ..., features]", x, scope);
      const features = x.shape[x.rank - 1];
      const y = matmul(x, scope.read("weight", { shape: [features, units], initializer }));
      return bias ? add(y, scope.read("bias", { shape: [units], initializer: biasInitializer })) : y;
    },
  }),
});
