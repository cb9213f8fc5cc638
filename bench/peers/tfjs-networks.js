// Networks in TensorFlow.js: { variables, apply(x) }. Images are NHWC.
import * as tf from "@tensorflow/tfjs";

const activations = {
  relu: tf.relu,
  leakyRelu: (x) => tf.leakyRelu(x, 0.2),
  tanh: tf.tanh,
  none: (x) => x,
};

/** One after the other. */
const sequential = (...layers) => ({
  variables: layers.flatMap(({ variables }) => variables),
  apply: (x) => layers.reduce((value, layer) => layer.apply(value), x),
});

/** A layer without variables. */
const plain = (apply) => ({ variables: [], apply });
const activation = (name) => plain(activations[name]);

const weights = (shape, scale) => tf.variable(tf.mul(tf.randomNormal(shape), scale));

function dense(inputs, outputs) {
  const w = weights([inputs, outputs], inputs ** -0.5);
  const bias = tf.variable(tf.zeros([outputs]));
  return { variables: [w, bias], apply: (x) => tf.fused.matMul({ a: x, b: w, bias }) };
}

export function mlp(sizes, between, last = "none") {
  const ends = sizes.slice(1);
  return sequential(
    ...ends.flatMap((outputs, i) => [dense(sizes[i], outputs), activation(i === ends.length - 1 ? last : between)]),
  );
}

function conv(inputs, outputs, { size = 4, stride = 2, padding = 1, bias = true } = {}) {
  const filter = weights([size, size, inputs, outputs], (inputs * size * size) ** -0.5);
  const shift = bias ? tf.variable(tf.zeros([outputs])) : undefined;
  return {
    variables: [filter, ...(shift ? [shift] : [])],
    apply(x) {
      const y = tf.conv2d(x, filter, stride, padding);
      return shift ? tf.add(y, shift) : y;
    },
  };
}

function convTranspose(inputs, outputs, { size = 4, stride = 2, padding = 1, bias = true } = {}) {
  const filter = weights([size, size, outputs, inputs], (inputs * size * size) ** -0.5);
  const shift = bias ? tf.variable(tf.zeros([outputs])) : undefined;
  return {
    variables: [filter, ...(shift ? [shift] : [])],
    apply(x) {
      const [batch, height, width] = x.shape;
      const grown = (length) => (length - 1) * stride - 2 * padding + size;
      const y = tf.conv2dTranspose(x, filter, [batch, grown(height), grown(width), outputs], stride, padding);
      return shift ? tf.add(y, shift) : y;
    },
  };
}

/** Batch norm: statistics of the batch in training (running ones cost nothing beside it and are left out), kept ones else. */
function batchNorm(features, training) {
  const [gamma, beta] = [tf.variable(tf.ones([features])), tf.variable(tf.zeros([features]))];
  const kept = { mean: tf.zeros([features]), variance: tf.ones([features]) };
  return {
    variables: [gamma, beta],
    apply(x) {
      const { mean, variance } = training ? tf.moments(x, [0, 1, 2]) : kept;
      return tf.batchNorm(x, mean, variance, beta, gamma, 1e-5);
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

const averagePool = plain((x) => tf.avgPool(x, 2, 2, "valid"));
const flatten = plain((x) => tf.reshape(x, [x.shape[0], -1]));

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
    plain((x) => tf.reshape(x, [-1, 7, 7, 64])),
    convTranspose(64, 32),
    activation("relu"),
    convTranspose(32, 1),
  );
}
