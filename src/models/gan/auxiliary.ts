/**
 * The auxiliary classifier of a GAN (Odena, Olah, Shlens 2017): the discriminator also tells a record's class, and both
 * networks minimise the cross-entropy of the classes that real and generated records have.
 */
import { add, mul, neg } from "../../ops/elementwise.js";
import { cast, oneHot } from "../../ops/indexing.js";
import { literal } from "../../ops/literal.js";
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

/** Stands for minus infinity in logits: e to this is 0, and 0 times this is 0. */
const never = -1e30;

/**
 * The classifier of a discriminator; without one, logits and losses stay as they are. Columns are taken by products and sums
 * rather than by slices, an operation that GANs without a classifier would have to carry.
 */
export function classifierIn(auxiliary: Auxiliary | undefined): Classifier {
  if (!auxiliary) return { logits: (output) => output, added: (loss) => loss };
  const { classes, weight } = auxiliary;
  const columns = 1 + classes;
  /** One value in the first column, another one in the others, [columns]. */
  const row = (first: number, other: number) =>
    literal(
      Float32Array.from({ length: columns }, (_, i) => (i === 0 ? first : other)),
      [columns],
    );
  let judged: Tensor[] = [];
  return {
    logits(output) {
      judged.push(output);
      return sum(mul(output, row(1, 0)), { axes: 1, keepAxes: true });
    },
    added(loss, labels, count) {
      const wanted = oneHot(cast(add(cast(labels as Tensor, "f32"), 1), "i32"), columns);
      const entropyOf = (output: Tensor) =>
        neg(mean(sum(mul(wanted, logSoftmax(add(output, row(never, 0)))), { axes: 1 })));
      const entropies = judged.slice(0, count).map(entropyOf);
      judged = [];
      return entropies.reduce((total, entropy) => add(total, mul(entropy, weight)), loss);
    },
  };
}
