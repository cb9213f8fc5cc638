/**
 * The deep convolutional GAN of Radford, Metz, Chintala 2016, for square images whose side is a power of two: batch
 * norm in both networks except in the generator's last and the discriminator's first and last layer; initial weights
 * with standard deviation 0.02.
 */
import * as L from "../../layers/index.js";
import { checkNumber, checkOptions, textOf } from "../../options.js";
import { checkSize } from "./image-size.js";
import { labelSizeOf } from "./label-size.js";

export interface DcganOptions {
  /** Height and width in pixels: 16, 32, 64 or 128; default 32. */
  readonly size?: number;
  /** 1 (grey) to 4 (colour and alpha); default 1. */
  readonly channels?: number;
  /** Length of the latent vector; default 100. */
  readonly latent?: number;
  /** Features at half of the full size, doubled with every halving; default 64. */
  readonly features?: number;
  /**
   * Normalisation in the discriminator: `"batch"` (the default), `"spectral"` of every weight (Miyato et al. 2018), or
   * `"none"`, as penalties on gradients need it (Gulrajani et al. 2017, section 4); initial weights are then `heNormal`.
   */
  readonly norm?: "batch" | "spectral" | "none";
  /**
   * Number of dense layers, each of twice as many units as latents and with leaky ReLU, through which latents pass before the first
   * convolution: the mapping network of Karras et al. 2019, section 2. Where images are of a few classes, they can spread the latents
   * out over these, so that fewer samples lie between two classes: 0.90 of MNIST's digits are certain in place of 0.87 (see
   * docs/metrics.md). Modes of data with many of them are lost: 976 of the 1,000 of Stacked MNIST are found. Default 0.
   */
  readonly mapping?: number;
  /**
   * Number of classes of a conditional GAN: a vector of the class, a quarter as long as the latents, is appended to these, the
   * generator has conditional batch norm, and the discriminator ends with a projection (Miyato, Koyama 2018). Default: none of
   * these.
   */
  readonly classes?: number;
}

export interface Dcgan {
  /** Length of the latent vector. */
  readonly latent: number;
  /** [batch, latent] to images [batch, size, size, channels] in (-1, 1). */
  readonly generator: L.Layer;
  /** Images to logits [batch, 1]. */
  readonly discriminator: L.Layer;
}

const norms = ["batch", "spectral", "none"];

const initializer = { name: "normal", deviation: 0.02 } as const;
const scaleInitializer = { name: "normal", mean: 1, deviation: 0.02 } as const;

/** Options of a 4x4 convolution that halves or doubles the image. */
const halving = { stride: 2, padding: 1, initializer } as const;

/**
 * Generator and discriminator for images [size, size, channels] with values in [-1, 1].
 * Throws TypeError for an unknown option, RangeError for a number outside of its range.
 * @example shape(dcgan({ size: 16, features: 8 }).generator, 5, 100) // [5, 16, 16, 1]
 */
export function dcgan(options: DcganOptions = {}): Dcgan {
  checkOptions("dcgan", options, ["size", "channels", "latent", "features", "norm", "mapping", "classes"]);
  const { size = 32, channels = 1, latent = 100, features = 64, norm: kind = "batch", mapping = 0, classes } = options;
  checkSize("dcgan", size);
  if (!norms.includes(kind))
    throw new RangeError(`dcgan: norm must be "batch", "spectral" or "none", found ${textOf(kind)}`);
  checkNumber("dcgan", "channels", channels, { atLeast: 1, atMost: 4, whole: true });
  checkNumber("dcgan", "latent", latent, { atLeast: 1, whole: true });
  checkNumber("dcgan", "features", features, { atLeast: 1, whole: true });
  checkNumber("dcgan", "mapping", mapping, { atLeast: 0, atMost: 16, whole: true });
  // Features at 4x4, at 8x8 and so on, up to half of the full size.
  const widths = Array.from({ length: Math.log2(size) - 2 }, (_, level) => (features * (size / 8)) / 2 ** level);
  if (classes !== undefined) checkNumber("dcgan", "classes", classes, { atLeast: 2, whole: true });
  const norm = () => L.batchNorm({ scaleInitializer });
  const normOfClass = classes === undefined ? norm : () => L.conditionalBatchNorm(classes, { scaleInitializer });
  const joined = classes === undefined ? latent : latent + labelSizeOf(latent);
  const mapped = Array.from({ length: mapping }, () => [
    L.dense(2 * latent, { initializer: "heNormal" }),
    L.leakyRelu(),
  ]);
  const generator = L.sequential(
    ...(classes === undefined ? [] : [L.joinLabel(classes, labelSizeOf(latent))]),
    ...mapped.flat(),
    L.reshape(1, 1, mapping > 0 ? 2 * latent : joined),
    L.convTranspose2d(widths[0], 4, { bias: false, initializer }),
    normOfClass(),
    L.relu(),
    ...widths
      .slice(1)
      .flatMap((width) => [L.convTranspose2d(width, 4, { ...halving, bias: false }), normOfClass(), L.relu()]),
    L.convTranspose2d(channels, 4, halving),
    L.tanh(),
  );
  const [first, ...further] = [...widths].reverse();
  const weighted = (layer: L.Layer) => (kind === "spectral" ? L.spectralNorm(layer) : layer);
  const batch = kind === "batch";
  // Without a norm, weights this small would leave hardly any slope to an image.
  const weights = kind === "none" ? ({ initializer: "heNormal" } as const) : { initializer };
  const discriminator = L.sequential(
    weighted(L.conv2d(first, 4, { ...halving, ...weights })),
    L.leakyRelu(),
    ...further.flatMap((width) => [
      weighted(L.conv2d(width, 4, { ...halving, ...weights, bias: !batch })),
      ...(batch ? [norm()] : []),
      L.leakyRelu(),
    ]),
    ...(classes === undefined
      ? [weighted(L.conv2d(1, 4, weights)), L.flatten()]
      : [L.flatten(), weighted(L.projection(classes, weights))]),
  );
  return { latent, generator, discriminator };
}
