/** Stochastic gradient descent, optionally with momentum or Nesterov momentum. */
import { add, mul, sub } from "../ops/elementwise.js";
import type { Schedule } from "./schedules.js";
import type { Minimizer } from "./optimizer.js";
import { ruleKind, type SharedOptions } from "./rule.js";

export interface SgdOptions extends SharedOptions {
  /** Decay of the momentum buffer, in [0, 1); default 0. */
  readonly momentum?: number;
  /** Nesterov momentum (Nesterov 1983, as in Sutskever et al. 2013); needs momentum > 0. */
  readonly nesterov?: boolean;
  /** Adds this times the parameter to its gradient; default 0. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with PyTorch's arithmetic: g = gradient + weightDecay p; m' = momentum m + g;
 * p' = p - learningRate (m', or g + momentum m' with `nesterov`).
 * @param learningRate step size, 0 or more, or a schedule of it
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example await descend(sgd(0.1), 2) // [0.81]
 * @example await descend(sgd(0.1, { momentum: 0.5 }), 2) // [0.76]
 */
export const sgd: (learningRate: number | Schedule, options?: SgdOptions) => Minimizer =
  /* @__PURE__ */ ruleKind<SgdOptions>(
    "sgd",
    {
      momentum: { default: 0, atLeast: 0, below: 1 },
      nesterov: { default: false },
      weightDecay: { default: 0, atLeast: 0 },
    },
    ({ momentum, nesterov, weightDecay }) => {
      if (nesterov && momentum === 0) throw new RangeError("sgd: momentum must be > 0 with nesterov, found 0");
      return {
        kept: momentum === 0 ? [] : ["m"],
        rule:
          ({ rate }) =>
          ({ value, slope, state, keep }) => {
            const g = weightDecay === 0 ? slope : add(slope, mul(value, weightDecay));
            if (momentum === 0) return sub(value, mul(rate, g));
            const m = keep("m", add(mul(state("m"), momentum), g));
            return sub(value, mul(rate, nesterov ? add(mul(m, momentum), g) : m));
          },
      };
    },
  );
