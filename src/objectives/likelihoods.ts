/**
 * Likelihoods: what a decoder's output says about a record, as plain values. An output is `parameters` tensors of
 * [..., values of a record]; whatever the likelihood itself learns it reads from the scope that it is given.
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

/** The distribution of records for one output of the decoder. */
export interface Observation {
  /** log p(x | latent) in nats [...], for x [..., values]; leading axes broadcast. */
  logProbability(x: Tensor): Tensor;
  /** [..., values] */
  readonly mean: Tensor;
  /** One draw [..., values]; no gradient flows through it. */
  sample(): Tensor;
}

export interface Likelihood {
  /** As JSON; `fromConfig("likelihood", config)` reads it back. */
  readonly config: KindConfig;
  /** Numbers that the decoder gives for each value of a record. */
  readonly parameters: number;
  /** Values that a record may have. */
  readonly range: readonly [low: number, high: number];
  observe(outputs: readonly Tensor[], scope: Scope): Observation;
}

/**
 * Independent bits whose log-odds the decoder gives: log p = x l - log(1 + e^l), in nats. Values between 0 and 1 are
 * taken too, and cost their cross-entropy, which is no likelihood: see `binarisation`.
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
   * A number: fixed (1 by default). "shared": one learned number for all values, as probabilistic PCA has it.
   * "learned": the decoder gives each value's mean and log variance, in two halves of its last axis.
   */
  readonly variance?: number | "shared" | "learned";
  /** First value of a shared variance, 1 by default. Below the data's own, latents are worth their divergence at once. */
  readonly start?: number;
  /** Added to a variance that is learned, so that no density grows without bound; 1e-6 by default. */
  readonly floor?: number;
}

/**
 * Independent normal values around the decoder's output, of log density
 * -((x - mean)^2 / variance + log(2 pi variance)) / 2, in nats.
 * @throws TypeError for an unknown option, RangeError where a variance is not above 0
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

/** The variance of each value, or of all. */
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
 * The tensors [...lead, values] that a likelihood observes, from a decoder's output [rows, ...]: where they are several,
 * its last axis holds one after the other. Throws RangeError where the output has too few numbers or too many.
 */
export function splitOutput(likelihood: Likelihood, output: Tensor, lead: Shape, shape: Shape): Tensor[] {
  const { parameters, config } = likelihood;
  const [rows, size] = [sizeOf(lead), sizeOf(shape)];
  const last = output.shape[output.rank - 1];
  if (output.size !== rows * size * parameters || output.shape[0] !== rows || last % parameters !== 0) {
    throw new RangeError(
      `${config.kind} likelihood: the decoder gives ${parameters} x ${size} numbers per record of ${shapeText(shape)}, found ${shapeText(output.shape)} for ${rows} records`,
    );
  }
  const part = last / parameters;
  return Array.from({ length: parameters }, (_, index) => {
    const starts = output.shape.map((_length, axis) => (axis === output.rank - 1 ? index * part : 0));
    return reshape(slice(output, starts, [...output.shape.slice(0, -1), part]), [...lead, size]);
  });
}
