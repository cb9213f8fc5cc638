/** Dropout. */
import { mul } from "../ops/elementwise.js";
import { randomBernoulli } from "../ops/random.js";
import { checkNumber } from "../options.js";
import type { Layer } from "./layer.js";

/**
 * In training sets each element to 0 with probability `rate` and multiplies the others by 1 / (1 - rate); otherwise
 * leaves its input alone (Srivastava et al. 2014, in the inverted form).
 * Throws RangeError where the rate is not in [0, 1).
 */
export function dropout(rate: number): Layer {
  checkNumber("dropout", "rate", rate, { atLeast: 0, below: 1 });
  return {
    config: { kind: "dropout", rate },
    apply(x, scope) {
      if (!scope.training || rate === 0) return x;
      return mul(mul(x, randomBernoulli(1 - rate, x.shape)), 1 / (1 - rate));
    },
  };
}
