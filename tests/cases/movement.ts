/** Rows of operations that move elements. */
import * as constants from "#src/ops/constant";
import * as ops from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import * as movement from "#src/ops/movement";
import { stopGradient } from "#src/ops/stop";
import { type Shape, sizeOf } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { type CaseRandom, domains, type ShapeOptions } from "../case-random.js";
import type { Case } from "./case.js";

const { real } = domains;

/** A row of one input: `plan` chooses attributes by its shape. */
function moved(
  name: string,
  plan: (random: CaseRandom, shape: Shape) => (x: Tensor) => Tensor,
  { tolerance = 0, ...options }: ShapeOptions & { readonly tolerance?: number } = {},
): Case {
  return {
    name,
    order: 2,
    tolerance,
    build(random) {
      const shape = random.shape(options);
      const apply = plan(random, shape);
      return { inputs: [{ name: "x", shape, domain: real }], apply: ([x]) => apply(x) };
    },
  };
}

/** Regroups the axes of a shape: prime factors of its size, shuffled and multiplied up again. */
function regrouped(random: CaseRandom, shape: Shape): number[] {
  const out = random.shuffled(shape);
  while (out.length > 1 && random.chance(0.5)) out.splice(0, 2, out[0] * out[1]);
  return random.chance(0.3) ? [1, ...out] : out;
}

/** Rows that compute as well as move: one rounding to f32. */
const rounded = { tolerance: 1e-7 };

export const movementCases: readonly Case[] = [
  moved("reshape", (random, shape) => {
    const target = regrouped(random, shape);
    return (x) => movement.reshape(x, target);
  }),
  moved("reshape rest", (_random, shape) => (x) => movement.reshape(x, [-1, shape[shape.length - 1]]), {
    minRank: 1,
    full: true,
  }),
  {
    name: "broadcastTo",
    order: 2,
    tolerance: 0,
    build(random) {
      const target = random.shape();
      const from = target.map((length) => (random.chance(0.5) ? 1 : length));
      const shape = random.chance(0.5) ? from.slice(random.integer(0, from.length)) : from;
      return { inputs: [{ name: "x", shape, domain: real }], apply: ([x]) => movement.broadcastTo(x, target) };
    },
  },
  moved("transpose", (random, shape) => {
    const axes = random.shuffled(shape.map((_, axis) => axis));
    return (x) => movement.transpose(x, axes);
  }),
  moved("transpose reverse", () => (x) => movement.transpose(x), { minRank: 2 }),
  moved("slice", (random, shape) => {
    const starts = shape.map((length) => random.integer(0, length));
    const sizes = shape.map((length, axis) =>
      random.integer(Math.min(1, length - starts[axis]), length - starts[axis]),
    );
    return (x) => movement.slice(x, starts, sizes);
  }),
  moved(
    "slice several",
    (random, shape) => {
      // Blocks between cuts of every axis, some of them left out, and at times one that overlaps them.
      const cuts = shape.map((length) =>
        [0, length, ...(random.chance(0.7) ? [random.integer(0, length)] : [])].sort((a, b) => a - b),
      );
      let blocks: { starts: number[]; sizes: number[] }[] = [{ starts: [], sizes: [] }];
      for (const at of cuts)
        blocks = blocks.flatMap(({ starts, sizes }) =>
          at.slice(1).map((end, i) => ({ starts: [...starts, at[i]], sizes: [...sizes, end - at[i]] })),
        );
      const kept = blocks.filter((_, i) => i === 0 || random.chance(0.8));
      const middle = shape.map((length) => ({ start: length >> 2, size: (length + 1) >> 1 }));
      if (random.chance(0.3))
        kept.push({ starts: middle.map(({ start }) => start), sizes: middle.map(({ size }) => size) });
      return (x) =>
        movement.concat(
          kept.map(({ starts, sizes }) => ops.tanh(movement.reshape(movement.slice(x, starts, sizes), [-1]))),
        );
    },
    { tolerance: 2e-6, minRank: 1, maxRank: 3 },
  ),
  moved("pad", (random, shape) => {
    const padding = shape.map(() => [random.integer(0, 3), random.integer(0, 2)] as const);
    const value = random.pick([0, 0, -1.5]);
    return (x) => movement.pad(x, padding, value);
  }),
  moved("flip", (random, shape) => {
    const axes = random.axes(shape);
    return (x) => movement.flip(x, axes);
  }),
  {
    name: "concat",
    order: 2,
    tolerance: 0,
    build(random) {
      const shape = random.shape({ minRank: 1 });
      const axis = random.integer(0, shape.length - 1);
      const inputs = Array.from({ length: random.integer(1, 4) }, (_, i) => ({
        name: `x${i}`,
        shape: shape.map((length, at) => (at === axis && i > 0 ? random.integer(0, 5) : length)),
        domain: real,
      }));
      return { inputs, apply: (tensors) => movement.concat(tensors, axis - (random.chance(0.5) ? shape.length : 0)) };
    },
  },
  moved(
    "concat moves",
    (_random, shape) => (x) => {
      const padded = movement.pad(
        movement.transpose(x),
        shape.map(() => [1, 2] as const),
      );
      const inside = movement.slice(
        padded,
        padded.shape.map(() => 1),
        padded.shape.map((length) => length - 1),
      );
      return movement.concat([movement.flip(inside, 0), inside]);
    },
    { minRank: 1, maxRank: 3 },
  ),
  {
    ...moved("stopGradient", () => (x) => ops.add(stopGradient(x), ops.square(stopGradient(x)))),
    order: 0,
    tolerance: 2e-6,
  },
  moved(
    "constant",
    (random) => {
      const value = Math.fround(random.normal());
      return (x) => ops.mul(x, constants.constant(value));
    },
    rounded,
  ),
  moved("tensor", () => (x) => ops.sub(constants.tensor(x), constants.tensor(2)), rounded),
  moved(
    "literal",
    (random, shape) => {
      const data = Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
      return (x) => ops.mul(x, literal(data, shape));
    },
    rounded,
  ),
];
