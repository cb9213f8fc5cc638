// Layers in jax-js: { parameters, apply(parameters, x) }. Images are NCHW, as its convolutions require.
import { lax, nn, numpy as np, random } from "@jax-js/jax";

let seed = 0;
const normal = (shape, scale) => random.normal(random.key(++seed), shape).mul(scale);

const activations = {
  relu: nn.relu,
  leakyRelu: (x) => nn.leakyRelu(x, 0.2),
  tanh: np.tanh,
  none: (x) => x,
};

/** Layers applied one after the other. */
export const sequential = (...layers) => ({
  parameters: layers.map(({ parameters }) => parameters),
  apply: (parameters, x) => layers.reduce((value, layer, i) => layer.apply(parameters[i], value), x),
});

/** A layer without parameters. */
const plain = (apply) => ({ parameters: [], apply: (_, x) => apply(x) });
export const activation = (name) => plain(activations[name]);

export const dense = (inputs, outputs) => ({
  parameters: { w: normal([inputs, outputs], inputs ** -0.5), b: np.zeros([outputs]) },
  apply: ({ w, b }, x) => np.dot(x, w).add(b),
});

/** A convolution's parameters, and `run(x, w)` with its bias added. */
const biased = (inputs, outputs, { size, bias }, run) => ({
  parameters: {
    w: normal([outputs, inputs, size, size], (inputs * size * size) ** -0.5),
    ...(bias && { b: np.zeros([outputs, 1, 1]) }),
  },
  apply({ w, b }, x) {
    const y = run(x, w);
    return b ? y.add(b) : y;
  },
});

/** The same padding on all four sides. */
const around = (padding) => [
  [padding, padding],
  [padding, padding],
];

export const conv = (inputs, outputs, kernel) =>
  biased(inputs, outputs, kernel, (x, w) =>
    lax.convGeneralDilated(x, w, [kernel.stride, kernel.stride], around(kernel.padding)),
  );

export const convTranspose = (inputs, outputs, kernel) =>
  biased(inputs, outputs, kernel, (x, w) =>
    lax.convGeneralDilated(x, w, [1, 1], around(kernel.size - 1 - kernel.padding), {
      lhsDilation: [kernel.stride, kernel.stride],
    }),
  );

/**
 * Batch norm: batch statistics in training (running ones cost next to nothing and are left out), stored ones otherwise.
 */
export function batchNorm(features, training) {
  const shape = [features, 1, 1];
  const scale = { gamma: np.ones(shape), beta: np.zeros(shape) };
  return {
    parameters: training ? scale : { ...scale, mean: np.zeros(shape), variance: np.ones(shape) },
    apply({ gamma, beta, mean, variance }, x) {
      const centre = mean ?? x.ref.mean([0, 2, 3], { keepdims: true });
      const away = x.sub(centre);
      const spread = variance ?? np.square(away.ref).mean([0, 2, 3], { keepdims: true });
      return away.mul(gamma.div(np.sqrt(spread.add(1e-5)))).add(beta);
    },
  };
}

/** Means of 2 x 2 pixels. */
export const averagePool = plain((x) => {
  const [batch, features, height, width] = x.shape;
  return x.reshape([batch, features, height / 2, 2, width / 2, 2]).mean([3, 5]);
});
export const flatten = plain((x) => x.reshape([x.shape[0], -1]));
export const images = (channels, size) => plain((x) => x.reshape(imageShape(-1, channels, size)));

export const imageShape = (batch, channels, size) => [batch, channels, size, size];
