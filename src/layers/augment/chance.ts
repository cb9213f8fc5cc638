/** Which images of a batch a transformation changes: all of them, or each with a probability. */
import { where } from "../../ops/elementwise.js";
import { reshape } from "../../ops/movement.js";
import { randomBernoulli } from "../../ops/random.js";
import type { TensorLike } from "../../ops/constant.js";
import type { Tensor } from "../../graph/tensor.js";

/**
 * Draws which of `images` images a transformation changes: 1 or 0 for each, [images, 1, …] with `rank` axes; undefined
 * if it changes all of them. Every call draws anew.
 */
export type Chance = (images: number, rank: number) => Tensor | undefined;

/** Every image is changed. */
export const always: Chance = () => undefined;

/** Each image is changed with probability p, a number or a scalar; the number 1 draws nothing. */
export const withProbability = (p: TensorLike): Chance =>
  p === 1 ? always : (images, rank) => perImage(randomBernoulli(p, [images]), rank);

/** Values of images, [n], as [n, 1, …] with `rank` axes. */
export const perImage = (values: Tensor, rank: number): Tensor =>
  reshape(values, [values.shape[0], ...new Array<number>(rank - 1).fill(1)]);

/** `value` for the images that are changed, `identity` for the others. */
export const ifChanged = (changed: Tensor | undefined, value: Tensor, identity: TensorLike): Tensor =>
  changed ? where(changed, value, identity) : value;
