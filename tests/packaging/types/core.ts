/**
 * A library on genloom whose exports have no types of their own: the compiler writes what it inferred into declarations, and must be
 * able to name it. Only what `lib.es2022` has is used.
 */
import {
  accumulate,
  adam,
  adamw,
  attention,
  augmentations,
  batchNorm,
  binarisation,
  characterCodec,
  clip,
  constant,
  conv2d,
  createRuntime,
  datasets,
  dcgan,
  defineKind,
  evaluationWindows,
  every,
  familyFrom,
  fromConfig,
  gan,
  gradient,
  gradientsOf,
  initializers,
  layers as L,
  likelihoods,
  literal,
  load,
  losses,
  matmul,
  mean,
  metrics,
  minimize,
  moments,
  mul,
  networks,
  objectives,
  penalties,
  r3gan,
  randomNormal,
  rbm,
  readSafetensors,
  rmsprop,
  type Runtime,
  scan,
  schedules,
  sequence,
  sgd,
  sigmoid,
  spectralNorm,
  split,
  standardise,
  tableRows,
  tokenImages,
  units,
  vae,
  Values,
  variable,
  withRange,
  writeSafetensors,
} from "genloom";

export const digits = datasets.digits({ count: 20 });
export const points = () => datasets.parse(new Uint8Array());
export const streamed = () => datasets.streamFile({ size: 0, read: async () => new Uint8Array() });
export const sets = { ...datasets };
export const parts = split(digits, 0.5);
export const scaled = [withRange(digits, 0, 1), standardise(datasets.ring({ count: 10 }))];
export const windows = [datasets.windows, evaluationWindows];
export const codec = characterCodec({ alphabet: ["a", "b"], ended: true });

export const generator = L.sequential(L.dense(2), L.leakyRelu(), L.batchNorm(), L.reshape(2));
export const layers = [L.conv2d(4, 3), L.gru(4), L.causalAttention(2), L.film(2), L.augment()];
export const weights = [initializers.heNormal, initializers.zeros];

export const family = gan({
  latent: 4,
  generator,
  discriminator: L.dense(1),
  loss: losses.nonSaturating(),
  penalties: [penalties.r1(1)],
  augment: augmentations.pipeline(),
  optimizers: { generator: adam(schedules.linear(1e-3, { to: 1e-4, steps: 10 })), discriminator: adamw(1e-3) },
});
export const images = [dcgan({ size: 16 }), r3gan({ size: 16 })];
export const boxed = tokenImages({ vocabulary: 4 });
export const rows = tableRows;
export const autoencoder = vae({
  latent: 2,
  encoder: L.dense(4),
  decoder: L.dense(2),
  likelihood: likelihoods.gaussian(),
  objective: objectives.elbo(),
  binarisation: binarisation.dynamic(),
});
export const machine = rbm({ hidden: 4, units: { visible: units.bernoulli(), hidden: units.bernoulli() } });
export const tokens = sequence({ vocabulary: 4, length: 3, network: networks.lstm({ width: 4 }) });
export const optimizers = [accumulate(rmsprop(1e-3), 2), sgd(0.1)];
export const again = familyFrom(family.config);
export const made = fromConfig;

export const swish = defineKind("layer", {
  kind: "swish",
  options: { beta: { default: 1, above: 0 } },
  make: ({ beta }) => ({ apply: (x) => mul(x, sigmoid(mul(x, beta))) }),
});

export const x = randomNormal([2, 3]);
export const w = variable({ name: "w", shape: [3, 3] });
export const products = {
  y: matmul(x, w),
  c: constant(1),
  l: literal([1, 2], [2]),
  g: gradient(mean(matmul(x, w)), [w]),
};
export const normalised = [batchNorm(x), moments(x), spectralNorm(w, x)];
export const attended = attention({ queries: x, keys: x, values: x });
export const folded = scan({ carries: { x } }, ({ x: last }) => ({ carries: { x: last ?? x } }));
export const convolved = (image: typeof x) => conv2d(image, w);
export const updates = minimize(sgd(0.1), mean(x), [w]);
export const slopes = clip(gradientsOf(mean(x), [w]), 1);
export const seldom = every(2, x);
export const values = new Values(new Float32Array(4), [2, 2]);
export const tensors = readSafetensors(writeSafetensors(new Map([["a", values]])));

export const start = () => createRuntime({ threads: 1 });
export const trained = async (runtime: Runtime) => family.train(runtime, digits, { steps: 1 }).model;
export const task = (runtime: Runtime) => autoencoder.train(runtime, digits, { steps: 1 });
export const machineTask = (runtime: Runtime) => machine.train(runtime, digits, { steps: 1, batchSize: 2 });
export const writer = (runtime: Runtime) => tokens.train(runtime, digits, { steps: 1 });
export const encoded = async (runtime: Runtime) => (await task(runtime)).model.encode(digits);
export const likelihood = async (runtime: Runtime) => (await task(runtime)).model.logLikelihood(digits);
export const written = async (runtime: Runtime) => (await writer(runtime)).model.beamSearch();
export const saved = async (runtime: Runtime) => (await trained(runtime)).save();
export const exported = async (runtime: Runtime) => (await trained(runtime)).export("js");
export const sampler = async (runtime: Runtime) => (await trained(runtime)).sample;
export const summary = async (runtime: Runtime) => (await trained(runtime)).summary();
export const checkpoint = async (runtime: Runtime) => task(runtime).checkpoint();
export const loaded = (runtime: Runtime) => load(runtime, new Uint8Array());
export const loadedVae = (runtime: Runtime) => load(runtime, new Uint8Array(), { kind: "vae" });
export const program = (runtime: Runtime) => runtime.compile(({ input }) => ({ outputs: { y: input("x", [1]) } }));
export const compiled = (runtime: Runtime) => program(runtime).compiled();
export const ran = (runtime: Runtime) => program(runtime).tryRun({ x: [1] });
export const steps = async (runtime: Runtime) => {
  const events = [];
  for await (const event of task(runtime)) events.push(event);
  return events;
};

export const scores = metrics.evaluate;
export const watched = metrics.watch;
export const classifier = (runtime: Runtime) => metrics.trainClassifier(runtime, digits);
export const distance = metrics.frechetDistance;
export const mixture = metrics.mixtureMetrics;
