/**
 * Variational autoencoders: known answers of the linear-Gaussian model, determinism, methods of trained models, errors.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  adam,
  binarisation,
  createRuntime,
  datasets,
  layers as L,
  likelihoods,
  objectives,
  type Runtime,
  schedules,
  type Vae,
  type VaeOptions,
  vae,
  withRange,
} from "#binding";
import { OutOfMemoryError } from "#src/errors";
import { familyFrom } from "#src/models/index";
import { normals } from "#src/numbers/philox";
import { marginalLogLikelihood, principalLogLikelihood } from "./linear-gaussian.js";

const width = 6;
const latent = 2;
const count = 2000;

/** Rows b + A z + 0.5 e, with standard normal z [2] and e [6]. */
function linearData() {
  const draws = normals(count * (latent + width), { seed: 5, step: 0, stream: 1 });
  const mixing = [2, -1, 0.5, 1, 0, 1.5, 0.3, 1.2, -2, 0.4, 1, -0.5];
  const records = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) {
      const at = row * (latent + width);
      records[row * width + i] =
        i - 2 + mixing[i] * draws[at] + mixing[width + i] * draws[at + 1] + 0.5 * draws[at + latent + i];
    }
  }
  return datasets.from({ name: "linear", records, shape: [width] });
}

const linear = (options: Partial<VaeOptions> = {}) =>
  vae({
    latent,
    encoder: L.dense(2 * latent),
    decoder: L.dense(width),
    likelihood: likelihoods.gaussian({ variance: "shared" }),
    optimizer: adam(schedules.cosine(0.02, { steps: 3000, to: 1e-4 })),
    ...options,
  });

const digitModel = (options: Partial<VaeOptions> = {}) =>
  vae({
    latent: 5,
    encoder: L.sequential(L.flatten(), L.dense(32), L.tanh(), L.dense(10)),
    decoder: L.sequential(L.dense(32), L.tanh(), L.dense(784)),
    binarisation: binarisation.dynamic(),
    ...options,
  });

const digits = (size = 300) => withRange(datasets.digits({ count: size, seed: 2 }), 0, 1);

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

/** Current values of a model's variable. */
async function present(model: Vae, name: string): Promise<ArrayLike<number>> {
  const found = model.variables.find((variable) => variable.name === name);
  if (!found) throw new Error(`no variable ${name}`);
  return (await runtime.read(found)).data;
}

/** log p(x) of the trained linear model itself, in closed form. */
async function exactLogLikelihood(model: Vae, rows: ArrayLike<number>): Promise<number> {
  const [logVariance] = Array.from(await present(model, "likelihood/logVariance"));
  return marginalLogLikelihood(rows, {
    weight: await present(model, "decoder/weight"),
    bias: await present(model, "decoder/bias"),
    variance: Math.exp(logVariance) + 1e-6,
  });
}

test("with linear networks the trained bound is probabilistic PCA's exact log-likelihood", async () => {
  const data = linearData();
  // After 3,000 steps seeds 1 to 6 are within 0.005 to 0.093 of it, after 9,000 within 0.0002 to 0.015.
  const steps = 9000;
  const model = linear({ optimizer: adam(schedules.cosine(0.02, { steps, to: 1e-4 })) });
  const training = model.train(runtime, data, { steps, batchSize: 500, seed: 1 });
  await training.done;
  const best = principalLogLikelihood(data.records, width, latent);
  const { elbo } = await training.model.logLikelihood(data, { k: 50 });
  expect(Math.abs(elbo - best)).toBeLessThan(0.05);
  expect(await exactLogLikelihood(model, data.records)).toBeLessThan(best + 1e-3);
});

test("the importance-weighted bound rises with k, to the exact log-likelihood", async () => {
  const data = linearData();
  const model = linear();
  // Partly trained, so that the posterior is wrong and the bound is not tight.
  const training = model.train(runtime, data, { steps: 300, batchSize: 100, seed: 2 });
  await training.done;
  const rows = (data.records as Float32Array).slice(0, 200 * width);
  const exact = await exactLogLikelihood(model, rows);
  const bounds: number[] = [];
  // The expectation rises with k; it is estimated by the mean of 16 draws.
  for (const k of [1, 5, 50]) {
    let sum = 0;
    for (let seed = 3; seed < 19; seed++) sum += (await training.model.logLikelihood(rows, { k, seed })).logLikelihood;
    bounds.push(sum / 16);
  }
  const last = await training.model.logLikelihood(rows, { k: 5000, seed: 4 });
  bounds.push(last.logLikelihood);
  expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
  expect(exact - bounds[0]).toBeGreaterThan(0.1);
  expect(last.standardError).toBeGreaterThan(0);
  expect(last.standardError).toBeLessThan(0.01);
  expect(Math.abs(last.logLikelihood - exact)).toBeLessThan(3 * last.standardError);
  // The mean log weight of the same draws is the bound for k = 1.
  expect(Math.abs(last.elbo - bounds[0])).toBeLessThan(0.2);
});

test("training on the importance-weighted bound gives a higher likelihood than on the ELBO if the posterior cannot be exact", async () => {
  // One latent whose sign the data do not determine: the true posterior has two modes, the encoder's has one.
  const records = Float32Array.from(normals(2000, { seed: 1, step: 0, stream: 2 }), (value) => value * value);
  const data = datasets.from({ name: "squares", records, shape: [1] });
  const reached: number[] = [];
  for (const objective of [objectives.elbo(), objectives.iwae(10)]) {
    const model = vae({
      latent: 1,
      encoder: L.sequential(L.dense(16), L.tanh(), L.dense(2)),
      decoder: L.sequential(L.dense(16), L.tanh(), L.dense(1)),
      likelihood: likelihoods.gaussian({ variance: 0.05 }),
      objective,
      optimizer: adam(0.01),
    });
    const training = model.train(runtime, data, { steps: 1500, batchSize: 200, seed: 1 });
    await training.done;
    reached.push((await training.model.logLikelihood(data, { k: 500 })).logLikelihood);
  }
  expect(reached[1]).toBeGreaterThan(reached[0]);
});

test("the same seed gives the same weights for 1, 2 and 3 lanes and after a checkpoint", async () => {
  const objective = () => objectives.elbo({ klWeight: schedules.linear(0, { to: 1, steps: 10 }), freeBits: 0.1 });
  const configs: Partial<VaeOptions>[] = [
    { objective: objective() },
    { objective: objectives.iwae(5), binarisation: binarisation.static({ seed: 3 }) },
    {
      likelihood: likelihoods.gaussian({ variance: "learned" }),
      decoder: L.dense(1568),
      binarisation: binarisation.none(),
    },
  ];
  for (const config of configs) {
    const hashes: string[] = [];
    const checkpoints: Parameters<NonNullable<Parameters<Vae["train"]>[2]["onCheckpoint"]>>[0][] = [];
    for (const threads of [1, 2, 3]) {
      const own = await createRuntime({ threads });
      const options = { steps: 12, batchSize: 20, seed: 1, checkpointEvery: 5 };
      const onCheckpoint = async (checkpoint: (typeof checkpoints)[0]) => void checkpoints.push(checkpoint);
      hashes.push((await digitModel(config).train(own, digits(), { ...options, onCheckpoint }).done).weightHash);
      await own.close();
    }
    const again = familyFrom(JSON.parse(JSON.stringify(checkpoints[0].config))) as Vae;
    hashes.push(
      (await again.train(runtime, digits(), { steps: 12, batchSize: 20, seed: 1, resume: checkpoints[0] }).done)
        .weightHash,
    );
    expect(new Set(hashes).size).toBe(1);
  }
});

test("a trained model encodes, decodes, reconstructs, samples and traverses its latents", async () => {
  const training = digitModel().train(runtime, digits(), { steps: 200, batchSize: 50, seed: 1 });
  await training.done;
  const { model } = training;
  const data = digits();
  const { mean, deviation } = await model.encode(data);
  expect([mean.shape, deviation.shape]).toEqual([
    [300, 5],
    [300, 5],
  ]);
  expect(deviation.data.every((value) => value > 0)).toBe(true);
  const decoded = await model.decode(mean);
  const reconstructed = await model.reconstruct(data);
  expect(reconstructed.shape).toEqual([300, 28, 28, 1]);
  expect(decoded.data).toEqual(reconstructed.data);
  const drawn = await model.decode(mean, { seed: 1 });
  expect(new Set(drawn.data)).toEqual(new Set([0, 1]));
  expect((await model.sample(3)).shape).toEqual([3, 28, 28, 1]);

  const [a, b] = [mean.data.slice(0, 5), mean.data.slice(5, 10)];
  for (const path of ["linear", "spherical"] as const) {
    const images = await model.interpolate(a, b, { steps: 5, path });
    expect(images.shape).toEqual([5, 28, 28, 1]);
    for (const [at, row] of [
      [0, 0],
      [4, 1],
    ]) {
      const [found, wanted] = [
        images.data.slice(at * 784, (at + 1) * 784),
        decoded.data.slice(row * 784, (row + 1) * 784),
      ];
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(wanted[i], 5);
      });
    }
  }
  const walk = await model.traverse({ dimensions: [1, 4], steps: 3, range: [-2, 2] });
  expect(walk.shape).toEqual([2, 3, 28, 28, 1]);
  const centre = await model.decode(new Float32Array(5));
  expect(walk.data.slice(784, 2 * 784)).toEqual(centre.data);

  const use = await model.latentUse(data);
  const plain = await model.logLikelihood(data, { k: 200 });
  expect(use.kl).toHaveLength(5);
  expect(use.active).toBe(use.activity.filter((value) => value > 0.01).length);
  expect(use.active).toBeGreaterThan(0);
  expect(plain.perRecord).toHaveLength(300);
  expect(plain.recordError).toBeGreaterThan(0);
});

test("free bits keep the divergence from vanishing, beta scales it, warm-up starts without it", async () => {
  const divergence = async (objective: VaeOptions["objective"]) => {
    const model = digitModel(objective ? { objective } : {});
    return (await model.train(runtime, digits(), { steps: 300, batchSize: 50, seed: 1 }).done).losses.kl;
  };
  const plain = await divergence(objectives.elbo());
  expect(await divergence(objectives.beta(8))).toBeLessThan(0.7 * plain);
  expect(await divergence(objectives.elbo({ freeBits: 2 * plain }))).toBeGreaterThan(1.5 * plain);
  expect(
    await divergence(objectives.elbo({ klWeight: schedules.linear(0, { to: 1, steps: 10_000 }) })),
  ).toBeGreaterThan(plain);
});

test("binarisation: static bits are fixed by record, dynamic ones have the grey value as their mean", async () => {
  const data = digits(40);
  const { binarised } = await import("#src/data/binarisation");
  const once = binarised(data, 7);
  expect(binarised(data, 7).records).toEqual(once.records);
  expect(binarised(data, 8).records).not.toEqual(once.records);
  expect([...new Set(once.records)].sort()).toEqual([0, 1]);
  const total = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);
  const expected = total(data.records) / 255;
  const variance = Array.from(data.records).reduce((sum, raw) => sum + (raw / 255) * (1 - raw / 255), 0);
  expect(Math.abs(total(once.records) - expected)).toBeLessThan(4 * Math.sqrt(variance));
  expect(digitModel().accept(data)).toBe(data);
  expect(digitModel({ binarisation: binarisation.static({ seed: 7 }) }).accept(data)).toMatchObject({
    records: once.records,
  });
});

test("errors for bad input use the user's terms", async () => {
  const start = (model: Vae, data = digits(), batchSize = 20) => model.train(runtime, data, { steps: 1, batchSize });
  expect(() => start(digitModel(), datasets.digits({ count: 10 }))).toThrow(
    "vae: values for the bernoulli likelihood must lie in [0, 1], found [-1, 1] in digits; use withRange(data, 0, 1)",
  );
  expect(() => digitModel({ latent: 0 })).toThrow("vae: latent must be an integer >= 1, found 0");
  expect(() => objectives.iwae(0)).toThrow("iwae: k must be an integer >= 1, found 0");
  expect(() => objectives.beta(-1)).toThrow("beta: beta must be a finite number >= 0, found -1");
  expect(() => likelihoods.gaussian({ variance: 0 })).toThrow(
    "gaussian: variance must be a finite number > 0, found 0",
  );
  expect(() => likelihoods.gaussian({ variance: "one" as never })).toThrow(
    "gaussian: variance must be a finite number",
  );

  const large = start(digitModel({ objective: objectives.iwae(100_000) }));
  await expect(large.done).rejects.toThrow(OutOfMemoryError);
  await expect(large.done).rejects.toThrow(
    "vae: 100000 samples for each of 20 records need 6.3 GB for the decoder's output alone; WebAssembly memory is limited to 4.3 GB",
  );
  // Below the limit of this check, but too much in total: the runtime's error.
  const tight = start(digitModel({ objective: objectives.iwae(67_000) }));
  await expect(tight.done).rejects.toThrow(/out of memory: the scratch memory of vae step needs/);
  expect(() => start(digitModel({ decoder: L.dense(783) }))).toThrow(
    "bernoulli likelihood: the decoder must give 1 x 784 numbers per record of [28, 28, 1], found [1, 783] for 1 records",
  );
  await expect(start(digitModel({ encoder: L.sequential(L.flatten(), L.dense(9)) })).done).rejects.toThrow(
    "vae: the encoder's output must be [20, 10] (means, then log variances of 5 latents), found [20, 9]",
  );

  const training = start(digitModel());
  await training.done;
  const { model } = training;
  const bad = new Float32Array(784);
  bad[5] = 1.5;
  await expect(model.logLikelihood(bad, { k: 5 })).rejects.toThrow(
    "logLikelihood: values for the bernoulli likelihood must lie in [0, 1], found 1.5; use withRange(data, 0, 1)",
  );
  bad[5] = Number.NaN;
  await expect(model.encode(bad)).rejects.toThrow("encode: values must be finite, found NaN in record 0 at index 5");
  await expect(model.encode(new Float32Array(783))).rejects.toThrow(
    "encode: records must have shape [28, 28, 1] (784 values each), found 783 values",
  );
  await expect(model.logLikelihood(digits(), { k: 0 })).rejects.toThrow(
    "logLikelihood: k must be an integer >= 1, found 0",
  );
  await expect(model.traverse({ dimensions: [5] })).rejects.toThrow(
    "traverse: dimension must be an integer >= 0 and < 5, found 5",
  );
  await expect(model.interpolate([1], [2])).rejects.toThrow("interpolate: a latent must have 5 finite values, found 1");
});
