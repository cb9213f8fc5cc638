/** Scores of records, codes and decoders as plain values and as methods: known answers, the f64 reference, one row alone. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  binarisation,
  createRuntime,
  datasets,
  gan,
  type Gan,
  layers as L,
  likelihoods,
  rbm,
  type Rbm,
  type Runtime,
  vae,
  type Vae,
  withRange,
} from "#binding";
import { evaluate } from "#src/graph/reference";
import { Input, type Tensor } from "#src/graph/tensor";
import { evaluationStreams } from "#src/numbers/streams";
import { normals } from "#src/numbers/philox";
import type { RowFunction } from "#src/train/sampler";
import type { TrainedModel } from "#src/train/trained";
import { marginalLogLikelihood } from "./linear-gaussian.js";
import { freeEnergyOf } from "./machine-reference.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

const width = 4;
const makers = {
  gan: () =>
    gan({ latent: 2, generator: L.dense(width), discriminator: L.sequential(L.dense(9), L.leakyRelu(), L.dense(1)) }),
  vae: () =>
    vae({
      latent: 2,
      encoder: L.sequential(L.dense(8), L.tanh(), L.dense(4)),
      decoder: L.sequential(L.dense(8), L.tanh(), L.dense(width)),
      likelihood: likelihoods.gaussian({ variance: 0.5 }),
    }),
  rbm: () => rbm({ hidden: 3 }),
} satisfies Record<string, () => Gan | Vae | Rbm>;

/** Records of any values in [0, 1]. */
const records = normals(21 * width, { seed: 2, step: 0, stream: 7 }).map((x) => Math.fround(1 / (1 + Math.exp(-x))));

/** Gives all variables larger random values, so that results differ. */
async function filled(family: Gan | Vae | Rbm): Promise<void> {
  family.init([width]);
  for (const [i, one] of family.variables.entries())
    await runtime.write(
      one,
      normals(one.size, { seed: 1, step: i, stream: 1 }).map((x) => 0.7 * x),
    );
}

/** Results of a function of rows by the f64 reference. */
async function inDouble({ inputs, graph, variables }: RowFunction, rows: ArrayLike<number>): Promise<Float64Array> {
  const [[name, { shape }]] = Object.entries(inputs);
  const input = new Input(name, [rows.length / shape.reduce((size, length) => size * length, 1), ...shape]);
  const feeds = new Map<Tensor, ArrayLike<number>>([[input, rows]]);
  for (const one of variables) feeds.set(one, (await runtime.read(one)).data);
  return evaluate([graph({ [name]: input })], { feeds, seed: 6, streams: evaluationStreams })[0];
}

describe.each(Object.entries(makers))("%s", (name, make) => {
  test("scores are those of the f64 reference", async () => {
    const family = make();
    await filled(family);
    const model: TrainedModel = family.trained(runtime, [width]);
    const { data, shape } = await model.score(records, name === "gan" ? {} : ({ seed: 6 } as object));
    expect(shape).toEqual([21]);
    (await inDouble(family.scorer([width]), records)).forEach((wanted, i) => {
      expect(Math.abs(data[i] - wanted)).toBeLessThan(2e-5 * Math.max(1, Math.abs(wanted)));
    });
    expect(new Set(data).size).toBe(21);
  });

  test("a record's score has the same bits alone and among others", async () => {
    const family = make();
    await filled(family);
    const model: TrainedModel = family.trained(runtime, [width]);
    const { data } = await model.score(records);
    for (const i of [0, 7, 8, 20]) {
      const alone = await model.score(records.slice(i * width, (i + 1) * width));
      expect(alone.data[0]).toBe(data[i]);
    }
  });

  test("functions of rows list exactly the variables that they read", async () => {
    const family: Gan | Vae | Rbm = make();
    family.init([width]);
    const functions = {
      score: family.scorer([width]),
      decode: family.decoder([width]),
      encode: "encoder" in family && family.encoder([width]),
    };
    for (const [what, one] of Object.entries(functions)) {
      if (!one) continue;
      const read = runtime.compile(({ input }) => {
        const [[of, { shape }]] = Object.entries(one.inputs);
        return { outputs: { y: one.graph({ [of]: input(of, [3, ...shape]) }) } };
      });
      const names = (list: Iterable<{ name: string }>) => [...list].map((variable) => variable.name);
      const listed = names(one.variables);
      for (const found of names(read.compiled().variables)) expect(listed, `${name} ${what}`).toContain(found);
      read.release();
    }
  });
});

test("of a GAN is minus the discriminator's logit", async () => {
  const model = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
  const trained = model.trained(runtime, [2]);
  const [weight, bias] = model.scorer([2]).variables;
  await runtime.write(weight, [2, -1]);
  await runtime.write(bias, [0.5]);
  expect([...(await trained.score([1, 0, 0, 3])).data]).toEqual([-2.5, 2.5]);
});

test("of a GAN whose discriminator compares records has one record at a time", async () => {
  const discriminator = L.sequential(L.dense(4), L.minibatchStd(), L.dense(1));
  const model = gan({ latent: 2, generator: L.dense(2), discriminator }).trained(runtime, [2]);
  const { data } = await model.score([1, 0, 0, 3, 5, 5], { untrained: true });
  expect([...(await model.score([5, 5], { untrained: true })).data]).toEqual([data[2]]);
});

describe("of a VAE", () => {
  const latent = 2;
  const weight = [1, -0.5, 0.3, 0.8, 0.4, 1, -0.6, 0.2];
  const bias = [0.1, -0.2, 0.3, 0.4];
  const rows = normals(5 * width, { seed: 8, step: 0, stream: 3 });

  /** A linear model, its encoder less certain than the true posterior. */
  async function linear() {
    const model = vae({
      latent,
      encoder: L.dense(2 * latent),
      decoder: L.dense(width),
      likelihood: likelihoods.gaussian({ variance: 0.5 }),
    });
    model.init([width]);
    const values: Record<string, ArrayLike<number>> = { "decoder/weight": weight, "decoder/bias": bias };
    for (const one of model.variables) await runtime.write(one, values[one.name] ?? new Float32Array(one.size));
    return model.trained(runtime, [width]);
  }

  test("is the negative log-likelihood, the nearer the more latents, and above it by the elbo", async () => {
    const model = await linear();
    const exact = Array.from(
      { length: 5 },
      (_, i) => -marginalLogLikelihood(rows.slice(i * width, (i + 1) * width), { weight, bias, variance: 0.5 }),
    );
    const close = await model.score(rows, { k: 100_000, seed: 1 });
    exact.forEach((wanted, i) => {
      expect(Math.abs(close.data[i] - wanted)).toBeLessThan(0.03);
    });
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / 5;
    const elbo = await model.score(rows, { estimate: "elbo", k: 10_000 });
    expect(mean(elbo.data)).toBeGreaterThan(mean(exact) + 0.3);
    const { logLikelihood, elbo: bound } = await model.logLikelihood(rows, { k: 20_000 });
    expect(Math.abs(mean(close.data) + logLikelihood)).toBeLessThan(0.03);
    expect(Math.abs(mean(elbo.data) + bound)).toBeLessThan(0.1);
  });

  // Of one loop, of several, and with a rest.
  test.each([1, 64, 65, 128, 200])("with %i latents is what these latents give", async (k) => {
    const model = await linear();
    const parts =
      k <= 64 ? [k] : [64, ...(k >= 128 ? [Math.floor(k / 64) * 64 - 64] : []), ...(k % 64 ? [k % 64] : [])];
    const noise = parts.flatMap((count, i) => [
      ...normals(count * latent, { seed: 3, step: 0, stream: evaluationStreams + i }),
    ]);
    for (const estimate of ["importance", "elbo"] as const) {
      const { data } = await model.score(rows, { estimate, k, seed: 3 });
      data.forEach((found, row) => {
        // The encoder is standard normal, so the ratio of prior and posterior is 1.
        const logs = Array.from({ length: k }, (_, s) =>
          bias.reduce((sum, b, i) => {
            const mean = b + noise[s * latent] * weight[i] + noise[s * latent + 1] * weight[width + i];
            return sum - ((rows[row * width + i] - mean) ** 2 / 0.5 + Math.log(2 * Math.PI * 0.5)) / 2;
          }, 0),
        );
        const top = Math.max(...logs);
        const average = (list: number[]) => list.reduce((sum, x) => sum + x, 0) / k;
        const wanted =
          estimate === "elbo" ? -average(logs) : -top - Math.log(average(logs.map((x) => Math.exp(x - top))));
        expect(Math.abs(found - wanted)).toBeLessThan(1e-4 * Math.max(1, Math.abs(wanted)));
      });
    }
  });

  test("names options that do not fit, and values outside of the likelihood's range", async () => {
    const model = await linear();
    await expect(model.score(rows, { k: 0 })).rejects.toThrow("score: k must be an integer >= 1");
    await expect(model.score(rows, { estimate: "exact" as never })).rejects.toThrow(
      'score: estimate must be "elbo" or "importance", found "exact"',
    );
    const bits = vae({ latent: 1, encoder: L.dense(2), decoder: L.dense(2) }).trained(runtime, [2]);
    await expect(bits.score(undefined as never)).rejects.toThrow(
      "score: records must be an array of numbers, found undefined",
    );
    await expect(bits.score([0, 1.5])).rejects.toThrow(
      "values for the bernoulli likelihood must lie in [0, 1], found 1.5",
    );
  });

  test("judges bits of grey values, drawn with the seed", async () => {
    const model = vae({
      latent: 2,
      encoder: L.sequential(L.flatten(), L.dense(4)),
      decoder: L.dense(784),
      binarisation: binarisation.dynamic(),
    });
    const digits = withRange(datasets.digits({ count: 3 }), 0, 1);
    const trained = model.trained(runtime, [28, 28, 1]);
    const { data } = await trained.score(digits, { k: 5, seed: 4, untrained: true });
    const drawn = await trained.score(binarisation.binarised(digits, 4), { k: 5, seed: 4, untrained: true });
    expect([...data]).toEqual([...drawn.data]);
    expect([...(await trained.score(digits, { k: 5, seed: 5, untrained: true })).data]).not.toEqual([...data]);
  });
});

test("of an RBM is the free energy", async () => {
  const family = rbm({ hidden: 3, centring: false });
  await filled(family);
  const model = family.trained(runtime, [width]);
  const { data } = await model.score(records);
  const plain = await model.parameters();
  data.forEach((found, i) => {
    expect(found).toBeCloseTo(freeEnergyOf(plain, records.slice(i * width, (i + 1) * width)), 4);
  });
  const others = await model.freeEnergy(records);
  others.forEach((energy, i) => {
    expect(data[i]).toBeCloseTo(energy, 5);
  });
});

test("the encoder and the decoder as plain values are the methods", async () => {
  const family = makers.vae();
  await filled(family);
  const model = family.trained(runtime, [width]);
  const codes = await model.encode(records);
  (await inDouble(family.encoder([width]), records)).forEach((x, i) => {
    expect(codes.mean.data[i]).toBeCloseTo(x, 4);
  });
  const decoded = await model.decode(codes.mean);
  (await inDouble(family.decoder([width]), codes.mean.data)).forEach((x, i) => {
    expect(decoded.data[i]).toBeCloseTo(x, 4);
  });

  const machine = makers.rbm();
  await filled(machine);
  const trained = machine.trained(runtime, [width]);
  const features = await trained.transform(records);
  (await inDouble(machine.encoder([width]), records)).forEach((x, i) => {
    expect(features.data[i]).toBeCloseTo(x, 4);
  });
  const again = await trained.reconstruct(records);
  (await inDouble(machine.decoder([width]), features.data)).forEach((x, i) => {
    expect(again.data[i]).toBeCloseTo(x, 4);
  });
});
