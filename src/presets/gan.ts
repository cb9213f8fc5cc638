/** Presets of generative adversarial networks. */
import { type Dataset, withRange } from "../data/dataset.js";
import { dense, flatten, type Layer, leakyRelu, relu, reshape, sequential, tanh } from "../layers/index.js";
import { nonSaturating } from "../losses/index.js";
import { type Gan, gan } from "../models/gan.js";
import { adam } from "../optimizers/adam.js";
import { r1 } from "../penalties.js";
import { cosine } from "../schedules.js";
import { sizeOf } from "../shape.js";
import type { FamilyPresets, Preset } from "./preset.js";

/** Points in a space of few dimensions: narrow ReLU networks, see docs/decisions for how the numbers were found. */
function points(data: Dataset, steps: number): Gan {
  const size = sizeOf(data.shape);
  const hidden = (count: number, layer: () => Layer, first: Layer) => [
    first,
    layer(),
    ...Array.from({ length: count - 1 }, () => [dense(128, { initializer: "heNormal" }), layer()]).flat(),
  ];
  // Kinks all over the data, not through the origin alone.
  const spread = dense(128, { initializer: "heNormal", biasInitializer: { name: "uniform", low: -1, high: 1 } });
  const optimizer = () => adam(cosine(2e-3, { steps }), { beta1: 0, beta2: 0.99 });
  return gan({
    latent: 2,
    generator: sequential(
      ...hidden(3, relu, dense(128, { initializer: "heNormal" })),
      dense(size),
      reshape(...data.shape),
    ),
    discriminator: sequential(flatten(), ...hidden(3, leakyRelu, spread), dense(1)),
    loss: nonSaturating(),
    penalties: [r1(0.02)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: 0.995,
  });
}

/** Small images of one object on an even background: fully connected networks. */
function images(data: Dataset, steps: number): Gan {
  const size = sizeOf(data.shape);
  const optimizer = () => adam(cosine(5e-4, { steps, to: 5e-5 }), { beta1: 0.5 });
  return gan({
    latent: 64,
    generator: sequential(
      dense(256),
      leakyRelu(),
      dense(512),
      leakyRelu(),
      dense(size),
      tanh(),
      reshape(...data.shape),
    ),
    discriminator: sequential(flatten(), dense(512), leakyRelu(), dense(256), leakyRelu(), dense(1)),
    loss: nonSaturating(),
    penalties: [r1(1)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: 0.999,
  });
}

const toUnit = (data: Dataset) => withRange(data, -1, 1);

const imagePreset = (summary: string, data: string | undefined): Preset => ({
  summary,
  data,
  steps: 4000,
  batchSize: 64,
  normalise: toUnit,
  make: images,
});

const pointPreset = (summary: string, data: string | undefined): Preset => ({
  summary,
  data,
  steps: 6000,
  batchSize: 256,
  normalise: toUnit,
  make: points,
});

export const ganPresets: FamilyPresets = {
  presets: {
    digits: imagePreset("the built-in handwritten digits, dense networks", "digits"),
    mnist: imagePreset("MNIST from --data, dense networks", undefined),
    images: imagePreset("small images from --data, dense networks", undefined),
    ring: pointPreset("eight Gaussians on a circle", "ring"),
    grid: pointPreset("twenty-five Gaussians on a grid", "grid"),
    points: pointPreset("points from --data", undefined),
  },
  choose: ({ shape }) => (sizeOf(shape) <= 16 ? "points" : "images"),
};
