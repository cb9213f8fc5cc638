/** Rows of pools, resampling and other operations on images [batch, height, width, channels]. */
import { gradient } from "#src/ops/differentiate";
import { literal } from "#src/ops/literal";
import { minibatchStd } from "#src/ops/minibatch";
import * as pooling from "#src/ops/pooling";
import * as resampling from "#src/ops/resampling";
import { sizeOf } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { type CaseRandom, type Domain, domains } from "../case-random.js";
import type { Case } from "./case.js";

const { real, distinct, coarse } = domains;

const channels = (random: CaseRandom) => random.integer(1, random.large ? 19 : 3);

/** A row of one batch of images; `plan` gives their size and the graph. */
const images = (
  name: string,
  plan: (random: CaseRandom) => { readonly size: readonly number[]; apply(x: Tensor): Tensor; readonly depth?: number },
  rest: Partial<Case> & { readonly domain?: Domain } = {},
): Case => {
  const { domain = real, ...row } = rest;
  return {
    name,
    order: 2,
    tolerance: 1e-5,
    ...row,
    build(random) {
      const { size, apply, depth = channels(random) } = plan(random);
      const batch = random.index === 0 ? 0 : random.integer(1, random.large ? 3 : 2);
      return { inputs: [{ name: "x", shape: [batch, ...size, depth], domain }], apply: ([x]) => apply(x) };
    },
  };
};

const side = (random: CaseRandom) => random.integer(1, random.large ? 9 : 4);

/** Windows of many kinds that fit, with and without overlap. */
function pool(random: CaseRandom): { size: [number, number]; window: [number, number]; options: pooling.PoolOptions } {
  const window: [number, number] = [random.integer(1, 3), random.integer(1, 3)];
  if (random.chance(0.4)) {
    return { size: [window[0] * random.integer(1, 3), window[1] * random.integer(1, 3)], window, options: {} };
  }
  const dilation = random.pick([1, 1, 2]);
  const size: [number, number] = [5 + side(random), 5 + side(random)];
  const padding = dilation > 1 ? 0 : random.pick(["same", "valid", [0, window[0] - 1, window[1] - 1, 0]] as const);
  return { size, window, options: { dilation, padding, stride: [random.integer(1, 3), random.integer(1, 2)] } };
}

const pooled = (name: string, make: typeof pooling.maxPool2d, rest: Parameters<typeof images>[2]): Case =>
  images(
    name,
    (random) => {
      const { size, window, options } = pool(random);
      return { size, apply: (x) => make(x, window, options) };
    },
    rest,
  );

const resampled = (
  name: string,
  make: (x: Tensor, factor: [number, number], options: resampling.ResampleOptions) => Tensor,
  multiple: boolean,
  options: resampling.ResampleOptions,
  rest: Partial<Case> = {},
): Case =>
  images(
    name,
    (random) => {
      const factor: [number, number] = [random.integer(1, 4), random.integer(1, 3)];
      const size = factor.map((one) => (multiple ? one : 1) * random.integer(1, 3));
      return { size, apply: (x) => make(x, factor, options) };
    },
    rest,
  );

export const imageCases: readonly Case[] = [
  pooled("maxPool2d", pooling.maxPool2d, { domain: distinct, tolerance: 2e-6 }),
  pooled("maxPool2d ties", pooling.maxPool2d, { domain: coarse, order: 0, tolerance: 0 }),
  {
    name: "maxPool2d gradient",
    order: 2,
    tolerance: 2e-6,
    build(random) {
      const { size, window, options } = pool(random);
      const images = [random.integer(1, 3), ...size, channels(random)];
      // Routed by a fixed image: the gradient of the maximum is linear in what comes from above.
      const routes = literal(
        Float32Array.from({ length: sizeOf(images) }, () => random.integer(-9, 9)),
        images,
      );
      const y = pooling.maxPool2d(routes, window, options);
      return {
        inputs: [{ name: "upstream", shape: y.shape, domain: real }],
        apply: ([upstream]) => gradient(y, [routes], { upstream })[0],
      };
    },
  },
  pooled("averagePool2d", pooling.averagePool2d, {}),
  images("globalAveragePool", (random) => ({ size: [side(random), side(random)], apply: pooling.globalAveragePool })),
  images("globalMaxPool", (random) => ({ size: [side(random), side(random)], apply: pooling.globalMaxPool }), {
    domain: distinct,
    tolerance: 2e-6,
  }),
  resampled("upsample2d", resampling.upsample2d, false, {}),
  resampled("upsample2d bilinear", resampling.upsample2d, false, { mode: "bilinear" }),
  resampled("upsample2d aligned", resampling.upsample2d, false, { mode: "aligned" }),
  resampled("downsample2d aligned", resampling.downsample2d, true, { mode: "aligned" }),
  resampled("downsample2d", resampling.downsample2d, true, {}, { tolerance: 0 }),
  resampled("downsample2d bilinear", resampling.downsample2d, true, { mode: "bilinear" }),
  images("blur2d", (random) => {
    const stride = random.integer(1, 2);
    return { size: [side(random), side(random)], apply: (x) => resampling.blur2d(x, { stride }) };
  }),
  images(
    "pixelShuffle",
    (random) => {
      const factor = random.integer(1, 3);
      const depth = factor * factor * random.integer(1, 3);
      return { size: [side(random), side(random)], depth, apply: (x) => resampling.pixelShuffle(x, factor) };
    },
    { tolerance: 0 },
  ),
  images(
    "pixelUnshuffle",
    (random) => {
      const factor = random.integer(1, 3);
      const size = [factor * random.integer(1, 3), factor * random.integer(1, 3)];
      return { size, apply: (x) => resampling.pixelUnshuffle(x, factor) };
    },
    { tolerance: 0 },
  ),
  {
    name: "minibatchStd",
    order: 2,
    tolerance: 1e-5,
    build(random) {
      const groupSize = random.integer(2, 4);
      const batch = random.chance(0.2) ? groupSize - 1 : groupSize * random.integer(1, 3);
      const positions = random.pick([[], [2], [2, 3]]);
      return {
        inputs: [{ name: "x", shape: [batch, ...positions, channels(random)], domain: real }],
        apply: ([x]) => minibatchStd(x, { groupSize, epsilon: 0.01 }),
      };
    },
  },
];
