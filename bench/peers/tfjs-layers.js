// Layers in TensorFlow.js: { variables, apply(x) }. Images are NHWC.
import * as tf from "@tensorflow/tfjs";

const activations = {
  relu: tf.relu,
  leakyRelu: (x) => tf.leakyRelu(x, 0.2),
  tanh: tf.tanh,
  none: (x) => x,
};

/** Layers applied one after the other. */
export const sequential = (...layers) => ({
  variables: layers.flatMap(({ variables }) => variables),
  apply: (x) => layers.reduce((value, layer) => layer.apply(value), x),
});

/** A layer without variables. */
const plain = (apply) => ({ variables: [], apply });
export const activation = (name) => plain(activations[name]);

const weights = (shape, scale) => tf.variable(tf.mul(tf.randomNormal(shape), scale));

export function dense(inputs, outputs) {
  const w = weights([inputs, outputs], inputs ** -0.5);
  const bias = tf.variable(tf.zeros([outputs]));
  return { variables: [w, bias], apply: (x) => tf.fused.matMul({ a: x, b: w, bias }) };
}

/** A convolution's variables, and `run(x)` with its bias added. */
function biased(filter, outputs, bias, run) {
  const shift = bias ? tf.variable(tf.zeros([outputs])) : undefined;
  return {
    variables: [filter, ...(shift ? [shift] : [])],
    apply: (x) => (shift ? tf.add(run(x), shift) : run(x)),
  };
}

export function conv(inputs, outputs, { size, stride, padding, bias }) {
  const filter = weights([size, size, inputs, outputs], (inputs * size * size) ** -0.5);
  return biased(filter, outputs, bias, (x) => tf.conv2d(x, filter, stride, padding));
}

export function convTranspose(inputs, outputs, { size, stride, padding, bias }) {
  const filter = weights([size, size, outputs, inputs], (inputs * size * size) ** -0.5);
  const grown = (length) => (length - 1) * stride - 2 * padding + size;
  return biased(filter, outputs, bias, (x) => {
    const [batch, height, width] = x.shape;
    return tf.conv2dTranspose(x, filter, [batch, grown(height), grown(width), outputs], stride, padding);
  });
}

/**
 * Batch norm: batch statistics in training (running ones cost next to nothing and are left out), stored ones otherwise.
 */
export function batchNorm(features, training) {
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

export const averagePool = plain((x) => tf.avgPool(x, 2, 2, "valid"));
export const flatten = plain((x) => tf.reshape(x, [x.shape[0], -1]));
export const images = (channels, size) => plain((x) => tf.reshape(x, imageShape(-1, channels, size)));

export const imageShape = (batch, channels, size) => [batch, size, size, channels];
