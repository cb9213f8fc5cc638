/** Rows of gathers, scatters and conversions. */
import { add, mul } from "#src/ops/elementwise";
import * as ops from "#src/ops/indexing";
import { matmul } from "#src/ops/matmul";
import { sizeOf } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { domains } from "../case-random.js";
import type { Case } from "./case.js";

const { real, bytes, wide } = domains;

function gathered(
  name: string,
  dtype: "f32" | "u8" | "i32",
  order: 0 | 2,
  apply: (table: Tensor, index: Tensor) => Tensor,
): Case {
  return {
    name,
    order,
    build(random) {
      const rows = random.length();
      const row = random.shape({ maxRank: 2, full: true });
      // As many indices as rows of up to 9,225 elements allow.
      const most = Math.max(14, Math.min(200, Math.floor(Math.sqrt(200_000 / sizeOf(row)))));
      const index = random.large
        ? random.shape({ maxRank: 2 }).map((length, _, { length: rank }) => Math.min(length, rank === 1 ? 200 : most))
        : [random.integer(0, 6)];
      return {
        inputs: [
          { name: "table", shape: [rows, ...row], dtype, domain: dtype === "f32" ? real : bytes },
          { name: "index", shape: index, dtype: "i32", domain: domains.index(rows) },
        ],
        apply: ([table, at]) => apply(table, at),
      };
    },
  };
}

export const indexingCases: readonly Case[] = [
  gathered("gather", "f32", 2, (table, index) => ops.gather(table, index)),
  gathered("gather scaled", "f32", 2, (table, index) => ops.gather(table, index, { scale: -0.5, shift: 2 })),
  gathered("gather u8", "u8", 0, (table, index) => ops.gather(table, index, { scale: 2 / 255, shift: -1 })),
  gathered("gather i32", "i32", 0, (table, index) => ops.gather(table, index)),
  {
    // At least twice as many indices as rows: the table is multiplied, and the result is gathered.
    name: "matmul of gathered rows",
    order: 2,
    tolerance: 1e-5,
    build(random) {
      const [rows, depth, width] = [random.integer(1, 5), random.integer(1, 6), random.integer(1, 9)];
      return {
        inputs: [
          { name: "table", shape: [rows, depth], domain: real },
          { name: "index", shape: [random.integer(2 * rows, 4 * rows)], dtype: "i32", domain: domains.index(rows) },
          { name: "weights", shape: [depth, width], domain: real },
        ],
        apply: ([table, index, weights]) => matmul(ops.gather(table, index), weights),
      };
    },
  },
  {
    name: "scatterAdd",
    order: 2,
    tolerance: 1e-5,
    build(random) {
      const rows = random.length();
      const row = random.shape({ maxRank: 2, full: true });
      const count = random.index === 0 ? 0 : random.length();
      return {
        inputs: [
          { name: "index", shape: [count], dtype: "i32", domain: domains.index(rows) },
          { name: "values", shape: [count, ...row], domain: real },
        ],
        apply: ([index, values]) => ops.scatterAdd(index, values, rows),
      };
    },
  },
  {
    name: "oneHot",
    order: 0,
    tolerance: 0,
    build(random) {
      const classes = random.length();
      const shape = random.large ? [random.integer(0, 300)] : random.shape({ maxRank: 2 });
      return {
        inputs: [{ name: "index", shape, dtype: "i32", domain: domains.index(classes) }],
        apply: ([index]) => ops.oneHot(index, classes),
      };
    },
  },
  {
    name: "cast i32",
    order: 0,
    tolerance: 0,
    build: (random) => ({
      inputs: [{ name: "x", shape: random.shape(), domain: wide }],
      apply: ([x]) => ops.cast(x, "i32"),
    }),
  },
  {
    name: "cast f32",
    order: 0,
    build(random) {
      const [dtype, domain] = random.pick([
        ["u8", bytes],
        ["i32", domains.index(1000)],
      ] as const);
      const inputs = [{ name: "x", shape: random.shape(), dtype, domain }];
      return { inputs, apply: ([x]) => add(mul(ops.cast(x, "f32"), 0.5), 1) };
    },
  },
  {
    name: "cast u8",
    order: 0,
    tolerance: 0,
    build: (random) => ({
      inputs: [{ name: "x", shape: random.shape(), domain: (count, chance) => wide(count, chance).map((x) => x * 16) }],
      apply: ([x]) => ops.cast(x, "u8"),
    }),
  },
];
