// What every fixture of this folder and of tests/frameworks does with the package as it was installed: three steps of a tiny GAN, and
// samples of it. The seed is the same everywhere and the kernels are the deterministic ones, so weights and samples must be, too.

/**
 * @param {Pick<typeof import("genloom"), "createRuntime" | "datasets" | "gan" | "layers">} genloom
 * @param {import("genloom").RuntimeOptions} [options]
 */
export async function train({ createRuntime, datasets, gan, layers }, options) {
  const runtime = await createRuntime({ deterministic: true, ...options });
  const model = gan({
    latent: 2,
    generator: layers.sequential(layers.dense(16), layers.relu(), layers.dense(2)),
    discriminator: layers.sequential(layers.dense(16), layers.leakyRelu(), layers.dense(1)),
  });
  const data = datasets.ring({ count: 64, seed: 1 });
  let steps = 0;
  const training = model.train(runtime, data, { steps: 3, batchSize: 16, seed: 7, reportEvery: 1 });
  for await (const { step } of training) steps = step;
  const { weightHash, losses } = await training.done;
  const { data: samples } = await training.model.sample(4, { seed: 1 });
  const { host, build, lanes } = runtime.info;
  await runtime.close();
  return { host, build, lanes, steps, weightHash, losses, samples: Array.from(samples) };
}
