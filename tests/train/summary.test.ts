/** Summaries: layers, shapes, parameters, bytes and operations of models whose numbers are known. */
import { createRuntime, dcgan, gan, layers as L, likelihoods, rbm, type Runtime, vae } from "#binding";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Layer } from "#src/layers/layer";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const row = ({
  name,
  kind,
  shape,
  parameters,
}: {
  name: string;
  kind: string;
  shape: readonly number[];
  parameters: number;
}) => `${name} ${kind} [${shape}] ${parameters}`;

test("of a GAN lists both networks; operations are those of the generator", () => {
  const model = gan({
    latent: 3,
    generator: L.sequential(L.dense(8), L.batchNorm(), L.relu(), L.dense(2)),
    discriminator: L.spectralNorm(L.dense(1)),
    ema: 0.9,
  });
  const { layers, parameters, bytes, flop } = model.trained(runtime, [2]).summary();
  expect(layers.slice(0, 4).map(row)).toEqual([
    "generator/0 dense [8] 32",
    // Scale and shift, running mean and variance.
    "generator/1 batchNorm [8] 32",
    "generator/2 relu [8] 0",
    "generator/3 dense [2] 18",
  ]);
  expect(layers.slice(4).map(({ name }) => name.split("/")[0])).toEqual(["discriminator"]);
  expect(parameters).toBe(layers.reduce((sum, one) => sum + one.parameters, 0));
  expect(bytes).toBe(4 * parameters);
  // The products alone take 2 (3 x 8 + 8 x 2) operations.
  expect(flop).toBeGreaterThanOrEqual(80);
  expect(flop).toBeLessThan(400);
});

test("of convolutions has their shapes; operations count the products of one image", () => {
  const model = gan({ ...dcgan({ size: 16, features: 8 }) });
  const { layers, flop, ...summary } = model.trained(runtime, [16, 16, 1]).summary();
  expect(layers.filter(({ kind }) => kind === "convTranspose2d").map(({ shape }) => shape)).toEqual([
    [4, 4, 16],
    [8, 8, 8],
    [16, 16, 1],
  ]);
  const products = 100 * 16 * 16 + 64 * 4 * 16 * 8 + 256 * 4 * 8;
  expect(flop).toBeGreaterThan(2 * products);
  expect(flop).toBeLessThan(2.5 * products);
  const lines = String({ layers, flop, ...summary }.toString()).split("\n");
  expect(lines).toHaveLength(layers.length + 2);
  expect(lines[0]).toMatch(/^layer +kind +shape +parameters$/);
  expect(lines.at(-1)).toMatch(/^[\d,]+ parameters, [\d.]+ kB; [\d.]+ kFLOP for a sample$/);
});

test("of a VAE lists the encoder, the decoder and the likelihood's own variables", () => {
  const model = vae({
    latent: 2,
    encoder: L.sequential(L.flatten(), L.dense(4)),
    decoder: L.sequential(L.residual(L.dense(2)), L.dense(6)),
    likelihood: likelihoods.gaussian({ variance: "shared" }),
  });
  expect(model.trained(runtime, [3, 2]).summary().layers.map(row)).toEqual([
    "encoder/0 flatten [6] 0",
    "encoder/1 dense [4] 28",
    "decoder/0/inner dense [2] 6",
    "decoder/1 dense [6] 18",
    "likelihood/logVariance variable [] 1",
  ]);
});

test("of an RBM has its two layers and all sweeps of a sample", () => {
  const { layers, parameters, flop } = rbm({ hidden: 5 }).trained(runtime, [2, 3, 1]).summary();
  expect(layers.map(({ shape }) => shape)).toEqual([[5], [2, 3, 1]]);
  // Weights, two biases, the data's means and the hidden offsets.
  expect(parameters).toBe(30 + 6 + 5 + 6 + 5);
  expect(flop).toBeGreaterThan(200 * 2 * 2 * 30);
});

test("of a layer of one's own, which tells nothing, still has its variables", () => {
  const own: Layer = {
    config: { kind: "own" },
    apply: (x, scope) => L.dense(2).apply(x, scope.child("part")),
  };
  const model = gan({ latent: 3, generator: own, discriminator: L.dense(1) });
  expect(model.trained(runtime, [2]).summary().layers.map(row)).toEqual([
    "generator/part dense [2] 8",
    "discriminator dense [1] 3",
  ]);
});
