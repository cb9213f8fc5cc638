/** Attributes of a convolution, and checks of its weights. */
import { shapeText, sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Margins, Pair } from "./window.js";

/**
 * `groups`: channels and features are divided into this many equal groups; group i of the features depends only on
 * group i of the channels.
 */
export type ConvolutionAttributes = {
  readonly stride: Pair;
  readonly padding: Margins;
  readonly dilation: Pair;
  readonly groups: number;
};
export type InputGradientAttributes = ConvolutionAttributes & { readonly size: Pair };
export type WeightGradientAttributes = ConvolutionAttributes & { readonly kernel: Pair };

/** [height, width] of the kernel. Throws RangeError if the shape is not that of weights. */
export function kernelOf({ shape }: Tensor, what: string): Pair {
  if (shape.length !== 4 || sizeOf(shape) === 0) {
    throw new RangeError(
      `${what}: weights must have shape [kernel height, kernel width, channels / groups, features], all >= 1, found ${shapeText(shape)}`,
    );
  }
  return [shape[0], shape[1]];
}

/** Throws RangeError if groups do not divide the features. */
export function checkGroups(groups: number, features: number, what: string): void {
  if (!Number.isInteger(groups) || groups < 1 || features % groups !== 0) {
    throw new RangeError(
      `${what}: groups must be an integer >= 1 that divides the ${features} features, found ${groups}`,
    );
  }
}
