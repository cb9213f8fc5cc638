/**
 * Likelihoods: the distribution of a record given a decoder's output, as plain values. The output comes split into as many
 * tensors as the likelihood's `parameters` says (Bernoulli: 1, the logits), each [..., values of a record]. Parameters that
 * the likelihood itself learns are read from its scope.
 */
import { filled } from "../layers/initializers.js";
import { type KindConfig, makeKind } from "../kinds/kind.js";
import type { Scope } from "../layers/layer.js";
import { add, div, exp, log, mul, sigmoid, softplus, sqrt, square, sub } from "../ops/elementwise.js";
import { broadcastTo, reshape, slice } from "../ops/movement.js";
import { randomBernoulli, randomNormal } from "../ops/random.js";
import { sum } from "../ops/reduction.js";
import { constant } from "../ops/constant.js";
import { checkNumber, type NoOptions } from "../options.js";
import { shapeText, sizeOf, type Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";

export {
  type CategoricalLikelihoodOptions,
  categorical,
  type DiscretisedLogisticOptions,
  discretisedLogistic,
} from "./discrete-likelihoods.js";

/** The distribution of records given one output of the decoder. */
export interface Observation {
  /** log p(x | latent) in nats, [...], for x [..., values]; the leading axes broadcast. */
  logProbability(x: Tensor): Tensor;
  /** The mean of the distribution, [..., values]. */
  readonly mean: Tensor;
  /** One sample, [..., values]; no gradient flows through it. */
  sample(): Tensor;
}

export interface Likelihood {
  /** As JSON; `fromConfig("likelihood", config)` reads it back. */
  readonly config: KindConfig;
  /** How many numbers the decoder returns for each value of a record. */
  readonly parameters: number;
  /** Range of the values of a record. */
  readonly range: readonly [low: number, high: number];
  /** Of records of tokens: what they must be. The output is then observed whole: logits [..., values of a record, vocabulary]. */
  readonly tokens?: { readonly vocabulary: number; readonly ended: boolean };
  observe(outputs: readonly Tensor[], scope: Scope): Observation;
}

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
    observe: ([logits]) => ({
      logProbability: (x) => sum(sub(mul(x, logits), softplus(logits)), { axes: -1 }),
      mean: sigmoid(logits),
      sample: () => randomBernoulli(sigmoid(logits)),
    }),
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
        return {
          logProbability: (x) =>
            mul(
              sum(add(div(square(sub(x, mean)), spread), add(log(spread), Math.log(2 * Math.PI))), { axes: -1 }),
              -0.5,
            ),
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
      : scope.read("logVariance", { shape: [], initializer: filled(Math.log(start)) });
  return add(exp(logVariance), floor);
}

/**
 * The tensors [...lead, values] that a likelihood observes, from a decoder's output [rows, ...]; if there are several,
 * they are consecutive parts of the last axis. Of tokens it is one tensor [...lead, values, vocabulary]. Throws RangeError if the
 * output has too few or too many numbers.
 */
export function splitOutput(likelihood: Likelihood, output: Tensor, lead: Shape, shape: Shape): Tensor[] {
  const { parameters, config } = likelihood;
  const [rows, size] = [sizeOf(lead), sizeOf(shape)];
  const last = output.shape[output.rank - 1];
  if (output.size !== rows * size * parameters || output.shape[0] !== rows || last % parameters !== 0) {
    throw new RangeError(
      `${config.kind} likelihood: the decoder must give ${parameters} x ${size} numbers per record of ${shapeText(shape)}, found ${shapeText(output.shape)} for ${rows} records`,
    );
  }
  if (likelihood.tokens) return [reshape(output, [...lead, size, parameters])];
  const part = last / parameters;
  return Array.from({ length: parameters }, (_, index) => {
    const starts = output.shape.map((_length, axis) => (axis === output.rank - 1 ? index * part : 0));
    return reshape(slice(output, starts, [...output.shape.slice(0, -1), part]), [...lead, size]);
  });
}
