/** Presets of generative adversarial networks. */
import type { Described } from "../data/training-data.js";
import {
  batchNorm,
  conditionalBatchNorm,
  conv2d,
  convTranspose2d,
  dense,
  flatten,
  type Layer,
  leakyRelu,
  relu,
  reshape,
  sequential,
  tanh,
} from "../layers/index.js";
import { nonSaturating } from "../objectives/losses.js";
import { type Gan, gan } from "../models/gan/gan.js";
import { adam } from "../optimizers/adam.js";
import { r1 } from "../objectives/penalties.js";
import { cosine } from "../optimizers/schedules.js";
import { sizeOf } from "../graph/shape.js";
import { convolutionalPresets } from "./gan-convolutional.js";
import { tokenPresets } from "./gan-tokens.js";
import { tableGanPresets } from "./tables.js";
import type { Normalisation } from "./normalisation.js";
import { conditionalOn, head, joined } from "./conditional.js";
import { classesFor, type FamilyPresets, type Preset, type PresetForm } from "./preset.js";

/**
 * Points in a space of few dimensions. For the same cost, small batches and many steps give better results than the
 * opposite. A deep generator is steep between modes, so few samples fall there: of `grid` 3 to 4% with six hidden layers, 4 to
 * 8% with four. The penalty keeps the modes at first, and less of it at the end makes them sharp.
 */
function points(data: Described, steps: number, form?: PresetForm): Gan {
  const classes = classesFor(data, form);
  const units = () => dense(128, { initializer: "heNormal" });
  // Spreads the kinks of the discriminator's first layer over the data; without biases all would pass through the
  // origin.
  const spread = dense(128, { initializer: "heNormal", biasInitializer: { name: "uniform", low: -1, high: 1 } });
  const hidden = (layers: readonly Layer[], activation: () => Layer) =>
    layers.flatMap((layer) => [layer, activation()]);
  const optimizer = (rate: number) => adam(cosine(rate, { steps }), { beta1: 0.5, beta2: 0.99 });
  return gan({
    latent: 2,
    ...conditionalOn(classes),
    generator: sequential(
      ...joined(classes),
      ...hidden(Array.from({ length: 6 }, units), relu),
      dense(sizeOf(data.shape)),
      reshape(...data.shape),
    ),
    discriminator: sequential(flatten(), ...hidden([spread, units(), units()], leakyRelu), head(classes)),
    loss: nonSaturating(),
    penalties: [r1(cosine(0.1, { steps, to: 0.01 }))],
    optimizers: { generator: optimizer(1e-3), discriminator: optimizer(2e-3) },
    ema: 0.995,
  });
}

/** Layers before a generator's pixels and before a discriminator's logit. */
interface ImageNetworks {
  readonly generator: readonly Layer[];
  readonly discriminator: readonly Layer[];
}

/**
 * Fully connected networks, for images of any shape with one object on a uniform background. Weights connected to pixels start
 * near 0, because in background pixels the initial noise would remain in the samples: no data changes it.
 */
function denseNetworks(shape: readonly number[]): ImageNetworks {
  const pixels = { initializer: { name: "normal", deviation: 0.005 } } as const;
  return {
    generator: [
      ...[dense(256), leakyRelu(), dense(256), leakyRelu()],
      ...[dense(sizeOf(shape), pixels), tanh(), reshape(...shape)],
    ],
    discriminator: [flatten(), dense(256, pixels), leakyRelu(), dense(256), leakyRelu()],
  };
}

/** Few features: small enough for a minute or two without a graphics card. */
const features = 16;

/** Two strided convolutions up to the image and three down from it, for images whose sides are multiples of 4. */
function convolutionalNetworks(
  [height, width, channels]: readonly number[],
  classes: number | undefined,
): ImageNetworks {
  const initializer = "heNormal";
  const halving = { stride: 2, padding: 1, initializer } as const;
  const norm = () => (classes === undefined ? batchNorm() : conditionalBatchNorm(classes));
  const [rows, columns] = [height / 4, width / 4];
  return {
    generator: [
      ...[dense(rows * columns * 2 * features, { bias: false, initializer }), reshape(rows, columns, 2 * features)],
      ...[norm(), relu(), convTranspose2d(features, 4, { ...halving, bias: false }), norm(), relu()],
      ...[convTranspose2d(channels, 4, { ...halving, initializer: { name: "normal", deviation: 0.02 } }), tanh()],
    ],
    discriminator: [
      ...[conv2d(features, 4, halving), leakyRelu(), conv2d(2 * features, 4, halving), leakyRelu()],
      ...[conv2d(4 * features, 3, halving), leakyRelu(), flatten()],
    ],
  };
}

/** Whether images halve twice and are small enough that a step takes some hundredths of a second. */
const suitsConvolutions = (shape: readonly number[]): boolean =>
  shape.length === 3 && shape.slice(0, 2).every((side) => side % 4 === 0 && side >= 12 && side <= 64);

/**
 * Small images: convolutional networks where the sides allow them, else dense ones, with R1 (Mescheder et al. 2018). The share of
 * samples of the built-in digits that a classifier is sure of, after the steps given (one seed): dense 0.78 (6,000), convolutional
 * 0.77 (3,000) and 0.80 (7,000), conditional and convolutional 0.98 (3,000).
 */
function images(data: Described, steps: number, form?: PresetForm): Gan {
  const classes = classesFor(data, form);
  const convolutions = suitsConvolutions(data.shape);
  const networks = convolutions ? convolutionalNetworks(data.shape, classes) : denseNetworks(data.shape);
  const optimizer = () =>
    adam(cosine(convolutions ? 2e-3 : 1e-3, { steps, to: 5e-5 }), { beta1: 0, ...(convolutions && { beta2: 0.99 }) });
  return gan({
    latent: convolutions ? 32 : 24,
    ...conditionalOn(classes),
    generator: sequential(...joined(classes), ...networks.generator),
    discriminator: sequential(...networks.discriminator, head(classes)),
    loss: nonSaturating(),
    penalties: [r1(convolutions ? 0.1 : 0.4)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: 0.999,
  });
}

const imagePreset = (summary: string, data: string | undefined, steps: number): Preset => ({
  summary,
  data,
  steps,
  batchSize: 64,
  normalisation: () => ({ range: [-1, 1] }),
  make: images,
});

const pointPreset = (summary: string, data: string | undefined, normalisation: Preset["normalisation"]): Preset => ({
  summary,
  data,
  steps: 20_000,
  batchSize: 128,
  normalisation,
  make: points,
});

const asTheyAre = (): Normalisation => "standardise";

export const ganPresets: FamilyPresets = {
  presets: {
    digits: imagePreset("the built-in handwritten digits, small networks", "digits", 2400),
    mnist: imagePreset("MNIST from --data, small networks", undefined, 4000),
    images: imagePreset("small images from --data, small networks", undefined, 4000),
    ...convolutionalPresets,
    ...tokenPresets,
    ...tableGanPresets,
    ring: pointPreset("eight Gaussians on a circle", "ring", asTheyAre),
    grid: pointPreset("twenty-five Gaussians on a grid", "grid", asTheyAre),
    points: pointPreset("points from --data", undefined, ({ columns }) =>
      columns ? "standardise" : { range: [-2, 2] },
    ),
  },
  choose({ shape, columns, tokens, table }) {
    if (table) return "ctgan";
    return tokens ? "level" : columns || sizeOf(shape) <= 16 ? "points" : "images";
  },
};
