/** Layers that make images larger, smaller or softer. No variables. */
import * as ops from "../ops/resampling.js";
import { checkNumber, checkOptions } from "../options.js";
import { type Pair, pairOf } from "../ops/convolution/window.js";
import { within } from "./input-rule.js";
import type { Layer } from "./layer.js";

const resampling =
  (kind: string, operation: typeof ops.upsample2d) =>
  (factor: number | Pair, options: ops.ResampleOptions = {}): Layer => {
    checkOptions(kind, options, ["mode"]);
    const { mode = "nearest" } = options;
    pairOf(factor, "factor", kind);
    if (mode !== "nearest" && mode !== "bilinear")
      throw new RangeError(`${kind}: mode is "nearest" or "bilinear", found ${JSON.stringify(mode)}`);
    return {
      config: { kind, factor, mode },
      apply: (x, scope) => within(kind, scope, () => operation(x, factor, { mode })),
    };
  };

const shuffling =
  (kind: string, operation: typeof ops.pixelShuffle) =>
  (factor: number): Layer => {
    checkNumber(kind, "factor", factor, { atLeast: 1, whole: true });
    return { config: { kind, factor }, apply: (x, scope) => within(kind, scope, () => operation(x, factor)) };
  };

/**
 * Larger by a whole factor, by repetition or (`mode: "bilinear"`) interpolation.
 * @example shape(layers.upsample2d(2), 5, 4, 4, 3) // [5, 8, 8, 3]
 */
export const upsample2d = resampling("upsample2d", ops.upsample2d);

/**
 * Smaller by a whole factor that divides the sizes; `mode: "bilinear"` is free of aliases.
 * @example shape(layers.downsample2d(2), 5, 4, 4, 3) // [5, 2, 2, 3]
 */
export const downsample2d = resampling("downsample2d", ops.downsample2d);

/**
 * Moves factor^2 runs of channels into factor x factor pixels (Shi et al. 2016).
 * @example shape(layers.pixelShuffle(2), 5, 4, 4, 12) // [5, 8, 8, 3]
 */
export const pixelShuffle = shuffling("pixelShuffle", ops.pixelShuffle);

/**
 * Moves factor x factor pixels into channels: the inverse of `pixelShuffle`.
 * @example shape(layers.pixelUnshuffle(2), 5, 8, 8, 3) // [5, 4, 4, 12]
 */
export const pixelUnshuffle = shuffling("pixelUnshuffle", ops.pixelUnshuffle);

/**
 * Softens with [1, 2, 1] / 4 along both axes; a stride of 2 halves the image without aliases (Zhang 2019).
 * @example shape(layers.blur2d({ stride: 2 }), 5, 8, 8, 3) // [5, 4, 4, 3]
 */
export function blur2d(options: { readonly stride?: number } = {}): Layer {
  checkOptions("blur2d", options, ["stride"]);
  const { stride = 1 } = options;
  checkNumber("blur2d", "stride", stride, { atLeast: 1, whole: true });
  return {
    config: { kind: "blur2d", stride },
    apply: (x, scope) => within("blur2d", scope, () => ops.blur2d(x, { stride })),
  };
}
