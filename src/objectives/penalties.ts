/**
 * Penalties on the discriminator's gradient with respect to its input: plain values, added to its loss. A penalty
 * contains a gradient, so training differentiates twice.
 */
import { meanOfRanks } from "../ops/all-reduce.js";
import { gradient } from "../ops/differentiate.js";
import { type KindConfig, makeKind } from "../kinds/kind.js";
import { add, mul, sqrt, square, sub } from "../ops/elementwise.js";
import { every } from "../ops/every-nth-step.js";
import { randomUniform } from "../ops/random.js";
import { mean, sum } from "../ops/reduction.js";
import type { Schedule } from "../optimizers/schedules.js";
import { sameShape, shapeText, type Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";

export interface PenaltyInputs {
  /** The discriminator: records [batch, ...] to logits, one or more per record. */
  discriminate(x: Tensor): Tensor;
  /** Records of the data, [batch, ...]. */
  readonly real: Tensor;
  /** Samples of the generator, [batch, ...]. */
  readonly fake: Tensor;
  /**
   * Number of training steps so far, a scalar. Only a penalty that depends on it calls this function; a model then
   * counts the steps. Needed if a weight is a schedule.
   */
  step?(): Tensor;
}

export interface Penalty {
  /** As JSON; `fromConfig("penalty", config)` reads it back. */
  readonly config: KindConfig;
  /**
   * Period in steps of a penalty that is computed only in every n-th step: `apply` returns `every(n, …)`. Such a penalty
   * does not update running statistics of the discriminator, which would have to be computed in every step. Default: 1.
   */
  readonly every?: number;
  /** The penalty, a scalar. */
  apply(inputs: PenaltyInputs): Tensor;
}

export interface PenaltyOptions {
  /**
   * Computes the penalty only in every n-th step, beginning with the first, and multiplies it by n there: lazy
   * regularisation (Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", section 3.1), which costs
   * an n-th part. An integer of 1 or more; default 1.
   */
  readonly every?: number;
}

/** Makes a penalty from its weight, 0 or more, or a schedule of it by training steps. */
type Maker = (weight?: number | Schedule, options?: PenaltyOptions) => Penalty;

/** The weight of this step, times a factor. Throws RangeError if it depends on the step, which the caller did not give. */
function factorOf(kind: string, weight: number | Schedule, { step }: PenaltyInputs, by: number): number | Tensor {
  if (typeof weight === "number") return weight * by;
  if (step === undefined)
    throw new RangeError(`${kind}: apply needs the number of steps, { step: () => … }, because weight is a schedule`);
  return mul(weight.at(step()), by);
}

/** Creates a penalty of weight `usual` by default: `scale` times weight times a scalar. */
const weighted = (kind: string, usual: number, scale: number, scalar: (inputs: PenaltyInputs) => Tensor): Maker =>
  makeKind("penalty", {
    kind,
    options: {
      weight: { default: usual, part: "schedule", orNumber: true, atLeast: 0 },
      every: { optional: true, whole: true, atLeast: 1, below: 2 ** 31 },
    },
    positional: ["weight"],
    make: ({ weight, every: period = 1 }: PenaltyOptions & { readonly weight: number | Schedule }) => ({
      ...(period > 1 && { every: period }),
      apply: (inputs) => every(period, mul(scalar(inputs), factorOf(kind, weight, inputs, scale * period))),
    }),
  });

/** ||grad D(x)||^2 of every record, [batch]. */
function squaredNorms({ discriminate }: PenaltyInputs, x: Tensor): Tensor {
  const [slope] = gradient(discriminate(x), [x]);
  return sum(square(slope), { axes: x.shape.slice(1).map((_, axis) => axis + 1) });
}

/** The mean of (||grad D(x)|| - 1)^2. */
function distanceFromOne(inputs: PenaltyInputs, x: Tensor): Tensor {
  // Adding 1e-12 avoids the infinite slope of the root at 0.
  const norms = sqrt(add(squaredNorms(inputs, x), 1e-12));
  return mean(square(sub(norms, 1)));
}

/** The variance of all values of the whole batch. */
function varianceOfBatch(part: Tensor): Tensor {
  const centred = sub(part, meanOfRanks(mean(part), "the batch's mean"));
  return meanOfRanks(mean(mul(centred, centred)), "the batch's variance");
}

/** One uniform number per record, [batch, 1, ...]. */
const shares = (shape: Shape) => randomUniform(shape.map((length, axis) => (axis === 0 ? length : 1)));

/**
 * weight / 2 times the mean squared gradient norm at real records (Mescheder, Geiger, Nowozin 2018, eq. 9).
 * @param weight gamma of the paper, 0 or more, or a schedule of it; 1 by default
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example show(penalties.r1(2).apply({ discriminate: (x) => mul(x, 3), real: t([[1], [2]]) })) // 9
 * @example show(penalties.r1(schedules.linear(2, { steps: 10 })).apply({ discriminate: (x) => mul(x, 3), real: t([[1], [2]]), step: () => constant(5) })) // 4.5
 */
export const r1 = /* @__PURE__ */ weighted("r1", 1, 1 / 2, (inputs) => mean(squaredNorms(inputs, inputs.real)));

/**
 * weight / 2 times the mean squared gradient norm at fake records (Mescheder, Geiger, Nowozin 2018, eq. 10).
 * @param weight gamma of the paper, 0 or more, or a schedule of it; 1 by default
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example show(penalties.r2(2).apply({ discriminate: (x) => square(x), fake: t([[1], [2]]) })) // 10
 */
export const r2 = /* @__PURE__ */ weighted("r2", 1, 1 / 2, (inputs) => mean(squaredNorms(inputs, inputs.fake)));

/**
 * weight times the mean of (||grad D|| - 1)^2 at random points between real and fake records (Gulrajani et al. 2017,
 * eq. 3).
 * @param weight lambda of the paper, 0 or more, or a schedule of it; 10 by default
 * @throws TypeError for an unknown option, RangeError for a number outside of its range; `apply` throws RangeError if
 *   real and fake differ in shape
 * @example show(penalties.gradientPenalty().apply({ discriminate: (x) => mul(x, 3), real: t([[1]]), fake: t([[2]]) })) // 40
 */
export const gradientPenalty = /* @__PURE__ */ weighted("gradientPenalty", 10, 1, (inputs) => {
  const { real, fake } = inputs;
  if (!sameShape(real.shape, fake.shape)) {
    throw new RangeError(
      `gradientPenalty: real and fake must have the same shape, found ${shapeText(real.shape)} and ${shapeText(fake.shape)}`,
    );
  }
  return distanceFromOne(inputs, add(fake, mul(shares(real.shape), sub(real, fake))));
});

/**
 * weight times the mean of (||grad D|| - 1)^2 at real records with noise (DRAGAN: Kodali et al. 2017). The noise
 * is that of the authors' code, whose scale follows the data: x + a (std / 2) u, with one uniform a in [0, 1) for each
 * record, one uniform u in [0, 1) for each value, and the standard deviation of all values of the batch.
 * @param weight lambda of the paper, 0 or more, or a schedule of it; 10 by default
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example show(penalties.dragan().apply({ discriminate: (x) => mul(x, 3), real: t([[1], [2]]) })) // 40
 */
export const dragan = /* @__PURE__ */ weighted("dragan", 10, 1, (inputs) => {
  const { real } = inputs;
  // Adding 1e-12 avoids the infinite slope of the root if all values are equal.
  const spread = mul(sqrt(add(varianceOfBatch(real), 1e-12)), 0.5);
  return distanceFromOne(inputs, add(real, mul(mul(shares(real.shape), randomUniform(real.shape)), spread)));
});
