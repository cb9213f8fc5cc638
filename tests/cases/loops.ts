/** Rows of loops, and of what is computed in some steps only; steps begin at 0, in which everything is due. */
import * as ops from "#src/ops/elementwise";
import { matmul } from "#src/ops/matmul";
import { every } from "#src/ops/every-nth-step";
import { sum } from "#src/ops/reduction";
import { scan } from "#src/ops/scan";
import { domains } from "../case-random.js";
import type { Case } from "./case.js";

const { real } = domains;

/** A gated recurrence over the rows of x, from h: its last state plus the sum of all outputs. */
function recurrence(name: string, reverse: boolean): Case {
  return {
    name,
    order: 2,
    tolerance: 2e-5,
    build(random) {
      const shape = random.shape({ maxRank: 2 });
      const length = random.integer(0, 4);
      return {
        inputs: [
          { name: "h", shape, domain: real },
          { name: "x", shape: [length, ...shape], domain: real },
          { name: "w", shape, domain: real },
        ],
        apply: ([h, x, w]) => {
          const { carries, outputs } = scan({ length, carries: { h }, sequences: { x }, reverse }, (state, row) => {
            const next = ops.tanh(ops.add(ops.mul(state.h, w), row.x));
            return { carries: { h: next }, outputs: { y: ops.mul(next, ops.sigmoid(row.x)) } };
          });
          return ops.add(carries.h, sum(outputs.y, { axes: 0 }));
        },
      };
    },
  };
}

/** A recurrence with a weight and a bias, of a length from which the loop's gradient reads the products. */
const products: Case = {
  name: "scan with products",
  order: 2,
  tolerance: 2e-5,
  build(random) {
    const [length, rows, units] = [random.integer(0, 4), random.integer(1, 4), random.integer(32, 35)];
    return {
      inputs: [
        { name: "h", shape: [rows, units], domain: real },
        { name: "x", shape: [length, rows, units], domain: real },
        { name: "w", shape: [units, units], domain: real },
        { name: "b", shape: [units], domain: real },
      ],
      apply: ([h, x, w, b]) => {
        const { carries, outputs } = scan({ carries: { h }, sequences: { x } }, (state, row) => {
          const seen = ops.add(matmul(state.h, ops.mul(w, 0.1)), b);
          return { carries: { h: ops.tanh(ops.add(seen, row.x)) }, outputs: { y: ops.sigmoid(seen) } };
        });
        return ops.add(carries.h, sum(outputs.y, { axes: 0 }));
      },
    };
  },
};

export const loopCases: readonly Case[] = [
  recurrence("scan", false),
  recurrence("scan reverse", true),
  products,
  {
    name: "every",
    order: 2,
    tolerance: 2e-6,
    build(random) {
      const shape = random.shape();
      const period = random.integer(2, 5);
      return {
        inputs: [{ name: "x", shape, domain: real }],
        apply: ([x]) => ops.add(every(period, ops.tanh(x)), ops.square(every(period, x))),
      };
    },
  },
];
