/**
 * Attention: every position gets a weighted mean of the values of all positions. The weights measure how well its query
 * matches their keys.
 */
import { shapeText } from "../graph/shape.js";
import { checkNumber, checkOptions } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import { tensor } from "./constant.js";
import { mul } from "./elementwise.js";
import { matmul } from "./matmul.js";
import { softmax } from "./reduction.js";

export interface AttentionInputs {
  /** [batch, positions, depth] */
  readonly queries: Tensor;
  /** [batch, others, depth] */
  readonly keys: Tensor;
  /** [batch, others, features] */
  readonly values: Tensor;
}

export interface AttentionOptions {
  /** Factor of the scores; 1 / sqrt(depth) if not given (Vaswani et al. 2017). */
  readonly scale?: number;
}

/**
 * softmax(scale queries keys^T) values: [batch, positions, features].
 * Throws RangeError if the depths of queries and keys, or the positions of keys and values, differ.
 * @example show(attention({ queries: t([[[0]]]), keys: t([[[1], [2]]]), values: t([[[3], [5]]]) })) // [[[4]]]
 */
export function attention(inputs: AttentionInputs, options: AttentionOptions = {}): Tensor {
  checkOptions("attention", inputs, ["queries", "keys", "values"]);
  checkOptions("attention", options, ["scale"]);
  const { scale } = options;
  const [queries, keys, values] = [inputs.queries, inputs.keys, inputs.values].map((x) => tensor(x, "attention"));
  if (scale !== undefined) checkNumber("attention", "scale", scale, {});
  const ranks = [queries, keys, values].every((x) => x.rank === 3);
  if (!ranks || queries.shape[2] !== keys.shape[2] || keys.shape[1] !== values.shape[1]) {
    throw new RangeError(
      `attention: operands must be queries [batch, positions, depth], keys [batch, others, depth] and values [batch, others, features], found ${[queries, keys, values].map((x) => shapeText(x.shape)).join(", ")}`,
    );
  }
  const factor = scale ?? 1 / Math.sqrt(queries.shape[2]);
  const scores = matmul(queries, keys, { transposeB: true });
  return matmul(softmax(mul(scores, factor)), values);
}
