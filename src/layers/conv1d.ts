/** The convolutional layer of sequences [batch, length, channels]. */
import { makeKind } from "../kinds/kind.js";
import * as ops from "../ops/convolution.js";
import { concat, slice } from "../ops/movement.js";
import type { Tensor } from "../graph/tensor.js";
import { channelsOf, checkGroups, rulesOf, type WeightOptions, whole, withBias } from "./convolution.js";
import type { Weights } from "./initializer-config.js";
import { within } from "./input-rule.js";
import type { Layer, Scope } from "./layer.js";
import type { Stepping } from "./stepping.js";
import { windowRules } from "./window-rules.js";

export type Conv1dOptions = ops.Conv1dOptions & WeightOptions;

interface Time extends Required<ops.Conv1dOptions> {
  readonly features: number;
  readonly kernelSize: number;
}

/**
 * Convolution over time with trained weights [kernel, channels / groups, features]: [batch, length, channels] to
 * [batch, steps, features]. With `padding: "causal"`, steps is length, and no step depends on later ones. Options are
 * those of the operation `conv1d`. Variables: `weight` and `bias`.
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example shape(layers.conv1d(16, 3, { padding: "causal" }), 5, 10, 3) // [5, 10, 16]
 */
export const conv1d: (features: number, kernelSize: number, options?: Conv1dOptions) => Layer =
  /* @__PURE__ */ makeKind("layer", {
    kind: "conv1d",
    options: /* @__PURE__ */ rulesOf({
      kernelSize: whole,
      stride: { default: 1, ...whole },
      padding: windowRules.padding,
      dilation: { default: 1, ...whole },
    }),
    positional: ["features", "kernelSize"],
    check: checkGroups,
    make: ({ features, kernelSize, stride, padding, dilation, groups, ...weights }: Time & Weights) => ({
      causal: padding === "causal" && stride === 1,
      apply(x, scope) {
        const channels = channelsOf(x, "conv1d", groups, scope);
        const weight = scope.read("weight", {
          shape: [kernelSize, channels / groups, features],
          initializer: weights.initializer,
        });
        const seen = scope.stepping ? lastOnes(x, (kernelSize - 1) * dilation, scope, scope.stepping) : x;
        const taps = { stride, padding: scope.stepping ? ("valid" as const) : padding, dilation, groups };
        const y = within("conv1d", scope, () => ops.conv1d(seen, weight, taps));
        return withBias(y, weights, features, scope);
      },
    }),
  });

/** The last inputs before a position, which are a state, and its own: [batch, count + 1, channels]. */
function lastOnes(x: Tensor, count: number, { path }: Scope, stepping: Stepping): Tensor {
  if (count === 0) return x;
  const [batch, , channels] = x.shape;
  const shape = [batch, count, channels];
  const all = concat([stepping.state(`${path}/last`, shape), x], { axes: 1 });
  stepping.leave(`${path}/last`, slice(all, [0, 1, 0], shape));
  return all;
}
