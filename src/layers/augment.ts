/** Random changes of images that preserve their content, so that a discriminator does not memorise a small data set. */
import { makeKind } from "../kinds/kind.js";
import type { Tensor } from "../graph/tensor.js";
import { cut } from "./augment/cutout.js";
import { checkImages, moved, reachOf } from "./augment/moves.js";
import { recoloured } from "./augment/recolour.js";
import { within } from "./input-rule.js";
import type { Layer } from "./layer.js";

export interface AugmentOptions {
  /** Largest shift up, down, left and right, as a fraction of the height and the width; 1/8 by default, 0 for none. */
  readonly translation?: number;
  /** Mirrors each image left to right with probability 1/2; false by default. */
  readonly flip?: boolean;
  /**
   * Adds -0.5 to 0.5 to the brightness, multiplies saturation by 0 to 2 and contrast by 0.5 to 1.5; false by default.
   */
  readonly colour?: boolean;
  /** Height and width of a rectangle that is cut out, as a fraction of the image's; 0 by default, for none. */
  readonly cutout?: number;
  /** Value of pixels that are moved in at the border or cut out; 0 by default. */
  readonly fill?: number;
}

function changed(x: Tensor, { translation, flip, colour, cutout, fill }: Required<AugmentOptions>): Tensor {
  checkImages(x, "augment");
  const reach = reachOf(x, translation);
  const coloured = colour ? recoloured(x) : x;
  const shifted = flip || reach[0] + reach[1] > 0 ? moved(coloured, { reach, flip, fill }) : coloured;
  return cutout > 0 ? cut(shifted, cutout, fill) : shifted;
}

/**
 * In training, changes every image of a batch at random; otherwise it is the identity. As the first layer of a
 * discriminator it changes data and samples alike, and gradients flow through it to the generator: differentiable
 * augmentation (Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training"). Images are
 * [n, height, width, channels] in [-1, 1]. No variables.
 * @throws RangeError if an option is outside of its range; `apply` throws RangeError if the input has another rank
 * @example shape(layers.augment({ flip: true, colour: true, cutout: 0.5 }), 5, 8, 8, 3) // [5, 8, 8, 3]
 * @example show(new layers.Network("still", layers.augment({ translation: 0, cutout: 1 })).apply(t([[[[1]]]]), { training: true })) // [[[[0]]]]
 * @example layers.augment({ translation: 1 }) // throws augment: translation must be a finite number >= 0 and < 1, found 1
 */
export const augment: (options?: AugmentOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "augment",
  options: {
    translation: { default: 1 / 8, atLeast: 0, below: 1 },
    flip: { default: false },
    colour: { default: false },
    cutout: { default: 0, atLeast: 0, atMost: 1 },
    fill: { default: 0 },
  },
  make: (options: Required<AugmentOptions>) => ({
    apply: (x, scope) => (scope.training ? within("augment", scope, () => changed(x, options)) : x),
  }),
});
