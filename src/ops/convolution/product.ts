/** Convolutions that are matrix products. */
import type { Shape } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { reshape } from "../movement.js";
import type { ConvolutionAttributes } from "./attributes.js";

/** Shapes of a convolution's images and weights, whether they are operands or results. */
interface Sides {
  readonly x: Shape;
  readonly w: Shape;
}

/** Sizes of the matrices: images [rows, depth], weights [depth, features], results [rows, features]. */
interface Sizes {
  readonly rows: number;
  readonly depth: number;
  readonly features: number;
}

/**
 * A convolution is a matrix product if its window is one pixel (rows are all pixels) or the whole image (rows are all
 * images). Returns undefined for any other convolution.
 */
export function asProduct(node: Tensor, { x, w }: Sides, product: (sizes: Sizes) => Tensor): Tensor | undefined {
  const { stride, padding, dilation, groups } = node.attributes as ConvolutionAttributes;
  if (groups !== 1 || padding.some((margin) => margin > 0)) return undefined;
  const pixel = w[0] === 1 && w[1] === 1 && stride[0] === 1 && stride[1] === 1;
  const image = w[0] === x[1] && w[1] === x[2] && dilation.every((one, axis) => one === 1 || w[axis] === 1);
  if (!pixel && !image) return undefined;
  const [rows, depth] = pixel ? [x[0] * x[1] * x[2], x[3]] : [x[0], x[1] * x[2] * x[3]];
  return reshape(product({ rows, depth, features: w[3] }), node.shape);
}
