/**
 * The auxiliary classifier of a GAN (Odena, Olah, Shlens 2017): the discriminator also tells a record's class, and both
 * networks minimise the cross-entropy of the classes that real and generated records have.
 */
import { slice } from "../../ops/movement.js";
import { add, mul, neg } from "../../ops/elementwise.js";
import { oneHot } from "../../ops/indexing.js";
import { logSoftmax, mean, sum } from "../../ops/reduction.js";
import type { Tensor } from "../../graph/tensor.js";

/** The number of classes, and the weight of the cross-entropy in both networks' losses. */
export interface Auxiliary {
  readonly classes: number;
  readonly weight: number;
}

/** The classifier in one training step. */
export interface Classifier {
  /** The logits [batch, 1] of a discriminator's output, whose other columns are those of the classes. */
  logits(output: Tensor): Tensor;
  /**
   * A loss plus the weighted cross-entropy of the classes (its eq. 3), in nats, for each of the first `count` batches whose
   * logits were taken since the last call: those of the loss itself, not those of its penalties.
   */
  added(loss: Tensor, labels: Tensor | undefined, count: number): Tensor;
}

/** The classifier of a discriminator; without one, logits and losses stay as they are. */
export function classifierIn(auxiliary: Auxiliary | undefined): Classifier {
  if (!auxiliary) return { logits: (output) => output, added: (loss) => loss };
  const { classes, weight } = auxiliary;
  let judged: Tensor[] = [];
  return {
    logits(output) {
      const [batch] = output.shape;
      judged.push(slice(output, [0, 1], [batch, classes]));
      return slice(output, [0, 0], [batch, 1]);
    },
    added(loss, labels, count) {
      const wanted = oneHot(labels as Tensor, classes);
      const entropies = judged
        .slice(0, count)
        .map((classLogits) => neg(mean(sum(mul(wanted, logSoftmax(classLogits)), { axes: 1 }))));
      judged = [];
      return entropies.reduce((total, entropy) => add(total, mul(entropy, weight)), loss);
    },
  };
}
