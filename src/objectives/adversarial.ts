/**
 * Losses of generative adversarial networks: plain values with a function for each of the two networks. Logits are the
 * discriminator's outputs, of any shape, positive for "real"; every loss is a mean over them.
 */
import { type KindConfig, makeKind } from "../kinds/kind.js";
import { add, mul, neg, relu, softplus, square, sub } from "../ops/elementwise.js";
import { mean } from "../ops/reduction.js";
import type { NoOptions } from "../options.js";
import type { Tensor } from "../graph/tensor.js";

export interface AdversarialLoss {
  /** As JSON; `fromConfig("loss", config)` reads it back. */
  readonly config: KindConfig;
  /** What the discriminator minimises, a scalar. */
  discriminator(realLogits: Tensor, fakeLogits: Tensor): Tensor;
  /** What the generator minimises, a scalar. */
  generator(fakeLogits: Tensor): Tensor;
}

/** Creates a loss without options from its two functions. */
const loss = (kind: string, players: Omit<AdversarialLoss, "config">): ((options?: NoOptions) => AdversarialLoss) =>
  makeKind("loss", { kind, make: () => players });

/** -log sigmoid(real) - log(1 - sigmoid(fake)), in a form that never overflows. */
const crossEntropy = (real: Tensor, fake: Tensor) => add(mean(softplus(neg(real))), mean(softplus(fake)));

/**
 * The loss of the original minimax game: the generator minimises log(1 - D(fake)), in nats (Goodfellow et al. 2014,
 * eq. 1).
 * @example show(losses.minimax().generator(t([[0]]))) // -0.693147181
 */
export const minimax = /* @__PURE__ */ loss("minimax", {
  discriminator: crossEntropy,
  generator: (fake) => neg(mean(softplus(fake))),
});

/**
 * The generator minimises -log D(fake), in nats, whose gradient does not vanish early in training (Goodfellow et al.
 * 2014, section 3).
 * @example show(losses.nonSaturating().generator(t([[0]]))) // 0.693147181
 * @example show(losses.nonSaturating().discriminator(t([[0]]), t([[0]]))) // 1.386294361
 */
export const nonSaturating = /* @__PURE__ */ loss("nonSaturating", {
  discriminator: crossEntropy,
  generator: (fake) => mean(softplus(neg(fake))),
});

/**
 * Half the mean squared distance of logits to 1 for real and to 0 for fake records (Mao et al. 2017, eq. 2 and 9).
 * @example show(losses.leastSquares().discriminator(t([[0.5]]), t([[0.5]]))) // 0.25
 */
export const leastSquares = /* @__PURE__ */ loss("leastSquares", {
  discriminator: (real, fake) => mul(add(mean(square(sub(real, 1))), mean(square(fake))), 0.5),
  generator: (fake) => mul(mean(square(sub(fake, 1))), 0.5),
});

/**
 * Difference of mean scores; the discriminator (critic) also needs a Lipschitz penalty (Arjovsky, Chintala, Bottou
 * 2017, eq. 2).
 * @example show(losses.wasserstein().discriminator(t([[3], [5]]), t([[1], [1]]))) // -3
 */
export const wasserstein = /* @__PURE__ */ loss("wasserstein", {
  discriminator: (real, fake) => sub(mean(fake), mean(real)),
  generator: (fake) => neg(mean(fake)),
});

/**
 * Scores beyond the margin of 1 add nothing to the discriminator's loss (Lim, Ye 2017; Miyato et al. 2018, eq. 16
 * and 17).
 * @example show(losses.hinge().discriminator(t([[2]]), t([[0]]))) // 1
 */
export const hinge = /* @__PURE__ */ loss("hinge", {
  discriminator: (real, fake) => add(mean(relu(sub(1, real))), mean(relu(add(fake, 1)))),
  generator: (fake) => neg(mean(fake)),
});
