/** Rows of random numbers: their reference is Philox itself, so kernels are compared with it like any other. */
import { mul } from "#src/ops/elementwise";
import { gumbel, gumbelSoftmax } from "#src/ops/gumbel";
import * as ops from "#src/ops/random";
import type { Shape } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { domains } from "../case-random.js";
import type { Case } from "./case.js";

const drawn = (name: string, tolerance: number, draw: (shape: Shape) => Tensor): Case => ({
  name,
  order: 0,
  tolerance,
  build(random) {
    const shape = random.shape();
    return { inputs: [], apply: () => draw(shape) };
  },
});

export const randomCases: readonly Case[] = [
  drawn("randomUniform", 0, (shape) => ops.randomUniform(shape)),
  drawn("randomUniform range", 2e-6, (shape) => ops.randomUniform(shape, { low: -3, high: 0.5 })),
  drawn("randomNormal", 1e-5, (shape) => ops.randomNormal(shape)),
  drawn("randomNormal moved", 1e-5, (shape) => ops.randomNormal(shape, { mean: 2, deviation: 0.3 })),
  {
    name: "randomInteger",
    order: 0,
    tolerance: 0,
    build(random) {
      const shape = random.shape();
      const bound = random.pick([1, 2, 7, 60000, 2 ** 31 - 1]);
      return { inputs: [], apply: () => ops.randomInteger(shape, bound) };
    },
  },
  {
    name: "randomPermutation",
    order: 0,
    tolerance: 0,
    build(random) {
      const bound = random.pick([1, 2, 10, 1000, 60000]);
      const draws = random.integer(1, 3);
      const options = { draw: random.integer(0, draws - 1), draws };
      const count = random.integer(0, random.large ? 1500 : 40);
      return { inputs: [], apply: () => ops.randomPermutation(count, bound, options) };
    },
  },
  drawn("gumbel", 1e-5, gumbel),
  {
    name: "gumbelSoftmax",
    order: 2,
    tolerance: 1e-5,
    build: (random) => {
      const temperature = random.pick([0.5, 1, 3]);
      return {
        inputs: [{ name: "logits", shape: random.shape({ minRank: 1, full: true }), domain: domains.real }],
        apply: ([logits]) => gumbelSoftmax(logits, { temperature }),
      };
    },
  },
  {
    name: "gumbelSoftmax hard",
    order: 0,
    tolerance: 0,
    build: (random) => ({
      inputs: [{ name: "logits", shape: random.shape({ minRank: 1, full: true }), domain: domains.real }],
      apply: ([logits]) => gumbelSoftmax(logits, { hard: true }),
    }),
  },
  {
    name: "randomBernoulli",
    order: 0,
    tolerance: 0,
    build: (random) => ({
      inputs: [{ name: "p", shape: random.shape(), domain: domains.probability }],
      apply: ([p]) => ops.randomBernoulli(p),
    }),
  },
  {
    // Where the mask does not depend on the input, what it masks is differentiated as usual.
    name: "randomBernoulli mask",
    order: 2,
    build(random) {
      const shape = random.shape();
      return {
        inputs: [{ name: "x", shape, domain: domains.real }],
        apply: ([x]) => mul(mul(x, x), ops.randomBernoulli(0.5, shape)),
      };
    },
  },
];
