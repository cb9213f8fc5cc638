/** Layers that enlarge, reduce or blur images. No variables. */
import * as ops from "../ops/resampling.js";
import { makeKind } from "../kinds/kind.js";
import type { Pair } from "../ops/convolution/window.js";
import { within } from "./input-rule.js";
import type { Layer } from "./layer.js";
import { pairRule } from "./window-rules.js";

interface Resample extends Required<ops.ResampleOptions> {
  readonly factor: number | Pair;
}

const resampling = (
  kind: string,
  operation: typeof ops.upsample2d,
): ((factor: number | Pair, options?: ops.ResampleOptions) => Layer) =>
  makeKind("layer", {
    kind,
    options: {
      factor: pairRule("factor"),
      mode: { default: "nearest", oneOf: ["nearest", "bilinear", "aligned"] },
    },
    positional: ["factor"],
    make: ({ factor, mode }: Resample) => ({
      apply: (x, scope) => within(kind, scope, () => operation(x, factor, { mode })),
    }),
  });

const shuffling = (kind: string, operation: typeof ops.pixelShuffle): ((factor: number) => Layer) =>
  makeKind("layer", {
    kind,
    options: { factor: { atLeast: 1, whole: true } },
    positional: ["factor"],
    make: ({ factor }: { factor: number }) => ({
      apply: (x, scope) => within(kind, scope, () => operation(x, factor)),
    }),
  });

/**
 * Enlarges images by a whole factor, by repetition or, with `mode: "bilinear"` or `"aligned"`, interpolation.
 * @example shape(layers.upsample2d(2), 5, 4, 4, 3) // [5, 8, 8, 3]
 */
export const upsample2d = /* @__PURE__ */ resampling("upsample2d", ops.upsample2d);

/**
 * Reduces images by a whole factor that divides height and width; `mode: "bilinear"` or `"aligned"` avoids aliasing.
 * @example shape(layers.downsample2d(2), 5, 4, 4, 3) // [5, 2, 2, 3]
 */
export const downsample2d = /* @__PURE__ */ resampling("downsample2d", ops.downsample2d);

/**
 * Rearranges factor^2 groups of channels into factor x factor pixels (Shi et al. 2016).
 * @example shape(layers.pixelShuffle(2), 5, 4, 4, 12) // [5, 8, 8, 3]
 */
export const pixelShuffle = /* @__PURE__ */ shuffling("pixelShuffle", ops.pixelShuffle);

/**
 * Rearranges factor x factor pixels into channels: the inverse of `pixelShuffle`.
 * @example shape(layers.pixelUnshuffle(2), 5, 8, 8, 3) // [5, 4, 4, 12]
 */
export const pixelUnshuffle = /* @__PURE__ */ shuffling("pixelUnshuffle", ops.pixelUnshuffle);

/**
 * Blurs with the filter [1, 2, 1] / 4 along both axes; a stride of 2 halves the image without aliasing (Zhang 2019).
 * @example shape(layers.blur2d({ stride: 2 }), 5, 8, 8, 3) // [5, 4, 4, 3]
 */
export const blur2d: (options?: { readonly stride?: number }) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "blur2d",
  options: { stride: { default: 1, atLeast: 1, whole: true } },
  make: (options: { stride: number }) => ({
    apply: (x, scope) => within("blur2d", scope, () => ops.blur2d(x, options)),
  }),
});
