/**
 * Losses of generative adversarial networks: plain values with a function for each of the two networks. Logits are the
 * discriminator's outputs, of any shape, greater for "real"; every loss is a mean over them.
 */
import { type KindConfig, makeKind } from "../kinds/kind.js";
import { log } from "../numbers/portable-math.js";
import { add, mul, neg, relu, softplus, square, sub } from "../ops/elementwise.js";
import { mean } from "../ops/reduction.js";
import type { NoOptions } from "../options.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";

export interface AdversarialLoss {
  /** As JSON; `fromConfig("loss", config)` reads it back. */
  readonly config: KindConfig;
  /** What the discriminator minimises, a scalar. */
  discriminator(realLogits: Tensor, fakeLogits: Tensor): Tensor;
  /**
   * What the generator minimises, a scalar. `realLogits` returns the logits of as many real records. Only a loss that
   * needs them calls it, so that other losses do not add them to the graph.
   */
  generator(fakeLogits: Tensor, realLogits: () => Tensor): Tensor;
  /** The logit of a discriminator that cannot tell real from generated records; default 0. */
  readonly undecided?: number;
  /** The discriminator's least loss, if it has one; default 0. */
  readonly least?: number;
}

/** A loss whose generator's part does not depend on real records. */
export interface UnpairedLoss extends AdversarialLoss {
  generator(fakeLogits: Tensor): Tensor;
}

type Players<L extends AdversarialLoss> = Omit<L, "config">;

/** Creates a loss without options from its two functions. */
const loss = <L extends AdversarialLoss>(kind: string, players: Players<L>): ((options?: NoOptions) => L) =>
  makeKind("loss", { kind, make: () => players });

export interface SmoothingOptions {
  /**
   * One-sided label smoothing (Salimans et al. 2016, section 3.4): the discriminator's target for real records is
   * 1 - smoothing instead of 1, which limits its confidence. From 0 to below 1, for example 0.1; default 0. The targets of
   * generated records, and the generator's loss, stay as they are.
   */
  readonly smoothing?: number;
}

/** Creates a loss whose target for real records can be smoothed. */
const smoothable = (
  kind: string,
  players: (smoothing: number) => Players<UnpairedLoss>,
): ((options?: SmoothingOptions) => UnpairedLoss) =>
  makeKind("loss", {
    kind,
    options: { smoothing: { optional: true, atLeast: 0, below: 1 } },
    make: ({ smoothing = 0 }: SmoothingOptions) => players(smoothing),
  });

/**
 * -(1 - s) log sigmoid(real) - s log(1 - sigmoid(real)) - log(1 - sigmoid(fake)) for a smoothing s, in a form that never
 * overflows: softplus(x) = softplus(-x) + x.
 */
const crossEntropy = (smoothing: number) => (real: Tensor, fake: Tensor) => {
  const cost = softplus(neg(real));
  return add(mean(smoothing === 0 ? cost : add(cost, mul(real, smoothing))), mean(softplus(fake)));
};

/** Of `crossEntropy`: the logit that is best for records and samples alike, and the entropy of the smoothed target. */
function smoothedBounds(smoothing: number): Pick<AdversarialLoss, "undecided" | "least"> {
  if (smoothing === 0) return {};
  const [own, other] = [log(1 - smoothing), log(smoothing)];
  return { undecided: own - log(1 + smoothing), least: -(1 - smoothing) * own - smoothing * other };
}

/**
 * The loss of the original minimax game: the generator minimises log(1 - D(fake)), in nats (Goodfellow et al. 2014,
 * eq. 1).
 * @throws TypeError for an unknown option, RangeError if `smoothing` is not a number from 0 to below 1
 * @example show(losses.minimax().generator(t([[0]]))) // -0.693147181
 * @example show(losses.minimax({ smoothing: 0.1 }).discriminator(t([[2]]), t([[0]]))) // 1.020075192
 */
export const minimax = /* @__PURE__ */ smoothable("minimax", (smoothing) => ({
  ...smoothedBounds(smoothing),
  discriminator: crossEntropy(smoothing),
  generator: (fake) => neg(mean(softplus(fake))),
}));

/**
 * The generator minimises -log D(fake), in nats, whose gradient does not vanish early in training (Goodfellow et al.
 * 2014, section 3).
 * @throws TypeError for an unknown option, RangeError if `smoothing` is not a number from 0 to below 1
 * @example show(losses.nonSaturating().generator(t([[0]]))) // 0.693147181
 * @example show(losses.nonSaturating().discriminator(t([[0]]), t([[0]]))) // 1.386294361
 * @example losses.nonSaturating({ smoothing: 1 }) // throws nonSaturating: smoothing must be a finite number >= 0 and < 1, found 1
 */
export const nonSaturating = /* @__PURE__ */ smoothable("nonSaturating", (smoothing) => ({
  ...smoothedBounds(smoothing),
  discriminator: crossEntropy(smoothing),
  generator: (fake) => mean(softplus(neg(fake))),
}));

/**
 * Half the mean squared distance of logits to 1 for real and to 0 for fake records (Mao et al. 2017, eq. 2 and 9).
 * @throws TypeError for an unknown option, RangeError if `smoothing` is not a number from 0 to below 1
 * @example show(losses.leastSquares().discriminator(t([[0.5]]), t([[0.5]]))) // 0.25
 * @example show(losses.leastSquares({ smoothing: 0.2 }).discriminator(t([[1]]), t([[0]]))) // 0.02
 */
export const leastSquares = /* @__PURE__ */ smoothable("leastSquares", (smoothing) => ({
  undecided: (1 - smoothing) / 2,
  discriminator: (real, fake) => mul(add(mean(square(sub(real, 1 - smoothing))), mean(square(fake))), 0.5),
  generator: (fake) => mul(mean(square(sub(fake, 1))), 0.5),
}));

/**
 * Difference of mean scores (Arjovsky, Chintala, Bottou 2017, eq. 2). The discriminator (critic) must also be kept
 * Lipschitz continuous: by `penalties.gradientPenalty()`, or by `clipWeights` of `gan`.
 * @example show(losses.wasserstein().discriminator(t([[3], [5]]), t([[1], [1]]))) // -3
 */
export const wasserstein = /* @__PURE__ */ loss<UnpairedLoss>("wasserstein", {
  discriminator: (real, fake) => sub(mean(fake), mean(real)),
  generator: (fake) => neg(mean(fake)),
});

/**
 * Scores beyond the margin of 1 add nothing to the discriminator's loss (Lim, Ye 2017; Miyato et al. 2018, eq. 16
 * and 17).
 * @example show(losses.hinge().discriminator(t([[2]]), t([[0]]))) // 1
 */
export const hinge = /* @__PURE__ */ loss<UnpairedLoss>("hinge", {
  discriminator: (real, fake) => add(mean(relu(sub(1, real))), mean(relu(add(fake, 1)))),
  generator: (fake) => neg(mean(fake)),
});

/** a - b of logits that are compared in pairs. Throws RangeError if their shapes differ. */
function paired(a: Tensor, b: Tensor): Tensor {
  if (sameShape(a.shape, b.shape)) return sub(a, b);
  throw new RangeError(
    `relativistic: real and fake logits must have the same shape, found ${shapeText(a.shape)} and ${shapeText(b.shape)}`,
  );
}

/**
 * The relativistic pairing loss, in nats: each real record is compared with one generated record. The discriminator
 * minimises -log sigmoid(D(real) - D(fake)), the generator -log sigmoid(D(fake) - D(real)) (Jolicoeur-Martineau 2018;
 * Huang et al. 2024, eq. 2). Every real record pulls generated ones towards itself, which prevents mode
 * dropping.
 * @throws RangeError by both functions if real and fake logits differ in shape
 * @example show(losses.relativistic().discriminator(t([[2]]), t([[0]]))) // 0.126928011
 * @example show(losses.relativistic().generator(t([[0]]), () => t([[2]]))) // 2.126928011
 * @example losses.relativistic().discriminator(t([[2], [1]]), t([[0]])) // throws relativistic: real and fake logits must have the same shape, found [2, 1] and [1, 1]
 */
export const relativistic = /* @__PURE__ */ loss<AdversarialLoss>("relativistic", {
  discriminator: (real, fake) => mean(softplus(neg(paired(real, fake)))),
  generator: (fake, real) => mean(softplus(paired(real(), fake))),
});
