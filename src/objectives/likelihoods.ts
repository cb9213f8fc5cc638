/** Likelihoods, as plain values: see `likelihood.ts`. Those of bits and of real numbers are here. */
import { filled } from "../layers/initializers.js";
import { makeKind } from "../kinds/kind.js";
import type { Scope } from "../layers/layer.js";
import * as portable from "../numbers/portable-math.js";
import { add, div, exp, log, mul, sigmoid, softplus, sqrt, square, sub } from "../ops/elementwise.js";
import { broadcastTo } from "../ops/movement.js";
import { randomBernoulli, randomNormal } from "../ops/random.js";
import { sum } from "../ops/reduction.js";
import { constant } from "../ops/constant.js";
import { checkNumber, type NoOptions } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import type { Likelihood } from "./likelihood.js";

export {
  type CategoricalLikelihoodOptions,
  categorical,
  type DiscretisedLogisticOptions,
  discretisedLogistic,
} from "./discrete-likelihoods.js";
export { type Likelihood, type Observation, splitOutput } from "./likelihood.js";
export { type TabularOptions, tabular } from "./tabular.js";

/**
 * Independent bits whose log-odds l the decoder returns: log p = x l - log(1 + e^l), in nats. Values between 0 and 1
 * are also accepted; the result is then a cross-entropy, not a log-likelihood: see `binarisation`.
 * @example show(likelihoods.bernoulli().observe([t([[0, 2]])]).mean) // [[0.5, 0.880797078]]
 * @example show(likelihoods.bernoulli().observe([t([[0]])]).logProbability(t([[1]]))) // [-0.693147181]
 */
export const bernoulli: (options?: NoOptions) => Likelihood = /* @__PURE__ */ makeKind("likelihood", {
  kind: "bernoulli",
  make: () => ({
    parameters: 1,
    range: [0, 1],
    observe([logits]) {
      const logProbabilities = (x: Tensor) => sub(mul(x, logits), softplus(logits));
      return {
        logProbability: (x) => sum(logProbabilities(x), { axes: -1 }),
        logProbabilities,
        mean: sigmoid(logits),
        sample: () => randomBernoulli(sigmoid(logits)),
      };
    },
  }),
});

export interface GaussianOptions {
  /**
   * A number: fixed (1 by default). "shared": one learned number for all values, as in probabilistic PCA.
   * "learned": the decoder returns each value's mean and log variance, in the two halves of its last axis.
   */
  readonly variance?: number | "shared" | "learned";
  /**
   * Initial value of a shared variance, 1 by default. If it is below the data's variance, using the latents pays off
   * from the first step.
   */
  readonly start?: number;
  /** Added to a learned or shared variance, so that densities are bounded; 1e-6 by default. */
  readonly floor?: number;
}

/**
 * Independent normal values whose means the decoder returns; the log density of each is
 * -((x - mean)^2 / variance + log(2 pi variance)) / 2, in nats.
 * @throws TypeError for an unknown option, RangeError if a variance is not above 0
 * @example show(likelihoods.gaussian().observe([t([[0]])]).logProbability(t([[0]]))) // [-0.918938533]
 */
export const gaussian: (options?: GaussianOptions) => Likelihood = /* @__PURE__ */ makeKind("likelihood", {
  kind: "gaussian",
  options: {
    variance: {
      default: 1,
      check(variance: unknown, what: string) {
        if (variance !== "shared" && variance !== "learned") checkNumber(what, "variance", variance, { above: 0 });
      },
    },
    start: { default: 1, above: 0 },
    floor: { default: 1e-6, atLeast: 0 },
  },
  make(options: Required<GaussianOptions>) {
    return {
      parameters: options.variance === "learned" ? 2 : 1,
      range: [-Infinity, Infinity],
      observe(outputs, scope) {
        const [mean] = outputs;
        const spread = varianceOf(options, outputs, scope);
        /** -2 log p. */
        const terms = (x: Tensor) =>
          add(div(square(sub(x, mean)), spread), add(log(spread), portable.log(2 * Math.PI)));
        return {
          logProbability: (x) => mul(sum(terms(x), { axes: -1 }), -0.5),
          logProbabilities: (x) => mul(terms(x), -0.5),
          mean,
          sample: () => add(mean, mul(broadcastTo(sqrt(spread), mean.shape), randomNormal(mean.shape))),
        };
      },
    };
  },
});

/** The variance: one for each value, or a scalar for all. */
function varianceOf(
  { variance, start, floor }: Required<GaussianOptions>,
  outputs: readonly Tensor[],
  scope: Scope,
): Tensor {
  if (typeof variance === "number") return constant(variance);
  const logVariance =
    variance === "learned"
      ? outputs[1]
      : scope.read("logVariance", { shape: [], initializer: filled(portable.log(start)) });
  return add(exp(logVariance), floor);
}
