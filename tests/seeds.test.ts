// Every place that takes a seed takes integers from 0 to 2^53 - 1 and refuses all else, in one and the same way.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as genloom from "#binding";
import { batches, shuffled, split } from "#src/data/batches";
import * as tables from "#src/domains/tables/index";
import { evaluate } from "#src/graph/reference";
import type { TrainedModel } from "#src/train/trained";
import type { TrainedRbm } from "#src/models/rbm/trained-rbm";
import type { TrainedVae } from "#src/models/vae/trained-vae";
import { table } from "./tables/make-table.js";

const {
  binarisation,
  createRuntime,
  datasets,
  initializers,
  layers: l,
  metrics,
  randomUniform,
  variable,
  withRange,
} = genloom;

const bad = [Number.NaN, Number.POSITIVE_INFINITY, 0.5, -0.5, -1, 2 ** 53, 1e300, "7", 7n, null, true, [1], {}];

const ring = datasets.ring({ count: 64 });
const digits = withRange(datasets.digits({ count: 20 }), 0, 1);
const bars = datasets.bars({ size: 2 });

let runtime: genloom.Runtime;
const models = {} as { gan: TrainedModel; vae: TrainedVae; rbm: TrainedRbm };
const gan = genloom.gan({ latent: 2, generator: l.dense(2), discriminator: l.dense(1) });

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
  models.gan = gan.trained(runtime, [2]);
  models.vae = genloom.vae({ latent: 1, encoder: l.dense(2), decoder: l.dense(2) }).trained(runtime, [2]);
  models.rbm = genloom.rbm({ hidden: 2 }).train(runtime, bars, { steps: 1 }).model;
});
afterAll(() => runtime.close());

const rows = table({ x: [1, 2], y: ["a", "b"] });
const rowSets = { train: rows, heldOut: rows, synthetic: rows };

type Seed = { readonly seed: number };

const places: Record<string, (seed: Seed) => unknown> = {
  createRuntime: async (seed) => (await createRuntime({ ...seed, threads: 1 })).close(),
  initialize: (seed) => runtime.initialize([variable({ name: "w", shape: [2], initializer: initializers.ones })], seed),
  "initialize of nothing": (seed) => runtime.initialize([], seed),
  run: (seed) => runtime.compile(() => ({ outputs: { y: randomUniform([2]) } })).run({}, seed),
  tryRun: (seed) => runtime.compile(() => ({ outputs: { y: randomUniform([2]) } })).tryRun({}, seed),
  evaluate: (seed) => evaluate([randomUniform([2])], seed),
  train: (seed) => gan.train(runtime, ring, { ...seed, steps: 1 }).done,
  "sample of a GAN": (seed) => models.gan.sample(2, { untrained: true, ...seed }),
  "sample of a VAE": (seed) => models.vae.sample(2, { untrained: true, ...seed }),
  "decode of a VAE": (seed) => models.vae.decode([0], { untrained: true, ...seed }),
  "score of a VAE": (seed) => models.vae.score([0, 1], { k: 2, untrained: true, ...seed }),
  "score of an RBM": (seed) => models.rbm.score([0, 1, 1, 1], { untrained: true, ...seed }),
  "logLikelihood of a VAE": (seed) => models.vae.logLikelihood([0, 1], { k: 2, ...seed }),
  "latentUse of a VAE": (seed) => models.vae.latentUse([0, 1], seed),
  "sample of an RBM": (seed) => models.rbm.sample(2, { burnIn: 1, untrained: true, ...seed }),
  "inpaint of an RBM": (seed) => models.rbm.inpaint(bars, [1, 0, 1, 0], { sweeps: 1, untrained: true, ...seed }),
  "evaluated of an RBM": ({ seed }) => models.rbm.evaluated(bars, seed),
  shuffled: (seed) => shuffled(ring, seed),
  split: (seed) => split(ring, 0.5, seed),
  batches: (seed) => [...batches(ring, 8, seed)],
  digits: (seed) => datasets.digits({ count: 1, ...seed }),
  ring: (seed) => datasets.ring({ count: 1, ...seed }),
  grid: (seed) => datasets.grid({ count: 1, ...seed }),
  moons: (seed) => datasets.moons({ count: 1, ...seed }),
  spiral: (seed) => datasets.spiral({ count: 1, ...seed }),
  checkerboard: (seed) => datasets.checkerboard({ count: 1, ...seed }),
  "binarisation.static": (seed) => binarisation.static(seed),
  binarised: ({ seed }) => binarisation.binarised(digits, seed),
  evaluator: (seed) => metrics.evaluator(models.gan, { data: ring, metrics: ["kid"], ...seed }),
  trainClassifier: (seed) => metrics.trainClassifier(runtime, digits, { steps: 1, batchSize: 2, ...seed }),
  annealedLogPartition: (seed) => metrics.annealedLogPartition(models.rbm, { temperatures: 1, chains: 2, ...seed }),
  reverseLogPartition: (seed) =>
    metrics.reverseLogPartition(models.rbm, { temperatures: 1, chains: 2, burnIn: 1, ...seed }),
  pseudoLikelihood: (seed) => metrics.pseudoLikelihood(models.rbm, bars, seed),
  logLikelihood: (seed) => metrics.logLikelihood(models.rbm, bars, 0, seed),
  fitCopula: (seed) => tables.fitCopula(rows, seed),
  sampleCopula: (seed) => tables.sampleCopula(tables.fitCopula(rows), 1, seed),
  trainSyntheticTestReal: (seed) => tables.trainSyntheticTestReal(rowSets, seed),
  closestRecord: (seed) => tables.closestRecord(rowSets, seed),
  compareTables: (seed) => tables.compareTables(rowSets, seed),
  freeEnergyGap: (seed) => metrics.freeEnergyGap(models.rbm, bars, bars, seed),
};

describe.each(Object.entries(places))("%s", (_, place) => {
  test("refuses what is no seed", async () => {
    for (const seed of bad) {
      const error = await Promise.resolve()
        .then(() => place({ seed } as Seed))
        .catch((error: Error) => error);
      expect(error, String(seed)).toBeInstanceOf(RangeError);
      expect((error as Error).message).toMatch(/^[\w ]+: seed must be an integer from 0 to 2\^53 - 1, found /);
    }
  });

  test.each([0, 1, 2 ** 32, 2 ** 53 - 1])("takes %d", async (seed) => {
    await place({ seed });
  });
});

test("seeds that differ in any of their 53 bits draw other numbers", async () => {
  const program = runtime.compile(() => ({ outputs: { y: randomUniform([4]) } }));
  const seen = new Set<string>();
  for (const seed of [0, ...Array.from({ length: 53 }, (_, bit) => 2 ** bit)])
    seen.add((await program.run({}, { seed })).y.data.join());
  expect(seen.size).toBe(54);
});

test("a step is an integer too", async () => {
  const program = runtime.compile(() => ({ outputs: { y: randomUniform([4]) } }));
  for (const step of [Number.NaN, 0.5, -1, 2 ** 53, "1" as unknown as number])
    await expect(program.run({}, { seed: 1, step })).rejects.toThrow(/run: step must be an integer >= 0/);
});

test("variables of these two names, whose hashes of 24 bits are equal, start with other values", async () => {
  const first = async (name: string) => {
    const one = variable({ name, shape: [8], initializer: initializers.normal(1) });
    return [...(await runtime.read(one)).data];
  };
  const values = await first("generator/11/18/shortcut/weight");
  expect(values).not.toEqual(await first("generator/54/27/second/weight"));
  expect(values).toEqual(await first("generator/11/18/shortcut/weight"));
});
