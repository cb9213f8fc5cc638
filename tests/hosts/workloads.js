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
 * Images of 32 x 32 x 1 that a few steps can learn something of: a bright square on noise. @param {Genloom} genloom
 */
function squares({ datasets }) {
  const side = 32;
  const records = new Uint8Array(64 * side * side).map((_, i) => {
    const [image, row, column] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
    const [top, left] = [(image * 5) % 20, (image * 7) % 20];
    const inside = row >= top && row < top + 12 && column >= left && column < left + 12;
    return (inside ? 160 : 0) + ((i * 7919) % 96);
  });
  return datasets.from({ name: "squares", records, shape: [side, side, 1] });
}

/** A discriminator whose second convolution is added to its own input. @param {Genloom} genloom */
function residualGan({ gan, layers: l }) {
  return gan({
    latent: 8,
    generator: l.sequential(l.dense(32 * 32), l.tanh(), l.reshape(32, 32, 1)),
    discriminator: l.sequential(
      l.conv2d(8, 3, { padding: 1 }),
      l.residual(l.sequential(l.conv2d(8, 3, { padding: 1 }), l.leakyRelu())),
      l.flatten(),
      l.dense(1),
    ),
  });
}

/** Attention in both networks, and a discriminator of bounded slope. @param {Genloom} genloom */
function attentionGan({ gan, layers: l }) {
  return gan({
    latent: 8,
    generator: l.sequential(
      l.dense(8 * 8 * 16),
      l.reshape(8, 8, 16),
      l.batchNorm(),
      l.relu(),
      l.selfAttention(),
      l.upsample2d(4),
      l.conv2d(1, 3, { padding: 1 }),
      l.tanh(),
    ),
    discriminator: l.sequential(
      l.spectralNorm(l.conv2d(8, 4, { stride: 4 })),
      l.leakyRelu(),
      l.spectralNorm(l.selfAttention({ reduction: 4 })),
      l.flatten(),
      l.spectralNorm(l.dense(1)),
    ),
  });
}

/** Networks that get the classes of their records. @param {Genloom} genloom */
function conditionalGan({ gan, layers: l }) {
  const [units, classes] = [64, 10];
  return gan({
    latent: 8,
    classes,
    generator: l.sequential(
      l.joinLabel(classes, 8),
      l.dense(units),
      l.conditionalBatchNorm(classes),
      l.relu(),
      l.dense(784),
      l.tanh(),
      l.reshape(28, 28, 1),
    ),
    discriminator: l.sequential(l.flatten(), l.dense(units), l.film(classes), l.leakyRelu(), l.projection(classes)),
  });
}

/** Residual blocks in encoder and decoder. @param {Genloom} genloom */
function residualVae({ vae, layers: l }) {
  const block = () => l.residual(l.sequential(l.conv2d(8, 3, { padding: 1 }), l.elu(), l.conv2d(8, 1)));
  return vae({
    latent: 4,
    encoder: l.sequential(l.conv2d(8, 4, { stride: 4 }), block(), l.elu(), block(), l.flatten(), l.dense(8)),
    decoder: l.sequential(
      l.dense(8 * 8 * 8),
      l.reshape(8, 8, 8),
      block(),
      l.upsample2d(4),
      l.conv2d(1, 3, { padding: 1 }),
    ),
  });
}

/**
 * Families by name: a function that makes model and data, small enough for 200 steps in any host, or for the `steps` that
 * are given. Those with `relaxed` are trained with relaxed SIMD too.
 * @param {any} genloom
 */
export function families(genloom) {
  const { datasets, withRange, layers: l, gan, vae, rbm, sequence, networks } = genloom;
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
    "residual gan":
      gan && (() => ({ model: residualGan(genloom), data: squares(genloom), steps: 20, batchSize: 16, relaxed: true })),
    "attention gan":
      gan &&
      (() => ({ model: attentionGan(genloom), data: squares(genloom), steps: 20, batchSize: 16, relaxed: true })),
    "conditional gan":
      gan && (() => ({ model: conditionalGan(genloom), data: digits(), steps: 20, batchSize: 16, relaxed: true })),
    "residual vae":
      vae &&
      (() => ({
        model: residualVae(genloom),
        data: withRange(squares(genloom), 0, 1),
        steps: 20,
        batchSize: 16,
        relaxed: true,
      })),
    transformer:
      sequence && (() => tokenModel(genloom, networks.transformer({ width: 64, layers: 2, heads: 4, dropout: 0.1 }))),
    gru: sequence && (() => tokenModel(genloom, networks.gru({ width: 64 }))),
    rbm: rbm && (() => ({ model: rbm({ hidden: 64 }), data: datasets.bars({ count: 512 }) })),
    "rbm with label units":
      rbm &&
      (() => ({
        model: rbm({ hidden: 64, classes: 2, sweeps: 2 }),
        data: datasets.bars({ count: 512 }),
        steps: 20,
        relaxed: true,
      })),
  };
}

/** A sequence model of tokens that are counted up, in records of several lengths. @param {Genloom} genloom @param {any} network */
function tokenModel({ datasets, sequence }, network) {
  const records = Array.from({ length: 256 }, (_, i) =>
    Array.from({ length: 3 + (i % 13) }, (_, at) => 1 + ((i + at * (1 + (i % 3))) % 11)),
  );
  const data = datasets.tokens({ name: "counts", records, vocabulary: 12, ended: true });
  const model = sequence({ vocabulary: 12, length: data.shape[0], ended: true, network });
  return { model, data, steps: 20, batchSize: 32, relaxed: true };
}
