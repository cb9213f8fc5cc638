/** Generators for the examples: trained for a moment, exported as their users export them. */
import { adam, createRuntime, datasets, gan, layers as L } from "#binding";

/** A generator of digits, 28 x 28, and the images that it must give, in the data's own units, from 0 to 255. */
export async function digitsGenerator(): Promise<{
  wasm: Uint8Array;
  expected(seed: number, first: number, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}> {
  const runtime = await createRuntime({ threads: 1, deterministic: true });
  const model = gan({
    latent: 16,
    generator: L.sequential(L.dense(64), L.leakyRelu(), L.dense(784), L.tanh(), L.reshape(28, 28, 1)),
    discriminator: L.sequential(L.flatten(), L.dense(16), L.leakyRelu(), L.dense(1)),
    optimizers: { generator: adam(2e-3), discriminator: adam(2e-3) },
  });
  const { model: trained, done } = model.train(runtime, datasets.digits({ count: 200 }), { steps: 20, seed: 3 });
  await done;
  const wasm = await trained.export("wasm");
  return {
    wasm,
    async expected(seed, first, count) {
      const { data } = await trained.sample(first + count, { seed });
      return data.subarray(first * 784).map((value) => (value + 1) * 127.5);
    },
    close: () => runtime.close(),
  };
}
