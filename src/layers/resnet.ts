/** Residual blocks without normalisation. */
import { makeKind } from "../kinds/kind.js";
import { add, leakyRelu } from "../ops/elementwise.js";
import { averagePool2d } from "../ops/pooling.js";
import { upsample2d } from "../ops/resampling.js";
import type { Tensor } from "../graph/tensor.js";
import { conv2d } from "./convolution.js";
import { requireInput, within } from "./input-rule.js";
import type { Layer } from "./layer.js";

export interface ResnetBlockOptions {
  /** `"up"` doubles height and width before the block, `"down"` halves them after it; `"none"` by default. */
  readonly resample?: "up" | "down" | "none";
  /** Slope of the leaky units; 0.2 by default. */
  readonly slope?: number;
}

/**
 * shortcut(x) + conv(leaky(conv(leaky(x)))) with 3x3 filters, as in Mescheder, Geiger, Nowozin 2018 (appendix). The
 * shortcut is the identity, or a 1x1 convolution if the number of features changes. The last convolution is initially
 * 0, so the block is initially its shortcut.
 * [batch, height, width, channels] to [batch, height', width', features]. Parts: `first`, `second`, `shortcut`.
 * @example shape(layers.resnetBlock(32), 5, 8, 8, 16).slice(3) // [32]
 */
export const resnetBlock: (features: number, options?: ResnetBlockOptions) => Layer = /* @__PURE__ */ makeKind(
  "layer",
  {
    kind: "resnetBlock",
    options: {
      features: { atLeast: 1, whole: true },
      resample: { default: "none", oneOf: ["up", "down", "none"] },
      slope: { default: 0.2 },
    },
    positional: ["features"],
    make({ features, resample, slope }: Required<ResnetBlockOptions> & { features: number }) {
      const first = conv2d(features, 3, { padding: "same", initializer: "heNormal" });
      const second = conv2d(features, 3, { padding: "same", initializer: "zeros" });
      const shortcut = conv2d(features, 1, { bias: false });
      return {
        apply(x, scope) {
          requireInput(x.rank === 4, "resnetBlock", "have shape [batch, height, width, channels]", x, scope);
          const channels = x.shape[3];
          const smaller = (y: Tensor) =>
            resample === "down" ? within("resnetBlock", scope, () => averagePool2d(y, 2)) : y;
          const from = resample === "up" ? upsample2d(x, 2) : x;
          const inner = first.apply(leakyRelu(from, slope), scope.child("first"));
          const found = smaller(second.apply(leakyRelu(inner, slope), scope.child("second")));
          // Averaging and a 1x1 convolution can be swapped; averaging first is cheaper.
          const kept = smaller(from);
          return add(channels === features ? kept : shortcut.apply(kept, scope.child("shortcut")), found);
        },
      };
    },
  },
);
