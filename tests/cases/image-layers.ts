/** Rows of layers on images and sequences, and of norms. */
import * as L from "#src/layers/index";
import { type CaseRandom, type Domain, domains } from "../case-random.js";
import type { Application, LayerPlan } from "./layer-plan.js";

const { distinct, positive } = domains;

const layer = (name: string, plan: LayerPlan["plan"], tolerance = 2e-5): LayerPlan => ({ name, tolerance, plan });

/** Two records or more (a batch's statistics want company), of the given number of channels. */
const images = (random: CaseRandom, channels: number, most = random.large ? 7 : 4): number[] => [
  random.integer(2, random.large ? 5 : 3),
  random.integer(1, most),
  random.integer(1, most),
  channels,
];

const someChannels = (random: CaseRandom) => random.integer(1, random.large ? 13 : 3);

const convolved = (random: CaseRandom) => {
  const groups = random.pick([1, 1, 2]);
  return {
    features: groups * random.integer(1, random.large ? 9 : 2),
    channels: groups * random.integer(1, random.large ? 5 : 2),
    options: {
      groups,
      stride: random.integer(1, 2),
      padding: random.pick(["same", 2, [1, 2], [1, 1, 2, 3]] as const),
      bias: random.chance(0.7),
    },
  };
};

const pooled = (name: string, make: typeof L.maxPool2d, domain: Domain): LayerPlan =>
  layer(name, (random) => ({
    layer: make(random.integer(1, 2), { stride: random.integer(1, 2), padding: "same" }),
    shape: images(random, someChannels(random)),
    domain,
  }));

/** A norm in training or not; running variances are positive. */
const norm = (
  name: string,
  make: (random: CaseRandom, options: L.NormOptions) => L.Layer,
  training = false,
): LayerPlan =>
  layer(
    name,
    (random): Application => {
      const channels = 6 * random.integer(1, random.large ? 3 : 1);
      const options = { affine: random.chance(0.7), epsilon: 0.05 };
      return {
        layer: make(random, options),
        shape: images(random, channels, 3),
        training,
        values: { variance: positive },
      };
    },
    5e-5,
  );

export const imagePlans: readonly LayerPlan[] = [
  layer("conv2d", (random) => {
    const { features, channels, options } = convolved(random);
    return { layer: L.conv2d(features, [random.integer(1, 3), 2], options), shape: images(random, channels) };
  }),
  layer("convTranspose2d", (random) => {
    const { features, channels, options } = convolved(random);
    const { stride } = options;
    const make = L.convTranspose2d(features, 4, {
      ...options,
      padding: 1,
      outputPadding: random.integer(0, stride - 1),
    });
    return { layer: make, shape: images(random, channels) };
  }),
  layer("conv1d", (random) => {
    const { features, channels, options } = convolved(random);
    const make = L.conv1d(features, random.integer(1, 3), { ...options, padding: "causal", dilation: 2 });
    return { layer: make, shape: [random.integer(1, 3), random.integer(1, 9), channels] };
  }),
  pooled("maxPool2d", L.maxPool2d, distinct),
  pooled("averagePool2d", L.averagePool2d, domains.real),
  layer("globalAveragePool", (random) => ({
    layer: L.globalAveragePool(),
    shape: images(random, someChannels(random)),
  })),
  layer("globalMaxPool", (random) => ({
    layer: L.globalMaxPool(),
    shape: images(random, someChannels(random)),
    domain: distinct,
  })),
  layer("upsample2d", (random) => ({
    layer: L.upsample2d(random.integer(1, 3), random.chance(0.5) ? { mode: "bilinear" } : {}),
    shape: images(random, someChannels(random)),
  })),
  layer("downsample2d", (random) => ({
    layer: L.downsample2d([2, 3], random.chance(0.5) ? { mode: "bilinear" } : {}),
    shape: [random.integer(1, 2), 2 * random.integer(1, 3), 3 * random.integer(1, 2), someChannels(random)],
  })),
  layer("blur2d", (random) => ({
    layer: L.blur2d({ stride: random.integer(1, 2) }),
    shape: images(random, someChannels(random)),
  })),
  layer("pixelShuffle", (random) => ({ layer: L.pixelShuffle(2), shape: images(random, 4 * someChannels(random)) }), 0),
  layer(
    "pixelUnshuffle",
    (random) => ({ layer: L.pixelUnshuffle(2), shape: [2, 4, 2 * random.integer(1, 3), someChannels(random)] }),
    0,
  ),
  norm("batchNorm", (_random, options) => L.batchNorm(options), true),
  norm("batchNorm outside of training", (_random, options) => L.batchNorm(options)),
  norm("instanceNorm", (_random, options) => L.instanceNorm(options)),
  norm("groupNorm", (random, options) => L.groupNorm(random.pick([1, 2, 3]), options)),
  layer("pixelNorm", (random) => ({
    layer: L.pixelNorm({ epsilon: 0.05 }),
    shape: images(random, someChannels(random)),
  })),
  layer("minibatchStd", (random) => ({
    layer: L.minibatchStd({ groupSize: 2, epsilon: 0.01 }),
    shape: [2 * random.integer(1, 3), 2, 3, someChannels(random)],
  })),
  layer("augment", (random) => ({
    layer: L.augment({
      translation: random.pick([0, 0.25, 0.5]),
      flip: random.chance(0.5),
      colour: random.chance(0.5),
      cutout: random.pick([0, 0.5]),
      fill: random.pick([0, -1]),
    }),
    shape: images(random, someChannels(random)),
    training: true,
  })),
  layer("selfAttention", (random) => ({
    layer: L.selfAttention({ reduction: random.integer(1, 8) }),
    shape: images(random, someChannels(random)),
  })),
  layer("resnetBlock", (random) => {
    const resample = random.pick(["up", "down", "none"] as const);
    // With a slope of 1 units have no corner, near which differences go wrong.
    const make = L.resnetBlock(someChannels(random), { resample, slope: 1 });
    return { layer: make, shape: [random.integer(1, 2), 2, 4, someChannels(random)] };
  }),
  // Outside of training the direction stands still: then the norm is a smooth function of the weight.
  layer("spectralNorm", (random) => ({
    layer: L.spectralNorm(L.sequential(L.conv2d(2, 2), L.flatten(), L.dense(random.integer(1, 3)))),
    shape: [random.integer(1, 3), 2, 3, someChannels(random)],
    values: { weight: positive, weightDirection: positive },
  })),
];
