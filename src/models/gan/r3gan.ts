/**
 * The networks of R3GAN (Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern Baseline GAN", section 4 and the
 * authors' code), for square images whose side is a power of two. Residual blocks without normalisation: a 1x1
 * convolution to twice the width, a 3x3 one in groups of 16 channels, a 1x1 one back, which starts at zero. Leaky units
 * follow the first two; only these have biases.
 */
import * as L from "../../layers/index.js";
import { checkNumber, checkOptions, textOf } from "../../options.js";
import { checkSize } from "./image-size.js";
import { labelSizeOf } from "./label-size.js";

export interface R3ganOptions {
  /** Height and width in pixels: 16, 32, 64 or 128; default 32. */
  readonly size?: number;
  /** 1 (grey) to 4 (colour and alpha); default 1. */
  readonly channels?: number;
  /** Length of the latent vector; default 64. */
  readonly latent?: number;
  /**
   * Features at the full size, doubled with every halving up to `most`: a multiple of 8; default 16. Or the features at 4x4, at 8x8 and
   * so on up to the full size, a list of multiples of 8.
   */
  readonly width?: number | readonly number[];
  /** Largest number of features that doubling reaches; default 128. */
  readonly most?: number;
  /** Residual blocks at each size; default 1. */
  readonly blocks?: number;
  /**
   * Number of classes of a conditional GAN: a vector of the class, a quarter as long as the latents, is appended to these, and
   * the discriminator ends with a projection. Default: neither.
   */
  readonly classes?: number;
}

export interface R3gan {
  /** Length of the latent vector. */
  readonly latent: number;
  /** [batch, latent] to images [batch, size, size, channels], without bounds. */
  readonly generator: L.Layer;
  /** Images to logits [batch, 1]. */
  readonly discriminator: L.Layer;
}

const groupSize = 16;
const slope = 0.2;

/** Weights that keep the variance of values. */
const plain = { bias: false, initializer: { name: "lecunNormal" } } as const;

/**
 * x + a block of three convolutions, of which the last starts at zero. The initial weights of the others are scaled by
 * the number of blocks, so that updates of all blocks together have the same effect for any depth (Zhang et al. 2019, "Fixup
 * Initialization", with three layers per block).
 */
function block(width: number, blocks: number): L.Layer {
  // sqrt(2 / (1 + slope^2)) keeps the variance through leaky units.
  const gain = Math.sqrt(2 / (1 + slope ** 2)) * blocks ** -0.25;
  const initializer = { name: "lecunNormal", gain } as const;
  const groups = (2 * width) / groupSize;
  return L.residual(
    L.sequential(
      L.conv2d(2 * width, 1, { initializer }),
      L.leakyRelu(slope),
      L.conv2d(2 * width, 3, { padding: "same", groups, initializer }),
      L.leakyRelu(slope),
      L.conv2d(width, 1, { bias: false, initializer: "zeros" }),
    ),
  );
}

/** Throws RangeError if a number of features cannot be doubled and divided into groups. */
function checkWidth(name: string, width: unknown): void {
  if (Number.isInteger(width) && (width as number) >= 1 && (2 * (width as number)) % groupSize === 0) return;
  throw new RangeError(`r3gan: ${name} must be a multiple of ${groupSize / 2}, found ${textOf(width)}`);
}

/** The features at 4x4, at 8x8 and so on. Throws RangeError if they do not suit the size. */
function widthsOf({ size = 32, width = 16, most = 128 }: R3ganOptions): readonly number[] {
  const stages = Math.log2(size) - 1;
  if (typeof width !== "number" && (!Array.isArray(width) || width.length !== stages))
    throw new RangeError(`r3gan: width must be a number or ${stages} of them for size ${size}, found ${textOf(width)}`);
  checkWidth("most", most);
  if (typeof width === "number") checkWidth("width", width);
  const widths =
    typeof width === "number"
      ? Array.from({ length: stages }, (_, stage) => Math.min(most, width * 2 ** (stages - 1 - stage)))
      : width;
  for (const one of widths) checkWidth("width", one);
  return widths;
}

/**
 * Generator and discriminator for images [size, size, channels] with values in [-1, 1]. Between two sizes, images are
 * enlarged or reduced with the filter [1, 2, 1], and a 1x1 convolution changes the number of features where it
 * differs. The generator begins with trained 4x4 images, one per feature, each multiplied by a linear function of the latents;
 * the discriminator ends with such images, too, one 4x4 filter per feature.
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example shape(r3gan({ size: 16, width: 8 }).generator, 5, 64) // [5, 16, 16, 1]
 * @example shape(r3gan({ size: 16, width: [24, 16, 8], channels: 3 }).discriminator, 5, 16, 16, 3) // [5, 1]
 * @example r3gan({ width: 12 }) // throws r3gan: width must be a multiple of 8, found 12
 */
export function r3gan(options: R3ganOptions = {}): R3gan {
  checkOptions("r3gan", options, ["size", "channels", "latent", "width", "most", "blocks", "classes"]);
  const { size = 32, channels = 1, latent = 64, blocks = 1, classes } = options;
  checkSize("r3gan", size);
  if (classes !== undefined) checkNumber("r3gan", "classes", classes, { atLeast: 2, whole: true });
  checkNumber("r3gan", "channels", channels, { atLeast: 1, atMost: 4, whole: true });
  checkNumber("r3gan", "latent", latent, { atLeast: 1, whole: true });
  checkNumber("r3gan", "blocks", blocks, { atLeast: 1, whole: true });
  const widths = widthsOf(options);
  const [first] = widths;
  const stage = (width: number) => Array.from({ length: blocks }, () => block(width, blocks * widths.length));
  const changed = (from: number, to: number) => (from === to ? [] : [L.conv2d(to, 1, plain)]);
  const pairs = widths.slice(1).map((width, i) => [widths[i], width] as const);
  const generator = L.sequential(
    ...(classes === undefined ? [] : [L.joinLabel(classes, labelSizeOf(latent))]),
    L.dense(first, plain),
    L.reshape(1, 1, first),
    L.convTranspose2d(first, 4, { groups: first, bias: false, initializer: { name: "normal", deviation: 1 } }),
    ...stage(first),
    ...pairs.flatMap(([from, to]) => [...changed(from, to), L.upsample2d(2, { mode: "aligned" }), ...stage(to)]),
    L.conv2d(channels, 1, plain),
  );
  const discriminator = L.sequential(
    L.conv2d(widths[widths.length - 1], 1, plain),
    ...pairs
      .reverse()
      .flatMap(([to, from]) => [...stage(from), L.downsample2d(2, { mode: "aligned" }), ...changed(from, to)]),
    ...stage(first),
    L.conv2d(first, 4, { groups: first, ...plain }),
    L.flatten(),
    classes === undefined ? L.dense(1, plain) : L.projection(classes, plain),
  );
  return { latent, generator, discriminator };
}
