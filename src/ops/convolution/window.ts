/** Windows that slide over an image, for convolutions and pooling. Lengths and strides are in pixels. */
import { textOf } from "../../options.js";
import { shapeText } from "../../graph/shape.js";

/** One value per axis: height and width. */
export type Pair = readonly [height: number, width: number];

/** Padding of an image on its four sides. */
export type Margins = readonly [top: number, bottom: number, left: number, right: number];

/**
 * The padding option: one number for all sides, `[height, width]`, `[top, bottom, left, right]`, `"valid"` (none) or
 * `"same"` (result length = ceil(input length / stride); an odd remainder goes to the bottom and the right).
 */
export type PaddingOption = number | Pair | Margins | "same" | "valid";

export interface WindowOptions {
  /** Distance between windows in pixels; 1 if not given. */
  readonly stride?: number | Pair;
  /** `"valid"` if not given. */
  readonly padding?: PaddingOption;
  /** Distance between the taps of a window in pixels; 1 if not given. */
  readonly dilation?: number | Pair;
}

export const windowOptions = ["stride", "padding", "dilation"] as const;

/** Geometry of windows without their size: attributes of an operation. */
export type SlidingWindow = { readonly stride: Pair; readonly padding: Margins; readonly dilation: Pair };

const wholeFrom = (least: number) => (value: number) => Number.isInteger(value) && value >= least;

/** One number for both axes, or one for each. Throws RangeError if one is not whole or is below `least`. */
export function pairOf(value: number | Pair, name: string, what: string, least = 1): Pair {
  const pair = typeof value === "number" ? [value, value] : value;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(wholeFrom(least))) {
    throw new RangeError(
      `${what}: ${name} must be an integer >= ${least} or [height, width] of them, found ${textOf(value)}`,
    );
  }
  return pair as unknown as Pair;
}

/** Pixels from a window's first tap to its last, inclusive. */
export const reach = (kernel: number, dilation: number) => dilation * (kernel - 1) + 1;

/** Padding before and after an axis for `"same"`. */
function sameMargins(length: number, kernel: number, stride: number, dilation: number): [number, number] {
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + reach(kernel, dilation) - length, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/**
 * Resolves the options for windows of `kernel` pixels over an image of `size` pixels. Throws RangeError if a number
 * breaks its rule; `what` begins the message.
 */
export function windowOf(
  size: Pair,
  kernel: Pair,
  { stride = 1, padding = "valid", dilation = 1 }: WindowOptions,
  what: string,
): SlidingWindow {
  const steps = pairOf(stride, "stride", what);
  const spread = pairOf(dilation, "dilation", what);
  return { stride: steps, dilation: spread, padding: marginsOf(padding, size, kernel, steps, spread, what) };
}

function marginsOf(
  padding: PaddingOption,
  size: Pair,
  kernel: Pair,
  stride: Pair,
  dilation: Pair,
  what: string,
): Margins {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding === "same") {
    return [
      ...sameMargins(size[0], kernel[0], stride[0], dilation[0]),
      ...sameMargins(size[1], kernel[1], stride[1], dilation[1]),
    ];
  }
  const list = typeof padding === "number" ? [padding] : padding;
  if (!Array.isArray(list) || ![1, 2, 4].includes(list.length) || !list.every(wholeFrom(0))) {
    throw new RangeError(
      `${what}: padding must be "same", "valid", an integer >= 0, [height, width] or [top, bottom, left, right], found ${textOf(padding)}`,
    );
  }
  if (list.length === 4) return list as unknown as Margins;
  const [height, width = height] = list as readonly number[];
  return [height, height, width, width];
}

/** Number of windows that fit over an image, down and across. Throws RangeError if none fits. */
export function windowCount(
  size: Pair,
  kernel: Pair,
  { stride, padding, dilation }: SlidingWindow,
  what: string,
): Pair {
  const count = (axis: 0 | 1) => {
    const length = size[axis] + padding[2 * axis] + padding[2 * axis + 1];
    const window = reach(kernel[axis], dilation[axis]);
    if (window > length) {
      const name = axis === 0 ? "height" : "width";
      throw new RangeError(
        `${what}: a window of ${name} ${window} (kernel ${kernel[axis]}, dilation ${dilation[axis]}) does not fit an image of ${name} ${size[axis]} padded to ${length}`,
      );
    }
    return Math.floor((length - window) / stride[axis]) + 1;
  };
  return [count(0), count(1)];
}

/** [height, width] of an image batch [batch, height, width, channels]. Throws RangeError if the rank is not 4. */
export function imageSize(shape: readonly number[], what: string): Pair {
  if (shape.length !== 4)
    throw new RangeError(`${what}: images must have shape [batch, height, width, channels], found ${shapeText(shape)}`);
  return [shape[1], shape[2]];
}
