/** Rows of normalisations and of what else models compose of products: attention, spectral norm. */
import { attention } from "#src/ops/attention";
import { literal } from "#src/ops/literal";
import * as norms from "#src/ops/normalization";
import { spectralNorm } from "#src/ops/spectral";
import type { Tensor } from "#src/graph/tensor";
import { type CaseRandom, domains } from "../case-random.js";
import type { Case } from "./case.js";

const { real, positive } = domains;

/** Two records or more, so that a variance is not 0 for want of company; `positions` axes between batch and channels. */
function shapeOf(random: CaseRandom, positions: number, channels = random.integer(1, random.large ? 37 : 4)): number[] {
  const lengths = Array.from({ length: positions }, () => random.integer(1, random.large ? 7 : 3));
  return [random.integer(2, random.large ? 9 : 4), ...lengths, channels];
}

const norm = (
  name: string,
  least: number,
  make: (random: CaseRandom) => (x: Tensor) => Tensor,
  plan = shapeOf,
): Case => ({
  name,
  order: 2,
  tolerance: 2e-5,
  build(random) {
    const apply = make(random);
    return {
      inputs: [{ name: "x", shape: plan(random, random.integer(least, 2)), domain: real }],
      apply: ([x]) => apply(x),
    };
  },
});

const epsilon = 0.05;

export const normalizationCases: readonly Case[] = [
  norm("moments", 0, () => (x) => norms.moments(x, [0]).variance),
  {
    name: "standardize",
    order: 2,
    tolerance: 2e-5,
    build(random) {
      const shape = shapeOf(random, 2);
      const [channels] = shape.slice(-1);
      return {
        inputs: [
          { name: "x", shape, domain: real },
          { name: "mean", shape: [channels], domain: real },
          { name: "variance", shape: [channels], domain: positive },
        ],
        apply: ([x, mean, variance]) => norms.standardize(x, { mean, variance }),
      };
    },
  },
  norm("batchNorm", 0, () => (x) => norms.batchNorm(x, { epsilon })),
  norm("instanceNorm", 1, () => (x) => norms.instanceNorm(x, { epsilon })),
  norm(
    "groupNorm",
    0,
    (random) => {
      const groups = (random.index % 3) + 1;
      return (x) => norms.groupNorm(x, groups, { epsilon });
    },
    (random, positions) =>
      shapeOf(random, positions, ((random.index % 3) + 1) * random.integer(1, random.large ? 9 : 2)),
  ),
  norm("layerNorm", 0, () => (x) => norms.layerNorm(x, { epsilon })),
  norm("pixelNorm", 0, () => (x) => norms.pixelNorm(x, { epsilon })),
  {
    name: "attention",
    order: 2,
    tolerance: 2e-5,
    build(random) {
      const most = random.large ? 20 : 3;
      const [batch, positions, others, depth, features] = [2, most, most, most, most].map((top) =>
        random.integer(1, top),
      );
      const scale = random.chance(0.5) ? {} : { scale: 0.5 };
      const lead = random.chance(0.5) ? [batch] : [batch, 2];
      return {
        inputs: [
          { name: "queries", shape: [...lead, positions, depth], domain: real },
          { name: "keys", shape: [...lead, others, depth], domain: real },
          { name: "values", shape: [...lead, others, features], domain: real },
        ],
        apply: ([queries, keys, values]) => attention({ queries, keys, values }, scale),
      };
    },
  },
  {
    name: "attention causal",
    order: 2,
    tolerance: 2e-5,
    build(random) {
      const most = random.large ? 40 : 4;
      const [positions, depth, features] = [most, 8, 8].map((top) => random.integer(1, top));
      return {
        inputs: [
          { name: "queries", shape: [2, positions, depth], domain: real },
          { name: "keys", shape: [2, positions, depth], domain: real },
          { name: "values", shape: [2, positions, features], domain: real },
        ],
        apply: ([queries, keys, values]) => attention({ queries, keys, values }, { causal: true }),
      };
    },
  },
  {
    name: "spectralNorm",
    // Smooth where the direction is taken as it is; iterations are not differentiated by the weight.
    order: 2,
    tolerance: 2e-5,
    build(random) {
      const [rows, features] = [random.integer(1, 9), random.integer(1, 9)];
      return {
        inputs: [
          { name: "weight", shape: random.chance(0.5) ? [rows, features] : [2, 1, rows, features], domain: positive },
          { name: "direction", shape: [features], domain: positive },
        ],
        apply: ([weight, direction]) => spectralNorm(weight, direction, { iterations: 0 }).weight,
      };
    },
  },
  {
    name: "spectralNorm converged",
    // Once the iterations have converged the norm does not depend on where they began, to first order.
    order: 1,
    tolerance: 2e-5,
    build(random) {
      const [rows, features] = [random.integer(1, 4), random.integer(1, 4)];
      return {
        inputs: [{ name: "weight", shape: [rows, features], domain: positive }],
        apply: ([weight]) => {
          const direction = literal(new Float32Array(features).fill(1), [features]);
          return spectralNorm(weight, direction, { iterations: 40 }).weight;
        },
      };
    },
  },
];
