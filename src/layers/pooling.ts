/** Pooling layers: they reduce images [batch, height, width, channels] to fewer pixels. No variables. */
import * as ops from "../ops/pooling.js";
import { makeKind } from "../kinds/kind.js";
import type { NoOptions } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import { type Pair, pairOf, windowOf } from "../ops/convolution/window.js";
import { requireInput, within } from "./input-rule.js";
import { pairRule, windowRules } from "./window-rules.js";
import type { Layer } from "./layer.js";

interface Pool extends Required<ops.PoolOptions> {
  readonly size: number | Pair;
}

const windowed = (
  kind: string,
  operation: typeof ops.maxPool2d,
): ((size: number | Pair, options?: ops.PoolOptions) => Layer) =>
  makeKind("layer", {
    kind,
    options: { size: pairRule("size"), ...windowRules, stride: { optional: true } },
    positional: ["size"],
    check: ({ size, stride = size, ...rest }: Pool, what) => {
      windowOf([1, 1], pairOf(size, "size", what), { stride, ...rest }, what);
    },
    make: ({ size, stride = size, padding, dilation }: Pool) => ({
      apply: (x, scope) => within(kind, scope, () => operation(x, size, { stride, padding, dilation })),
    }),
  });

const global = (kind: string, operation: (x: Tensor) => Tensor): ((options?: NoOptions) => Layer) =>
  makeKind("layer", {
    kind,
    make: () => ({
      apply(x, scope) {
        requireInput(
          x.rank === 4 && x.shape[1] * x.shape[2] > 0,
          kind,
          "have shape [batch, height, width, channels] with at least one pixel",
          x,
          scope,
        );
        return operation(x);
      },
    }),
  });

/**
 * The maximum of each window of `size` pixels; `stride` is `size` by default, so that windows do not overlap.
 * @example shape(layers.maxPool2d(2), 5, 8, 8, 3) // [5, 4, 4, 3]
 */
export const maxPool2d = /* @__PURE__ */ windowed("maxPool2d", ops.maxPool2d);

/**
 * The mean of each window of `size` pixels, without the padding; `stride` is `size` by default, so that windows do not
 * overlap.
 * @example shape(layers.averagePool2d(2), 5, 8, 8, 3) // [5, 4, 4, 3]
 */
export const averagePool2d = /* @__PURE__ */ windowed("averagePool2d", ops.averagePool2d);

/**
 * The mean over all pixels: [batch, height, width, channels] to [batch, channels].
 * @example shape(layers.globalAveragePool(), 5, 8, 8, 3) // [5, 3]
 */
export const globalAveragePool = /* @__PURE__ */ global("globalAveragePool", ops.globalAveragePool);

/**
 * The maximum over all pixels: [batch, height, width, channels] to [batch, channels].
 * @example shape(layers.globalMaxPool(), 5, 8, 8, 3) // [5, 3]
 */
export const globalMaxPool = /* @__PURE__ */ global("globalMaxPool", ops.globalMaxPool);
