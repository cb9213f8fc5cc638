/** Statistics over the records of a batch, as features of each record. */
import { shapeText } from "../graph/shape.js";
import { checkNumber, checkOptions } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import { tensor, type TensorLike } from "./constant.js";
import { add, sqrt } from "./elementwise.js";
import { broadcastTo, concat, reshape } from "./movement.js";
import { mean, variance } from "./reduction.js";

export interface MinibatchStdOptions {
  /** Number of records per group; 4 if not given, or the whole batch if it is smaller. */
  readonly groupSize?: number;
  /** Added to the variance; 1e-8 if not given. */
  readonly epsilon?: number;
}

/**
 * Appends a channel: the standard deviation over a group of records, averaged over positions and channels; it is the
 * same for the whole group (Karras et al. 2018, section 3). Record i is in group i mod (batch / groupSize).
 * @param records [batch, ..., channels]
 * @throws RangeError if the group's size does not divide the batch
 */
export function minibatchStd(records: TensorLike, options: MinibatchStdOptions = {}): Tensor {
  checkOptions("minibatchStd", options, ["groupSize", "epsilon"]);
  const { groupSize = 4, epsilon = 1e-8 } = options;
  checkNumber("minibatchStd", "epsilon", epsilon, { atLeast: 0 });
  const x = tensor(records, "minibatchStd");
  const [batch] = x.shape;
  const size = Math.min(groupSize, batch);
  if (x.rank < 2 || !Number.isInteger(size) || size < 1 || batch % size !== 0) {
    throw new RangeError(
      `minibatchStd: groupSize must be an integer >= 1 that divides the batch, found ${groupSize} for ${shapeText(x.shape)}`,
    );
  }
  const groups = batch / size;
  const members = reshape(x, [size, groups, x.size / batch]);
  const deviation = mean(sqrt(add(variance(members, { axes: 0 }), epsilon)), { axes: -1 });
  const ones = x.shape.slice(1).map(() => 1);
  const spread = broadcastTo(reshape(deviation, [1, groups, ...ones]), [size, groups, ...x.shape.slice(1, -1), 1]);
  return concat([x, reshape(spread, [batch, ...x.shape.slice(1, -1), 1])], -1);
}
