/** Normalising layers. All but pixel norm end with a trained `scale` and `shift` per channel, unless `affine` is false. */
import { ones, zeros } from "./initializers.js";
import { add, mul, sub } from "../ops/elementwise.js";
import * as ops from "../ops/normalization.js";
import { stopGradient } from "../ops/stop.js";
import { reshape } from "../ops/movement.js";
import { checkNumber, checkOptions } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import { type InitializerConfig, initializerFrom } from "./initializer-config.js";
import { requireInput, within } from "./input-rule.js";
import type { Layer, LayerConfig, Scope } from "./layer.js";

export interface NormOptions {
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
  /** Trains a `scale` and a `shift` per channel; true by default. */
  readonly affine?: boolean;
  /** First values of the scale; `ones` by default. */
  readonly scaleInitializer?: InitializerConfig;
}

export type LayerNormOptions = NormOptions;

export interface BatchNormOptions extends NormOptions {
  /** How much of the running statistics a training step keeps, in [0, 1]; 0.9 by default. */
  readonly momentum?: number;
}

const normOptions = ["epsilon", "affine", "scaleInitializer"];

/** y scale + shift. */
type Affine = (y: Tensor, scope: Scope) => Tensor;

/** Checks the common options; gives their description and the affine part. */
function common(
  kind: string,
  { epsilon = 1e-5, affine = true, scaleInitializer = "ones" }: NormOptions,
): [Required<NormOptions>, Affine] {
  checkNumber(kind, "epsilon", epsilon, { above: 0 });
  const scales = scaleInitializer === "ones" ? ones : initializerFrom(scaleInitializer, kind);
  const finish: Affine = (y, scope) => {
    if (!affine) return y;
    const shape = [y.shape[y.rank - 1]];
    return add(
      mul(y, scope.read("scale", { shape, initializer: scales })),
      scope.read("shift", { shape, initializer: zeros }),
    );
  };
  return [{ epsilon, affine, scaleInitializer }, finish];
}

/** A layer that normalises each record by itself. */
function recordNorm(config: LayerConfig, least: number, finish: Affine, normalize: (x: Tensor) => Tensor): Layer {
  const { kind } = config;
  return {
    config,
    apply(x, scope) {
      const rule =
        least > 2 ? "[batch, ...positions, channels], channels >= 1" : "[batch, ..., features], features >= 1";
      requireInput(x.rank >= least && x.shape[x.rank - 1] > 0, kind, `the input is ${rule}`, x, scope);
      return finish(
        within(kind, scope, () => normalize(x)),
        scope,
      );
    },
  };
}

/**
 * Mean 0 and variance 1 over the last axis of [batch, ..., features], then times `scale` plus `shift` (Ba, Kiros,
 * Hinton 2016, eq. 3 and 4). Variables: `scale` and `shift` [features].
 * @throws TypeError for an unknown option, RangeError where epsilon is not above 0
 * @example show(layers.layerNorm({ affine: false, epsilon: 1e-12 }).apply(t([[1, 3]]))) // [[-1, 1]]
 */
export function layerNorm(options: LayerNormOptions = {}): Layer {
  checkOptions("layerNorm", options, normOptions);
  const [described, finish] = common("layerNorm", options);
  return recordNorm({ kind: "layerNorm", ...described }, 2, finish, (x) =>
    ops.layerNorm(x, { epsilon: described.epsilon }),
  );
}

/**
 * Mean 0 and variance 1 over the positions of each record's channel (Ulyanov, Vedaldi, Lempitsky 2016).
 * Variables: `scale` and `shift` [channels].
 * @example shape(layers.instanceNorm(), 5, 4, 4, 16) // [5, 4, 4, 16]
 */
export function instanceNorm(options: NormOptions = {}): Layer {
  checkOptions("instanceNorm", options, normOptions);
  const [described, finish] = common("instanceNorm", options);
  return recordNorm({ kind: "instanceNorm", ...described }, 3, finish, (x) =>
    ops.instanceNorm(x, { epsilon: described.epsilon }),
  );
}

/**
 * Mean 0 and variance 1 over the positions and each of `groups` equal runs of channels of each record (Wu, He 2018).
 * Variables: `scale` and `shift` [channels].
 * @example shape(layers.groupNorm(4), 5, 4, 4, 16) // [5, 4, 4, 16]
 */
export function groupNorm(groups: number, options: NormOptions = {}): Layer {
  checkOptions("groupNorm", options, normOptions);
  checkNumber("groupNorm", "groups", groups, { atLeast: 1, whole: true });
  const [described, finish] = common("groupNorm", options);
  return recordNorm({ kind: "groupNorm", groups, ...described }, 2, finish, (x) =>
    ops.groupNorm(x, groups, { epsilon: described.epsilon }),
  );
}

/**
 * Divides each position by the root of its channels' mean square (Karras et al. 2018, section 4.2). No variables.
 * @example show(layers.pixelNorm({ epsilon: 1e-12 }).apply(t([[3, 3]]), {})) // [[1, 1]]
 */
export function pixelNorm(options: { readonly epsilon?: number } = {}): Layer {
  checkOptions("pixelNorm", options, ["epsilon"]);
  const { epsilon = 1e-8 } = options;
  checkNumber("pixelNorm", "epsilon", epsilon, { above: 0 });
  return recordNorm(
    { kind: "pixelNorm", epsilon },
    2,
    (y) => y,
    (x) => ops.pixelNorm(x, { epsilon }),
  );
}

/**
 * Mean 0 and variance 1 per channel, over the batch and all positions in training, by running statistics otherwise
 * (Ioffe, Szegedy 2015). Training updates them to momentum old + (1 - momentum) new, the new variance divided by count - 1.
 * Variables: `scale` and `shift`, and, not trained, `mean` and `variance`, all [channels].
 * @example shape(layers.batchNorm(), 5, 4, 4, 16) // [5, 4, 4, 16]
 */
export function batchNorm(options: BatchNormOptions = {}): Layer {
  checkOptions("batchNorm", options, [...normOptions, "momentum"]);
  const { momentum = 0.9, ...rest } = options;
  checkNumber("batchNorm", "momentum", momentum, { atLeast: 0, atMost: 1 });
  const [described, finish] = common("batchNorm", rest);
  return {
    config: { kind: "batchNorm", momentum, ...described },
    apply(x, scope) {
      requireInput(x.rank >= 2, "batchNorm", "the input is [batch, ..., channels]", x, scope);
      const shape = [x.shape[x.rank - 1]];
      const running = {
        mean: { shape, initializer: zeros, trainable: false },
        variance: { shape, initializer: ones, trainable: false },
      };
      const [mean, variance] = [scope.read("mean", running.mean), scope.read("variance", running.variance)];
      if (!scope.training) return finish(ops.standardize(x, { mean, variance }, { epsilon: described.epsilon }), scope);
      const count = x.size / shape[0];
      // One value is its own mean: it would become 0, and its gradient too.
      const rule = "training needs two or more values of each channel, from records or positions";
      requireInput(count > 1, "batchNorm", rule, x, scope);
      const axes = x.shape.slice(0, -1).map((_, axis) => axis);
      const batch = ops.moments(x, axes);
      const keep = (name: "mean" | "variance", old: Tensor, found: Tensor, factor: number) => {
        const next = mul(sub(mul(reshape(stopGradient(found), shape), factor), old), 1 - momentum);
        scope.update(scope.variable(name, running[name]), add(old, next));
      };
      keep("mean", mean, batch.mean, 1);
      keep("variance", variance, batch.variance, count / (count - 1));
      return finish(ops.standardize(x, batch, { epsilon: described.epsilon }), scope);
    },
  };
}
