/** Self-attention over the pixels of an image. */
import { attention } from "../ops/attention.js";
import { add, mul } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { reshape } from "../ops/movement.js";
import { type Initializer, zeros } from "./initializers.js";
import { makeKind } from "../kinds/kind.js";
import { type InitializerOption, initializerRule } from "./initializer-config.js";
import { requireInput } from "./input-rule.js";
import type { Layer } from "./layer.js";

export interface SelfAttentionOptions {
  /** Queries and keys have channels / reduction features, values twice as many, at most `channels`; 8 by default. */
  readonly reduction?: number;
  /** Initial values of the four weights; `glorotUniform` by default. */
  readonly initializer?: InitializerOption;
}

/**
 * x + gain * attention(x) over all pixels. Queries, keys and values are 1x1 convolutions of x (Zhang et al. 2019,
 * "Self-Attention Generative Adversarial Networks", eq. 1 to 3). gain is initially 0, so the layer is initially the
 * identity. [batch, height, width, channels] keeps its shape.
 * Variables: `query`, `key`, `value`, `output`, and `gain` [1].
 * @example shape(layers.selfAttention(), 5, 4, 4, 16) // [5, 4, 4, 16]
 */
export const selfAttention: (options?: SelfAttentionOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "selfAttention",
  options: { reduction: { default: 8, atLeast: 1 }, initializer: initializerRule("glorotUniform") },
  make: ({ reduction, initializer: weights }: { reduction: number; initializer: Initializer }) => ({
    apply(x, scope) {
      requireInput(x.rank === 4, "selfAttention", "have shape [batch, height, width, channels]", x, scope);
      const [batch, height, width, channels] = x.shape;
      const depth = Math.max(1, Math.round(channels / reduction));
      const features = Math.max(1, Math.round((2 * channels) / reduction));
      const pixels = reshape(x, [batch, height * width, channels]);
      const project = (from: typeof x, name: string, shape: readonly number[]) =>
        matmul(from, scope.read(name, { shape, initializer: weights }));
      const seen = attention(
        {
          queries: project(pixels, "query", [channels, depth]),
          keys: project(pixels, "key", [channels, depth]),
          values: project(pixels, "value", [channels, Math.min(features, channels)]),
        },
        { scale: 1 },
      );
      const found = project(seen, "output", [seen.shape[2], channels]);
      return add(x, mul(reshape(found, x.shape), scope.read("gain", { shape: [1], initializer: zeros })));
    },
  }),
});
