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

/** What a discriminator says of records. */
export interface Judgement {
  /** One logit per record. */
  readonly logits: Tensor;
  /** Logits of the auxiliary classifier, [batch, classes]. */
  readonly classLogits?: Tensor;
}

/** The output of a discriminator; with an auxiliary classifier its first column is the logit. */
export function splitLogits(output: Tensor, auxiliary: Auxiliary | undefined): Judgement {
  if (!auxiliary) return { logits: output };
  const [batch] = output.shape;
  const column = (first: number, count: number) => slice(output, [0, first], [batch, count]);
  return { logits: column(0, 1), classLogits: column(1, auxiliary.classes) };
}

/** A loss plus the weighted cross-entropies of the classes (its eq. 3), in nats; the loss itself without a classifier. */
export function auxiliaryLoss(
  loss: Tensor,
  judged: readonly Judgement[],
  labels: Tensor | undefined,
  auxiliary: Auxiliary | undefined,
): Tensor {
  if (!auxiliary || !labels) return loss;
  const { classes, weight } = auxiliary;
  const wanted = oneHot(labels, classes);
  const entropies = judged.map(({ classLogits }) =>
    neg(mean(sum(mul(wanted, logSoftmax(classLogits as Tensor)), { axes: 1 }))),
  );
  return entropies.reduce((total, entropy) => add(total, mul(entropy, weight)), loss);
}
