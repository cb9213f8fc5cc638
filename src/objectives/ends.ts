/** Ends of records of different lengths: token 0, and what follows it. */
import type { Tensor } from "../graph/tensor.js";
import { equal, less } from "../ops/elementwise.js";
import { cast } from "../ops/indexing.js";
import { literal } from "../ops/literal.js";
import { matmul } from "../ops/matmul.js";

/** 1 for every token i32 [batch, length] up to and including the first end, else 0. */
export function countedMask(tokens: Tensor): Tensor {
  const [, length] = tokens.shape;
  const ends = equal(cast(tokens, "f32"), 0);
  // Row i adds to the positions after i.
  const later = Float32Array.from({ length: length ** 2 }, (_, i) => (Math.floor(i / length) < i % length ? 1 : 0));
  return less(matmul(ends, literal(later, [length, length])), 1);
}
