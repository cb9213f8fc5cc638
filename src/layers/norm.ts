/**
 * Normalising layers. All but `pixelNorm` multiply the result by a trained `scale` and add a trained `shift` per
 * channel, unless `affine` is false.
 */
import { type Initializer, ones, zeros } from "./initializers.js";
import { makeKind } from "../kinds/kind.js";
import type { OptionRules } from "../kinds/option.js";
import { ranks } from "../graph/ranks.js";
import { meanOfRanks } from "../ops/all-reduce.js";
import { add, mul, square, sub } from "../ops/elementwise.js";
import * as ops from "../ops/normalization.js";
import { stopGradient } from "../ops/stop.js";
import { reshape } from "../ops/movement.js";
import { mean as meanOver } from "../ops/reduction.js";
import type { Tensor } from "../graph/tensor.js";
import { type InitializerOption, initializerRule } from "./initializer-config.js";
import { requireInput, within } from "./input-rule.js";
import type { Layer, Scope } from "./layer.js";

export interface NormOptions {
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
  /** Trains a `scale` and a `shift` per channel; true by default. */
  readonly affine?: boolean;
  /** Initial values of the scale; `ones` by default. */
  readonly scaleInitializer?: InitializerOption;
}

export type LayerNormOptions = NormOptions;

export interface BatchNormOptions extends NormOptions {
  /** Share of the old running statistics that a training step keeps, in [0, 1]; 0.9 by default. */
  readonly momentum?: number;
}

/** The rule of the option `epsilon`. */
export const epsilonRule = { default: 1e-5, above: 0 };

/** The rule of the option `momentum` of layers that normalise by statistics of the batch. */
export const momentumRule = { default: 0.9, atLeast: 0, atMost: 1 };

const normRules = /* @__PURE__ */ (() => ({
  epsilon: epsilonRule,
  affine: { default: true },
  scaleInitializer: initializerRule("ones"),
}))();

interface Norm {
  readonly epsilon: number;
  readonly affine: boolean;
  readonly scaleInitializer: Initializer;
}

/** Applies scale and shift, if the layer has them. */
function finish(y: Tensor, { affine, scaleInitializer }: Norm, scope: Scope): Tensor {
  if (!affine) return y;
  const shape = [y.shape[y.rank - 1]];
  return add(
    mul(y, scope.read("scale", { shape, initializer: scaleInitializer })),
    scope.read("shift", { shape, initializer: zeros }),
  );
}

/** Description of a layer that normalises each record separately. */
interface Apart<O> {
  readonly kind: string;
  /** Lowest rank that the input may have. */
  readonly least: number;
  /** Whether it normalises each position separately, see `Layer`; default false. */
  readonly causal?: boolean;
  readonly options: OptionRules;
  readonly positional?: readonly string[];
  normalize(x: Tensor, options: O): Tensor;
  finish?(y: Tensor, options: O, scope: Scope): Tensor;
}

/** Creates a layer that normalises each record separately. */
const recordNorm = <O>({
  kind,
  least,
  causal = false,
  options,
  positional = [],
  normalize,
  finish = (y) => y,
}: Apart<O>) =>
  makeKind<O, Layer>("layer", {
    kind,
    options,
    positional,
    make: (own) => ({
      causal,
      apply(x, scope) {
        const rule =
          least > 2 ? "[batch, ...positions, channels], channels >= 1" : "[batch, ..., features], features >= 1";
        requireInput(x.rank >= least && x.shape[x.rank - 1] > 0, kind, `have shape ${rule}`, x, scope);
        return finish(
          within(kind, scope, () => normalize(x, own)),
          own,
          scope,
        );
      },
    }),
  });

/**
 * Normalises to mean 0 and variance 1 over the last axis of [batch, ..., features], then multiplies by `scale` and adds
 * `shift` (Ba, Kiros, Hinton 2016, eq. 3 and 4). Variables: `scale` and `shift` [features].
 * @throws TypeError for an unknown option, RangeError if epsilon is not above 0
 * @example show(layers.layerNorm({ affine: false, epsilon: 1e-12 }).apply(t([[1, 3]]))) // [[-1, 1]]
 */
export const layerNorm: (options?: LayerNormOptions) => Layer = /* @__PURE__ */ recordNorm<Norm>({
  kind: "layerNorm",
  least: 2,
  causal: true,
  options: normRules,
  normalize: (x, { epsilon }) => ops.layerNorm(x, { epsilon }),
  finish,
});

/**
 * Normalises each channel of each record to mean 0 and variance 1 over its positions (Ulyanov, Vedaldi,
 * Lempitsky 2016). Variables: `scale` and `shift` [channels].
 * @example shape(layers.instanceNorm(), 5, 4, 4, 16) // [5, 4, 4, 16]
 */
export const instanceNorm: (options?: NormOptions) => Layer = /* @__PURE__ */ recordNorm<Norm>({
  kind: "instanceNorm",
  least: 3,
  options: normRules,
  normalize: (x, { epsilon }) => ops.instanceNorm(x, { epsilon }),
  finish,
});

/**
 * Divides the channels into `groups` groups of consecutive ones, and normalises each group of each record to mean 0 and
 * variance 1 over its channels and positions (Wu, He 2018).
 * Variables: `scale` and `shift` [channels].
 * @example shape(layers.groupNorm(4), 5, 4, 4, 16) // [5, 4, 4, 16]
 */
export const groupNorm: (groups: number, options?: NormOptions) => Layer = /* @__PURE__ */ recordNorm<
  Norm & { groups: number }
>({
  kind: "groupNorm",
  least: 2,
  options: { groups: { atLeast: 1, whole: true }, ...normRules },
  positional: ["groups"],
  normalize: (x, { groups, epsilon }) => ops.groupNorm(x, groups, { epsilon }),
  finish,
});

/**
 * Divides the channels of each position by the root of their mean square (Karras et al. 2018, section 4.2).
 * No variables.
 * @example show(layers.pixelNorm({ epsilon: 1e-12 }).apply(t([[3, 3]]), {})) // [[1, 1]]
 */
export const pixelNorm: (options?: { readonly epsilon?: number }) => Layer = /* @__PURE__ */ recordNorm<{
  epsilon: number;
}>({
  kind: "pixelNorm",
  least: 2,
  causal: true,
  options: { epsilon: { default: 1e-8, above: 0 } },
  normalize: (x, { epsilon }) => ops.pixelNorm(x, { epsilon }),
});

/** Moments of a batch of which each rank has a part. */
function momentsOfRanks(x: Tensor, axes: readonly number[]): ops.Moments {
  const over = (part: Tensor, what: string) => meanOfRanks(meanOver(part, { axes, keepAxes: true }), what);
  const centre = over(x, "the batch's mean");
  return { mean: centre, variance: over(square(sub(x, centre)), "the batch's variance") };
}

/** Share of the old running statistics that a training step keeps. */
interface Momentum {
  readonly momentum: number;
}

/**
 * Each channel of x with mean 0 and variance 1: in training by its statistics over the batch and all positions, which also
 * change the running ones, otherwise by the running statistics. Variables of the scope: `mean` and `variance` [channels].
 */
export function standardizedByBatch(
  kind: string,
  x: Tensor,
  { momentum, epsilon }: Momentum & { readonly epsilon: number },
  scope: Scope,
): Tensor {
  requireInput(x.rank >= 2, kind, "have shape [batch, ..., channels]", x, scope);
  const shape = [x.shape[x.rank - 1]];
  const running = {
    mean: { shape, initializer: zeros, trainable: false },
    variance: { shape, initializer: ones, trainable: false },
  };
  const [mean, variance] = [scope.read("mean", running.mean), scope.read("variance", running.variance)];
  if (!scope.training) return ops.standardize(x, { mean, variance }, { epsilon });
  const { size: others, batchStatistics: over } = ranks();
  const count = (x.size / shape[0]) * (over === "sync" ? others : 1);
  // A single value equals its mean, so the result and its gradient would be 0.
  const rule = "have two or more values of each channel in training, from records or positions";
  requireInput(count > 1, kind, rule, x, scope);
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const batch = over === "sync" && others > 1 ? momentsOfRanks(x, axes) : ops.moments(x, axes);
  const keep = (name: "mean" | "variance", old: Tensor, found: Tensor, factor: number) => {
    const next = mul(sub(mul(reshape(stopGradient(found), shape), factor), old), 1 - momentum);
    scope.update(scope.variable(name, running[name]), add(old, next));
  };
  keep("mean", mean, batch.mean, 1);
  keep("variance", variance, batch.variance, count / (count - 1));
  return ops.standardize(x, batch, { epsilon });
}

/**
 * Normalises each channel to mean 0 and variance 1: in training by its statistics over the batch and all positions,
 * otherwise by running statistics (Ioffe, Szegedy 2015). Training updates these to momentum old + (1 - momentum) new;
 * the new variance is the sum of squared deviations divided by count - 1. Variables, all [channels]: `scale` and
 * `shift`, and `mean` and `variance`, which no optimizer trains.
 * @example shape(layers.batchNorm(), 5, 4, 4, 16) // [5, 4, 4, 16]
 */
export const batchNorm: (options?: BatchNormOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "batchNorm",
  options: { momentum: momentumRule, ...normRules },
  make: ({ momentum, ...norm }: Norm & Momentum) => ({
    apply: (x, scope) =>
      finish(standardizedByBatch("batchNorm", x, { momentum, epsilon: norm.epsilon }, scope), norm, scope),
  }),
});
