/**
 * Convolution (in truth cross-correlation, as everywhere in this field) of images [batch, height, width, channels]
 * with weights [kernel height, kernel width, channels / groups, features], and its two gradients.
 *
 * With x the images, w the weights and y the result, all three operations are the one sum of products
 *
 *     x[n, oy sy + ky dy - top, ox sx + kx dx - left, c]  w[ky, kx, c, f]  y[n, oy, ox, f]
 *
 * over all indices but those of the one that is asked for. Hence each one's gradients are the other two, to any order.
 */
import { sameShape, shapeText, sizeOf, type Shape } from "../shape.js";
import { type Op, Tensor } from "../tensor.js";
import {
  imageSize,
  type Pair,
  pairOf,
  type PaddingOption,
  reach,
  type Window,
  windowCount,
  windowOf,
  type WindowOptions,
  windowOptions,
} from "../window.js";
import { checkOptions } from "../options.js";
import { tensor, type TensorLike } from "./constant.js";
import { reshape } from "./movement.js";

/** Groups: channels and features are cut into so many equal parts, part i of the features sees part i of the channels. */
export type ConvolutionAttributes = Window & { readonly groups: number };
export type InputGradientAttributes = ConvolutionAttributes & { readonly size: Pair };
export type WeightGradientAttributes = ConvolutionAttributes & { readonly kernel: Pair };

function kernelOf({ shape }: Tensor, what: string): Pair {
  if (shape.length !== 4 || sizeOf(shape) === 0) {
    throw new RangeError(
      `${what}: weights are [kernel height, kernel width, channels / groups, features], all >= 1, found ${shapeText(shape)}`,
    );
  }
  return [shape[0], shape[1]];
}

function checkGroups(groups: number, features: number, what: string): void {
  if (!Number.isInteger(groups) || groups < 1 || features % groups !== 0) {
    throw new RangeError(
      `${what}: groups is a whole number >= 1 that divides the ${features} features, found ${groups}`,
    );
  }
}

/** Visits every product of the sum above, as positions in x, w and y. */
function walkProducts(
  x: Shape,
  w: Shape,
  y: Shape,
  attributes: ConvolutionAttributes,
  visit: (x: number, w: number, y: number) => void,
): void {
  const { stride, padding, dilation } = attributes;
  const [batch, height, width, channels] = x;
  const [kernelHeight, kernelWidth, groupChannels, features] = w;
  const [, rows, columns] = y;
  const groupFeatures = features / attributes.groups;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let ky = 0; ky < kernelHeight; ky++) {
          const top = row * stride[0] + ky * dilation[0] - padding[0];
          if (top < 0 || top >= height) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const left = column * stride[1] + kx * dilation[1] - padding[2];
            if (left < 0 || left >= width) continue;
            const atX = ((n * height + top) * width + left) * channels;
            const atW = (ky * kernelWidth + kx) * groupChannels * features;
            const atY = ((n * rows + row) * columns + column) * features;
            for (let f = 0; f < features; f++) {
              const first = atX + Math.floor(f / groupFeatures) * groupChannels;
              for (let c = 0; c < groupChannels; c++) visit(first + c, atW + c * features + f, atY + f);
            }
          }
        }
      }
    }
  }
}

export const conv2dOp: Op<ConvolutionAttributes> = {
  name: "conv2d",
  shape: ([x, w], attributes) => {
    const [rows, columns] = windowCount(imageSize(x.shape, "conv2d"), kernelOf(w, "conv2d"), attributes, "conv2d");
    const [channels, features] = w.shape.slice(2);
    checkGroups(attributes.groups, features, "conv2d");
    if (x.shape[3] !== channels * attributes.groups) {
      throw new RangeError(
        `conv2d: weights ${shapeText(w.shape)} in ${attributes.groups} group(s) take ${channels * attributes.groups} channels, the images ${shapeText(x.shape)} have ${x.shape[3]}`,
      );
    }
    return [x.shape[0], rows, columns, features];
  },
  gradient: (g, y) => {
    const [x, w] = y.inputs;
    const attributes = y.attributes as ConvolutionAttributes;
    return [
      inputGradient(g, w, [x.shape[1], x.shape[2]], attributes),
      weightGradient(x, g, [w.shape[0], w.shape[1]], attributes),
    ];
  },
  evaluate: ([x, w], node) => {
    const out = new Float64Array(node.size);
    const [{ shape: images }, { shape: weights }] = node.inputs;
    walkProducts(images, weights, node.shape, node.attributes as ConvolutionAttributes, (atX, atW, atY) => {
      out[atY] += x[atX] * w[atW];
    });
    return out;
  },
  lowering: { kind: "kernel" },
};

export const inputGradientOp: Op<InputGradientAttributes> = {
  name: "conv2dInputGradient",
  shape: ([y, w], attributes) => {
    const what = "conv2dInputGradient";
    const [rows, columns] = windowCount(attributes.size, kernelOf(w, what), attributes, what);
    const [channels, features] = w.shape.slice(2);
    checkGroups(attributes.groups, features, what);
    const needed = [y.shape[0], rows, columns, features];
    if (!sameShape(y.shape, needed)) {
      throw new RangeError(
        `${what}: weights ${shapeText(w.shape)} over images of ${attributes.size.join(" x ")} give ${shapeText(needed)}, found ${shapeText(y.shape)}`,
      );
    }
    return [y.shape[0], ...attributes.size, channels * attributes.groups];
  },
  gradient: (g, x) => {
    const [y, w] = x.inputs;
    const attributes = x.attributes as InputGradientAttributes;
    return [convolution(g, w, attributes), weightGradient(g, y, [w.shape[0], w.shape[1]], attributes)];
  },
  evaluate: ([y, w], node) => {
    const out = new Float64Array(node.size);
    const [{ shape: results }, { shape: weights }] = node.inputs;
    walkProducts(node.shape, weights, results, node.attributes as InputGradientAttributes, (atX, atW, atY) => {
      out[atX] += y[atY] * w[atW];
    });
    return out;
  },
  lowering: { kind: "kernel" },
};

export const weightGradientOp: Op<WeightGradientAttributes> = {
  name: "conv2dWeightGradient",
  shape: ([x, y], attributes) => {
    const what = "conv2dWeightGradient";
    const [rows, columns] = windowCount(imageSize(x.shape, what), attributes.kernel, attributes, what);
    const features = y.shape[3];
    checkGroups(attributes.groups, features, what);
    if (!sameShape(y.shape, [x.shape[0], rows, columns, features]) || x.shape[3] % attributes.groups !== 0) {
      throw new RangeError(
        `${what}: a kernel of ${attributes.kernel.join(" x ")} over images ${shapeText(x.shape)} gives [${x.shape[0]}, ${rows}, ${columns}, features], found ${shapeText(y.shape)}`,
      );
    }
    return [...attributes.kernel, x.shape[3] / attributes.groups, features];
  },
  gradient: (g, w) => {
    const [x, y] = w.inputs;
    const attributes = w.attributes as WeightGradientAttributes;
    return [inputGradient(y, g, [x.shape[1], x.shape[2]], attributes), convolution(x, g, attributes)];
  },
  evaluate: ([x, y], node) => {
    const out = new Float64Array(node.size);
    const [{ shape: images }, { shape: results }] = node.inputs;
    walkProducts(images, node.shape, results, node.attributes as WeightGradientAttributes, (atX, atW, atY) => {
      out[atW] += x[atX] * y[atY];
    });
    return out;
  },
  lowering: { kind: "kernel" },
};

function convolution(x: Tensor, w: Tensor, { stride, padding, dilation, groups }: ConvolutionAttributes): Tensor {
  return new Tensor(conv2dOp, [x, w], { stride, padding, dilation, groups });
}

function inputGradient(
  y: Tensor,
  w: Tensor,
  size: Pair,
  { stride, padding, dilation, groups }: ConvolutionAttributes,
): Tensor {
  return new Tensor(inputGradientOp, [y, w], { stride, padding, dilation, groups, size });
}

function weightGradient(
  x: Tensor,
  y: Tensor,
  kernel: Pair,
  { stride, padding, dilation, groups }: ConvolutionAttributes,
): Tensor {
  return new Tensor(weightGradientOp, [x, y], { stride, padding, dilation, groups, kernel });
}

export interface Conv2dOptions extends WindowOptions {
  /** Parts into which channels and features are cut; as many as channels makes it depthwise. 1 where not given. */
  readonly groups?: number;
}

/**
 * Convolution of images [batch, height, width, channels] with weights [kernel height, kernel width, channels / groups,
 * features]: [batch, rows, columns, features], rows = floor((height + top + bottom - dilation (kernel - 1) - 1) / stride) + 1.
 * Throws RangeError where channels, groups or sizes do not fit.
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
  /** Rows and columns added at the bottom and the right, below the stride; 0 where not given. */
  readonly outputPadding?: number | Pair;
}

/**
 * Transposed convolution, the gradient of `conv2d` to its images: [batch, rows, columns, channels] with weights
 * [kernel height, kernel width, features / groups, channels] (as that convolution would have them: from features to
 * channels) gives [batch, height, width, features], height = (rows - 1) stride - top - bottom + dilation (kernel - 1) + 1
 * + outputPadding. `padding: "same"` gives rows * stride. Throws RangeError where channels, groups or sizes do not fit.
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
      `${what}: weights ${shapeText(weights.shape)} take ${weights.shape[3]} channels, the images ${shapeText(x.shape)} have ${x.shape[3]}`,
    );
  }
  const stride = pairOf(options.stride ?? 1, "stride", what);
  const same = options.padding === "same";
  const window = windowOf([rows[0] * stride[0], rows[1] * stride[1]], kernel, options, what);
  const extra = pairOf(outputPadding, "outputPadding", what, 0);
  const length = (axis: 0 | 1) => {
    if (extra[axis] >= stride[axis])
      throw new RangeError(`${what}: outputPadding is below the stride ${stride[axis]}, found ${extra[axis]}`);
    if (same) {
      if (extra[axis] !== 0)
        throw new RangeError(`${what}: outputPadding is 0 with padding "same", found ${extra[axis]}`);
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
  /** `[before, behind]`, one number for both, `"valid"` (the default), `"same"`, or `"causal"`: no result sees what comes later. */
  readonly padding?: number | readonly [before: number, behind: number] | "same" | "valid" | "causal";
  readonly dilation?: number;
  readonly groups?: number;
}

/**
 * Convolution of sequences [batch, length, channels] with weights [kernel, channels / groups, features].
 * Throws RangeError where channels, groups or sizes do not fit.
 * @example show(conv1d(t([[[1], [2], [3]]]), t([[[1]], [[10]]]))) // [[[21], [32]]]
 */
export function conv1d(sequences: TensorLike, kernels: TensorLike, options: Conv1dOptions = {}): Tensor {
  checkOptions("conv1d", options, [...windowOptions, "groups"]);
  const { stride = 1, padding = "valid", dilation = 1, groups = 1 } = options;
  const [x, weights] = [tensor(sequences, "conv1d"), tensor(kernels, "conv1d")];
  if (x.rank !== 3)
    throw new RangeError(`conv1d: sequences are [batch, length, channels], found ${shapeText(x.shape)}`);
  if (weights.rank !== 3)
    throw new RangeError(
      `conv1d: weights are [kernel, channels / groups, features], found ${shapeText(weights.shape)}`,
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
  const [before, behind] = typeof padding === "number" ? [padding, padding] : padding;
  return [0, 0, before, behind];
}
