// The models that every host trains: one per family, as peers/WORKLOADS.md names them, on built-in data. A family that
// the package does not export yet is left out, and named in the report.

/** @typedef {typeof import("genloom")} Genloom */

/** @param {Genloom} genloom */
export function toyGan({ gan, layers: l }) {
  return gan({
    latent: 2,
    generator: l.sequential(l.dense(128), l.relu(), l.dense(128), l.relu(), l.dense(2)),
    discriminator: l.sequential(l.dense(128), l.leakyRelu(), l.dense(128), l.leakyRelu(), l.dense(1)),
  });
}

/** @param {Genloom} genloom */
export function mlpGan({ gan, layers: l }) {
  return gan({
    latent: 64,
    generator: l.sequential(
      l.dense(256),
      l.leakyRelu(),
      l.dense(256),
      l.leakyRelu(),
      l.dense(784),
      l.tanh(),
      l.reshape(28, 28, 1),
    ),
    discriminator: l.sequential(l.flatten(), l.dense(256), l.leakyRelu(), l.dense(256), l.leakyRelu(), l.dense(1)),
    ema: 0.99,
  });
}

/**
 * Families by name: a function that makes model and data, small enough for 200 steps in any host.
 * @param {any} genloom
 */
export function families(genloom) {
  const { datasets, withRange, layers: l, gan, vae, rbm } = genloom;
  const digits = () => datasets.digits({ count: 512, seed: 1 });
  return {
    gan: gan && (() => ({ model: mlpGan(genloom), data: digits() })),
    vae:
      vae &&
      (() => ({
        model: vae({
          latent: 8,
          encoder: l.sequential(l.flatten(), l.dense(128), l.relu(), l.dense(16)),
          decoder: l.sequential(l.dense(128), l.relu(), l.dense(784), l.reshape(28, 28, 1)),
        }),
        data: withRange(digits(), 0, 1),
      })),
    rbm: rbm && (() => ({ model: rbm({ hidden: 64 }), data: datasets.bars({ count: 512, seed: 1 }) })),
  };
}
