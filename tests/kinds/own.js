/** A user's module: an activation and a loss of their own. */
import { add, defineKind, exp, mean, mul, neg, sigmoid, softplus } from "genloom";

/** x sigmoid(beta x) (Ramachandran, Zoph, Le 2017). */
export const swish = defineKind("layer", {
  kind: "swish",
  options: { beta: { default: 1, above: 0 } },
  make: ({ beta }) => ({ apply: (x) => mul(x, sigmoid(mul(x, beta))) }),
});

/** Cross-entropy of "real" whose easy cases count little: (1 - p)^gamma times -log p, p = sigmoid(logits). */
const focused = (/** @type {import("genloom").Tensor} */ logits, /** @type {number} */ gamma) =>
  mean(mul(exp(mul(softplus(logits), -gamma)), softplus(neg(logits))));

/** The focal loss (Lin et al. 2017, eq. 4) of both players. */
export const focal = defineKind("loss", {
  kind: "focal",
  options: { gamma: { default: 2, atLeast: 0 } },
  make: ({ gamma }) => ({
    discriminator: (real, fake) => add(focused(real, gamma), focused(neg(fake), gamma)),
    generator: (fake) => focused(fake, gamma),
  }),
});
