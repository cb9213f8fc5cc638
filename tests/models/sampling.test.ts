/**
 * `sample` in every family: a sample has the same bits however it is asked for, the temperature, requests at once, models that
 * were not trained.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createRuntime,
  datasets,
  dcgan,
  gan,
  type Gan,
  layers as L,
  less,
  likelihoods,
  rbm,
  type Rbm,
  type Runtime,
  vae,
  type Vae,
} from "#binding";
import { normals } from "#src/numbers/philox";
import { sampleStreams } from "#src/numbers/streams";
import type { Layer } from "#src/layers/layer";
import { type Shape, sizeOf } from "#src/graph/shape";
import { firstInput } from "#src/train/sampler";
import type { SampleOptions, TrainedModel } from "#src/train/trained";
import { freeEnergyOf, stateOf } from "./machine-reference.js";

type Family = Gan | Vae | Rbm;
type Sampling = SampleOptions & { readonly burnIn?: number };

const step: Layer = { config: { kind: "step" }, apply: (x) => less(0.3, x) };

const critic = () => L.sequential(L.flatten(), L.dense(1));

/** Families, their records' shape, and options that every call gets. */
const families: Readonly<Record<string, readonly [make: () => Family, shape: Shape, options?: Sampling]>> = {
  dense: [
    () =>
      gan({
        latent: 16,
        generator: L.sequential(L.dense(70), L.relu(), L.dense(33), L.tanh()),
        discriminator: critic(),
      }),
    [33],
  ],
  // A transposed convolution that takes Winograd's form for many images only.
  convolutional: [() => gan({ ...dcgan({ size: 32, features: 16 }) }), [32, 32, 1]],
  residual: [
    () =>
      gan({
        latent: 8,
        generator: L.sequential(
          L.dense(1024),
          L.reshape(8, 8, 16),
          L.residual(L.conv2d(16, 3, { padding: "same" })),
          L.groupNorm(4),
          L.conv2d(1, 1),
        ),
        discriminator: critic(),
      }),
    [8, 8, 1],
  ],
  // Products of 0 and 1 go by tables if all rows are such, which no sample may depend on.
  "of 0 and 1": [
    () =>
      gan({
        latent: 3,
        generator: L.sequential(L.dense(40), step, L.dense(33)),
        discriminator: critic(),
      }),
    [33],
  ],
  "vae of means": [
    () =>
      vae({
        latent: 5,
        encoder: L.sequential(L.flatten(), L.dense(10)),
        decoder: L.sequential(L.dense(40), L.relu(), L.dense(64)),
      }),
    [8, 8, 1],
  ],
  "vae of draws": [
    () =>
      vae({
        latent: 3,
        encoder: L.dense(6),
        decoder: L.dense(7),
        likelihood: likelihoods.gaussian({ variance: "shared" }),
      }),
    [7],
  ],
  // Products of many rows of 0 and 1 go by tables, of few they do not.
  rbm: [() => rbm({ hidden: 24 }), [4, 8, 1], { burnIn: 7 }],
};

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

/** Bits as integers, so that 0 and -0 differ. */
const bits = (values: Float32Array) => [...new Int32Array(values.slice().buffer)];

/** A model with weights like those after a training. */
async function modelOf(
  name: string,
  on = runtime,
  seed = 1,
): Promise<(count: number, options?: Sampling) => Promise<number[]>> {
  const [make, shape, own] = families[name];
  const family = make();
  family.init(shape);
  await on.initialize(family.variables, { seed });
  const model: TrainedModel = family.trained(on, shape);
  return async (count, options = {}) => bits((await model.sample(count, { untrained: true, ...own, ...options })).data);
}

describe.each(Object.keys(families))("%s", (name) => {
  test("sample i of a seed is the same bits however it is asked for, on any number of lanes", async () => {
    const whole = await (await modelOf(name))(600, { seed: 5 });
    const size = whole.length / 600;
    const alone = await createRuntime({ threads: 1 });
    const asked = [
      [1, 0],
      [3, 0],
      [64, 0],
      [256, 0],
      [1, 1],
      [1, 255],
      [3, 255],
      [9, 250],
      [64, 100],
      [256, 300],
      [1, 599],
    ];
    for (const on of [runtime, alone]) {
      const sample = await modelOf(name, on);
      for (const [count, first] of asked)
        expect(await sample(count, { seed: 5, first }), `${count} from ${first}`).toEqual(
          whole.slice(first * size, (first + count) * size),
        );
    }
    await alone.close();
  });

  test("samples far down the stream are like the others", async () => {
    const sample = await modelOf(name);
    const some = await sample(20, { first: 999_990 });
    const size = some.length / 20;
    expect(await sample(1, { first: 999_999 })).toEqual(some.slice(9 * size, 10 * size));
    expect(some.slice(0, size)).not.toEqual(some.slice(size, 2 * size));
    expect(await sample(1, { first: 2 ** 53 - 2 })).toHaveLength(size);
  });

  test("a temperature of 1 is none, others change the samples", async () => {
    const sample = await modelOf(name);
    const plain = await sample(6);
    expect(await sample(6, { temperature: 1 })).toEqual(plain);
    const half = await sample(6, { temperature: 0.5 });
    expect(half).not.toEqual(plain);
    expect(await sample(2, { temperature: 0.5, first: 4 })).toEqual(half.slice((4 * half.length) / 6));
    expect(await sample(6, { temperature: 0.25 })).not.toEqual(half);
  });
});

describe("the temperature", () => {
  const latents = normals(4 * 2, { seed: 3, step: 0, stream: sampleStreams });
  const identity = [1, 0, 0, 1];
  test.each([
    ["gan", () => gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) })],
    ["vae", () => vae({ latent: 2, encoder: L.dense(4), decoder: L.dense(2), likelihood: likelihoods.gaussian() })],
  ] as const)("of a %s is the standard deviation of its latents", async (_, make) => {
    const family: Gan | Vae = make();
    const model: TrainedModel = family.trained(runtime, [2]);
    const [weight, bias] = family.sampler([2]).variables;
    await runtime.write(weight, identity);
    await runtime.write(bias, [0, 0]);
    const options = { seed: 3, temperature: 0.3, ...(family.kind === "vae" && { means: true }) };
    const { data } = await model.sample(4, options);
    data.forEach((value, i) => {
      expect(value).toBeCloseTo(0.3 * latents[i], 5);
    });
  });

  // Chi-squared of the states of p(v, h)^(1 / T): the distribution of a machine whose parameters are divided by T.
  test.each([undefined, 500])("of an RBM divides its parameters (chains: %s)", async (chains) => {
    const [visible, hidden, count, temperature] = [4, 3, 20_000, 2];
    const draw = (size: number, stream: number) =>
      normals(size, { seed: 1, step: 0, stream }).map((x) => Math.fround(1.2 * x));
    const values = { weights: draw(visible * hidden, 1), visibleBias: draw(visible, 2), hiddenBias: draw(hidden, 3) };
    const family = rbm({ hidden, centring: false });
    const model = family.trained(runtime, [visible]);
    for (const one of family.variables) {
      const found = values[one.name.replace("rbm/", "") as keyof typeof values];
      if (found) await runtime.write(one, found);
    }
    const chained = chains === undefined ? {} : { chains, thinning: 20 };
    const { data } = await model.sample(count, { burnIn: 60, temperature, seed: 4, ...chained });
    const observed = new Float64Array(2 ** visible);
    for (let row = 0; row < count; row++)
      observed[data.subarray(row * visible, (row + 1) * visible).reduce((state, bit, i) => state + bit * 2 ** i, 0)]++;
    const chiSquared = (t: number) => {
      const cooled = Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.map((x) => x / t)]));
      const shares = Array.from(observed, (_, s) =>
        Math.exp(-freeEnergyOf(cooled as typeof values, stateOf(s, visible))),
      );
      const total = shares.reduce((sum, share) => sum + share, 0);
      return observed.reduce((sum, seen, s) => {
        const expected = (count * shares[s]) / total;
        return sum + (seen - expected) ** 2 / expected;
      }, 0);
    };
    // The 0.999 quantile for 15 degrees of freedom.
    expect(chiSquared(temperature)).toBeLessThan(37.7);
    expect(chiSquared(1.8)).toBeGreaterThan(37.7);
  });
});

describe("requests at once", () => {
  /** 50 requests of different seeds, firsts, counts and temperatures. */
  const requests = Array.from({ length: 50 }, (_, i) => ({
    count: 1 + ((i * 7) % 23),
    options: { seed: i % 4, first: (i * 37) % 300, temperature: i % 5 === 0 ? 0.7 : 1 },
  }));

  test.each([["dense"], ["rbm"], ["dense", "vae of draws"]])(
    "of %s %s are answered as one after the other",
    async (...names) => {
      const models = await Promise.all(names.map((name) => modelOf(name)));
      const ask = ({ count, options }: (typeof requests)[number], i: number) =>
        models[i % models.length](count, options);
      const wanted: number[][] = [];
      for (const [i, request] of requests.entries()) wanted.push(await ask(request, i));
      expect(new Set(wanted.map(String)).size).toBeGreaterThan(40);
      expect(await Promise.all(requests.map(ask))).toEqual(wanted);
    },
  );

  test("are answered while another model is trained", async () => {
    const sample = await modelOf("dense");
    const wanted: number[][] = [];
    for (const { count, options } of requests) wanted.push(await sample(count, options));
    const model = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
    const ring = datasets.ring({ count: 100 });
    const training = model.train(runtime, ring, { steps: 400, reportEvery: 5 });
    const quiet = await createRuntime({ threads: 1 });
    const alone = model.train(quiet, ring, { steps: 400 });
    const [found, { weightHash }] = await Promise.all([
      Promise.all(requests.map(({ count, options }) => sample(count, options))),
      training.done,
    ]);
    expect(found).toEqual(wanted);
    expect(weightHash).toBe((await alone.done).weightHash);
    await quiet.close();
  });

  test("of the model that is trained see the weights of one step each", async () => {
    const ring = datasets.ring({ count: 100 });
    const model = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
    const training = model.train(runtime, ring, { steps: 200, reportEvery: 1 });
    let most = 0;
    for await (const { step } of training) {
      if (step % 20 !== 0) continue;
      // Samples of one step: those of the same numbers are equal.
      const asked = Array.from({ length: 5 }, (_, i) => training.model.sample(40, { first: i * 4 }));
      const [first, ...others] = (await Promise.all(asked)).map(({ data }) => data);
      others.forEach((data, i) => {
        expect(bits(data.subarray(0, 8))).toEqual(bits(first.subarray((i + 1) * 8, (i + 2) * 8)));
      });
      most = Math.max(most, step);
    }
    expect(most).toBe(200);
  });
});

describe("a model that was not trained", () => {
  const ring = datasets.ring({ count: 100 });
  const tiny = (ema = 0) =>
    gan({ latent: 2, generator: L.sequential(L.dense(4), L.batchNorm(), L.dense(2)), discriminator: L.dense(1), ema });
  const untrained = { name: "UsageError", code: "ERR_UNTRAINED" };

  test.each(Object.keys(families))("is not sampled: %s", async (name) => {
    const [make, shape] = families[name];
    const model: TrainedModel = make().trained(runtime, shape);
    await expect(model.sample(1)).rejects.toMatchObject(untrained);
    await expect(model.sample(1)).rejects.toThrow(/was not trained: [\w/]+ has its initial random values/);
    await expect(model.sample(1, { untrained: "yes" as never })).rejects.toThrow(
      'sample: untrained must be true or false, found "yes"',
    );
  });

  /** Uses of a model, by the name of the method. */
  // biome-ignore lint/suspicious/noExplicitAny: which methods a model has is what is asked
  const uses: Readonly<Record<string, (model: any, own: object) => Promise<unknown> | undefined>> = {
    generate: (model, own) => model.generate(new Float32Array(latentSize(model)), own),
    interpolate: (model, own) =>
      model.interpolate(new Float32Array(latentSize(model)), new Float32Array(latentSize(model)).fill(1), own),
    score: (model, own) => model.score(recordOf(model), own),
    encode: (model, own) => model.encode?.(recordOf(model), own),
    decode: (model, own) => model.decode?.(new Float32Array(latentSize(model)), own),
    reconstruct: (model, own) => model.reconstruct?.(recordOf(model), own),
    traverse: (model, own) => model.traverse?.(own),
    inpaint: (model, own) => model.inpaint?.(recordOf(model), recordOf(model), own),
    transform: (model, own) => model.transform?.(recordOf(model), own),
  };
  const recordOf = ({ shape }: TrainedModel) => new Float32Array(sizeOf(shape)).fill(0.5);
  const latentSize = ({ family, shape }: TrainedModel) => sizeOf(firstInput(family.sampler(shape)).shape);

  test.each(Object.keys(families))("does nothing else either: %s", async (name) => {
    const [make, shape] = families[name];
    const model: TrainedModel = make().trained(runtime, shape);
    const own = Object.entries(uses).filter(([use]) => use in model);
    expect(own.length).toBeGreaterThanOrEqual(3);
    for (const [use, call] of own) {
      await expect(call(model, {}), use).rejects.toMatchObject(untrained);
      await expect(call(model, {}), use).rejects.toThrow(new RegExp(`^${use}: this .* was not trained: `));
      await expect(call(model, { untrained: 1 }), use).rejects.toThrow(
        `${use}: untrained must be true or false, found 1`,
      );
      await expect(call(model, { untrained: true }), use).resolves.toBeDefined();
      // Refused again: what it was used for has not trained it.
      await expect(call(model, {}), use).rejects.toMatchObject(untrained);
    }
    await expect(model.export("wasm")).rejects.toMatchObject({
      ...untrained,
      hint: expect.not.stringMatching(/untrained/),
    });
  });

  test("is one until a step has run, and again after initialize", async () => {
    const model = tiny();
    const training = model.train(runtime, ring, { steps: 2 });
    await expect(training.model.sample(1)).rejects.toMatchObject(untrained);
    await training.done;
    expect((await training.model.sample(1)).shape).toEqual([1, 2]);
    await runtime.initialize(model.sampler([2]).variables);
    await expect(training.model.sample(1)).rejects.toMatchObject(untrained);
    expect((await training.model.sample(1, { untrained: true })).shape).toEqual([1, 2]);
  });

  test("is none if its values were written, all that begin with random numbers", async () => {
    const model = tiny(0.9);
    const trained = model.trained(runtime, [2]);
    const { variables } = model.sampler([2]);
    const random = variables.filter(({ name }) => name.endsWith("weight"));
    expect(random).toHaveLength(2);
    for (const one of random) {
      await expect(trained.sample(1)).rejects.toMatchObject(untrained);
      await runtime.write(one, new Float32Array(one.size));
    }
    expect([...(await trained.sample(1)).data]).toEqual([0, 0]);
  });

  test("is none after its values were updated by a program, or restored from a checkpoint of step 0", async () => {
    const model = tiny();
    const trained = model.trained(runtime, [2]);
    const updates = new Map(model.sampler([2]).variables.map((one) => [one, one] as const));
    await runtime.compile(() => ({ updates })).run();
    expect((await trained.sample(1)).shape).toEqual([1, 2]);
  });

  test("is one in another runtime", async () => {
    const model = tiny();
    await model.train(runtime, ring, { steps: 1 }).done;
    const other = await createRuntime({ threads: 1 });
    await expect(model.trained(other, [2]).sample(1)).rejects.toMatchObject(untrained);
    await other.close();
  });
});

test("arguments that do not fit are named", async () => {
  const points = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) }).trained(runtime, [2]);
  const machine = rbm({ hidden: 3 }).trained(runtime, [4]);
  for (const model of [points, machine]) {
    await expect(model.sample(1, { first: -1 })).rejects.toThrow("sample: first must be an integer >= 0 and < ");
    await expect(model.sample(2, { first: 2 ** 53 - 1 })).rejects.toThrow(
      "sample: first must be an integer <= 9007199254740990",
    );
    await expect(model.sample(1, { temperature: 0 })).rejects.toThrow(
      "sample: temperature must be a finite number > 0, found 0",
    );
    await expect(model.sample(1, { labels: [3] })).rejects.toThrow("sample: this model was not trained with labels");
  }
  for (const correlated of [{ chains: 2 }, { thinning: 5 }, { start: new Float32Array(16) }])
    await expect(machine.sample(4, { first: 3, ...correlated })).rejects.toThrow(
      "sample: first must be 0 for chains that give several samples each, found 3",
    );
});
