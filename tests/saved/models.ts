/** Small trained models, one per family, for tests of their files. */
import * as genloom from "#binding";
import type { Runtime } from "#src/host/runtime";
import type { TrainedModel } from "#src/train/trained";

const { adam, datasets, gan, layers: L, likelihoods, rbm, standardise, vae } = genloom;

const table = async () =>
  standardise(
    await datasets.parse(new TextEncoder().encode("age,income\n20,1000\n40,5000\n31,2100\n55,4700\n"), {
      name: "people.csv",
    }),
  );

/** Trains a model of each family for a few steps. */
export const trainings: Readonly<Record<"gan" | "vae" | "rbm", (runtime: Runtime) => Promise<TrainedModel>>> = {
  async gan(runtime) {
    const images = datasets.from({
      name: "dots",
      records: new Uint8Array(32 * 64).map((_, i) => (i * 7919) % 256),
      shape: [8, 8, 1],
      labels: new Uint8Array(32).map((_, i) => i % 2),
      classNames: ["odd", "even"],
    });
    const model = gan({
      latent: 3,
      generator: L.sequential(L.dense(16), L.batchNorm(), L.relu(), L.dense(64), L.tanh(), L.reshape(8, 8, 1)),
      discriminator: L.sequential(L.flatten(), L.spectralNorm(L.dense(8)), L.leakyRelu(), L.dense(1)),
      optimizers: { generator: adam(1e-3), discriminator: adam(1e-3) },
      ema: 0.9,
    });
    const training = model.train(runtime, images, { steps: 8, batchSize: 8, seed: 3 });
    await training.done;
    return training.model;
  },
  async vae(runtime) {
    const model = vae({
      latent: 2,
      encoder: L.sequential(L.dense(8), L.relu(), L.dense(4)),
      decoder: L.sequential(L.dense(8), L.relu(), L.dense(2)),
      likelihood: likelihoods.gaussian({ variance: "shared" }),
    });
    const training = model.train(runtime, await table(), { steps: 8, batchSize: 4, seed: 3 });
    await training.done;
    return training.model;
  },
  async rbm(runtime) {
    const model = rbm({ hidden: 4, persistent: true });
    const training = model.train(runtime, datasets.bars({ size: 2 }), { steps: 8, batchSize: 4, seed: 3 });
    await training.done;
    return training.model;
  },
};

export const families = Object.keys(trainings) as readonly (keyof typeof trainings)[];

/** The numbers of some samples. */
export const samplesOf = async (model: TrainedModel): Promise<number[]> => [
  ...(await model.sample(5, { seed: 2 })).data,
];
