/** Samplers: inputs, graph and variables as a plain value, and sampling of trained models from given latents. */
import {
  adam,
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
} from "#binding";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BatchSource, Family } from "#src/train/family";
import { samplesOf } from "#src/train/sampler";
import { Network } from "#src/layers/layer";
import { randomBernoulli, randomNormal } from "#src/ops/random";
import { sampleStreams } from "#src/numbers/streams";
import { Input } from "#src/graph/tensor";
import { savedOf } from "#src/train/checkpoint-form";
import { restoreModel } from "#src/train/restore";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1, deterministic: true });
});

afterAll(() => runtime.close());

const dense = (features: number) => L.sequential(L.dense(8), L.batchNorm(), L.relu(), L.dense(features));

const makers = {
  gan: () => gan({ latent: 3, generator: dense(2), discriminator: L.spectralNorm(L.dense(1)), ema: 0.9 }),
  "gan without averages": () =>
    gan({ latent: 3, generator: dense(2), discriminator: L.sequential(L.dense(4), L.minibatchStd(), L.dense(1)) }),
  "vae of means": () => vae({ latent: 3, encoder: dense(6), decoder: dense(2) }),
  "vae of draws": () =>
    vae({ latent: 3, encoder: dense(6), decoder: dense(2), likelihood: likelihoods.gaussian({ variance: "shared" }) }),
  rbm: () => rbm({ hidden: 3, persistent: true }),
} satisfies Record<string, () => Gan | Vae | Rbm>;

const bits = datasets.from({
  records: Uint8Array.from({ length: 80 }, (_, i) => (i * 7) % 2),
  shape: [2],
  extent: [0, 1],
  range: [0, 1],
});

/** Latents [count, latent] as `sample` draws them: 256 at a time, in the first stream of sampling. */
async function drawnLatents(count: number, latent: number, seed: number): Promise<Float32Array> {
  const out = new Float32Array(count * latent);
  const batch = Math.min(count, 256);
  const program = runtime.compile(() => ({ outputs: { z: randomNormal([batch, latent]) } }), {
    streams: sampleStreams,
  });
  for (let done = 0, step = 0; done < count; done += batch, step++) {
    const { z } = await program.run({}, { seed, step });
    out.set(z.data.subarray(0, Math.min(batch, count - done) * latent), done * latent);
  }
  return out;
}

describe.each(Object.entries(makers))("%s", (_name, make) => {
  test("all its variables exist before a step is built", () => {
    const [early, late]: Family[] = [make(), make()];
    early.init([2]);
    const batches: BatchSource = { size: 4, shape: [2], next: () => ({ values: new Input("x", [4, 2]) }) };
    late.step(batches);
    late.sampler([2]);
    const listed = ({ variables }: Family) => variables.map(({ name, shape }) => `${name} [${shape}]`).sort();
    // The states of persistent chains belong to a batch, not to the model.
    expect(listed(early)).toEqual(listed(late).filter((one) => !one.startsWith("rbm/chains")));
    const before = [...early.variables];
    early.step(batches);
    expect(early.variables.slice(0, before.length)).toEqual(before);
  });

  test("its sampler lists exactly the variables that its graph reads", () => {
    const family: Family = make();
    const sampler = family.sampler([2]);
    const { variables } = runtime.compile(() => ({ outputs: { y: samplesOf(sampler, 5) } })).compiled();
    const names = (list: Iterable<{ name: string }>) => [...list].map((one) => one.name).sort();
    expect(names(variables)).toEqual(names(sampler.variables));
    expect(samplesOf(sampler, 5).shape).toEqual([5, 2]);
  });

  test("a loaded model samples the same bits", async () => {
    const training = make().train(runtime, bits, { steps: 3, batchSize: 8, seed: 2 });
    await training.done;
    const wanted = await training.model.sample(6, { seed: 1 });
    const again = await restoreModel(make() as Family, runtime, savedOf(await training.checkpoint()));
    expect([...(await again.sample(6, { seed: 1 })).data]).toEqual([...wanted.data]);
  });
});

describe("given latents", () => {
  const untrained = true;

  test.each(["gan", "gan without averages", "vae of means", "vae of draws"] as const)(
    "%s: drawn ones give what sample gives, beyond one call of the program too",
    async (name) => {
      const training = makers[name]().train(runtime, bits, { steps: 2, batchSize: 8 });
      await training.done;
      for (const count of [1, 256, 300]) {
        const wanted = await training.model.sample(count, { seed: 9 });
        const latents = await drawnLatents(count, 3, 9);
        const found = await training.model.generate(latents, { seed: 9 });
        expect(found.shape).toEqual([count, 2]);
        expect([...found.data]).toEqual([...wanted.data]);
        latents[0] += 1;
        expect([...(await training.model.generate(latents, { seed: 9 })).data]).not.toEqual([...wanted.data]);
      }
    },
  );

  test("a VAE draws from its likelihood or gives its means, by the option", async () => {
    const model = makers["vae of draws"]().trained(runtime, [2]);
    const latents = [0, 0, 0, 1, 2, 3];
    const [means, one, two] = [
      await model.generate(latents, { means: true, untrained }),
      await model.generate(latents, { seed: 1, untrained }),
      await model.generate(latents, { seed: 2, untrained }),
    ].map(({ data }) => [...data]);
    expect(means).toEqual([...(await model.decode(latents, { untrained })).data]);
    expect(one).not.toEqual(means);
    expect(two).not.toEqual(one);
  });

  test("of an RBM are the first states of its chains", async () => {
    const model = rbm({ hidden: 3 }).trained(runtime, [2]);
    const options = { seed: 4, burnIn: 3, untrained };
    const drawn = runtime.compile(() => ({ outputs: { v: randomBernoulli(0.5, [4, 2]) } }), { streams: sampleStreams });
    const { v } = await drawn.run({}, { seed: 4 });
    const wanted = await model.sample(4, options);
    expect([...(await model.generate(v, options)).data]).toEqual([...wanted.data]);
    await expect(model.generate([0, 2])).rejects.toThrow("generate: values for the units must lie in [0, 1], found 2");
  });

  test("interpolate gives points from one to the other", async () => {
    const model = makers.gan().trained(runtime, [2]);
    const [from, to] = [
      [1, 0, 0],
      [0, 2, 0],
    ];
    const line = await model.interpolate(from, to, { steps: 3, untrained });
    expect(line.shape).toEqual([3, 2]);
    expect([...line.data]).toEqual([...(await model.generate([1, 0, 0, 0.5, 1, 0, 0, 2, 0], { untrained })).data]);
    const arc = await model.interpolate(from, to, { steps: 3, path: "spherical", untrained });
    const half = Math.SQRT1_2;
    const [, , x, y] = (await model.generate([...from, half, 2 * half, 0], { untrained })).data;
    expect(arc.data[2]).toBeCloseTo(x, 5);
    expect(arc.data[3]).toBeCloseTo(y, 5);
    const states = await rbm({ hidden: 3 }).trained(runtime, [2]).interpolate([0, 0], [1, 1], { untrained });
    expect(states.shape).toEqual([8, 2]);
  });

  test("errors name arguments that do not fit", async () => {
    const model = makers.gan().trained(runtime, [2]);
    await expect(model.generate([1, 2])).rejects.toThrow("generate: a latent must have 3 finite values, found 2");
    await expect(model.generate(undefined as never)).rejects.toThrow(
      "generate: a latent must be an array of numbers, found undefined",
    );
    await expect(model.generate([])).rejects.toThrow("generate: a latent must have 3 finite values, found 0");
    await expect(model.generate([1, Number.NaN, 3])).rejects.toThrow(
      "generate: a latent must have 3 finite values, found NaN",
    );
    await expect(model.generate([1, 2, 3], { seed: -1 })).rejects.toThrow(RangeError);
    await expect(model.interpolate([1, 2, 3, 4, 5, 6], [1, 2, 3])).rejects.toThrow(
      "interpolate: a latent must have 3 finite values, found 6",
    );
    await expect(model.interpolate([1, 2, 3], [1, 2, 3], { steps: 1 })).rejects.toThrow(
      "steps must be an integer >= 2",
    );
  });
});

test("a network's init returns the output shape, and throws like its layers", () => {
  const network = new Network("net", L.sequential(L.conv2d(4, 3, { stride: 2 }), L.flatten(), dense(5)));
  expect(network.init([8, 8, 1])).toEqual([5]);
  expect(network.variables.map(({ name }) => name)).toContain("net/2/1/mean");
  expect(network.parameters.some(({ name }) => name.endsWith("mean"))).toBe(false);
  expect(() => network.init([9, 8, 1])).toThrow("the variable must have the shape that it was created with");
  expect(() => new Network("net", L.conv2d(4, 3)).init([8])).toThrow(RangeError);
});

test("the names of an optimizer's variables are those of older checkpoints", async () => {
  const model = gan({
    latent: 1,
    generator: L.dense(2),
    discriminator: L.dense(1),
    ema: 0.5,
    optimizers: { generator: adam(1e-3), discriminator: adam(1e-3) },
  });
  const training = model.train(runtime, bits, { steps: 1, batchSize: 2 });
  await training.done;
  const moments = ["generator", "discriminator"].flatMap((player) => [
    `optimizer/${player}/step`,
    ...["weight", "bias"].flatMap((one) => ["m", "v"].map((part) => `optimizer/${player}/${player}/${one}/${part}`)),
  ]);
  const own = ["generator", "discriminator", "ema/generator"].flatMap((net) => [`${net}/weight`, `${net}/bias`]);
  expect([...(await training.checkpoint()).tensors.keys()].sort()).toEqual(
    [...moments, ...own, "optimizer/ema/step"].sort(),
  );
});
