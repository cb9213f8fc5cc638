// jax-js on its WebAssembly backend: a step is one jitted function of the whole state. Functions take ownership of
// their arguments; `.ref` keeps an array that is used again.
import { offerWorkers } from "./browser-worker.js";
import { bits, isAsked, measure, noise, note, threads, versionOf } from "./protocol.js";
import { networksOf, workloadsOf } from "./workloads.js";

// It asks for workers once, when it starts. With one thread, workers would only add messages.
if (threads > 1) offerWorkers(threads);
else Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
const { blockUntilReady, defaultDevice, grad, init, jit, nn, numpy: np, random, tree } = await import("@jax-js/jax");
const { adam, ganUpdate } = await import("./jax-training.js");
const layers = await import("./jax-layers.js");
const networks = networksOf(layers);
await init("wasm");
defaultDevice("wasm");

/** Runs a jitted (state, data) -> state repeatedly. */
function stepping(update, state, data) {
  const compiled = jit(update);
  return async () => {
    state = await blockUntilReady(compiled(state, data.ref));
  };
}

const array = (values, shape) => np.array(values).reshape(shape);
const product = (shape) => shape.reduce((size, length) => size * length, 1);

function ganStep(generator, discriminator, shape, latent) {
  const state = {
    g: adam.start(generator.parameters),
    d: adam.start(discriminator.parameters),
    key: random.key(0),
  };
  const update = ganUpdate(generator.apply, discriminator.apply, latent);
  return stepping(update, state, array(noise(product(shape)), shape));
}

/** One critic step with a gradient penalty: the penalty is the gradient of a gradient. */
function wganStep() {
  const generator = networks.dcganGenerator();
  const critic = networks.dcganDiscriminator({ norm: false });
  const penalty = (parameters, x) => {
    const slope = grad((input) => critic.apply(parameters, input).sum())(x);
    const norms = np.sqrt(np.square(slope).sum([1, 2, 3]).add(1e-12));
    return np.square(norms.sub(1)).mean();
  };
  const loss = (d, real, fake, mixed) =>
    critic
      .apply(tree.ref(d), fake)
      .mean()
      .sub(critic.apply(tree.ref(d), real).mean())
      .add(penalty(d, mixed).mul(10));
  const update = ({ g, d, key }, real) => {
    const [next, noiseKey, mixKey] = random.split(key, 3);
    const fake = generator.apply(tree.ref(g), random.normal(noiseKey, [64, 100, 1, 1]));
    const share = random.uniform(mixKey, [64, 1, 1, 1]);
    const mixed = share.ref.mul(real.ref).add(np.subtract(1, share).mul(fake.ref));
    const gradients = grad(loss)(tree.ref(d.parameters), real, fake, mixed);
    return { g, d: adam.update(d, gradients, { rate: 1e-4, beta1: 0, beta2: 0.9 }), key: next };
  };
  const state = { g: generator.parameters, d: adam.start(critic.parameters), key: random.key(0) };
  return stepping(update, state, array(noise(64 * 1024), [64, 1, 32, 32]));
}

function conv3x3Step() {
  const network = networks.conv3x3();
  const loss = (parameters, x) => nn.softplus(network.apply(parameters, x).neg()).mean();
  const update = (state, x) =>
    adam.update(state, grad(loss)(tree.ref(state.parameters), x), { rate: 2e-4, beta1: 0, beta2: 0.99 });
  return stepping(update, adam.start(network.parameters), array(noise(32 * 3 * 1024), [32, 3, 32, 32]));
}

function vaeStep({ encoder, decoder, latent, shape }) {
  const batch = shape[0];
  const loss = ({ e, d }, x, z) => {
    const [mean, logVariance] = np.split(encoder.apply(e, x.ref), 2, 1);
    const code = mean.ref.add(z.mul(np.exp(logVariance.ref.mul(0.5))));
    const logits = decoder.apply(d, code);
    const likelihood = nn.softplus(logits.ref).sub(logits.mul(x)).sum();
    const divergence = np.exp(logVariance.ref).add(np.square(mean)).sub(logVariance).sub(1).sum().mul(0.5);
    return likelihood.add(divergence).div(batch);
  };
  const update = ({ adamState, key }, x) => {
    const [next, own] = random.split(key, 2);
    const z = random.normal(own, [batch, latent]);
    const gradients = grad(loss)(tree.ref(adamState.parameters), x, z);
    return { adamState: adam.update(adamState, gradients, { rate: 1e-3, beta1: 0.9, beta2: 0.999 }), key: next };
  };
  const state = { adamState: adam.start({ e: encoder.parameters, d: decoder.parameters }), key: random.key(0) };
  return stepping(update, state, array(bits(product(shape)), shape));
}

/** Contrastive divergence with `sweeps` Gibbs sweeps from the data, or from persistent chains. */
function rbmStep(sweeps, persistent) {
  const batch = 100;
  const update = ({ w, a, b, chain, key }, v0) => {
    const hidden = (v) => nn.sigmoid(np.dot(v, w.ref).add(b.ref));
    const visible = (h) => nn.sigmoid(np.dot(h, w.ref.transpose()).add(a.ref));
    const draw = (own, p) => random.bernoulli(own, p).astype(np.float32);
    const keys = [...random.split(key, 2 * sweeps + 1)];
    const h0 = hidden(v0.ref);
    let v = chain;
    if (!persistent) {
      chain.dispose();
      v = v0.ref;
    }
    for (let sweep = 0; sweep < sweeps; sweep++) {
      const h = draw(keys[2 * sweep], hidden(v));
      v = draw(keys[2 * sweep + 1], visible(h));
    }
    const hk = hidden(v.ref);
    const slope = np.dot(v0.ref.transpose(), h0.ref).sub(np.dot(v.ref.transpose(), hk.ref));
    return {
      w: w.add(slope.mul(0.01 / batch)),
      a: a.add(v0.sub(v.ref).mean(0).mul(0.01)),
      b: b.add(h0.sub(hk).mean(0).mul(0.01)),
      chain: v,
      key: keys[2 * sweeps],
    };
  };
  const start = bits(batch * 784);
  const state = {
    w: random.normal(random.key(1), [784, 500]).mul(0.01),
    a: np.zeros([784]),
    b: np.zeros([500]),
    chain: array(start, [batch, 784]),
    key: random.key(0),
  };
  return stepping(update, state, array(start, [batch, 784]));
}

function sampleStep(batch) {
  const { parameters, apply } = networks.dcganGenerator({ training: false });
  const sample = jit((g, key) => {
    const [next, own] = random.split(key, 2);
    return { key: next, images: apply(g, random.normal(own, [batch, 100, 1, 1])) };
  });
  let key = random.key(0);
  return async () => {
    const result = await blockUntilReady(sample(tree.ref(parameters), key));
    key = result.key;
    result.images.dispose();
  };
}

function matmulStep(n) {
  const [a, b] = [0, 1].map(() => array(noise(n * n), [n, n]));
  return async () => (await np.matmul(a.ref, b.ref).blockUntilReady()).dispose();
}

if (isAsked("toy-gan") && threads > 1)
  note("jax-js expects the browser's Worker: an adapter of ours gives it Node's threads");
const steps = { ganStep, wganStep, conv3x3Step, vaeStep, rbmStep, sampleStep, matmulStep };
await measure(`jax-js-${versionOf("@jax-js/jax")}`, workloadsOf(networks, layers.imageShape, steps));
