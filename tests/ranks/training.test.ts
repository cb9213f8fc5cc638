/** Groups of ranks train what one rank trains. */
import { describe, expect, test } from "vitest";
import {
  accumulate,
  adam,
  augmentations,
  datasets,
  dcgan,
  gan,
  layers as L,
  likelihoods,
  networks,
  objectives,
  penalties,
  randomNormal,
  randomPermutation,
  rbm,
  sequence,
  sgd,
  vae,
} from "#binding";
import { localGroup } from "#src/host/local-group";
import type { Runtime } from "#src/host/runtime";
import type { Training, TrainOptions } from "#src/train/training";
import { eachRank, greatestDifference, relativeDifference, trainRanks } from "./ranks.js";

type Train = (runtime: Runtime, options: Pick<TrainOptions, "group">) => Training;

/** Asserts that groups of 2 and 4 ranks have one hash each, and weights that are close to those of one rank. */
async function expectSame(train: Train, measure: typeof greatestDifference, most: number): Promise<void> {
  const [[one], ...others] = [await trainRanks(1, train), await trainRanks(2, train), await trainRanks(4, train)];
  for (const ranks of others) {
    expect(new Set(ranks.map(({ result }) => result.weightHash)).size).toBe(1);
    expect(measure(one.tensors, ranks[0].tensors)).toBeLessThanOrEqual(most);
    for (const [name, loss] of Object.entries(one.result.losses))
      expect(Math.abs(ranks[0].result.losses[name] - loss)).toBeLessThan(1e-4 * (1 + Math.abs(loss)));
  }
}

const ring = datasets.ring({ count: 500 });
const options = { steps: 20, batchSize: 16, seed: 3 };
type Rule = typeof sgd | typeof adam;

const denseGan =
  (rule: Rule, rate: number, more: object = {}): Train =>
  (runtime, group) =>
    gan({
      latent: 4,
      generator: L.sequential(L.dense(16), L.relu(), L.dense(2)),
      discriminator: L.sequential(L.dense(16), L.leakyRelu(), L.dropout(0.2), L.dense(1)),
      penalties: [penalties.r1(1)],
      optimizers: { generator: rule(rate), discriminator: rule(rate) },
      ema: { halfLife: 200 },
      ...more,
    }).train(runtime, ring, { ...options, ...group });

const plainDecoder = () => L.sequential(L.dense(16), L.tanh(), L.dense(2));
const vaeOf =
  (rule: Rule, rate: number, objective: objectives.Objective, decoder = plainDecoder()): Train =>
  (runtime, group) =>
    vae({
      latent: 2,
      encoder: L.sequential(L.dense(16), L.tanh(), L.dense(4)),
      decoder,
      likelihood: likelihoods.gaussian(),
      objective,
      optimizer: rule(rate),
    }).train(runtime, ring, { ...options, ...group }) as unknown as Training;

/** Texts of different lengths, so that ranks have different numbers of tokens. */
const texts = datasets.tokens({
  records: Array.from({ length: 40 }, (_, i) => Array.from({ length: 1 + (i % 5) }, (_, k) => 1 + ((i + k) % 3))),
  vocabulary: 4,
  ended: true,
  length: 6,
});

const sequenceOf =
  (rule: Rule, rate: number): Train =>
  (runtime, group) =>
    sequence({
      vocabulary: 4,
      length: 6,
      ended: true,
      network: networks.gru({ width: 8, dropout: 0.2 }),
      optimizer: rule(rate),
    }).train(runtime, texts, { ...options, ...group }) as unknown as Training;

describe("20 steps of SGD differ by rounding only", () => {
  test.each<[string, Train]>([
    ["a dense GAN with R1, dropout and an average", denseGan(sgd, 0.01)],
    ["a VAE", vaeOf(sgd, 0.001, objectives.elbo({ freeBits: 0.1, samples: 2 }))],
    ["a VAE of 3 weighted draws", vaeOf(sgd, 0.001, objectives.iwae(3))],
    [
      "a VAE of 3 weighted draws with dropout in the decoder",
      vaeOf(sgd, 0.001, objectives.iwae(3), L.sequential(L.dense(16), L.tanh(), L.dropout(0.3), L.dense(2))),
    ],
    ["a sequence model", sequenceOf(sgd, 0.01)],
  ])("%s", (_, train) => expectSame(train, greatestDifference, 1e-6));
});

describe("20 steps of Adam", () => {
  test.each<[string, Train]>([
    ["a dense GAN", denseGan(adam, 1e-3)],
    ["a VAE", vaeOf(adam, 1e-3, objectives.elbo())],
    ["a sequence model", sequenceOf(adam, 1e-3)],
  ])("%s", (_, train) => expectSame(train, relativeDifference, 1e-4));
});

const images = datasets.from({
  records: Float32Array.from({ length: 64 * 256 }, (_, i) => Math.sin(i * i)),
  shape: [16, 16, 1],
});
const imageGan =
  (more: object): Train =>
  (runtime, group) =>
    gan({
      ...dcgan({ size: 16, features: 4, latent: 8 }),
      optimizers: { generator: sgd(0.01), discriminator: sgd(0.01) },
      ...more,
    }).train(runtime, images, { ...options, steps: 1, ...group });

describe("what depends on the whole batch", () => {
  test("batch norm: a DCGAN", () => expectSame(imageGan({}), greatestDifference, 1e-6));

  test.each<[string, Train]>([
    [
      "the standard deviation over groups of records",
      imageGan({
        discriminator: L.sequential(L.conv2d(4, 3, { stride: 4 }), L.minibatchStd(), L.flatten(), L.dense(1)),
      }),
    ],
    ["the noise of DRAGAN", denseGan(sgd, 0.01, { penalties: [penalties.dragan()] })],
    [
      "the gradient penalty, and two steps of the discriminator",
      denseGan(sgd, 0.01, {
        penalties: [penalties.gradientPenalty()],
        discriminatorSteps: 2,
      }),
    ],
    [
      "gradients over several steps",
      denseGan(sgd, 0.01, {
        optimizers: { generator: accumulate(sgd(0.01), 3), discriminator: sgd(0.01, { clipNorm: 0.1 }) },
      }),
    ],
    ["adaptive augmentation", imageGan({ augment: augmentations.adaptive(augmentations.pipeline(), { images: 100 }) })],
  ])("%s", (_, train) => expectSame(train, greatestDifference, 2e-6));

  test("batch norm by rank: another training", async () => {
    const train: Train = (runtime, group) =>
      imageGan({})(runtime, { ...group, batchStatistics: "rank" } as TrainOptions);
    const [[one], [two]] = [await trainRanks(1, train), await trainRanks(2, train)];
    expect(greatestDifference(one.tensors, two.tensors)).toBeGreaterThan(1e-4);
  });
});

describe("an RBM: one step with equal draws", () => {
  const bars = datasets.bars({ size: 3 });
  test.each([
    ["chains from the batch", {}],
    ["persistent chains", { persistent: true, weightDecay: 0.01 }],
  ])("%s", (_, more) =>
    expectSame(
      (runtime, group) =>
        rbm({ hidden: 6, ...more }).train(runtime, bars, { ...options, steps: 1, ...group }) as unknown as Training,
      greatestDifference,
      1e-6,
    ),
  );
});

describe("draws", () => {
  const draw = async (size: number) => {
    const all = await eachRank(localGroup(size), async (runtime, group) => {
      const rows = 12 / size;
      const build = () => ({ outputs: { noise: randomNormal([rows, 5]), order: randomPermutation(rows, 100) } });
      const program = runtime.compile(build, { group });
      const { noise, order } = await program.run({}, { times: 3, seed: 9 });
      return { noise: [...noise.data], order: [...order.data] };
    });
    return { noise: all.flatMap(({ noise }) => noise), order: all.flatMap(({ order }) => order) };
  };

  test("ranks draw the numbers of the whole batch, element by element", async () => {
    const one = await draw(1);
    for (const size of [2, 3, 4]) expect(await draw(size)).toEqual(one);
  });
});
