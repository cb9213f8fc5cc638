/**
 * The workloads of convolutional models, see `workloads.ts`: images are NHWC; sizes and shapes are those of
 * ../shared/peers/WORKLOADS.md.
 */
import { dataset } from "../data/dataset.js";
import { randomSource } from "../data/random-source.js";
import { dataStreams } from "../numbers/streams.js";
import * as layers from "../layers/index.js";
import { bernoulli } from "../objectives/likelihoods.js";
import { nonSaturating, wasserstein } from "../objectives/losses.js";
import { gan } from "../models/gan/gan.js";
import { vae } from "../models/vae/vae.js";
import { add, neg, softplus } from "../ops/elementwise.js";
import { gather } from "../ops/indexing.js";
import { randomNormal, randomPermutation } from "../ops/random.js";
import { mean } from "../ops/reduction.js";
import { adam } from "../optimizers/index.js";
import { gradientPenalty } from "../objectives/penalties.js";
import { dcgan as dcganNetworks } from "../models/gan/dcgan.js";
import type { Runtime } from "../host/runtime.js";
import { variable } from "../graph/variable.js";
import type { Training } from "../train/training.js";
import type { TrainingSize, Workload } from "./workload.js";

const { averagePool2d, conv2d, convTranspose2d, dense, flatten, leakyRelu, Network, relu, reshape, sequential } =
  layers;

/** Records in the random data sets. */
const records = 1024;

/** Uniform bytes [records, size, size, channels], normalised to [low, high]. */
function images(shape: readonly [size: number, size: number, channels: number], low: number, high: number) {
  const random = randomSource(1, dataStreams.benchmark);
  const length = records * shape[0] * shape[1] * shape[2];
  const values = Uint8Array.from({ length }, () => random.integer(256));
  return dataset({ name: "random images", records: values, shape, range: [low, high] });
}

/** The records in a variable, and a batch of them normalised to [-1, 1]: the data of a hand-written training step. */
function batches(shape: readonly [size: number, size: number, channels: number], batch: number) {
  const data = images(shape, -1, 1);
  const held = variable({ name: "data", shape: [records, ...shape], dtype: "u8", data: data.records });
  return () => gather(held, randomPermutation(batch, records), { scale: data.scale, shift: data.shift });
}

/** A training of the DCGAN workload, with batches of the workload's size. */
export function trainDcgan(runtime: Runtime, how: TrainingSize): Training {
  const { latent, generator, discriminator } = dcganNetworks();
  const optimizer = () => adam(2e-4, { beta1: 0.5 });
  const model = gan({
    latent,
    generator,
    discriminator,
    loss: nonSaturating(),
    optimizers: { generator: optimizer(), discriminator: optimizer() },
  });
  return model.train(runtime, images([32, 32, 1], -1, 1), { batchSize: 64, ...how });
}

export const dcgan: Workload = {
  name: "dcgan",
  summary: "batch 64; 32x32x1, G: convT 256-128-64-1 with batch norm, D: conv 64-128-256-1 with batch norm",
  compile: (runtime) => trainDcgan(runtime, { steps: 1 }).program(),
};

/** One step of the critic: the generator runs forward only, with the batch statistics in its batch norm. */
export const wganGp: Workload = {
  name: "wgan-gp",
  summary: "batch 64; one critic step: dcgan's G forward, D without batch norm, gradient penalty 10",
  compile(runtime) {
    const size = 64;
    const { latent, generator } = dcganNetworks();
    const halving = { stride: 2, padding: 1 } as const;
    const critic = new Network(
      "critic",
      sequential(
        ...[64, 128, 256].flatMap((features) => [conv2d(features, 4, halving), leakyRelu()]),
        conv2d(1, 4),
        flatten(),
      ),
    );
    const maker = new Network("generator", generator);
    const next = batches([32, 32, 1], size);
    return runtime.compile(() => {
      const real = next();
      const fake = maker.apply(randomNormal([size, latent]), { training: true });
      const discriminate = (x: typeof real) => critic.apply(x, { training: true });
      const loss = add(
        wasserstein().discriminator(discriminate(real), discriminate(fake)),
        gradientPenalty(10).apply({ discriminate, real, fake }),
      );
      const optimizer = adam(1e-4, { beta1: 0, beta2: 0.9 });
      return { outputs: { loss }, updates: optimizer.minimize(loss, critic.parameters) };
    });
  },
};

export const conv3x3: Workload = {
  name: "conv3x3",
  summary: "batch 32; 32x32x3, 3x3 convolutions 64-64-64, pool, 128, pool, 128, dense 1; forward, backward, Adam",
  compile(runtime) {
    const size = 32;
    const same = (features: number) => [conv2d(features, 3, { padding: 1 }), leakyRelu()];
    const network = new Network(
      "network",
      sequential(
        ...[64, 64, 64].flatMap(same),
        averagePool2d(2),
        ...same(128),
        averagePool2d(2),
        ...same(128),
        flatten(),
        dense(1),
      ),
    );
    const next = batches([32, 32, 3], size);
    return runtime.compile(() => {
      const loss = mean(softplus(neg(network.apply(next(), { training: true }))));
      const optimizer = adam(2e-4, { beta1: 0, beta2: 0.99 });
      return { outputs: { loss }, updates: optimizer.minimize(loss, network.parameters) };
    });
  },
};

export const convVae: Workload = {
  name: "conv-vae",
  summary: "batch 128; 28x28x1, conv 32-64, dense 32, latent 16, dense 3136, convT 32-1; Bernoulli likelihood + KL",
  compile(runtime) {
    const halving = { stride: 2, padding: 1 } as const;
    const model = vae({
      latent: 16,
      encoder: sequential(conv2d(32, 4, halving), relu(), conv2d(64, 4, halving), relu(), flatten(), dense(32)),
      decoder: sequential(
        dense(7 * 7 * 64),
        relu(),
        reshape(7, 7, 64),
        convTranspose2d(32, 4, halving),
        relu(),
        convTranspose2d(1, 4, halving),
      ),
      likelihood: bernoulli(),
      optimizer: adam(1e-3),
    });
    return model.train(runtime, images([28, 28, 1], 0, 1), { steps: 1, batchSize: 128 }).program();
  },
};

/** Inference: the samples stay in a variable, so that they are not copied out. */
export function sampling(batch: number): Workload {
  return {
    name: `dcgan-sample-${batch}`,
    summary: `batch ${batch}; dcgan's G, inference`,
    compile(runtime) {
      const { latent, generator } = dcganNetworks();
      const network = new Network("generator", generator);
      const samples = variable({ name: "samples", shape: [batch, 32, 32, 1] });
      return runtime.compile(() => ({
        updates: new Map([[samples, network.apply(randomNormal([batch, latent]))]]),
      }));
    },
  };
}
