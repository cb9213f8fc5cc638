/** What a GAN's discriminator minimises: the loss of its logits, and the penalties. */
import type { AdversarialLoss } from "../../objectives/adversarial.js";
import type { Penalty } from "../../objectives/penalties.js";
import { add } from "../../ops/elementwise.js";
import type { Tensor } from "../../graph/tensor.js";

/** The terms of the loss. */
interface Terms {
  readonly loss: AdversarialLoss;
  readonly penalties: readonly Penalty[];
}

/** One batch as the discriminator sees it. */
interface Judged {
  /** Records of the data, [batch, ...]. */
  readonly real: Tensor;
  /** Samples of the generator, [batch, ...], through which no gradient flows. */
  readonly fake: Tensor;
  /** Logits of records. The discriminator's running statistics are updated unless `updating` is false. */
  discriminate(x: Tensor, updating?: boolean): Tensor;
  /** Number of training steps so far, a scalar. */
  step(): Tensor;
}

/** The discriminator's loss with its penalties, a scalar. */
export function discriminatorLoss({ loss, penalties }: Terms, { real, fake, discriminate, step }: Judged): Tensor {
  let total = loss.discriminator(discriminate(real), discriminate(fake));
  for (const penalty of penalties) {
    // Statistics that a penalty of every n-th step updated would have to be computed in all steps.
    const updating = (penalty.every ?? 1) === 1;
    const inputs = { discriminate: (x: Tensor) => discriminate(x, updating), real, fake, step };
    total = add(total, penalty.apply(inputs));
  }
  return total;
}
