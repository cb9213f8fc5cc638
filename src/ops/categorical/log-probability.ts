/** Log-probabilities of targets under the softmax of logits. */
import { checkNumber } from "../../options.js";
import { sameShape, shapeText } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { type TensorLike, tensor } from "../constant.js";
import { add, mul } from "../elementwise.js";
import { oneHot } from "../indexing.js";
import { logSoftmax, mean, sum } from "../reduction.js";

/** log p(target) of every row, in nats, of the targets' shape; `smoothing` as in `crossEntropy`. */
export function logProbability(what: string, logits: TensorLike, targets: Tensor, smoothing = 0): Tensor {
  const x = tensor(logits, what);
  checkNumber(what, "smoothing", smoothing, { atLeast: 0, below: 1 });
  if (targets.dtype !== "i32")
    throw new TypeError(`${what}: targets must be i32, found ${targets.dtype}; cast(x, "i32") converts them`);
  const categories = x.shape[x.rank - 1];
  if (x.rank === 0 || categories === 0 || !sameShape(targets.shape, x.shape.slice(0, -1)))
    throw new RangeError(
      `${what}: targets must have the shape of the logits without the last axis, found ${shapeText(targets.shape)} and ${shapeText(x.shape)}`,
    );
  const logs = logSoftmax(x);
  const picked = sum(mul(logs, oneHot(targets, categories)), { axes: -1 });
  return smoothing === 0 ? picked : add(mul(picked, 1 - smoothing), mul(mean(logs, { axes: -1 }), smoothing));
}
