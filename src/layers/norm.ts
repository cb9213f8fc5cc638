/** Normalising layers. */
import { ones, zeros } from "../initializers.js";
import { add, mul, rsqrt, square, sub } from "../ops/elementwise.js";
import { mean } from "../ops/reduction.js";
import { checkNumber, checkOptions } from "../options.js";
import { requireInput } from "./input-rule.js";
import type { Layer } from "./layer.js";

export interface LayerNormOptions {
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
  /** Trains a `scale` and a `shift` per feature; true by default. */
  readonly affine?: boolean;
}

/**
 * Mean 0 and variance 1 over the last axis of each record, then times `scale` plus `shift` (Ba, Kiros, Hinton 2016).
 * Variables: `scale` and `shift` [features].
 */
export function layerNorm(options: LayerNormOptions = {}): Layer {
  checkOptions("layerNorm", options, ["epsilon", "affine"]);
  const { epsilon = 1e-5, affine = true } = options;
  checkNumber("layerNorm", "epsilon", epsilon, { above: 0 });
  return {
    config: { kind: "layerNorm", epsilon, affine },
    apply(x, scope) {
      const features = x.shape[x.rank - 1];
      requireInput(
        x.rank >= 2 && features > 0,
        "layerNorm",
        "the input is [batch, ..., features], features >= 1",
        x,
        scope,
      );
      const centred = sub(x, mean(x, { axes: -1, keepAxes: true }));
      const spread = mean(square(centred), { axes: -1, keepAxes: true });
      const y = mul(centred, rsqrt(add(spread, epsilon)));
      if (!affine) return y;
      const scale = scope.read("scale", { shape: [features], initializer: ones });
      return add(mul(y, scale), scope.read("shift", { shape: [features], initializer: zeros }));
    },
  };
}
