/**
 * Losses of generative adversarial networks: plain values with one function for each player. Logits are the
 * discriminator's outputs, of any shape, positive for "real"; every loss is a mean over them.
 */
import { add, mul, neg, relu, softplus, square, sub } from "../ops/elementwise.js";
import { mean } from "../ops/reduction.js";
import { checkOptions, described, kindOf, type NoOptions } from "../options.js";
import type { Tensor } from "../graph/tensor.js";

export interface AdversarialLoss {
  /** As JSON; `lossFrom` reads it back. */
  readonly config: { readonly kind: string };
  /** What the discriminator minimises, a scalar. */
  discriminator(realLogits: Tensor, fakeLogits: Tensor): Tensor;
  /** What the generator minimises, a scalar. */
  generator(fakeLogits: Tensor): Tensor;
}

/** A loss of its two functions. Throws TypeError where it is given options: it has none. */
function loss(kind: string, options: NoOptions, players: Omit<AdversarialLoss, "config">): AdversarialLoss {
  checkOptions(kind, options, []);
  return { config: { kind }, ...players };
}

/** -log sigmoid(real) - log(1 - sigmoid(fake)), in a form that never overflows. */
const crossEntropy = (real: Tensor, fake: Tensor) => add(mean(softplus(neg(real))), mean(softplus(fake)));

/**
 * The game's own value: the generator minimises log(1 - D(fake)), in nats (Goodfellow et al. 2014, eq. 1).
 * @example show(losses.minimax().generator(t([[0]]))) // -0.693147181
 */
export const minimax = (options: NoOptions = {}): AdversarialLoss =>
  loss("minimax", options, {
    discriminator: crossEntropy,
    generator: (fake) => neg(mean(softplus(fake))),
  });

/**
 * The generator minimises -log D(fake), in nats, whose gradient does not vanish early on (Goodfellow et al. 2014,
 * section 3).
 * @example show(losses.nonSaturating().generator(t([[0]]))) // 0.693147181
 * @example show(losses.nonSaturating().discriminator(t([[0]]), t([[0]]))) // 1.386294361
 */
export const nonSaturating = (options: NoOptions = {}): AdversarialLoss =>
  loss("nonSaturating", options, {
    discriminator: crossEntropy,
    generator: (fake) => mean(softplus(neg(fake))),
  });

/**
 * Half the squared distance to 1 for real and 0 for fake (Mao et al. 2017, eq. 2 and 9).
 * @example show(losses.leastSquares().discriminator(t([[0.5]]), t([[0.5]]))) // 0.25
 */
export const leastSquares = (options: NoOptions = {}): AdversarialLoss =>
  loss("leastSquares", options, {
    discriminator: (real, fake) => mul(add(mean(square(sub(real, 1))), mean(square(fake))), 0.5),
    generator: (fake) => mul(mean(square(sub(fake, 1))), 0.5),
  });

/**
 * Difference of mean scores; the critic needs a Lipschitz penalty beside it (Arjovsky, Chintala, Bottou 2017, eq. 2).
 * @example show(losses.wasserstein().discriminator(t([[3], [5]]), t([[1], [1]]))) // -3
 */
export const wasserstein = (options: NoOptions = {}): AdversarialLoss =>
  loss("wasserstein", options, {
    discriminator: (real, fake) => sub(mean(fake), mean(real)),
    generator: (fake) => neg(mean(fake)),
  });

/**
 * Scores beyond a margin of 1 cost nothing (Lim, Ye 2017; Miyato et al. 2018, eq. 16 and 17).
 * @example show(losses.hinge().discriminator(t([[2]]), t([[0]]))) // 1
 */
export const hinge = (options: NoOptions = {}): AdversarialLoss =>
  loss("hinge", options, {
    discriminator: (real, fake) => add(mean(relu(sub(1, real))), mean(relu(add(fake, 1)))),
    generator: (fake) => neg(mean(fake)),
  });

const makers: Readonly<Record<string, (options: NoOptions) => AdversarialLoss>> = {
  minimax,
  nonSaturating,
  leastSquares,
  wasserstein,
  hinge,
};

/** Kinds that `lossFrom` knows. @example losses.lossKinds.includes("hinge") // true */
export const lossKinds: readonly string[] = Object.keys(makers);

/**
 * The loss that a description gives: `lossFrom(loss.config)` is the same loss again.
 * @throws TypeError for an unknown kind or option
 * @example losses.lossFrom({ kind: "hinge" }).config.kind // "hinge"
 */
export function lossFrom(config: { readonly kind: string }): AdversarialLoss {
  const { kind, ...options } = described("lossFrom", config);
  return kindOf("lossFrom", makers, kind)(options);
}
