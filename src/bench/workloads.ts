/**
 * The workloads: each is one whole training step, or one call, built from the public models and layers. Drawing a batch
 * from a data set in memory and all random numbers are part of the step. Sizes and shapes are those of
 * ../shared/peers/WORKLOADS.md, so that results are comparable with peers.
 */
import { dataset } from "../data/dataset.js";
import { randomSource } from "../data/random-source.js";
import { dataStreams } from "../numbers/streams.js";
import { uniform } from "../layers/initializers.js";
import * as layers from "../layers/index.js";
import { gan } from "../models/gan/gan.js";
import { rbm } from "../models/rbm/rbm.js";
import { vae } from "../models/vae/vae.js";
import { matmul } from "../ops/matmul.js";
import { adam, sgd } from "../optimizers/index.js";
import type { Runtime } from "../host/runtime.js";
import { variable } from "../graph/variable.js";
import type { Training } from "../train/training.js";
import { conv3x3, convVae, dcgan, sampling, wganGp } from "./image-workloads.js";
import { gru, transformer } from "./sequence-workloads.js";
import type { TrainingSize, Workload } from "./workload.js";

export type { Workload } from "./workload.js";

/** Records in the random data sets: their images exceed a second-level cache. */
const records = 4096;

/** Uniform bytes [records, 784], normalised to [low, high]. */
function images(low: number, high: number) {
  const random = randomSource(1, dataStreams.benchmark);
  const values = Uint8Array.from({ length: records * 784 }, () => random.integer(256));
  return dataset({ name: "random images", records: values, shape: [784], range: [low, high] });
}

/** Standard normal points [records, 2]. */
function points() {
  const random = randomSource(1, dataStreams.benchmark);
  return dataset({
    name: "random points",
    records: Float32Array.from({ length: records * 2 }, () => random.normal()),
    shape: [2],
  });
}

const { dense, leakyRelu, relu, sequential, tanh } = layers;
const ganAdam = () => adam(2e-4, { beta1: 0.5, beta2: 0.999 });
const ganOptimizers = () => ({ generator: ganAdam(), discriminator: ganAdam() });

const toyGan: Workload = {
  name: "toy-gan",
  summary: "batch 64; G 2-128-128-2 ReLU, D 2-128-128-1 leaky",
  compile(runtime) {
    const model = gan({
      latent: 2,
      generator: sequential(dense(128), relu(), dense(128), relu(), dense(2)),
      discriminator: sequential(dense(128), leakyRelu(), dense(128), leakyRelu(), dense(1)),
      optimizers: ganOptimizers(),
    });
    return model.train(runtime, points(), { steps: 1, batchSize: 64 }).program();
  },
};

/** A training of a GAN of images with two hidden layers of `width` in both networks. */
export function trainMlpGan(runtime: Runtime, width: number, how: TrainingSize): Training {
  const hidden = () => [dense(width), leakyRelu(), dense(width), leakyRelu()];
  const model = gan({
    latent: 64,
    generator: sequential(...hidden(), dense(784), tanh()),
    discriminator: sequential(...hidden(), dense(1)),
    optimizers: ganOptimizers(),
  });
  return model.train(runtime, images(-1, 1), { batchSize: 64, ...how });
}

const mlpGan: Workload = {
  name: "mlp-gan",
  summary: "batch 64; G 64-256-256-784 leaky, tanh; D 784-256-256-1 leaky",
  compile: (runtime) => trainMlpGan(runtime, 256, { steps: 1 }).program(),
};

/** Random bits [records, 784], each 1 with probability 1/2. */
function bits() {
  const random = randomSource(1, dataStreams.benchmark);
  const values = Uint8Array.from({ length: records * 784 }, () => random.integer(2));
  return dataset({ name: "random bits", records: values, shape: [784], extent: [0, 1], range: [0, 1] });
}

const mlpVae: Workload = {
  name: "mlp-vae",
  summary: "batch 128; binary data; 784-400-(20, 20), 20-400-784; Bernoulli likelihood + KL",
  compile(runtime) {
    const model = vae({
      latent: 20,
      encoder: sequential(dense(400), relu(), dense(40)),
      decoder: sequential(dense(400), relu(), dense(784)),
      optimizer: adam(1e-3),
    });
    return model.train(runtime, bits(), { steps: 1, batchSize: 128 }).program();
  },
};

function boltzmann(name: string, summary: string, options: { sweeps: number; persistent: boolean }): Workload {
  return {
    name,
    summary: `batch 100; 784 visible and 500 hidden Bernoulli units, ${summary}, plain SGD`,
    compile(runtime) {
      const model = rbm({ hidden: 500, centring: false, optimizer: sgd(0.01), ...options });
      return model.train(runtime, bits(), { steps: 1, batchSize: 100 }).program();
    },
  };
}

const boltzmanns = [
  boltzmann("rbm-cd1", "CD-1", { sweeps: 1, persistent: false }),
  boltzmann("rbm-pcd10", "persistent chains, 10 sweeps", { sweeps: 10, persistent: true }),
];

/** C = A B of square matrices; the product stays in a variable, so that it is not copied out. */
function squareProduct(n: number): Workload {
  return {
    name: `matmul-${n}`,
    summary: `${n} x ${n} x ${n}`,
    compile(runtime) {
      const factor = (name: string) => variable({ name, shape: [n, n], initializer: uniform(-1, 1) });
      const [a, b, c] = ["a", "b", "c"].map(factor);
      return runtime.compile(() => ({ updates: new Map([[c, matmul(a, b)]]) }), { name: `matmul-${n}` });
    },
  };
}

/** All workloads, one per row. */
export const workloads: readonly Workload[] = [
  toyGan,
  mlpGan,
  dcgan,
  wganGp,
  conv3x3,
  mlpVae,
  convVae,
  ...boltzmanns,
  sampling(1),
  sampling(64),
  ...[64, 128, 256, 512, 1024].map(squareProduct),
  transformer,
  gru,
];
