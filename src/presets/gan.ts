/** Presets of generative adversarial networks. */
import type { Described } from "../data/training-data.js";
import { dense, flatten, type Layer, leakyRelu, relu, reshape, sequential, tanh } from "../layers/index.js";
import { nonSaturating } from "../objectives/losses.js";
import { type Gan, gan } from "../models/gan/gan.js";
import { adam } from "../optimizers/adam.js";
import { r1 } from "../objectives/penalties.js";
import { cosine } from "../optimizers/schedules.js";
import { sizeOf } from "../graph/shape.js";
import { convolutionalPresets } from "./gan-convolutional.js";
import type { Normalisation } from "./normalisation.js";
import { conditionalOn, head, joined } from "./conditional.js";
import { classesFor, type FamilyPresets, type Preset, type PresetForm } from "./preset.js";

/**
 * Points in a space of few dimensions. For the same cost, small batches and many steps give better results than the
 * opposite. A deep generator is steep between modes, so few samples fall there.
 */
function points(data: Described, steps: number, form?: PresetForm): Gan {
  const classes = classesFor(data, form);
  const units = () => dense(128, { initializer: "heNormal" });
  // Spreads the kinks of the discriminator's first layer over the data; without biases all would pass through the
  // origin.
  const spread = dense(128, { initializer: "heNormal", biasInitializer: { name: "uniform", low: -1, high: 1 } });
  const hidden = (layers: readonly Layer[], activation: () => Layer) =>
    layers.flatMap((layer) => [layer, activation()]);
  const optimizer = () => adam(cosine(2e-3, { steps }), { beta1: 0.5, beta2: 0.99 });
  return gan({
    latent: 2,
    ...conditionalOn(classes),
    generator: sequential(
      ...joined(classes),
      ...hidden([units(), units(), units(), units()], relu),
      dense(sizeOf(data.shape)),
      reshape(...data.shape),
    ),
    discriminator: sequential(flatten(), ...hidden([spread, units(), units()], leakyRelu), head(classes)),
    loss: nonSaturating(),
    penalties: [r1(0.02)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: 0.995,
  });
}

/**
 * Small images of one object on a uniform background: fully connected networks. Weights connected to pixels start near
 * 0, because in background pixels the initial noise would remain in the samples: no data changes it.
 */
function images(data: Described, steps: number, form?: PresetForm): Gan {
  const classes = classesFor(data, form);
  const size = sizeOf(data.shape);
  const pixels = { initializer: { name: "normal", deviation: 0.005 } } as const;
  const optimizer = () => adam(cosine(1e-3, { steps, to: 5e-5 }), { beta1: 0 });
  return gan({
    latent: 24,
    ...conditionalOn(classes),
    generator: sequential(
      ...joined(classes),
      dense(256),
      leakyRelu(),
      dense(256),
      leakyRelu(),
      dense(size, pixels),
      tanh(),
      reshape(...data.shape),
    ),
    discriminator: sequential(flatten(), dense(256, pixels), leakyRelu(), dense(256), leakyRelu(), head(classes)),
    loss: nonSaturating(),
    penalties: [r1(0.4)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: 0.999,
  });
}

const imagePreset = (summary: string, data: string | undefined): Preset => ({
  summary,
  data,
  steps: 6000,
  batchSize: 64,
  normalisation: () => ({ range: [-1, 1] }),
  make: images,
});

const pointPreset = (summary: string, data: string | undefined, normalisation: Preset["normalisation"]): Preset => ({
  summary,
  data,
  steps: 14_000,
  batchSize: 128,
  normalisation,
  make: points,
});

const asTheyAre = (): Normalisation => "standardise";

export const ganPresets: FamilyPresets = {
  presets: {
    digits: imagePreset("the built-in handwritten digits, dense networks", "digits"),
    mnist: imagePreset("MNIST from --data, dense networks", undefined),
    images: imagePreset("small images from --data, dense networks", undefined),
    ...convolutionalPresets,
    ring: pointPreset("eight Gaussians on a circle", "ring", asTheyAre),
    grid: pointPreset("twenty-five Gaussians on a grid", "grid", asTheyAre),
    points: pointPreset("points from --data", undefined, ({ columns }) =>
      columns ? "standardise" : { range: [-2, 2] },
    ),
  },
  choose: ({ shape, columns }) => (columns || sizeOf(shape) <= 16 ? "points" : "images"),
};
