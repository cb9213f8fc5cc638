/** The tokens before each position of a record, from which a network computes the token there. */
import type { Tensor } from "../graph/tensor.js";
import { literal } from "../ops/literal.js";
import { broadcastTo, concat, slice } from "../ops/movement.js";

/** What stands before the first position: i32 [batch, 1], the number after the last token. */
export const startTokens = (vocabulary: number, batch: number): Tensor =>
  broadcastTo(literal(Int32Array.of(vocabulary), [1, 1]), [batch, 1]);

/** The tokens before each position of records of tokens i32 [batch, length], of the same shape. */
export function tokensBefore(tokens: Tensor, vocabulary: number): Tensor {
  const [batch, length] = tokens.shape;
  const before = length === 1 ? [] : [slice(tokens, [0, 0], [batch, length - 1])];
  return concat([startTokens(vocabulary, batch), ...before], { axes: 1 });
}
