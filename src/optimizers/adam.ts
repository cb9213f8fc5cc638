/** Adam and AdamW. */
import * as portable from "../numbers/portable-math.js";
import { add, div, expm1, mul, neg, rsqrt, sqrt, square, sub } from "../ops/elementwise.js";
import type { Schedule } from "./schedules.js";
import type { Tensor } from "../graph/tensor.js";
import type { Minimizer } from "./optimizer.js";
import { type Call, ruleKind, type SharedOptions } from "./rule.js";

export interface AdamOptions extends SharedOptions {
  /** Decay of the running mean of gradients, in [0, 1); default 0.9. */
  readonly beta1?: number;
  /**
   * Decay of the running mean of squared gradients, in [0, 1), or a schedule of it whose values are in [0, 1); default
   * 0.999.
   */
  readonly beta2?: number | Schedule;
  /** Added to the square root in the denominator; default 1e-8. */
  readonly epsilon?: number;
  /**
   * adam: adds this times the parameter to its gradient; default 0. adamw: shrinks the parameter directly; default
   * 0.01.
   */
  readonly weightDecay?: number;
}

/** 1 - beta^t, accurate in f32 also for beta near 1. */
const correction = (beta: number, count: Tensor) => neg(expm1(mul(count, portable.log(beta))));

/** The running mean of squared gradients in one update: v' = beta v + rest g^2, whose root is multiplied by `spread`. */
interface Squares {
  readonly beta: number | Tensor;
  readonly rest: number | Tensor;
  readonly spread: Tensor | undefined;
}

/**
 * A mean that started at 0 has weights whose sum is 1 - beta^t. If beta changes, it is 1 minus the product of all betas so
 * far. That sum s is kept rather than the product: s' = beta s + (1 - beta) is the recurrence of the mean itself, so both
 * are rounded alike, and s is accurate also if beta is near 1.
 */
function squaresOf({ count, before, shared, share }: Call, beta2: number | Schedule): Squares {
  if (typeof beta2 === "number") {
    const spread = beta2 === 0 ? undefined : rsqrt(correction(beta2, count()));
    return { beta: beta2, rest: 1 - beta2, spread };
  }
  const beta = beta2.at(before());
  const rest = sub(1, beta);
  return { beta, rest, spread: rsqrt(share("vWeight", add(mul(shared("vWeight"), beta), rest))) };
}

/**
 * Makes adam and adamw. With `decoupled`, weight decay shrinks the parameter directly instead of being added to the
 * gradient.
 */
const make = (
  kind: "adam" | "adamw",
  decoupled: boolean,
): ((learningRate: number | Schedule, options?: AdamOptions) => Minimizer) =>
  ruleKind<AdamOptions>(
    kind,
    {
      beta1: { default: 0.9, atLeast: 0, below: 1 },
      beta2: { default: 0.999, part: "schedule", orNumber: true, atLeast: 0, below: 1 },
      epsilon: { default: 1e-8, atLeast: 0 },
      weightDecay: { default: decoupled ? 0.01 : 0, atLeast: 0 },
    },
    ({ beta1, beta2, epsilon, weightDecay }) => ({
      // Without memory a mean is its last value: no variable is kept for it.
      kept: [...(beta1 === 0 ? [] : ["m"]), ...(beta2 === 0 ? [] : ["v"])],
      shared: typeof beta2 === "number" ? [] : ["vWeight"],
      counts: beta1 !== 0 || beta2 !== 0,
      rule: (call) => {
        const step = beta1 === 0 ? call.rate : div(call.rate, correction(beta1, call.count()));
        const { beta, rest, spread } = squaresOf(call, beta2);
        const kept = decoupled && weightDecay > 0 ? sub(1, mul(call.rate, weightDecay)) : undefined;
        return ({ value, slope, state, keep }) => {
          const g = decoupled || weightDecay === 0 ? slope : add(slope, mul(value, weightDecay));
          const m = beta1 === 0 ? g : keep("m", add(mul(state("m"), beta1), mul(g, 1 - beta1)));
          const v = beta2 === 0 ? square(g) : keep("v", add(mul(state("v"), beta), mul(square(g), rest)));
          const root = spread ? mul(sqrt(v), spread) : sqrt(v);
          const from = kept ? mul(value, kept) : value;
          return sub(from, mul(step, div(m, add(root, epsilon))));
        };
      },
    }),
  );

/**
 * Adam (Kingma, Ba 2015, algorithm 1) with PyTorch's arithmetic: m' = beta1 m + (1 - beta1) g;
 * v' = beta2 v + (1 - beta2) g^2; p' = p - learningRate / (1 - beta1^t) m' / (sqrt(v') / sqrt(1 - beta2^t) + epsilon).
 * If beta2 is a schedule, beta2^t is the product of its values so far.
 * @param learningRate step size, 0 or more, or a schedule of it
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example await descend(adam(0.1)) // [0.9]
 * @example await descend(adam(0.1, { beta2: schedules.cosine(0.9, { to: 0.99, steps: 1000 }) })) // [0.9]
 */
export const adam = /* @__PURE__ */ make("adam", false);

/**
 * Adam whose weight decay shrinks the parameters directly: p (1 - learningRate weightDecay) first (Loshchilov, Hutter
 * 2019, algorithm 2).
 * @param learningRate step size, 0 or more, or a schedule of it
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example await descend(adamw(0.1, { weightDecay: 0.5 })) // [0.85]
 */
export const adamw = /* @__PURE__ */ make("adamw", true);
