/**
 * Attention: every position gets a weighted mean of the values of all positions. The weights measure how well its query
 * matches their keys.
 */
import { sameShape, shapeText } from "../graph/shape.js";
import { checkNumber, checkOptions, textOf } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import { tensor } from "./constant.js";
import { add, div, exp, mul, sub } from "./elementwise.js";
import { literal } from "./literal.js";
import { matmul } from "./matmul.js";
import { max, sum } from "./reduction.js";
import { stopGradient } from "./stop.js";

export interface AttentionInputs {
  /** [batch, ..., positions, depth] */
  readonly queries: Tensor;
  /** [batch, ..., others, depth] */
  readonly keys: Tensor;
  /** [batch, ..., others, features] */
  readonly values: Tensor;
}

export interface AttentionOptions {
  /** Factor of the scores; 1 / sqrt(depth) if not given (Vaswani et al. 2017). */
  readonly scale?: number;
  /** A position attends only to itself and to earlier ones; false if not given. */
  readonly causal?: boolean;
}

/** 0 where a position may look, -Infinity at later positions: [positions, positions]; i / positions is its row and a fraction. */
function causalMask(positions: number): Tensor {
  const values = Float32Array.from({ length: positions ** 2 }, (_, i) =>
    i % positions > i / positions ? Number.NEGATIVE_INFINITY : 0,
  );
  return literal(values, [positions, positions]);
}

/**
 * softmax(scale queries keys^T) values: [batch, ..., positions, features].
 * Throws RangeError if the leading axes, the depths of queries and keys, or the positions of keys and values differ, or if
 * `causal` is set and there are not as many queries as keys.
 * @example show(attention({ queries: t([[[0]]]), keys: t([[[1], [2]]]), values: t([[[3], [5]]]) })) // [[[4]]]
 * @example show(attention({ queries: t([[[0], [0]]]), keys: t([[[1], [2]]]), values: t([[[3], [5]]]) }, { causal: true })) // [[[3], [4]]]
 */
export function attention(inputs: AttentionInputs, options: AttentionOptions = {}): Tensor {
  checkOptions("attention", inputs, ["queries", "keys", "values"]);
  checkOptions("attention", options, ["scale", "causal"]);
  const { scale, causal = false } = options;
  const [queries, keys, values] = [inputs.queries, inputs.keys, inputs.values].map((x) => tensor(x, "attention"));
  if (typeof causal !== "boolean")
    throw new TypeError(`attention: causal must be true or false, found ${textOf(causal)}`);
  const all = [queries, keys, values];
  const [positions, depth] = queries.shape.slice(-2);
  const [others, features] = values.shape.slice(-2);
  const fits =
    all.every((x) => x.rank >= 3 && sameShape(x.shape.slice(0, -2), queries.shape.slice(0, -2))) &&
    sameShape(keys.shape.slice(-2), [others, depth]) &&
    (!causal || positions === others);
  if (!fits) {
    throw new RangeError(
      `attention: operands must be queries [batch, ..., positions, depth], keys [batch, ..., others, depth] and values [batch, ..., others, features]${causal ? " with as many positions as others" : ""}, found ${all.map((x) => shapeText(x.shape)).join(", ")}`,
    );
  }
  const factor = scale === undefined ? 1 / Math.sqrt(depth) : checkNumber("attention", "scale", scale, {});
  const products = mul(matmul(queries, keys, { transposeB: true }), factor);
  const scores = causal ? add(products, causalMask(positions)) : products;
  const weights = exp(sub(scores, stopGradient(max(scores, { axes: -1, keepAxes: true }))));
  const total = sum(weights, { axes: -1, keepAxes: true });
  // The softmax's division is left to the smaller of its operands; its gradient then needs no pass over the weights.
  return features <= others ? div(matmul(weights, values), total) : matmul(div(weights, total), values);
}
