// A small training and its samples, for scripts and modules alike: `globalThis.trainSmall`. All hosts give the same weights.
/** @type {any} */ (globalThis).trainSmall = async (
  /** @type {typeof import("genloom")} */ { createRuntime, datasets, gan, layers: l },
) => {
  const runtime = await createRuntime({ deterministic: true });
  try {
    const model = gan({
      latent: 4,
      generator: l.sequential(l.dense(16), l.relu(), l.dense(2)),
      discriminator: l.sequential(l.dense(16), l.leakyRelu(), l.dense(1)),
    });
    const training = model.train(runtime, datasets.ring({ count: 256, seed: 1 }), {
      steps: 50,
      seed: 3,
      batchSize: 32,
    });
    const { weightHash } = await training.done;
    const samples = Array.from((await training.model.sample(4, { seed: 5 })).data);
    const { build, lanes, reasons } = runtime.info;
    const { isSecureContext, crossOriginIsolated = false, navigator, origin } = /** @type {any} */ (globalThis);
    const cores = navigator?.hardwareConcurrency;
    return { weightHash, samples, build, lanes, reasons, isSecureContext, crossOriginIsolated, cores, origin };
  } finally {
    await runtime.close();
  }
};
