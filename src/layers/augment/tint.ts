/**
 * Colours changed as in the pipeline of Karras et al. 2020 ("Training Generative Adversarial Networks with Limited Data",
 * appendix B): every transformation is a map of a pixel's colours, which consist of grey (their mean) and of the
 * differences from it.
 */
import type { Tensor } from "../../graph/tensor.js";
import { add, cos, exp, mul, sin, sub } from "../../ops/elementwise.js";
import { literal } from "../../ops/literal.js";
import { matmul } from "../../ops/matmul.js";
import { concat, slice } from "../../ops/movement.js";
import { randomBernoulli, randomNormal, randomUniform } from "../../ops/random.js";
import { mean } from "../../ops/reduction.js";
import { type Chance, ifChanged, perImage } from "./chance.js";

export interface Tint {
  /** Standard deviation of what is added to all values; 0 for no change. */
  readonly brightness: number;
  /** Standard deviation of the logarithm, to base 2, of a factor of all values; 0 for no change. */
  readonly contrast: number;
  /** Whether grey is negated with probability 1/2. */
  readonly lumaFlip: boolean;
  /** Largest turn of the hue, as a fraction of half a turn; 0 for no change. */
  readonly hue: number;
  /** Standard deviation of the logarithm, to base 2, of a factor of the differences from grey; 0 for no change. */
  readonly saturation: number;
}

/** The cross product (1, 1, 1) x d / sqrt(3) of rows d, as a product d M. */
const around = () => {
  const s = 1 / Math.sqrt(3);
  return literal(Float32Array.of(0, s, -s, -s, 0, s, s, -s, 0), [3, 3]);
};

/** The images' values changed; colours are the whole of the channels, one or three. */
function coloursTinted(x: Tensor, tint: Tint, chance: Chance): Tensor {
  const [n, , , channels] = x.shape;
  const { brightness, contrast, lumaFlip, hue, saturation } = tint;
  const drawn = (values: Tensor, identity: number) => ifChanged(chance(n, 4), perImage(values, 4), identity);
  const factor = (deviation: number) => drawn(exp(mul(randomNormal([n]), deviation * Math.LN2)), 1);
  const lit = brightness > 0 ? add(x, drawn(randomNormal([n], { deviation: brightness }), 0)) : x;
  const image = contrast > 0 ? mul(lit, factor(contrast)) : lit;
  const sign = lumaFlip ? drawn(sub(1, mul(randomBernoulli(0.5, [n]), 2)), 1) : undefined;
  if (channels === 1) return sign ? mul(image, sign) : image;
  if (!sign && hue === 0 && saturation === 0) return image;
  // What is added is 0 for an image that does not change, so that it keeps its values exactly.
  const grey = mean(image, { axes: [3], keepAxes: true });
  const differences = sub(image, grey);
  const angle = hue > 0 ? drawn(randomUniform([n], { low: -hue * Math.PI, high: hue * Math.PI }), 0) : undefined;
  const turned = angle
    ? add(mul(differences, cos(angle)), mul(matmul(differences, around()), sin(angle)))
    : differences;
  const saturated = saturation > 0 ? mul(turned, factor(saturation)) : turned;
  const recoloured = saturated === differences ? image : add(image, sub(saturated, differences));
  return sign ? add(recoloured, mul(grey, sub(sign, 1))) : recoloured;
}

/**
 * Images [n, h, w, c] of 1 to 4 channels with other colours, the transformations in the order of `Tint`. The alpha channel,
 * which is the last of two or four, is not changed; grey images have no hue and no saturation.
 */
export function tinted(x: Tensor, tint: Tint, chance: Chance): Tensor {
  const [n, h, w, channels] = x.shape;
  if (channels > 4 || channels < 1)
    throw new RangeError(`augment: images must have 1 to 4 channels for changes of colour, found ${channels}`);
  if (channels % 2 === 1) return coloursTinted(x, tint, chance);
  const colours = slice(x, [0, 0, 0, 0], [n, h, w, channels - 1]);
  const alpha = slice(x, [0, 0, 0, channels - 1], [n, h, w, 1]);
  return concat([coloursTinted(colours, tint, chance), alpha], 3);
}
