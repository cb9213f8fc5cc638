/** Convolutional layers: images [batch, height, width, channels], sequences [batch, length, channels]. */
import type { Initializer } from "./initializers.js";
import * as ops from "../ops/convolution.js";
import { add } from "../ops/elementwise.js";
import { transpose } from "../ops/movement.js";
import { checkNumber, checkOptions } from "../options.js";
import { type Pair, pairOf, windowOf } from "../ops/convolution/window.js";
import { type InitializerConfig, initializerFrom } from "./initializer-config.js";
import { requireInput, within } from "./input-rule.js";
import type { Layer, Scope } from "./layer.js";
import type { Tensor } from "../graph/tensor.js";

interface WeightOptions {
  /** Adds a trained number per feature; true by default. */
  readonly bias?: boolean;
  /** First values of the weight; `glorotUniform` by default. */
  readonly initializer?: InitializerConfig;
  /** First values of the bias; `zeros` by default. */
  readonly biasInitializer?: InitializerConfig;
}

export type Conv2dOptions = ops.Conv2dOptions & WeightOptions;
export type ConvTranspose2dOptions = ops.ConvTranspose2dOptions & WeightOptions;
export type Conv1dOptions = ops.Conv1dOptions & WeightOptions;

const windowOptions = ["stride", "padding", "dilation", "groups"];
const weightOptions = ["bias", "initializer", "biasInitializer"];

/** Everything about the layer but its window. */
interface Plan {
  readonly kind: string;
  readonly features: number;
  readonly bias: boolean;
  readonly weights: Initializer;
  readonly biases: Initializer;
}

/** Checks what all kinds share; gives the options with their defaults, for the description. */
function planOf(
  kind: string,
  features: number,
  groups: number,
  options: WeightOptions,
): [Plan, Required<WeightOptions>] {
  const { bias = true, initializer = "glorotUniform", biasInitializer = "zeros" } = options;
  checkNumber(kind, "features", features, { atLeast: 1, whole: true });
  checkNumber(kind, "groups", groups, { atLeast: 1, whole: true });
  if (features % groups !== 0)
    throw new RangeError(`${kind}: groups divides the ${features} features, found ${groups}`);
  const [weights, biases] = [initializerFrom(initializer, kind), initializerFrom(biasInitializer, kind)];
  return [
    { kind, features, bias, weights, biases },
    { bias, initializer, biasInitializer },
  ];
}

function withBias(y: Tensor, { bias, features, biases }: Plan, scope: Scope): Tensor {
  return bias ? add(y, scope.read("bias", { shape: [features], initializer: biases })) : y;
}

function channelsOf(x: Tensor, kind: string, groups: number, scope: Scope): number {
  const shape = kind === "conv1d" ? "[batch, length, channels]" : "[batch, height, width, channels]";
  requireInput(x.rank === (kind === "conv1d" ? 3 : 4), kind, `the input is ${shape}`, x, scope);
  const channels = x.shape[x.rank - 1];
  requireInput(channels >= 1 && channels % groups === 0, kind, `groups (${groups}) divides the channels`, x, scope);
  return channels;
}

/**
 * Convolution with trained weights [kernel height, kernel width, channels / groups, features] and a bias [features]:
 * [batch, height, width, channels] to [batch, rows, columns, features]. Options as of the operation `conv2d`.
 * Variables: `weight` and `bias`.
 * Throws TypeError for an unknown option, RangeError for a number outside of its range.
 * @example shape(layers.conv2d(16, 3, { stride: 2, padding: "same" }), 5, 8, 8, 3) // [5, 4, 4, 16]
 */
export function conv2d(features: number, kernelSize: number | Pair, options: Conv2dOptions = {}): Layer {
  checkOptions("conv2d", options, [...windowOptions, ...weightOptions]);
  const { stride = 1, padding = "valid", dilation = 1, groups = 1, ...rest } = options;
  const kernel = pairOf(kernelSize, "kernelSize", "conv2d");
  windowOf([1, 1], kernel, { stride, padding, dilation }, "conv2d");
  const [plan, described] = planOf("conv2d", features, groups, rest);
  return {
    config: { kind: "conv2d", features, kernelSize, stride, padding, dilation, groups, ...described },
    apply(x, scope) {
      const channels = channelsOf(x, "conv2d", groups, scope);
      const weight = scope.read("weight", {
        shape: [...kernel, channels / groups, features],
        initializer: plan.weights,
      });
      const y = within("conv2d", scope, () => ops.conv2d(x, weight, { stride, padding, dilation, groups }));
      return withBias(y, plan, scope);
    },
  };
}

/** Initial weights drawn as [.., channels, features], as fans are counted, and stored the other way round. */
const swapped =
  (initializer: Initializer): Initializer =>
  ([height, width, features, channels]) =>
    transpose(initializer([height, width, channels, features]), [0, 1, 3, 2]);

/**
 * Transposed convolution with trained weights [kernel height, kernel width, features / groups, channels]: [batch, rows,
 * columns, channels] to [batch, height, width, features]. Options as of the operation `convTranspose2d`.
 * Variables: `weight` and `bias`.
 * Throws TypeError for an unknown option, RangeError for a number outside of its range.
 * @example shape(layers.convTranspose2d(3, 4, { stride: 2, padding: 1 }), 5, 4, 4, 16) // [5, 8, 8, 3]
 */
export function convTranspose2d(
  features: number,
  kernelSize: number | Pair,
  options: ConvTranspose2dOptions = {},
): Layer {
  checkOptions("convTranspose2d", options, [...windowOptions, "outputPadding", ...weightOptions]);
  const { stride = 1, padding = "valid", dilation = 1, groups = 1, outputPadding = 0, ...rest } = options;
  const kernel = pairOf(kernelSize, "kernelSize", "convTranspose2d");
  windowOf([1, 1], kernel, { stride, padding, dilation }, "convTranspose2d");
  const [plan, described] = planOf("convTranspose2d", features, groups, rest);
  return {
    config: {
      kind: "convTranspose2d",
      features,
      kernelSize,
      stride,
      padding,
      dilation,
      groups,
      outputPadding,
      ...described,
    },
    apply(x, scope) {
      const channels = channelsOf(x, "convTranspose2d", groups, scope);
      const initializer = swapped(plan.weights);
      const weight = scope.read("weight", { shape: [...kernel, features / groups, channels], initializer });
      const window = { stride, padding, dilation, groups, outputPadding };
      return withBias(
        within("convTranspose2d", scope, () => ops.convTranspose2d(x, weight, window)),
        plan,
        scope,
      );
    },
  };
}

/**
 * Convolution over time with trained weights [kernel, channels / groups, features]: [batch, length, channels] to [batch,
 * steps, features]; `padding: "causal"` keeps the length and sees nothing of what comes later. Options as of the operation
 * `conv1d`. Variables: `weight` and `bias`.
 * Throws TypeError for an unknown option, RangeError for a number outside of its range.
 * @example shape(layers.conv1d(16, 3, { padding: "causal" }), 5, 10, 3) // [5, 10, 16]
 */
export function conv1d(features: number, kernelSize: number, options: Conv1dOptions = {}): Layer {
  checkOptions("conv1d", options, [...windowOptions, ...weightOptions]);
  const { stride = 1, padding = "valid", dilation = 1, groups = 1, ...rest } = options;
  checkNumber("conv1d", "kernelSize", kernelSize, { atLeast: 1, whole: true });
  checkNumber("conv1d", "stride", stride, { atLeast: 1, whole: true });
  checkNumber("conv1d", "dilation", dilation, { atLeast: 1, whole: true });
  const [plan, described] = planOf("conv1d", features, groups, rest);
  return {
    config: { kind: "conv1d", features, kernelSize, stride, padding, dilation, groups, ...described },
    apply(x, scope) {
      const channels = channelsOf(x, "conv1d", groups, scope);
      const weight = scope.read("weight", {
        shape: [kernelSize, channels / groups, features],
        initializer: plan.weights,
      });
      const y = within("conv1d", scope, () => ops.conv1d(x, weight, { stride, padding, dilation, groups }));
      return withBias(y, plan, scope);
    },
  };
}
