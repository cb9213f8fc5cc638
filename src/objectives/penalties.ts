/**
 * Penalties on the discriminator's gradient with respect to its input: plain values, added to its loss. A penalty
 * contains a gradient, so training differentiates twice.
 */
import { gradient } from "../ops/differentiate.js";
import { type KindConfig, makeKind } from "../kinds/kind.js";
import { add, mul, sqrt, square, sub } from "../ops/elementwise.js";
import { randomUniform } from "../ops/random.js";
import { mean, sum } from "../ops/reduction.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";

export interface PenaltyInputs {
  /** The discriminator: records [batch, ...] to logits, one or more per record. */
  discriminate(x: Tensor): Tensor;
  /** Records of the data, [batch, ...]. */
  readonly real: Tensor;
  /** Samples of the generator, [batch, ...]. */
  readonly fake: Tensor;
}

export interface Penalty {
  /** As JSON; `fromConfig("penalty", config)` reads it back. */
  readonly config: KindConfig;
  /** The penalty, a scalar. */
  apply(inputs: PenaltyInputs): Tensor;
}

/** ||grad D(x)||^2 of every record, [batch]. */
function squaredNorms(discriminate: (x: Tensor) => Tensor, x: Tensor): Tensor {
  const [slope] = gradient(discriminate(x), [x]);
  return sum(square(slope), { axes: x.shape.slice(1).map((_, axis) => axis + 1) });
}

/** Creates a penalty with one option, a weight of 0 or more; `usual` is its default. */
const weighted = (
  kind: string,
  usual: number,
  penalty: (inputs: PenaltyInputs, weight: number) => Tensor,
): ((weight?: number) => Penalty) =>
  makeKind("penalty", {
    kind,
    options: { weight: { default: usual, atLeast: 0 } },
    positional: ["weight"],
    make: ({ weight }: { weight: number }) => ({ apply: (inputs) => penalty(inputs, weight) }),
  });

const zeroCentred = ({ discriminate }: PenaltyInputs, x: Tensor, weight: number) =>
  mul(mean(squaredNorms(discriminate, x)), weight / 2);

/**
 * weight / 2 times the mean squared gradient norm at real records (Mescheder, Geiger, Nowozin 2018, eq. 9).
 * @param weight gamma of the paper, 0 or more; 1 by default
 * @throws RangeError if the weight is not a number of 0 or more
 * @example show(penalties.r1(2).apply({ discriminate: (x) => mul(x, 3), real: t([[1], [2]]) })) // 9
 */
export const r1 = /* @__PURE__ */ weighted("r1", 1, (inputs, weight) => zeroCentred(inputs, inputs.real, weight));

/**
 * weight / 2 times the mean squared gradient norm at fake records (Mescheder, Geiger, Nowozin 2018, eq. 10).
 * @param weight gamma of the paper, 0 or more; 1 by default
 * @throws RangeError if the weight is not a number of 0 or more
 * @example show(penalties.r2(2).apply({ discriminate: (x) => square(x), fake: t([[1], [2]]) })) // 10
 */
export const r2 = /* @__PURE__ */ weighted("r2", 1, (inputs, weight) => zeroCentred(inputs, inputs.fake, weight));

/**
 * weight times the mean of (||grad D|| - 1)^2 at random points between real and fake records (Gulrajani et al. 2017,
 * eq. 3).
 * @param weight lambda of the paper, 0 or more; 10 by default
 * @throws RangeError if the weight is below 0; `apply` throws RangeError if real and fake differ in shape
 * @example show(penalties.gradientPenalty().apply({ discriminate: (x) => mul(x, 3), real: t([[1]]), fake: t([[2]]) })) // 40
 */
export const gradientPenalty = /* @__PURE__ */ weighted(
  "gradientPenalty",
  10,
  ({ discriminate, real, fake }, weight) => {
    if (!sameShape(real.shape, fake.shape)) {
      throw new RangeError(
        `gradientPenalty: real and fake must have the same shape, found ${shapeText(real.shape)} and ${shapeText(fake.shape)}`,
      );
    }
    const share = randomUniform(real.shape.map((length, axis) => (axis === 0 ? length : 1)));
    const between = add(fake, mul(share, sub(real, fake)));
    // Adding 1e-12 avoids the infinite slope of the root at 0.
    const norms = sqrt(add(squaredNorms(discriminate, between), 1e-12));
    return mul(mean(square(sub(norms, 1))), weight);
  },
);
