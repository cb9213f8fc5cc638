// TensorFlow.js on its WebAssembly backend (SIMD; single-threaded in Node), or on its plain JavaScript backend if
// WebAssembly lacks a kernel. Products include their bias (`tf.fused`), as in its own layers.
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { bits, isAsked, measure, noise, note, threads, versionOf } from "./protocol.js";
import * as layers from "./tfjs-layers.js";
import { networksOf, workloadsOf } from "./workloads.js";

const networks = networksOf(layers);

if (threads !== 1) {
  note("TensorFlow.js runs on one thread in Node: its WebAssembly threads work in browsers only");
  process.exit(0);
}

/** Weight gradients of convolutions: the WebAssembly backend has no kernel for them. */
const convolutional = ["dcgan", "wgan-gp", "conv3x3", "conv-vae"];
const backend = convolutional.some(isAsked) && !isAsked("toy-gan") ? "cpu" : "wasm";
if (backend === "cpu")
  note("TensorFlow.js has no Conv2DBackpropFilter in WebAssembly: convolutions train on its cpu backend");
await tf.setBackend(backend);
await tf.ready();

/** One step of plain `tf.variableGrads` and an optimizer. */
function minimize(optimizer, loss, variables) {
  const { grads } = tf.variableGrads(loss, variables);
  optimizer.applyGradients(grads);
}

const softplusMean = (x) => tf.mean(tf.softplus(x));
const inTidy = (step) => () => {
  tf.tidy(() => void step());
};

/**
 * The step of torch_bench.py, except that G runs again for its own gradient, because the tape does not outlive the
 * update of D.
 */
function ganStep(generator, discriminator, shape, latent) {
  const [adamG, adamD] = [0, 1].map(() => tf.train.adam(2e-4, 0.5, 0.999));
  const real = tf.tensor(noise(tf.util.sizeFromShape(shape)), shape);
  return inTidy(() => {
    const z = tf.randomNormal(latent);
    const fake = generator.apply(z);
    const discriminate = discriminator.apply;
    minimize(
      adamD,
      () => tf.add(softplusMean(tf.neg(discriminate(real))), softplusMean(discriminate(fake))),
      discriminator.variables,
    );
    minimize(adamG, () => softplusMean(tf.neg(discriminate(generator.apply(z)))), generator.variables);
  });
}

/** One critic step with a gradient penalty. */
function wganStep() {
  const generator = networks.dcganGenerator();
  const critic = networks.dcganDiscriminator({ norm: false });
  const adam = tf.train.adam(1e-4, 0, 0.9);
  const real = tf.tensor4d(noise(64 * 1024), [64, 32, 32, 1]);
  const slopeOf = tf.grad((x) => tf.sum(critic.apply(x)));
  return inTidy(() => {
    const fake = generator.apply(tf.randomNormal([64, 1, 1, 100]));
    const share = tf.randomUniform([64, 1, 1, 1]);
    const mixed = tf.add(tf.mul(share, real), tf.mul(tf.sub(1, share), fake));
    const loss = () => {
      const norms = tf.sqrt(tf.add(tf.sum(tf.square(slopeOf(mixed)), [1, 2, 3]), 1e-12));
      const penalty = tf.mean(tf.square(tf.sub(norms, 1)));
      const distance = tf.sub(tf.mean(critic.apply(fake)), tf.mean(critic.apply(real)));
      return tf.add(distance, tf.mul(penalty, 10));
    };
    minimize(adam, loss, critic.variables);
  });
}

function conv3x3Step() {
  const network = networks.conv3x3();
  const adam = tf.train.adam(2e-4, 0, 0.99);
  const x = tf.tensor4d(noise(32 * 3 * 1024), [32, 32, 32, 3]);
  return inTidy(() => minimize(adam, () => softplusMean(tf.neg(network.apply(x))), network.variables));
}

function vaeStep({ encoder, decoder, latent, shape }) {
  const adam = tf.train.adam(1e-3);
  const x = tf.tensor(bits(tf.util.sizeFromShape(shape)), shape);
  const batch = shape[0];
  return inTidy(() => {
    const z = tf.randomNormal([batch, latent]);
    const loss = () => {
      const [mean, logVariance] = tf.split(encoder.apply(x), 2, 1);
      const logits = decoder.apply(tf.add(mean, tf.mul(z, tf.exp(tf.mul(logVariance, 0.5)))));
      const likelihood = tf.sum(tf.sub(tf.softplus(logits), tf.mul(logits, x)));
      const terms = tf.sub(tf.add(tf.exp(logVariance), tf.square(mean)), tf.add(logVariance, 1));
      return tf.div(tf.add(likelihood, tf.mul(tf.sum(terms), 0.5)), batch);
    };
    minimize(adam, loss, [...encoder.variables, ...decoder.variables]);
  });
}

/** Contrastive divergence with `sweeps` Gibbs sweeps from the data, or from persistent chains. */
function rbmStep(sweeps, persistent) {
  const batch = 100;
  const w = tf.variable(tf.mul(tf.randomNormal([784, 500]), 0.01));
  const [a, b] = [784, 500].map((length) => tf.variable(tf.zeros([length])));
  const v0 = tf.tensor2d(bits(batch * 784), [batch, 784]);
  const chain = tf.variable(v0.clone());
  const hidden = (v) => tf.fused.matMul({ a: v, b: w, bias: b, activation: "sigmoid" });
  const visible = (h) => tf.fused.matMul({ a: h, b: w, transposeB: true, bias: a, activation: "sigmoid" });
  const draw = (p) => tf.cast(tf.less(tf.randomUniform(p.shape), p), "float32");
  const move = (one, slope, rate) => one.assign(tf.add(one, tf.mul(slope, rate)));
  return inTidy(() => {
    const h0 = hidden(v0);
    let v = persistent ? chain : v0;
    for (let sweep = 0; sweep < sweeps; sweep++) v = draw(visible(draw(hidden(v))));
    const hk = hidden(v);
    if (persistent) chain.assign(v);
    move(w, tf.sub(tf.matMul(v0, h0, true), tf.matMul(v, hk, true)), 0.01 / batch);
    move(a, tf.mean(tf.sub(v0, v), 0), 0.01);
    move(b, tf.mean(tf.sub(h0, hk), 0), 0.01);
  });
}

function sampleStep(batch) {
  const generator = networks.dcganGenerator({ training: false });
  return inTidy(() => void generator.apply(tf.randomNormal([batch, 1, 1, 100])));
}

function matmulStep(n) {
  const [a, b] = [0, 1].map(() => tf.tensor2d(noise(n * n), [n, n]));
  return () => tf.matMul(a, b).dispose();
}

const steps = { ganStep, wganStep, conv3x3Step, vaeStep, rbmStep, sampleStep, matmulStep };
await measure(
  `tensorflow.js-${versionOf("@tensorflow/tfjs")} ${backend}`,
  workloadsOf(networks, layers.imageShape, steps),
);
