/** RMSprop. */
import { add, div, maximum, mul, sqrt, square, sub } from "../ops/elementwise.js";
import type { Schedule } from "./schedules.js";
import type { Minimizer } from "./optimizer.js";
import { ruleKind, type SharedOptions } from "./rule.js";

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
export const rmsprop: (learningRate: number | Schedule, options?: RmspropOptions) => Minimizer =
  /* @__PURE__ */ ruleKind<RmspropOptions>(
    "rmsprop",
    {
      decay: { default: 0.99, atLeast: 0, below: 1 },
      epsilon: { default: 1e-8, atLeast: 0 },
      momentum: { default: 0, atLeast: 0, below: 1 },
      centered: { default: false },
      weightDecay: { default: 0, atLeast: 0 },
    },
    ({ decay, epsilon, momentum, centered, weightDecay }) => ({
      kept: ["v", ...(centered ? ["mean"] : []), ...(momentum === 0 ? [] : ["m"])],
      rule:
        ({ rate }) =>
        ({ value, slope, state, keep }) => {
          const g = weightDecay === 0 ? slope : add(slope, mul(value, weightDecay));
          const v = keep("v", add(mul(state("v"), decay), mul(square(g), 1 - decay)));
          const centre = centered ? keep("mean", add(mul(state("mean"), decay), mul(g, 1 - decay))) : undefined;
          // A mean of squares is never below the squared mean, but rounded it may be, and has no root then.
          const spread = centre ? maximum(sub(v, square(centre)), 0) : v;
          const direction = div(g, add(sqrt(spread), epsilon));
          if (momentum === 0) return sub(value, mul(rate, direction));
          return sub(value, mul(rate, keep("m", add(mul(state("m"), momentum), direction))));
        },
    }),
  );
