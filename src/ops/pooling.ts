/**
 * Pooling over images [batch, height, width, channels]. Max pooling uses two linear primitives that work at the
 * position of each window's first maximum in x: `windowPick` takes values from there, `windowPut` adds values there.
 * They are each other's transposes, so max pooling, windowPick(x, x), can be differentiated to any order.
 */
import { Opcode } from "../../assembly/opcode.js";
import type { Emission } from "../graph/emission.js";
import { sameShape, shapeText, sizeOf, type Shape } from "../graph/shape.js";
import type { Op } from "../graph/op.js";
import { Tensor } from "../graph/tensor.js";
import {
  imageSize,
  type Pair,
  pairOf,
  type SlidingWindow,
  windowCount,
  windowOf,
  type WindowOptions,
  windowOptions,
} from "./convolution/window.js";
import { checkOptions } from "../options.js";
import { tensor, type TensorLike } from "./constant.js";
import { conv2d } from "./convolution.js";
import { mul } from "./elementwise.js";
import { literal } from "./literal.js";
import { reshape } from "./movement.js";
import { max, mean } from "./reduction.js";
import { beats } from "./special.js";

export type PoolAttributes = SlidingWindow & { readonly kernel: Pair };

function pooledShape({ shape }: Tensor, attributes: PoolAttributes, what: string): Shape {
  const [rows, columns] = windowCount(imageSize(shape, what), attributes.kernel, attributes, what);
  return [shape[0], rows, columns, shape[3]];
}

/**
 * Calls `visit` for every window, with the index in x of its first maximum (or its first NaN, if it has one) and the
 * index of the window's result.
 */
function walkMaxima(
  x: Float64Array,
  [batch, height, width, channels]: Shape,
  [, rows, columns]: Shape,
  attributes: PoolAttributes,
  visit: (at: number, out: number) => void,
): void {
  const { kernel, stride, padding, dilation } = attributes;
  for (let pixel = 0; pixel < batch * rows * columns; pixel++) {
    const top = (Math.floor(pixel / columns) % rows) * stride[0] - padding[0];
    const left = (pixel % columns) * stride[1] - padding[2];
    const image = Math.floor(pixel / (rows * columns));
    for (let c = 0; c < channels; c++) {
      let best = -1;
      for (let ky = 0; ky < kernel[0]; ky++) {
        for (let kx = 0; kx < kernel[1]; kx++) {
          const [row, column] = [top + ky * dilation[0], left + kx * dilation[1]];
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const at = ((image * height + row) * width + column) * channels + c;
          if (best < 0 || beats(x[at], x[best])) best = at;
        }
      }
      visit(best, pixel * channels + c);
    }
  }
}

/** @param results shape of the images that have one value per window */
function emitWindows(
  { node, out, place, emit }: Emission,
  opcode: Opcode.WindowPick | Opcode.WindowPut,
  results: Shape,
): void {
  const [x, values] = node.inputs;
  const { kernel, stride, padding, dilation } = node.attributes as PoolAttributes;
  const [batch, height, width, channels] = x.shape;
  const [from, given] = [place(x), place(values)];
  emit({
    opcode,
    label: `${node.op.name} ${kernel.join("x")} [${x.shape.join(", ")}]`,
    reads: [from.storage, given.storage],
    writes: [out.storage],
    work: sizeOf(results) * kernel[0] * kernel[1] + node.size,
    words(writer) {
      writer.integers(batch);
      writer.place(from);
      writer.place(given);
      writer.place(out);
      writer.integers(
        height,
        width,
        channels,
        results[1],
        results[2],
        ...kernel,
        ...stride,
        padding[0],
        padding[2],
        ...dilation,
      );
    },
  });
}

export const windowPickOp: Op<PoolAttributes> = {
  name: "windowPick",
  shape: ([x, values], attributes) => {
    if (!sameShape(x.shape, values.shape))
      throw new RangeError(
        `windowPick: values must have one element per pixel of ${shapeText(x.shape)}, found ${shapeText(values.shape)}`,
      );
    return pooledShape(x, attributes, "windowPick");
  },
  gradient: (g, y) => [null, new Tensor(windowPutOp, [y.inputs[0], g], y.attributes)],
  evaluate: ([x, values], node) => {
    const out = new Float64Array(node.size);
    walkMaxima(x, node.inputs[0].shape, node.shape, node.attributes as PoolAttributes, (at, i) => {
      out[i] = values[at];
    });
    return out;
  },
  lowering: { kind: "kernel", emit: (emission) => emitWindows(emission, Opcode.WindowPick, emission.node.shape) },
};

export const windowPutOp: Op<PoolAttributes> = {
  name: "windowPut",
  shape: ([x, values], attributes) => {
    const needed = pooledShape(x, attributes, "windowPut");
    if (!sameShape(values.shape, needed))
      throw new RangeError(
        `windowPut: windows over ${shapeText(x.shape)} must have values of ${shapeText(needed)}, found ${shapeText(values.shape)}`,
      );
    return x.shape;
  },
  gradient: (g, y) => [null, new Tensor(windowPickOp, [y.inputs[0], g], y.attributes)],
  evaluate: ([x, values], node) => {
    const out = new Float64Array(node.size);
    walkMaxima(x, node.shape, node.inputs[1].shape, node.attributes as PoolAttributes, (at, i) => {
      out[at] += values[i];
    });
    return out;
  },
  lowering: {
    kind: "kernel",
    emit: (emission) => emitWindows(emission, Opcode.WindowPut, emission.node.inputs[1].shape),
  },
};

/** Here `stride` is the window's size if not given. */
export type PoolOptions = WindowOptions;

/** The window of a pool. Padding is limited so that every window contains at least one pixel of the image. */
function poolWindow(x: Tensor, size: number | Pair, options: PoolOptions, what: string): PoolAttributes {
  checkOptions(what, options, windowOptions);
  const kernel = pairOf(size, "size", what);
  const image = imageSize(x.shape, what);
  const window = windowOf(image, kernel, { stride: kernel, ...options }, what);
  for (const axis of [0, 1] as const) {
    const margin = Math.max(window.padding[2 * axis], window.padding[2 * axis + 1]);
    if (window.dilation[axis] > 1 ? margin > 0 : margin >= kernel[axis]) {
      throw new RangeError(
        `${what}: padding must be smaller than the window's size ${kernel[axis]}, and 0 if the window is dilated, found ${margin}`,
      );
    }
    if (image[axis] === 0) throw new RangeError(`${what}: no window fits an empty image ${shapeText(x.shape)}`);
  }
  return { ...window, kernel };
}

/**
 * The greatest value of each window of `size` pixels; NaN if the window contains one. The gradient goes to the first of
 * equal maxima. Padding is ignored.
 * Throws RangeError if windows do not fit.
 * @example show(maxPool2d(t([[[[1], [2]], [[3], [4]]]]), 2)) // [[[[4]]]]
 */
export function maxPool2d(images: TensorLike, size: number | Pair, options: PoolOptions = {}): Tensor {
  const x = tensor(images, "maxPool2d");
  return new Tensor(windowPickOp, [x, x], poolWindow(x, size, options, "maxPool2d"));
}

/** Whether windows tile the image: they do not overlap, do not extend past the border, and leave no pixel uncovered. */
function tiles(x: Tensor, { kernel, stride, padding, dilation }: PoolAttributes): boolean {
  return (
    ([0, 1] as const).every(
      (axis) =>
        stride[axis] === kernel[axis] &&
        x.shape[1 + axis] % kernel[axis] === 0 &&
        (dilation[axis] === 1 || kernel[axis] === 1),
    ) && padding.every((margin) => margin === 0)
  );
}

/** For each window, 1 / (number of image pixels that it covers): [rows, columns, 1]. */
function coverage(x: Tensor, { kernel, stride, padding, dilation }: PoolAttributes, [rows, columns]: Pair): Tensor {
  const count = (axis: 0 | 1, window: number) => {
    let inside = 0;
    for (let k = 0; k < kernel[axis]; k++) {
      const at = window * stride[axis] + k * dilation[axis] - padding[2 * axis];
      if (at >= 0 && at < x.shape[1 + axis]) inside++;
    }
    return inside;
  };
  const shares = Float32Array.from(
    { length: rows * columns },
    (_, i) => 1 / (count(0, Math.floor(i / columns)) * count(1, i % columns)),
  );
  return literal(shares, [rows, columns, 1]);
}

/**
 * The mean of each window of `size` pixels; padding is not counted. Throws RangeError if windows do not fit.
 * @example show(averagePool2d(t([[[[1], [2]], [[3], [4]]]]), 2)) // [[[[2.5]]]]
 */
export function averagePool2d(images: TensorLike, size: number | Pair, options: PoolOptions = {}): Tensor {
  const x = tensor(images, "averagePool2d");
  const attributes = poolWindow(x, size, options, "averagePool2d");
  const { kernel, stride, padding, dilation } = attributes;
  const [batch, height, width, channels] = x.shape;
  if (tiles(x, attributes)) {
    const parts = reshape(x, [batch, height / kernel[0], kernel[0], width / kernel[1], kernel[1], channels]);
    return mean(parts, { axes: [2, 4] });
  }
  const taps = literal(new Float32Array(kernel[0] * kernel[1] * channels).fill(1), [...kernel, 1, channels]);
  const sums = conv2d(x, taps, { stride, padding, dilation, groups: channels });
  return mul(sums, coverage(x, attributes, [sums.shape[1], sums.shape[2]]));
}

/**
 * The mean over all pixels: [batch, height, width, channels] to [batch, channels].
 * @example show(globalAveragePool(t([[[[1], [2]], [[3], [4]]]]))) // [[2.5]]
 */
export function globalAveragePool(images: TensorLike): Tensor {
  const x = tensor(images, "globalAveragePool");
  imageSize(x.shape, "globalAveragePool");
  return mean(x, { axes: [1, 2] });
}

/**
 * The maximum over all pixels: [batch, height, width, channels] to [batch, channels].
 * @example show(globalMaxPool(t([[[[1], [2]], [[3], [4]]]]))) // [[4]]
 */
export function globalMaxPool(images: TensorLike): Tensor {
  const x = tensor(images, "globalMaxPool");
  imageSize(x.shape, "globalMaxPool");
  return max(x, { axes: [1, 2] });
}
