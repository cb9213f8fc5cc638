/** Activations as layers. Each applies one operation and has no variables. */
import { gumbelSoftmax as gumbelSoftmaxOf } from "../ops/gumbel.js";
import * as composite from "../ops/composite.js";
import * as elementwise from "../ops/elementwise.js";
import { oneHot } from "../ops/indexing.js";
import * as reduction from "../ops/reduction.js";
import { makeKind } from "../kinds/kind.js";
import type { NoOptions } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import type { Layer } from "./layer.js";

/** An activation without options. */
const plain = (kind: string, apply: (x: Tensor) => Tensor): ((options?: NoOptions) => Layer) =>
  makeKind("layer", { kind, make: () => ({ causal: true, apply: (x: Tensor) => apply(x) }) });

/** max(x, 0) of every element; x has any shape. @example show(layers.relu().apply(t([-1, 2]))) // [0, 2] */
export const relu = /* @__PURE__ */ plain("relu", elementwise.relu);

/**
 * x if x > 0, otherwise slope x, of every element (Maas, Hannun, Ng 2013).
 * @param slope factor of negative elements; 0.2 by default
 * @throws RangeError if the slope is not a finite number
 * @example show(layers.leakyRelu(0.1).apply(t([-1, 2]))) // [-0.1, 2]
 */
export const leakyRelu: (slope?: number) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "leakyRelu",
  options: { slope: { default: 0.2 } },
  positional: ["slope"],
  make: ({ slope }: { slope: number }) => ({ causal: true, apply: (x) => elementwise.leakyRelu(x, slope) }),
});

/**
 * x if x > 0, otherwise alpha (e^x - 1), of every element (Clevert, Unterthiner, Hochreiter 2016, eq. 15).
 * @param alpha -alpha is the limit of the result as x approaches -infinity; 1 by default
 * @throws RangeError if alpha is not a finite number
 * @example show(layers.elu().apply(t([-1, 2]))) // [-0.632120559, 2]
 */
export const elu: (alpha?: number) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "elu",
  options: { alpha: { default: 1 } },
  positional: ["alpha"],
  make: ({ alpha }: { alpha: number }) => ({ causal: true, apply: (x) => composite.elu(x, alpha) }),
});

/**
 * Self-normalising elu: its fixed scale and alpha preserve mean 0 and variance 1 (Klambauer et al. 2017, eq. 2 and 14).
 * @example show(layers.selu().apply(t([-1, 1]))) // [-1.111330738, 1.050700987]
 */
export const selu = /* @__PURE__ */ plain("selu", composite.selu);

/**
 * x times the standard normal distribution function at x, computed exactly (Hendrycks, Gimpel 2016).
 * @example show(layers.gelu().apply(t([-1, 1]))) // [-0.158655254, 0.841344746]
 */
export const gelu = /* @__PURE__ */ plain("gelu", composite.gelu);

/** x sigmoid(x) (Elfwing, Uchibe, Doya 2018). @example show(layers.silu().apply(t([0, 1]))) // [0, 0.731058579] */
export const silu = /* @__PURE__ */ plain("silu", composite.silu);

/** Hyperbolic tangent, in (-1, 1). @example show(layers.tanh().apply(t([0, 1]))) // [0, 0.761594156] */
export const tanh = /* @__PURE__ */ plain("tanh", elementwise.tanh);

/** 1 / (1 + e^-x), in (0, 1). @example show(layers.sigmoid().apply(t([0, 2]))) // [0.5, 0.880797078] */
export const sigmoid = /* @__PURE__ */ plain("sigmoid", elementwise.sigmoid);

/** log(1 + e^x), without overflow. @example show(layers.softplus().apply(t([0, 100]))) // [0.693147181, 100] */
export const softplus = /* @__PURE__ */ plain("softplus", elementwise.softplus);

/**
 * e^x / sum e^x over the last axis, along which the results sum to 1.
 * @example show(layers.softmax().apply(t([[0, 0], [1000, 0]]))) // [[0.5, 0.5], [1, 0]]
 */
export const softmax = /* @__PURE__ */ plain("softmax", reduction.softmax);

/**
 * Weights of categories over the last axis, for generators of tokens. In training, they are random: see `gumbelSoftmax`. Outside
 * of training they are one-hot at the largest logit, without random numbers, so that a sample is a function of its latents, as
 * the levels of MarioGAN are (Volz et al. 2018).
 * @param options `temperature`: above 0, default 1; `hard`: one-hot in training too, with the gradient of the soft weights,
 *   default false
 * @throws RangeError for a temperature that is not above 0
 * @example show(layers.gumbelSoftmax().apply(t([[1, 3, 2]]), {})) // [[0, 1, 0]]
 * @example show(layers.gumbelSoftmax({ hard: true }).apply(t([[0, 99, 0]]), { training: true })) // [[0, 1, 0]]
 */
export const gumbelSoftmax: (options?: { readonly temperature?: number; readonly hard?: boolean }) => Layer =
  /* @__PURE__ */ makeKind("layer", {
    kind: "gumbelSoftmax",
    options: { temperature: { default: 1, above: 0 }, hard: { default: false } },
    make: (options: { temperature: number; hard: boolean }) => ({
      causal: true,
      apply: (x, { training }) =>
        training ? gumbelSoftmaxOf(x, options) : oneHot(reduction.argMax(x), x.shape[x.rank - 1]),
    }),
  });
