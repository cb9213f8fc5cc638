// Networks in jax-js: { parameters, apply(parameters, x) }. Images are NCHW, as its convolutions want them.
import { lax, nn, numpy as np, random } from "@jax-js/jax";

let seed = 0;
const normal = (shape, scale) => random.normal(random.key(++seed), shape).mul(scale);

const activations = {
  relu: nn.relu,
  leakyRelu: (x) => nn.leakyRelu(x, 0.2),
  tanh: np.tanh,
  none: (x) => x,
};

/** One after the other. */
const sequential = (...layers) => ({
  parameters: layers.map(({ parameters }) => parameters),
  apply: (parameters, x) => layers.reduce((value, layer, i) => layer.apply(parameters[i], value), x),
});

/** A layer without parameters. */
const plain = (apply) => ({ parameters: [], apply: (_, x) => apply(x) });
const activation = (name) => plain(activations[name]);

const dense = (inputs, outputs) => ({
  parameters: { w: normal([inputs, outputs], inputs ** -0.5), b: np.zeros([outputs]) },
  apply: ({ w, b }, x) => np.dot(x, w).add(b),
});

export function mlp(sizes, between, last = "none") {
  const ends = sizes.slice(1);
  return sequential(
    ...ends.flatMap((outputs, i) => [dense(sizes[i], outputs), activation(i === ends.length - 1 ? last : between)]),
  );
}

function conv(inputs, outputs, { size = 4, stride = 2, padding = 1, bias = true } = {}) {
  return {
    parameters: {
      w: normal([outputs, inputs, size, size], (inputs * size * size) ** -0.5),
      ...(bias && { b: np.zeros([outputs, 1, 1]) }),
    },
    apply({ w, b }, x) {
      const y = lax.convGeneralDilated(
        x,
        w,
        [stride, stride],
        [
          [padding, padding],
          [padding, padding],
        ],
      );
      return b ? y.add(b) : y;
    },
  };
}

function convTranspose(inputs, outputs, { size = 4, stride = 2, padding = 1, bias = true } = {}) {
  return {
    parameters: {
      w: normal([outputs, inputs, size, size], (inputs * size * size) ** -0.5),
      ...(bias && { b: np.zeros([outputs, 1, 1]) }),
    },
    apply({ w, b }, x) {
      const around = [size - 1 - padding, size - 1 - padding];
      const y = lax.convGeneralDilated(x, w, [1, 1], [around, around], {
        lhsDilation: [stride, stride],
      });
      return b ? y.add(b) : y;
    },
  };
}

/** Batch norm: statistics of the batch in training (running ones cost nothing beside it and are left out), kept ones else. */
function batchNorm(features, training) {
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

export function dcganGenerator({ training = true } = {}) {
  const stage = (inputs, outputs, options = {}) => [
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

export function dcganDiscriminator({ norm = true } = {}) {
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

/** Means of 2 x 2 pixels. */
const averagePool = plain((x) => {
  const [batch, features, height, width] = x.shape;
  return x.reshape([batch, features, height / 2, 2, width / 2, 2]).mean([3, 5]);
});
const flatten = plain((x) => x.reshape([x.shape[0], -1]));

export function conv3x3() {
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

export function convEncoder() {
  return sequential(conv(1, 32), activation("relu"), conv(32, 64), activation("relu"), flatten, dense(3136, 32));
}

export function convDecoder() {
  return sequential(
    dense(16, 3136),
    activation("relu"),
    plain((x) => x.reshape([-1, 64, 7, 7])),
    convTranspose(64, 32),
    activation("relu"),
    convTranspose(32, 1),
  );
}
