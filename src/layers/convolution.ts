/** Convolutional layers of images [batch, height, width, channels]. */
import type { Initializer } from "./initializers.js";
import { makeKind } from "../kinds/kind.js";
import type { OptionRules } from "../kinds/option.js";
import * as ops from "../ops/convolution.js";
import { add } from "../ops/elementwise.js";
import { transpose } from "../ops/movement.js";
import { type Pair, pairOf, windowOf } from "../ops/convolution/window.js";
import { type InitializerOption, type Weights, weightRules } from "./initializer-config.js";
import { requireInput, within } from "./input-rule.js";
import type { Layer, Scope } from "./layer.js";
import { pairRule, windowRules } from "./window-rules.js";
import type { Tensor } from "../graph/tensor.js";

/** Options that all convolutions have. */
export interface WeightOptions {
  /** Adds a trained number per feature; true by default. */
  readonly bias?: boolean;
  /** Initial values of the weight; `glorotUniform` by default. */
  readonly initializer?: InitializerOption;
  /** Initial values of the bias; `zeros` by default. */
  readonly biasInitializer?: InitializerOption;
}

export type Conv2dOptions = ops.Conv2dOptions & WeightOptions;
export type ConvTranspose2dOptions = ops.ConvTranspose2dOptions & WeightOptions;

interface Window extends Required<ops.Conv2dOptions> {
  readonly features: number;
  readonly kernelSize: number | Pair;
}

/** The rule of sizes. */
export const whole = { atLeast: 1, whole: true } as const;

/** Option rules of a convolution: those of its window and the common ones. */
export const rulesOf = (window: OptionRules, more: OptionRules = {}): OptionRules => ({
  features: whole,
  ...window,
  groups: { default: 1, ...whole },
  ...more,
  ...weightRules,
});

/** Throws RangeError if `groups` does not divide the features. */
export function checkGroups({ features, groups }: { features: number; groups: number }, kind: string): void {
  if (features % groups !== 0)
    throw new RangeError(`${kind}: groups must divide the ${features} features, found ${groups}`);
}

function checkWindow({ kernelSize, stride, padding, dilation, ...rest }: Window, kind: string): void {
  windowOf([1, 1], pairOf(kernelSize, "kernelSize", kind), { stride, padding, dilation }, kind);
  checkGroups(rest, kind);
}

/** Adds the trained bias [features], if there is one. */
export function withBias(
  y: Tensor,
  { bias, biasInitializer: initializer }: Weights,
  features: number,
  scope: Scope,
): Tensor {
  return bias ? add(y, scope.read("bias", { shape: [features], initializer })) : y;
}

/** The channels of x. Throws RangeError unless it has them, and the groups divide them. */
export function channelsOf(x: Tensor, kind: string, groups: number, scope: Scope): number {
  const shape = kind === "conv1d" ? "[batch, length, channels]" : "[batch, height, width, channels]";
  requireInput(x.rank === (kind === "conv1d" ? 3 : 4), kind, `have shape ${shape}`, x, scope);
  const channels = x.shape[x.rank - 1];
  requireInput(
    channels >= 1 && channels % groups === 0,
    kind,
    `have channels that groups (${groups}) divides`,
    x,
    scope,
  );
  return channels;
}

/**
 * Convolution with trained weights [kernel height, kernel width, channels / groups, features] and a bias [features]:
 * [batch, height, width, channels] to [batch, rows, columns, features]. Options are those of the operation `conv2d`.
 * Variables: `weight` and `bias`.
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example shape(layers.conv2d(16, 3, { stride: 2, padding: "same" }), 5, 8, 8, 3) // [5, 4, 4, 16]
 */
export const conv2d: (features: number, kernelSize: number | Pair, options?: Conv2dOptions) => Layer =
  /* @__PURE__ */ makeKind("layer", {
    kind: "conv2d",
    options: /* @__PURE__ */ rulesOf({ kernelSize: /* @__PURE__ */ pairRule("kernelSize"), ...windowRules }),
    positional: ["features", "kernelSize"],
    check: checkWindow,
    make: ({ features, kernelSize, stride, padding, dilation, groups, ...weights }: Window & Weights) => ({
      apply(x, scope) {
        const channels = channelsOf(x, "conv2d", groups, scope);
        const weight = scope.read("weight", {
          shape: [...pairOf(kernelSize, "kernelSize", "conv2d"), channels / groups, features],
          initializer: weights.initializer,
        });
        const y = within("conv2d", scope, () => ops.conv2d(x, weight, { stride, padding, dilation, groups }));
        return withBias(y, weights, features, scope);
      },
    }),
  });

type Transposed = Window & Required<ops.ConvTranspose2dOptions>;

/**
 * Draws initial weights as [.., channels, features], which fans assume, and stores them with the last two axes swapped.
 */
const swapped =
  (initializer: Initializer): Initializer =>
  ([height, width, features, channels]) =>
    transpose(initializer([height, width, channels, features]), [0, 1, 3, 2]);

/**
 * Transposed convolution with trained weights [kernel height, kernel width, features / groups, channels]: [batch, rows,
 * columns, channels] to [batch, height, width, features]. Options are those of the operation `convTranspose2d`.
 * Variables: `weight` and `bias`.
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example shape(layers.convTranspose2d(3, 4, { stride: 2, padding: 1 }), 5, 4, 4, 16) // [5, 8, 8, 3]
 */
export const convTranspose2d: (features: number, kernelSize: number | Pair, options?: ConvTranspose2dOptions) => Layer =
  /* @__PURE__ */ makeKind("layer", {
    kind: "convTranspose2d",
    options: /* @__PURE__ */ rulesOf(
      { kernelSize: /* @__PURE__ */ pairRule("kernelSize"), ...windowRules },
      { outputPadding: { default: 0, check: () => undefined } },
    ),
    positional: ["features", "kernelSize"],
    check: checkWindow,
    make({ features, kernelSize, initializer, bias, biasInitializer, ...window }: Transposed & Weights) {
      const { groups } = window;
      const weights = { bias, initializer: swapped(initializer), biasInitializer };
      return {
        apply(x, scope) {
          const channels = channelsOf(x, "convTranspose2d", groups, scope);
          const weight = scope.read("weight", {
            shape: [...pairOf(kernelSize, "kernelSize", "convTranspose2d"), features / groups, channels],
            initializer: weights.initializer,
          });
          const y = within("convTranspose2d", scope, () => ops.convTranspose2d(x, weight, window));
          return withBias(y, weights, features, scope);
        },
      };
    },
  });
