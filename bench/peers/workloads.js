// The workloads of ../shared/peers/WORKLOADS.md, for libraries that provide layers and steps.

/** Default options of convolutions. */
const kernel = { size: 4, stride: 2, padding: 1, bias: true };

/**
 * The networks, built from a library's layers.
 * @param layers `sequential(...layers)`, `activation(name)`, `dense(inputs, outputs)`, `conv` and `convTranspose` of
 * (inputs, outputs, kernel), `batchNorm(features, training)`, `images(channels, size)` that reshapes rows to images,
 * `averagePool` (2 x 2) and `flatten`
 */
export function networksOf(layers) {
  const { sequential, activation, dense, batchNorm, images, averagePool, flatten } = layers;
  const conv = (inputs, outputs, options) => layers.conv(inputs, outputs, { ...kernel, ...options });
  const convTranspose = (inputs, outputs, options) => layers.convTranspose(inputs, outputs, { ...kernel, ...options });

  function mlp(sizes, between, last = "none") {
    const ends = sizes.slice(1);
    return sequential(
      ...ends.flatMap((outputs, i) => [dense(sizes[i], outputs), activation(i === ends.length - 1 ? last : between)]),
    );
  }

  function dcganGenerator({ training = true } = {}) {
    const stage = (inputs, outputs, options) => [
      convTranspose(inputs, outputs, { bias: false, ...options }),
      batchNorm(outputs, training),
      activation("relu"),
    ];
    return sequential(
      ...stage(100, 256, { stride: 1, padding: 0 }),
      ...stage(256, 128),
      ...stage(128, 64),
      convTranspose(64, 1),
      activation("tanh"),
    );
  }

  function dcganDiscriminator({ norm = true } = {}) {
    const stage = (inputs, outputs) => [
      conv(inputs, outputs, { bias: !norm }),
      ...(norm ? [batchNorm(outputs, true)] : []),
      activation("leakyRelu"),
    ];
    return sequential(
      conv(1, 64),
      activation("leakyRelu"),
      ...stage(64, 128),
      ...stage(128, 256),
      conv(256, 1, { stride: 1, padding: 0 }),
    );
  }

  function conv3x3() {
    const stage = (inputs, outputs) => [conv(inputs, outputs, { size: 3, stride: 1 }), activation("leakyRelu")];
    return sequential(
      ...stage(3, 64),
      ...stage(64, 64),
      ...stage(64, 64),
      averagePool,
      ...stage(64, 128),
      averagePool,
      ...stage(128, 128),
      flatten,
      dense(8 * 8 * 128, 1),
    );
  }

  const convEncoder = () =>
    sequential(conv(1, 32), activation("relu"), conv(32, 64), activation("relu"), flatten, dense(3136, 32));

  const convDecoder = () =>
    sequential(
      dense(16, 3136),
      activation("relu"),
      images(64, 7),
      convTranspose(64, 32),
      activation("relu"),
      convTranspose(32, 1),
    );

  return { mlp, dcganGenerator, dcganDiscriminator, conv3x3, convEncoder, convDecoder };
}

const matrixSizes = [64, 128, 256, 512, 1024];

/** Products of n x n matrices. */
export const products = (matmulStep) =>
  Object.fromEntries(matrixSizes.map((n) => [`matmul-${n}`, () => matmulStep(n)]));

/** Samples of dcgan's generator. */
export const samples = (sampleStep) => ({
  "dcgan-sample-1": () => sampleStep(1),
  "dcgan-sample-64": () => sampleStep(64),
});

/**
 * All workloads, by name.
 * @param networks from `networksOf`
 * @param imageShape (batch, channels, size) in the library's order of axes
 * @param steps one function per kind of step
 */
export function workloadsOf(networks, imageShape, steps) {
  const { mlp, dcganGenerator, dcganDiscriminator, convEncoder, convDecoder } = networks;
  const { ganStep, wganStep, conv3x3Step, vaeStep, rbmStep, sampleStep, matmulStep } = steps;
  return {
    "toy-gan": () => ganStep(mlp([2, 128, 128, 2], "relu"), mlp([2, 128, 128, 1], "leakyRelu"), [64, 2], [64, 2]),
    "mlp-gan": () =>
      ganStep(mlp([64, 256, 256, 784], "leakyRelu", "tanh"), mlp([784, 256, 256, 1], "leakyRelu"), [64, 784], [64, 64]),
    dcgan: () => ganStep(dcganGenerator(), dcganDiscriminator(), imageShape(64, 1, 32), imageShape(64, 100, 1)),
    "wgan-gp": wganStep,
    conv3x3: conv3x3Step,
    "mlp-vae": () =>
      vaeStep({
        encoder: mlp([784, 400, 40], "relu"),
        decoder: mlp([20, 400, 784], "relu"),
        latent: 20,
        shape: [128, 784],
      }),
    "conv-vae": () =>
      vaeStep({ encoder: convEncoder(), decoder: convDecoder(), latent: 16, shape: imageShape(128, 1, 28) }),
    "rbm-cd1": () => rbmStep(1, false),
    "rbm-pcd10": () => rbmStep(10, true),
    ...samples(sampleStep),
    ...products(matmulStep),
  };
}
