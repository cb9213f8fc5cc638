/** Random changes of images that preserve their content, so that a discriminator does not memorise a small data set. */
import { abs, add, less, maximum, mul, sub } from "../ops/elementwise.js";
import { cast, gather } from "../ops/indexing.js";
import { literal } from "../ops/literal.js";
import { pad, reshape } from "../ops/movement.js";
import { randomBernoulli, randomInteger, randomUniform } from "../ops/random.js";
import { mean } from "../ops/reduction.js";
import { makeKind } from "../kinds/kind.js";
import { type Shape, shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
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

/** Largest number of pixel positions: they are computed in f32, which is exact up to 2^24. */
const mostPlaces = 2 ** 24;

const counting = (length: number, shape: Shape) =>
  literal(
    Float32Array.from({ length }, (_, i) => i),
    shape,
  );

/** A random integer from 0 to `count - 1` per image. */
const pick = (images: number, count: number) => reshape(cast(randomInteger([images], count), "f32"), [images, 1, 1]);

/**
 * Images [n, h, w, c] shifted by up to `rows` and `columns` pixels in each direction. With `flip`, each is mirrored
 * with probability 1/2.
 */
function moved(x: Tensor, [rows, columns]: readonly [number, number], flip: boolean, fill: number): Tensor {
  const [n, h, w, c] = x.shape;
  const [height, width] = [h + 2 * rows, w + 2 * columns];
  if (n * height * width > mostPlaces)
    throw new RangeError(
      `augment: a batch must have at most ${mostPlaces} pixels and borders, found ${n * height * width}`,
    );
  const none = [0, 0] as const;
  const padded = pad(x, [none, [rows, rows], [columns, columns], none], fill);
  const row = add(counting(h, [1, h, 1]), pick(n, 2 * rows + 1));
  const across = counting(w, [1, 1, w]);
  // A mirrored image reads column w - 1 - column.
  const mirrored = () => mul(reshape(randomBernoulli(0.5, [n]), [n, 1, 1]), sub(w - 1, mul(across, 2)));
  const column = add(flip ? add(across, mirrored()) : across, pick(n, 2 * columns + 1));
  const place = add(mul(add(mul(counting(n, [n, 1, 1]), height), row), width), column);
  return gather(reshape(padded, [n * height * width, c]), cast(place, "i32"));
}

/**
 * Images [n, h, w, c] with a rectangle of h * part by w * part in each replaced by `fill`; up to half of each side may
 * lie outside.
 */
function cut(x: Tensor, part: number, fill: number): Tensor {
  const [n, h, w] = x.shape;
  const outside = (length: number, shape: Shape, counted: Shape) => {
    const size = Math.round(length * part);
    // The centre lies between two pixels if the size is even, otherwise on a pixel.
    const odd = size % 2;
    const centre = reshape(cast(randomInteger([n], length + 1 - odd), "f32"), shape);
    return less(size / 2, abs(sub(add(counting(length, counted), 0.5 - odd / 2), centre)));
  };
  const kept = maximum(outside(h, [n, 1, 1, 1], [1, h, 1, 1]), outside(w, [n, 1, 1, 1], [1, 1, w, 1]));
  return fill === 0 ? mul(x, kept) : add(mul(sub(x, fill), kept), fill);
}

function recoloured(x: Tensor): Tensor {
  const factor = (low: number, high: number) => randomUniform([x.shape[0], 1, 1, 1], { low, high });
  const around = (image: Tensor, axes: readonly number[], by: Tensor) => {
    const middle = mean(image, { axes, keepAxes: true });
    return add(middle, mul(sub(image, middle), by));
  };
  const saturated = around(add(x, factor(-0.5, 0.5)), [3], factor(0, 2));
  return around(saturated, [1, 2, 3], factor(0.5, 1.5));
}

function changed(x: Tensor, { translation, flip, colour, cutout, fill }: Required<AugmentOptions>): Tensor {
  if (x.rank !== 4)
    throw new RangeError(`augment: images must have shape [n, height, width, channels], found ${shapeText(x.shape)}`);
  const [, h, w] = x.shape;
  const reach = [Math.round(h * translation), Math.round(w * translation)] as const;
  const coloured = colour ? recoloured(x) : x;
  const shifted = flip || reach[0] + reach[1] > 0 ? moved(coloured, reach, flip, fill) : coloured;
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
