/** RMSprop. */
import { add, div, maximum, mul, sqrt, square, sub } from "../ops/elementwise.js";
import { checkNumber, checkOptions } from "../options.js";
import type { Schedule } from "./schedules.js";
import type { Minimizer } from "./optimizer.js";
import { makeOptimizer, type SharedOptions } from "./rule.js";

export interface RmspropOptions extends SharedOptions {
  /** Decay of the running mean of squared gradients, in [0, 1); default 0.99. */
  readonly decay?: number;
  /** Added to the square root in the denominator; default 1e-8. */
  readonly epsilon?: number;
  /** Decay of the momentum buffer, in [0, 1); default 0. */
  readonly momentum?: number;
  /** Divides by the running standard deviation instead of the root mean square (Graves 2013, eq. 38). */
  readonly centered?: boolean;
  /** Adds this times the parameter to its gradient; default 0. */
  readonly weightDecay?: number;
}

/**
 * RMSprop (Hinton 2012, lecture 6e) with PyTorch's arithmetic: v' = decay v + (1 - decay) g^2;
 * p' = p - learningRate g / (sqrt(v') + epsilon).
 * @param learningRate step size, 0 or more, or a schedule of it
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example await descend(rmsprop(0.01, { decay: 0.99 })) // [0.9]
 */
export function rmsprop(learningRate: number | Schedule, options: RmspropOptions = {}): Minimizer {
  checkOptions("rmsprop", options, ["decay", "epsilon", "momentum", "centered", "weightDecay", "clipNorm"]);
  const { decay = 0.99, epsilon = 1e-8, momentum = 0, centered = false, weightDecay = 0, clipNorm } = options;
  checkNumber("rmsprop", "decay", decay, { atLeast: 0, below: 1 });
  checkNumber("rmsprop", "epsilon", epsilon, { atLeast: 0 });
  checkNumber("rmsprop", "momentum", momentum, { atLeast: 0, below: 1 });
  checkNumber("rmsprop", "weightDecay", weightDecay, { atLeast: 0 });
  return makeOptimizer({
    kind: "rmsprop",
    learningRate,
    options: { decay, epsilon, momentum, centered, weightDecay },
    clipNorm,
    kept: ["v", ...(centered ? ["mean"] : []), ...(momentum === 0 ? [] : ["m"])],
    rule:
      ({ rate }) =>
      ({ value, slope, state, keep }) => {
        const g = weightDecay === 0 ? slope : add(slope, mul(value, weightDecay));
        const v = keep("v", add(mul(state("v"), decay), mul(square(g), 1 - decay)));
        const centre = centered ? keep("mean", add(mul(state("mean"), decay), mul(g, 1 - decay))) : undefined;
        // By rounding, the mean square may be below the squared mean; the difference has no square root then.
        const spread = centre ? maximum(sub(v, square(centre)), 0) : v;
        const direction = div(g, add(sqrt(spread), epsilon));
        if (momentum === 0) return sub(value, mul(rate, direction));
        return sub(value, mul(rate, keep("m", add(mul(state("m"), momentum), direction))));
      },
  });
}
