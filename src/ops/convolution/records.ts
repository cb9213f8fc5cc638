/**
 * Op records of convolution (strictly speaking cross-correlation, as usual in this field) of images [batch, height,
 * width, channels] with weights [kernel height, kernel width, channels / groups, features], and of its two gradients.
 *
 * With x the images, w the weights and y the result, all three operations come from one product of three factors
 *
 *     x[n, oy sy + ky dy - top, ox sx + kx dx - left, c]  w[ky, kx, c, f]  y[n, oy, ox, f]
 *
 * Each computes one factor from the two others: it sums their product over the indices that its own factor does not have.
 * Hence the gradients of each are the other two, to any order.
 */
import { sameShape, shapeText, type Shape } from "../../graph/shape.js";
import { type Op, Tensor } from "../../graph/tensor.js";
import { imageSize, type Pair, windowCount } from "./window.js";
import { matmul } from "../matmul.js";
import { reshape } from "../movement.js";
import {
  checkGroups,
  type ConvolutionAttributes,
  type InputGradientAttributes,
  kernelOf,
  type WeightGradientAttributes,
} from "./attributes.js";
import { emitConv2d, emitInputGradient, emitWeightGradient } from "./emission.js";
import { asProduct } from "./product.js";

/** Calls `visit` for every product of the sum above, with its indices in x, w and y. */
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
        `conv2d: images must have ${channels * attributes.groups} channels for weights ${shapeText(w.shape)} and groups ${attributes.groups}, found ${shapeText(x.shape)}`,
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
  simplify: (node) => {
    const [x, w] = node.inputs;
    return asProduct(node, { x: x.shape, w: w.shape }, ({ rows, depth, features }) =>
      matmul(reshape(x, [rows, depth]), reshape(w, [depth, features])),
    );
  },
  lowering: { kind: "kernel", emit: emitConv2d, epilogue: true },
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
        `${what}: weights ${shapeText(w.shape)} over images of ${attributes.size.join(" x ")} must have results of ${shapeText(needed)}, found ${shapeText(y.shape)}`,
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
  simplify: (node) => {
    const [y, w] = node.inputs;
    return asProduct(node, { x: node.shape, w: w.shape }, ({ rows, depth, features }) =>
      matmul(reshape(y, [rows, features]), reshape(w, [depth, features]), { transposeB: true }),
    );
  },
  lowering: { kind: "kernel", emit: emitInputGradient, epilogue: true },
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
        `${what}: a kernel of ${attributes.kernel.join(" x ")} over images ${shapeText(x.shape)} must have results of [${x.shape[0]}, ${rows}, ${columns}, features], found ${shapeText(y.shape)}`,
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
  simplify: (node) => {
    const [x, y] = node.inputs;
    return asProduct(node, { x: x.shape, w: node.shape }, ({ rows, depth, features }) =>
      matmul(reshape(x, [rows, depth]), reshape(y, [rows, features]), { transposeA: true }),
    );
  },
  lowering: { kind: "kernel", emit: emitWeightGradient, epilogue: true },
};

/** A conv2d node; additional attributes of other op records are dropped. */
export function convolution(
  x: Tensor,
  w: Tensor,
  { stride, padding, dilation, groups }: ConvolutionAttributes,
): Tensor {
  return new Tensor(conv2dOp, [x, w], { stride, padding, dilation, groups });
}

/** A conv2dInputGradient node, whose result is images of `size`. */
export function inputGradient(
  y: Tensor,
  w: Tensor,
  size: Pair,
  { stride, padding, dilation, groups }: ConvolutionAttributes,
): Tensor {
  return new Tensor(inputGradientOp, [y, w], { stride, padding, dilation, groups, size });
}

/** A conv2dWeightGradient node, whose result is weights of size `kernel`. */
function weightGradient(
  x: Tensor,
  y: Tensor,
  kernel: Pair,
  { stride, padding, dilation, groups }: ConvolutionAttributes,
): Tensor {
  return new Tensor(weightGradientOp, [x, y], { stride, padding, dilation, groups, kernel });
}
