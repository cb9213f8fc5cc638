/**
 * Convolution (strictly speaking cross-correlation, as usual in this field) of images and sequences, and transposed
 * convolution. Their op records are in `convolution/records.ts`.
 */
import { checkOptions } from "../options.js";
import { shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import {
  imageSize,
  type Pair,
  pairOf,
  type PaddingOption,
  reach,
  windowOf,
  type WindowOptions,
  windowOptions,
} from "./convolution/window.js";
import { tensor, type TensorLike } from "./constant.js";
import { checkGroups, kernelOf } from "./convolution/attributes.js";
import { convolution, inputGradient } from "./convolution/records.js";
import { reshape } from "./movement.js";

export { conv2dOp, inputGradientOp, weightGradientOp } from "./convolution/records.js";

export interface Conv2dOptions extends WindowOptions {
  /**
   * Number of groups that channels and features are divided into; as many as channels gives a depthwise convolution. 1
   * if not given.
   */
  readonly groups?: number;
}

/**
 * Convolution of images [batch, height, width, channels] with weights [kernel height, kernel width, channels / groups,
 * features]: [batch, rows, columns, features], rows = floor((height + top + bottom - dilation (kernel - 1) - 1) / stride) + 1.
 * Throws RangeError if channels, groups or sizes do not fit.
 * @example show(conv2d(t([[[[1], [2]], [[3], [4]]]]), t([[[[1]], [[10]]]]))) // [[[[21]], [[43]]]]
 * @example conv2d(randomNormal([1, 8, 8, 3]), randomNormal([3, 3, 3, 16]), { stride: 2, padding: "same" }).shape // [1, 4, 4, 16]
 */
export function conv2d(images: TensorLike, weights: TensorLike, options: Conv2dOptions = {}): Tensor {
  checkOptions("conv2d", options, [...windowOptions, "groups"]);
  const [x, w] = [tensor(images, "conv2d"), tensor(weights, "conv2d")];
  const window = windowOf(imageSize(x.shape, "conv2d"), kernelOf(w, "conv2d"), options, "conv2d");
  return convolution(x, w, { ...window, groups: options.groups ?? 1 });
}

export interface ConvTranspose2dOptions extends Conv2dOptions {
  /** Rows and columns added at the bottom and on the right; smaller than the stride. 0 if not given. */
  readonly outputPadding?: number | Pair;
}

/**
 * Transposed convolution, the gradient of `conv2d` to its images: [batch, rows, columns, channels] with weights
 * [kernel height, kernel width, features / groups, channels] (those of the `conv2d` that maps features to
 * channels) gives [batch, height, width, features], height = (rows - 1) stride - top - bottom + dilation (kernel - 1) + 1
 * + outputPadding. `padding: "same"` gives rows * stride. Throws RangeError if channels, groups or sizes do not fit.
 * @example convTranspose2d(randomNormal([1, 4, 4, 16]), randomNormal([4, 4, 3, 16]), { stride: 2, padding: 1 }).shape // [1, 8, 8, 3]
 */
export function convTranspose2d(images: TensorLike, filters: TensorLike, options: ConvTranspose2dOptions = {}): Tensor {
  const what = "convTranspose2d";
  checkOptions(what, options, [...windowOptions, "groups", "outputPadding"]);
  const { groups = 1, outputPadding = 0 } = options;
  const [x, weights] = [tensor(images, what), tensor(filters, what)];
  const rows = imageSize(x.shape, what);
  const kernel = kernelOf(weights, what);
  checkGroups(groups, x.shape[3], what);
  if (weights.shape[3] !== x.shape[3]) {
    throw new RangeError(
      `${what}: images must have ${weights.shape[3]} channels for weights ${shapeText(weights.shape)}, found ${shapeText(x.shape)}`,
    );
  }
  const stride = pairOf(options.stride ?? 1, "stride", what);
  const same = options.padding === "same";
  const window = windowOf([rows[0] * stride[0], rows[1] * stride[1]], kernel, options, what);
  const extra = pairOf(outputPadding, "outputPadding", what, 0);
  const length = (axis: 0 | 1) => {
    if (extra[axis] >= stride[axis])
      throw new RangeError(
        `${what}: outputPadding must be smaller than the stride ${stride[axis]}, found ${extra[axis]}`,
      );
    if (same) {
      if (extra[axis] !== 0)
        throw new RangeError(`${what}: outputPadding must be 0 if padding must be "same", found ${extra[axis]}`);
      return rows[axis] * stride[axis];
    }
    const margins = window.padding[2 * axis] + window.padding[2 * axis + 1];
    const full = (rows[axis] - 1) * stride[axis] + reach(kernel[axis], window.dilation[axis]) + extra[axis];
    if (full <= margins) throw new RangeError(`${what}: padding ${margins} leaves nothing of ${full} pixels`);
    return full - margins;
  };
  return inputGradient(x, weights, [length(0), length(1)], { ...window, groups });
}

export interface Conv1dOptions {
  readonly stride?: number;
  /**
   * `[before, after]`, one number for both, `"valid"` (the default), `"same"`, or `"causal"`: no result depends on
   * later positions.
   */
  readonly padding?: number | readonly [before: number, after: number] | "same" | "valid" | "causal";
  readonly dilation?: number;
  readonly groups?: number;
}

/**
 * Convolution of sequences [batch, length, channels] with weights [kernel, channels / groups, features].
 * Throws RangeError if channels, groups or sizes do not fit.
 * @example show(conv1d(t([[[1], [2], [3]]]), t([[[1]], [[10]]]))) // [[[21], [32]]]
 */
export function conv1d(sequences: TensorLike, kernels: TensorLike, options: Conv1dOptions = {}): Tensor {
  checkOptions("conv1d", options, [...windowOptions, "groups"]);
  const { stride = 1, padding = "valid", dilation = 1, groups = 1 } = options;
  const [x, weights] = [tensor(sequences, "conv1d"), tensor(kernels, "conv1d")];
  if (x.rank !== 3)
    throw new RangeError(`conv1d: sequences must have shape [batch, length, channels], found ${shapeText(x.shape)}`);
  if (weights.rank !== 3)
    throw new RangeError(
      `conv1d: weights must have shape [kernel, channels / groups, features], found ${shapeText(weights.shape)}`,
    );
  const [batch, length, channels] = x.shape;
  const rows = reshape(x, [batch, 1, length, channels]);
  const filters = reshape(weights, [1, ...weights.shape]);
  const y = conv2d(rows, filters, {
    stride: [1, stride],
    dilation: [1, dilation],
    groups,
    padding: lineMargins(padding, weights.shape[0], dilation),
  });
  return reshape(y, [batch, y.shape[2], y.shape[3]]);
}

function lineMargins(padding: NonNullable<Conv1dOptions["padding"]>, kernel: number, dilation: number): PaddingOption {
  if (padding === "causal") return [0, 0, reach(kernel, dilation) - 1, 0];
  if (typeof padding === "string") return padding;
  const [before, after] = typeof padding === "number" ? [padding, padding] : padding;
  return [0, 0, before, after];
}
