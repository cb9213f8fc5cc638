/** Rows of reductions and of what is composed of them. */
import { mul, square, sub, tanh } from "#src/ops/elementwise";
import * as ops from "#src/ops/reduction";
import { sizeOf } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { type Domain, domains, type ShapeOptions } from "../case-random.js";
import type { Case } from "./case.js";

const { real, wide, distinct, coarse } = domains;

function reduced(
  name: string,
  apply: (x: Tensor, options: ops.AxesOptions) => Tensor,
  domain: Domain,
  { full = false, ...rest }: Partial<Case> & ShapeOptions = {},
): Case {
  return {
    name,
    order: 2,
    tolerance: 1e-5,
    ...rest,
    build(random) {
      const shape = random.shape({ full });
      const axes = random.axes(shape).map((axis) => (random.chance(0.3) ? axis - shape.length : axis));
      const chosen = random.chance(0.3) ? {} : { axes };
      const options = { ...chosen, keepAxes: random.chance(0.3) };
      return { inputs: [{ name: "x", shape, domain }], apply: ([x]) => apply(x, options), flops: sizeOf(shape) };
    },
  };
}

function alongAxis(
  name: string,
  apply: (x: Tensor, options: { axis?: number }) => Tensor,
  rest: Partial<Case> = {},
): Case {
  return {
    name,
    order: 2,
    ...rest,
    build(random) {
      const shape = random.shape({ minRank: 1, full: true });
      const axis = random.integer(-shape.length, shape.length - 1);
      const options = random.chance(0.4) ? {} : { axis };
      return { inputs: [{ name: "x", shape, domain: wide }], apply: ([x]) => apply(x, options) };
    },
  };
}

export const reductionCases: readonly Case[] = [
  // Up to 5,000 terms that cancel: the error goes with their magnitudes (here some 4,000 x 2^-24), not with the sum.
  reduced("sum", ops.sum, real, { tolerance: 5e-5 }),
  reduced("max", ops.max, distinct, { full: true, tolerance: 0 }),
  reduced("max ties", ops.max, coarse, { full: true, tolerance: 0, order: 0 }),
  reduced("mean", ops.mean, real, { full: true }),
  reduced("variance", ops.variance, real, { full: true }),
  reduced("logSumExp", ops.logSumExp, wide, { full: true }),
  // Elementwise work in front of a reduction runs inside it.
  reduced("sum front", (x, options) => ops.sum(square(sub(mul(x, 0.5), 1)), options), real),
  reduced("max front", (x, options) => ops.max(tanh(mul(x, 0.5)), options), distinct, { full: true }),
  alongAxis("softmax", ops.softmax),
  alongAxis("logSoftmax", ops.logSoftmax, { tolerance: 1e-5 }),
  {
    name: "argMax",
    order: 0,
    tolerance: 0,
    build(random) {
      const shape = random.shape({ minRank: 1, full: true });
      return {
        inputs: [{ name: "x", shape, domain: random.chance(0.5) ? coarse : real }],
        apply: ([x]) => ops.argMax(x),
      };
    },
  },
];
