/** Trained models of every family through the module around their exports: the samples that the model itself gives. */
import { writeFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import {
  adam,
  createRuntime,
  datasets,
  gan,
  layers as L,
  likelihoods,
  ownUnits,
  rbm,
  sgd,
  standardise,
  vae,
} from "#binding";
import { js } from "#src/export/js";
import { exportWasm } from "#src/export/wasm";
import { latentPath } from "#src/train/latent-path";
import type { TrainingData } from "#src/data/training-data";
import { root } from "../../scripts/host.js";

// The bits of the module are those of the plain SIMD build.
const runtime = await createRuntime({ threads: 2, deterministic: true });
afterAll(() => runtime.close());

const optimizers = { generator: adam(1e-3), discriminator: adam(1e-3) };
const table = standardise(
  datasets.from({ records: Float32Array.from({ length: 300 }, (_, i) => (i % 7) * 10 ** (i % 3)), shape: [3] }),
);

const models = {
  "gan of images": [
    datasets.digits({ count: 100 }),
    gan({
      latent: 8,
      generator: L.sequential(
        L.dense(49),
        L.relu(),
        L.reshape(7, 7, 1),
        L.convTranspose2d(1, 8, { stride: 4, padding: 2 }),
        L.tanh(),
      ),
      discriminator: L.sequential(L.flatten(), L.dense(1)),
      optimizers,
    }),
  ],
  "gan of a table": [
    table,
    gan({
      latent: 2,
      generator: L.sequential(L.dense(8), L.tanh(), L.dense(3)),
      discriminator: L.dense(1),
      optimizers,
    }),
  ],
  vae: [
    datasets.ring({ count: 200 }),
    vae({
      latent: 3,
      encoder: L.sequential(L.dense(8), L.tanh(), L.dense(6)),
      decoder: L.dense(2),
      likelihood: likelihoods.gaussian(),
    }),
  ],
  rbm: [datasets.bars({ size: 3 }), rbm({ hidden: 5, sweeps: 2, optimizer: sgd(0.1) })],
} as const;

test.each(Object.entries(models))("%s", async (_, [data, model]) => {
  const training = model.train(runtime, data as never, { steps: 3, batchSize: 20, seed: 5 });
  await training.done;
  const { bytes, description } = await exportWasm(training.model);
  await mkdir(join(root, ".cache"), { recursive: true });
  const folder = await mkdtemp(join(root, ".cache/export-real-"));
  try {
    const file = join(folder, "generator.mjs");
    await writeFile(file, js(bytes, description)["generator.js"]);
    const { describe, decode, generate, interpolate, latents } = await import(pathToFileURL(file).href);
    expect(describe()).toEqual(JSON.parse(JSON.stringify(description)));

    const sampled = await training.model.sample(300, { seed: 9 });
    const wanted = ownUnits(sampled.data, data as TrainingData);
    const all = await generate(300, { seed: 9 });
    expect(all.shape).toEqual(sampled.shape);
    expect(all.data).toEqual(wanted);
    const size = wanted.length / 300;
    const some = await generate(40, { seed: 9, first: 250 });
    expect(some.data).toEqual(wanted.slice(250 * size, 290 * size));

    const drawn = await latents(5, { seed: 9, first: 3 });
    expect(drawn.shape).toEqual([5, description.latent]);
    const given = ownUnits((await training.model.generate(drawn.data)).data, data as TrainingData);
    expect((await decode(drawn.data)).data).toEqual(given);
    const [from, to] = [drawn.data.slice(0, description.latent), drawn.data.slice(-description.latent)];
    const path = latentPath(from, to, description.latent, { steps: 4 });
    const walk = await training.model.generate(path);
    expect((await interpolate(from, to, { steps: 4 })).data).toEqual(ownUnits(walk.data, data as TrainingData));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
