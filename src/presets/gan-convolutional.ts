/** Presets of generative adversarial networks with convolutions, for square images from --data. */
import type { Described } from "../data/training-data.js";
import { augment, sequential } from "../layers/index.js";
import { dcgan, type DcganOptions } from "../models/gan/dcgan.js";
import { type Gan, gan } from "../models/gan/gan.js";
import { imageSize } from "../models/gan/image-size.js";
import { r3gan } from "../models/gan/r3gan.js";
import { diff } from "../objectives/augmentations.js";
import { hinge, nonSaturating, relativistic, wasserstein } from "../objectives/losses.js";
import { gradientPenalty, r1, r2 } from "../objectives/penalties.js";
import { adam } from "../optimizers/adam.js";
import { cosine } from "../optimizers/schedules.js";
import { conditionalOn } from "./conditional.js";
import { classesFor, type Preset, type PresetForm } from "./preset.js";

/** With fewer records, a convolutional discriminator memorises the data within the steps of a preset. */
const fewRecords = 20_000;

/** The size and channels of square images. Throws RangeError for other records. */
function squareOf({ name, shape }: Described, preset: string): { size: number; channels: number } {
  const [size, width, channels] = shape;
  if (shape.length !== 3 || width !== size)
    throw new RangeError(
      `${preset}: records of ${name} must be square images [size, size, channels], found [${shape.join(", ")}]`,
    );
  return { size, channels };
}

/** Networks of dcgan.ts. Small data sets are augmented by shifts, which fill with black. */
function networks(data: Described, preset: string, norm: DcganOptions["norm"], form: PresetForm | undefined) {
  const conditional = conditionalOn(classesFor(data, form));
  const { discriminator, ...rest } = dcgan({
    ...conditional,
    ...squareOf(data, preset),
    latent: 64,
    features: 32,
    ...(norm && { norm }),
  });
  const few = data.count < fewRecords;
  return {
    ...rest,
    ...conditional,
    discriminator: few ? sequential(augment({ fill: -1 }), discriminator) : discriminator,
  };
}

/**
 * No norm in the discriminator, but R1 (Mescheder et al. 2018), and Adam's decays 0 and 0.99. After 3,000 steps on MNIST its
 * Frechet distance is 0.15 of that with batch norm in both networks, decays 0.5 and 0.999 and rate 4e-4. At this rate weights of
 * R1 of 0.03, 0.1, 0.3 and 3 give 0.29, 0.20, 0.19 and 0.15; at a weight of 0.1 rates of 4e-4, 1e-3 and 4e-3 give 0.61, 0.29 and 0.32
 * (one seed each, 10,000 samples, features of a small classifier). Batches of 32 with R1 in every fourth step are better in short
 * trainings (0.41 in place of 0.59 in the time of these 3,000 steps), and no better in ten minutes of two cores: 0.22, 0.21 and 0.23
 * in place of 0.18, 0.23 and 0.18 (seeds 0 to 2). In such batches the conditional form's discriminator hardly tells records from samples
 * after 4,000 steps (the gap of their mean logits is 0.04, without classes 0.2), and after 16,000 the distance is 0.26, at half of the
 * rate 0.09. With latents that pass through two dense layers as well (`mapping: 2`) these batches reach 0.13, 0.15 and 0.15 on MNIST,
 * but lose modes on Stacked MNIST: 871 of 1,000 after ten minutes and 976 after an hour, where this recipe finds all of them in the first
 * ten minutes. Few images and other sizes were not searched.
 */
function deepConvolutional(data: Described, steps: number, form?: PresetForm): Gan {
  const optimizer = () => adam(cosine(2e-3, { steps, to: 5e-5 }), { beta1: 0, beta2: 0.99 });
  return gan({
    ...networks(data, "dcgan", "none", form),
    loss: nonSaturating(),
    penalties: [r1(1)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: 0.999,
  });
}

/**
 * Spectral norm and the hinge loss with Adam's decays 0 and 0.9 (Miyato et al. 2018). One update of the discriminator at four times
 * the generator's rate (Heusel et al. 2017; ratio of Zhang et al. 2019) replaces five updates; rates fall. With one rate for both,
 * samples collapse to one digit within 500 steps on MNIST.
 */
function spectrallyNormalised(data: Described, steps: number, form?: PresetForm): Gan {
  const optimizer = (rate: number) => adam(cosine(rate, { steps, to: rate / 10 }), { beta1: 0, beta2: 0.9 });
  return gan({
    ...networks(data, "sngan", "spectral", form),
    loss: hinge(),
    optimizers: { generator: optimizer(2e-4), discriminator: optimizer(8e-4) },
    ema: 0.999,
  });
}

/**
 * A critic without normalisation, its gradient penalty of weight 10 and five updates of it per step (Gulrajani et al.
 * 2017, algorithm 1). The rate is five times the paper's and falls, because there are fewer steps: samples have the size of
 * digits and differ from each other after 60 steps on MNIST, with 2e-4 after none of 180.
 */
function wassersteinWithPenalty(data: Described, steps: number, form?: PresetForm): Gan {
  const optimizer = () => adam(cosine(5e-4, { steps, to: 2e-5 }), { beta1: 0, beta2: 0.9 });
  return gan({
    ...networks(data, "wgan-gp", "none", form),
    loss: wasserstein(),
    penalties: [gradientPenalty(10)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    discriminatorSteps: 5,
    ema: 0.995,
  });
}

/**
 * The recipe of R3GAN (Huang et al. 2024, section 5 and the authors' configuration for Stacked MNIST), with narrow networks and a
 * shorter average. A hundredth of the images asks for small batches, ten times the rate and more of both penalties: in the time of
 * 1,000 steps of batch 64 on MNIST, batches of 64, 16 and 8 at a rate of 2e-3 and a gamma of 10 falling to 1 have Frechet distances of
 * 12.7, 4.7 and 4.0; gammas of 3 and 1 to begin with 4.9 (batch 16) and 16.9 (64); rates of 1e-3 and 4e-3 9.4 and 7.7. Widths of 128, 64,
 * 32 and 8 have 9.2 in place of 4.7: steps count for more than features (one seed each). In ten minutes of two cores a gamma of 5 falling
 * to 0.5 has 0.62 and covers 0.71 of the data (seed 0), one of 2 falling to 0.2 has 0.36, 0.48 and 0.45 and covers 0.76 to 0.78 (seeds 0
 * to 2). All schedules are half cosines over the whole training.
 */
function modernBaseline(data: Described, steps: number, form?: PresetForm): Gan {
  const conditional = conditionalOn(classesFor(data, form));
  const during = (from: number, to: number) => cosine(from, { steps, to });
  const optimizer = () => adam(during(2e-3, 5e-5), { beta1: 0, beta2: during(0.9, 0.99) });
  return gan({
    ...conditional,
    ...r3gan({ ...squareOf(data, "r3gan"), ...conditional, latent: 64, width: 8, blocks: 1 }),
    // Small data sets: shifts of up to an eighth of the side, which fill with black.
    ...(data.count < fewRecords && { augment: diff({ colour: false, cutout: 0, fill: -1 }) }),
    loss: relativistic(),
    penalties: [r1(during(2, 0.2)), r2(during(2, 0.2))],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: { halfLife: 20_000, rampUp: 0.05 },
  });
}

/** Images of a size that the networks accept, with values in [-1, 1]. */
const convolutional = (rest: Pick<Preset, "summary" | "steps" | "batchSize" | "make">): Preset => ({
  ...rest,
  data: undefined,
  images: ({ shape }) => (shape.length === 3 ? { size: imageSize(shape) } : undefined),
  normalisation: () => ({ range: [-1, 1] }),
});

export const convolutionalPresets: Readonly<Record<string, Preset>> = {
  dcgan: convolutional({
    summary: "images from --data, 16 to 128 pixels, convolutions (Radford et al. 2016) with R1",
    steps: 8000,
    batchSize: 64,
    make: deepConvolutional,
  }),
  sngan: convolutional({
    summary: "images from --data, convolutions with spectral norm, hinge loss (Miyato et al. 2018)",
    steps: 8000,
    batchSize: 64,
    make: spectrallyNormalised,
  }),
  "wgan-gp": convolutional({
    summary: "images from --data, convolutions, Wasserstein loss with gradient penalty (Gulrajani et al. 2017)",
    steps: 3000,
    batchSize: 64,
    make: wassersteinWithPenalty,
  }),
  r3gan: convolutional({
    summary: "images from --data, residual networks, relativistic loss with R1 and R2 (Huang et al. 2024)",
    steps: 16_000,
    batchSize: 16,
    make: modernBaseline,
  }),
};
