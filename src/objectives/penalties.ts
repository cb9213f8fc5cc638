/**
 * Penalties on the discriminator's gradient to its input: plain values, added to its loss. The penalty is itself made
 * of a gradient, so training differentiates twice.
 */
import { gradient } from "../ops/gradient.js";
import { add, mul, sqrt, square, sub } from "../ops/elementwise.js";
import { randomUniform } from "../ops/random.js";
import { mean, sum } from "../ops/reduction.js";
import { checkNumber, checkOptions, described, kindOf } from "../options.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";

export interface PenaltyInputs {
  /** The discriminator: records [batch, ...] to logits, one or more per record. */
  discriminate(x: Tensor): Tensor;
  /** Records of the data, [batch, ...]. */
  readonly real: Tensor;
  /** Records of the generator, [batch, ...]. */
  readonly fake: Tensor;
}

export interface Penalty {
  /** As JSON; `penaltyFrom` reads it back. */
  readonly config: { readonly kind: string; readonly weight: number };
  /** The penalty, a scalar. */
  apply(inputs: PenaltyInputs): Tensor;
}

/** ||grad D(x)||^2 of every record, [batch]. */
function squaredNorms(discriminate: (x: Tensor) => Tensor, x: Tensor): Tensor {
  const [slope] = gradient(discriminate(x), [x]);
  return sum(square(slope), { axes: x.shape.slice(1).map((_, axis) => axis + 1) });
}

function zeroCentred(kind: string, weight: number, choose: (inputs: PenaltyInputs) => Tensor): Penalty {
  checkNumber(kind, "weight", weight, { atLeast: 0 });
  return {
    config: { kind, weight },
    apply: (inputs) => mul(mean(squaredNorms(inputs.discriminate, choose(inputs))), weight / 2),
  };
}

/**
 * weight / 2 times the mean squared gradient norm at real records (Mescheder, Geiger, Nowozin 2018, eq. 9).
 * @param weight gamma of the paper, 0 or more; 1 by default
 * @throws RangeError where the weight is not a number of 0 or more
 * @example show(penalties.r1(2).apply({ discriminate: (x) => mul(x, 3), real: t([[1], [2]]) })) // 9
 */
export const r1 = (weight = 1): Penalty => zeroCentred("r1", weight, ({ real }) => real);

/**
 * weight / 2 times the mean squared gradient norm at fake records (Mescheder, Geiger, Nowozin 2018, eq. 10).
 * @param weight gamma of the paper, 0 or more; 1 by default
 * @throws RangeError where the weight is not a number of 0 or more
 * @example show(penalties.r2(2).apply({ discriminate: (x) => square(x), fake: t([[1], [2]]) })) // 10
 */
export const r2 = (weight = 1): Penalty => zeroCentred("r2", weight, ({ fake }) => fake);

/**
 * weight times the mean of (||grad D|| - 1)^2 at random points between real and fake records (Gulrajani et al. 2017,
 * eq. 3).
 * @param weight lambda of the paper, 0 or more; 10 by default
 * @throws RangeError where the weight is below 0; `apply` throws RangeError where real and fake differ in shape
 * @example show(penalties.gradientPenalty().apply({ discriminate: (x) => mul(x, 3), real: t([[1]]), fake: t([[2]]) })) // 40
 */
export function gradientPenalty(weight = 10): Penalty {
  checkNumber("gradientPenalty", "weight", weight, { atLeast: 0 });
  return {
    config: { kind: "gradientPenalty", weight },
    apply({ discriminate, real, fake }) {
      if (!sameShape(real.shape, fake.shape)) {
        throw new RangeError(
          `gradientPenalty: as many fake records as real ones: ${shapeText(real.shape)} and ${shapeText(fake.shape)}`,
        );
      }
      const share = randomUniform(real.shape.map((length, axis) => (axis === 0 ? length : 1)));
      const between = add(fake, mul(share, sub(real, fake)));
      // The root's slope is infinite at 0, which 1e-12 keeps away.
      const norms = sqrt(add(squaredNorms(discriminate, between), 1e-12));
      return mul(mean(square(sub(norms, 1))), weight);
    },
  };
}

const makers: Readonly<Record<string, (weight?: number) => Penalty>> = { r1, r2, gradientPenalty };

/** Kinds that `penaltyFrom` knows. @example penalties.penaltyKinds // ["r1", "r2", "gradientPenalty"] */
export const penaltyKinds: readonly string[] = Object.keys(makers);

/**
 * The penalty that a description gives: `penaltyFrom(penalty.config)` is the same penalty again.
 * @throws TypeError for an unknown kind or option, RangeError for its weight
 * @example penalties.penaltyFrom({ kind: "r1", weight: 2 }).config.weight // 2
 */
export function penaltyFrom(config: { readonly kind: string; readonly weight?: number }): Penalty {
  const { kind, ...options } = described("penaltyFrom", config);
  const make = kindOf("penaltyFrom", makers, kind);
  checkOptions(kind, options, ["weight"]);
  return make(options.weight);
}
