/** Dropout. */
import { makeKind } from "../kinds/kind.js";
import { mul } from "../ops/elementwise.js";
import { randomBernoulli } from "../ops/random.js";
import type { Layer } from "./layer.js";

/**
 * In training, sets each element to 0 with probability `rate` and multiplies the others by 1 / (1 - rate); otherwise it
 * is the identity (Srivastava et al. 2014, section 10, in the inverted form).
 * @param rate probability in [0, 1)
 * @throws RangeError if the rate is not in [0, 1)
 * @example show(new layers.Network("drop", layers.dropout(0.5)).apply(t([[1, 2]]))) // [[1, 2]]
 * @example show(new layers.Network("drop", layers.dropout(0.5)).apply(t([1, 1]), { training: true })).every((x) => x === 0 || x === 2) // true
 */
export const dropout: (rate: number) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "dropout",
  options: { rate: { atLeast: 0, below: 1 } },
  positional: ["rate"],
  make: ({ rate }: { rate: number }) => ({
    causal: true,
    apply(x, scope) {
      if (!scope.training || rate === 0) return x;
      return mul(mul(x, randomBernoulli(1 - rate, x.shape)), 1 / (1 - rate));
    },
  }),
});
