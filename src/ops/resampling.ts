/**
 * Resampling and blurring of images [batch, height, width, channels]. Linear filters are depthwise convolutions with
 * fixed weights, or matrix products of rows and columns. If a filter extends past the border, the taps inside the image are scaled to a sum of 1, so an image
 * of one colour keeps it. For the bilinear filter this is the same as repeating the border.
 */
import { shapeText } from "../graph/shape.js";
import { checkOptions, textOf } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import { tensor, type TensorLike } from "./constant.js";
import { imageSize, type Pair, pairOf } from "./convolution/window.js";
import { conv2d, convTranspose2d } from "./convolution.js";
import { mul } from "./elementwise.js";
import { literal } from "./literal.js";
import { matmul } from "./matmul.js";
import { broadcastTo, reshape, slice, transpose } from "./movement.js";

export type ResampleMode = "nearest" | "bilinear" | "aligned";

const modes: readonly ResampleMode[] = ["nearest", "bilinear", "aligned"];

export interface ResampleOptions {
  /** `"nearest"` if not given. */
  readonly mode?: ResampleMode;
}

/**
 * Filter along one axis: the window of low-resolution ("coarse") pixel i begins at high-resolution ("fine") pixel i *
 * stride - before.
 */
interface Filter {
  readonly taps: readonly number[];
  readonly stride: number;
  readonly before: number;
}

/** Triangle filter of half-width `factor`, centred on a block of `factor` pixels. */
function triangle(factor: number): Filter {
  const length = factor % 2 === 0 ? 2 * factor : 2 * factor - 1;
  const taps = Array.from({ length }, (_, i) => 1 - Math.abs(i - (length - 1) / 2) / factor);
  return { taps, stride: factor, before: Math.floor(factor / 2) };
}

/** Triangle filter of half-width `factor`, centred on the first pixel of a block; for a factor of 2: [1, 2, 1] / 2. */
function alignedTriangle(factor: number): Filter {
  const taps = Array.from({ length: 2 * factor - 1 }, (_, i) => 1 - Math.abs(i - (factor - 1)) / factor);
  return { taps, stride: factor, before: factor - 1 };
}

/** Weights that apply the same filter to every channel: [height, width, 1, channels]. */
function weightsOf(vertical: Filter, horizontal: Filter, channels: number): Tensor {
  const taps = vertical.taps.flatMap((a) => horizontal.taps.flatMap((b) => new Array<number>(channels).fill(a * b)));
  return literal(Float32Array.from(taps), [vertical.taps.length, horizontal.taps.length, 1, channels]);
}

/** Sums of the taps that lie inside the image: one per coarse pixel, or one per fine pixel. */
function tapSums({ taps, stride, before }: Filter, coarse: number, fine: number, per: "coarse" | "fine"): number[] {
  const sums = new Array<number>(per === "coarse" ? coarse : fine).fill(0);
  for (let i = 0; i < coarse; i++) {
    taps.forEach((tap, k) => {
      const at = i * stride + k - before;
      if (at >= 0 && at < fine) sums[per === "coarse" ? i : at] += tap;
    });
  }
  return sums;
}

/** y divided by the tap sums of its rows and columns. */
function balanced(y: Tensor, rows: readonly number[], columns: readonly number[]): Tensor {
  const shares = rows.flatMap((a) => columns.map((b) => 1 / (a * b)));
  return mul(y, literal(Float32Array.from(shares), [rows.length, columns.length, 1]));
}

/**
 * Weights of an aligned filter along one axis, [coarse, fine]: row i has those of coarse pixel i. `per` says whether the
 * taps inside of the image have a sum of 1 for each coarse or each fine pixel.
 */
function alignedWeights(coarse: number, factor: number, per: "coarse" | "fine"): Tensor {
  const [fine, filter] = [coarse * factor, alignedTriangle(factor)];
  const sums = tapSums(filter, coarse, fine, per);
  const weights = new Float32Array(coarse * fine);
  for (let i = 0; i < coarse; i++) {
    filter.taps.forEach((tap, k) => {
      const at = i * factor + k - filter.before;
      if (at >= 0 && at < fine) weights[i * fine + at] = tap / sums[per === "coarse" ? i : at];
    });
  }
  return literal(weights, [coarse, fine]);
}

/**
 * Aligned resampling as two matrix products, of columns and of rows: faster than depthwise convolution, whose products
 * with few taps are too short for the kernels.
 */
function aligned(x: Tensor, [down, across]: Pair, direction: "enlarge" | "reduce"): Tensor {
  const [batch, height, width, channels] = x.shape;
  const enlarge = direction === "enlarge";
  const along = (table: Tensor, length: number, factor: number) =>
    factor === 1
      ? table
      : matmul(alignedWeights(enlarge ? length : length / factor, factor, enlarge ? "fine" : "coarse"), table, {
          transposeA: enlarge,
        });
  const scaled = (length: number, factor: number) => (enlarge ? length * factor : length / factor);
  const rows = scaled(height, down);
  const tall = along(reshape(x, [batch, height, width * channels]), height, down);
  const wide = along(reshape(tall, [batch * rows, width, channels]), width, across);
  return reshape(wide, [batch, rows, scaled(width, across), channels]);
}

function filtered(x: Tensor, vertical: Filter, horizontal: Filter): Tensor {
  const [, height, width, channels] = x.shape;
  const y = conv2d(x, weightsOf(vertical, horizontal, channels), {
    stride: [vertical.stride, horizontal.stride],
    padding: [vertical.before, horizontal.before],
    groups: channels,
  });
  return balanced(y, tapSums(vertical, y.shape[1], height, "coarse"), tapSums(horizontal, y.shape[2], width, "coarse"));
}

function modeOf(options: ResampleOptions, what: string): ResampleMode {
  checkOptions(what, options, ["mode"]);
  const { mode = "nearest" } = options;
  if (!modes.includes(mode))
    throw new RangeError(`${what}: mode must be "nearest", "bilinear" or "aligned", found ${textOf(mode)}`);
  return mode;
}

/** Number of blocks of the given size, [down, across]. Throws RangeError if the blocks do not tile the image. */
function blocksOf(x: Tensor, [down, across]: Pair, what: string): Pair {
  const [height, width] = imageSize(x.shape, what);
  if (height % down !== 0 || width % across !== 0) {
    throw new RangeError(
      `${what}: the factor must divide height and width, found ${down} x ${across} for ${shapeText(x.shape)}`,
    );
  }
  return [height / down, width / across];
}

/**
 * Enlarges images by a whole factor (one number, or [vertical, horizontal]). Bilinear mode assumes pixel centres at
 * half-integers, like PyTorch's `align_corners=False`. Aligned mode interpolates too, but pixel i stays at i * factor: with a
 * factor of 2 each pixel is kept and the mean of two neighbours lies between them, the filter [1, 2, 1].
 * Throws RangeError if the factor is not whole.
 * @example show(upsample2d(t([[[[7]]]]), 2)) // [[[[7], [7]], [[7], [7]]]]
 * @example show(upsample2d(t([[[[1], [3]]]]), [1, 2], { mode: "aligned" })) // [[[[1], [2], [3], [3]]]]
 */
export function upsample2d(images: TensorLike, factor: number | Pair, options: ResampleOptions = {}): Tensor {
  const x = tensor(images, "upsample2d");
  const [height, width] = imageSize(x.shape, "upsample2d");
  const [down, across] = pairOf(factor, "factor", "upsample2d");
  const [batch, , , channels] = x.shape;
  const mode = modeOf(options, "upsample2d");
  if (mode === "nearest") {
    const spread = broadcastTo(reshape(x, [batch, height, 1, width, 1, channels]), [
      batch,
      height,
      down,
      width,
      across,
      channels,
    ]);
    return reshape(spread, [batch, height * down, width * across, channels]);
  }
  if (mode === "aligned") return aligned(x, [down, across], "enlarge");
  const [vertical, horizontal] = [triangle(down), triangle(across)];
  const y = convTranspose2d(x, weightsOf(vertical, horizontal, channels), {
    stride: [down, across],
    padding: [vertical.before, horizontal.before],
    groups: channels,
  });
  return balanced(y, tapSums(vertical, height, y.shape[1], "fine"), tapSums(horizontal, width, y.shape[2], "fine"));
}

/**
 * Shrinks images by a whole factor that divides height and width. `"nearest"` takes the middle pixel of each block (in
 * blocks of even size, the one after the centre). `"bilinear"` applies a triangle filter of twice the block's width
 * around the centre, which avoids aliasing; `"aligned"` one around the block's first pixel, with a factor of 2 the
 * filter [1, 2, 1].
 * Throws RangeError if the factor is not whole or does not divide the sizes.
 * @example downsample2d(randomNormal([1, 4, 4, 3]), 2).shape // [1, 2, 2, 3]
 * @example show(downsample2d(t([[[[3], [6], [4], [2]]]]), [1, 2], { mode: "aligned" })) // [[[[4], [4]]]]
 */
export function downsample2d(images: TensorLike, factor: number | Pair, options: ResampleOptions = {}): Tensor {
  const x = tensor(images, "downsample2d");
  const [down, across] = pairOf(factor, "factor", "downsample2d");
  const [rows, columns] = blocksOf(x, [down, across], "downsample2d");
  const [batch, , , channels] = x.shape;
  const mode = modeOf(options, "downsample2d");
  if (mode === "bilinear") return filtered(x, triangle(down), triangle(across));
  if (mode === "aligned") return aligned(x, [down, across], "reduce");
  const blocks = reshape(x, [batch, rows, down, columns, across, channels]);
  const middle = slice(blocks, [0, 0, down >> 1, 0, across >> 1, 0], [batch, rows, 1, columns, 1, channels]);
  return reshape(middle, [batch, rows, columns, channels]);
}

/**
 * Blurs with [1, 2, 1] / 4 along both axes; with a stride of 2 this halves the image without aliasing (Zhang 2019).
 * Throws RangeError if the stride is not whole.
 * @example blur2d(randomNormal([1, 4, 4, 3]), { stride: 2 }).shape // [1, 2, 2, 3]
 */
export function blur2d(images: TensorLike, options: { readonly stride?: number } = {}): Tensor {
  checkOptions("blur2d", options, ["stride"]);
  const x = tensor(images, "blur2d");
  const [height, width] = imageSize(x.shape, "blur2d");
  if (height === 0 || width === 0)
    throw new RangeError(`blur2d: images must have at least one pixel, found ${shapeText(x.shape)}`);
  const filter = { taps: [0.25, 0.5, 0.25], stride: pairOf(options.stride ?? 1, "stride", "blur2d")[0], before: 1 };
  return filtered(x, filter, filter);
}

/**
 * Moves channels into space: [batch, height, width, factor^2 channels] to [batch, height * factor, width * factor,
 * channels] (Shi et al. 2016). The channels are factor^2 contiguous groups, one per pixel of a block, row by row.
 * Throws RangeError if factor^2 does not divide the channels.
 * @example show(pixelShuffle(t([[[[1, 2, 3, 4]]]]), 2)) // [[[[1], [2]], [[3], [4]]]]
 */
export function pixelShuffle(images: TensorLike, factor: number): Tensor {
  const x = tensor(images, "pixelShuffle");
  const [height, width] = imageSize(x.shape, "pixelShuffle");
  const [f] = pairOf(factor, "factor", "pixelShuffle");
  const [batch, , , channels] = x.shape;
  if (channels % (f * f) !== 0)
    throw new RangeError(
      `pixelShuffle: factor^2 must divide the number of channels, found factor ${f} for ${shapeText(x.shape)}`,
    );
  const parts = transpose(reshape(x, [batch, height, width, f, f, channels / (f * f)]), [0, 1, 3, 2, 4, 5]);
  return reshape(parts, [batch, height * f, width * f, channels / (f * f)]);
}

/**
 * Moves space into channels: the inverse of `pixelShuffle`. Throws RangeError if the factor does not divide the sizes.
 * @example show(pixelUnshuffle(t([[[[1], [2]], [[3], [4]]]]), 2)) // [[[[1, 2, 3, 4]]]]
 */
export function pixelUnshuffle(images: TensorLike, factor: number): Tensor {
  const x = tensor(images, "pixelUnshuffle");
  const [f] = pairOf(factor, "factor", "pixelUnshuffle");
  const [rows, columns] = blocksOf(x, [f, f], "pixelUnshuffle");
  const [batch, , , channels] = x.shape;
  const parts = transpose(reshape(x, [batch, rows, f, columns, f, channels]), [0, 1, 3, 2, 4, 5]);
  return reshape(parts, [batch, rows, columns, f * f * channels]);
}
