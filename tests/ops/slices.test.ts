/**
 * The gradient to a tensor that was sliced: if slices do not overlap, their gradients are concatenated instead of added
 * as padded tensors.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime } from "#binding";
import { gradient } from "#src/ops/differentiate";
import { topologicalOrder } from "#src/graph/order";
import { add, mul, sigmoid, tanh } from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import { concat, pad, slice } from "#src/ops/movement";
import { sum } from "#src/ops/reduction";
import { evaluate } from "#src/graph/reference";
import { type Shape, sizeOf } from "#src/graph/shape";
import { Input, type Tensor } from "#src/graph/tensor";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1, deterministic: true });
});
afterAll(() => runtime.close());

type Block = readonly [starts: readonly number[], sizes: readonly number[]];

const numbers = (shape: Shape, seed: number) =>
  literal(
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 0.618034 + seed * 0.37) % 1) * 4 - 2),
    shape,
  );

/** Number of nodes of a graph, by name of the operation. */
function counted(...outputs: Tensor[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of topologicalOrder(outputs)) counts[op.name] = (counts[op.name] ?? 0) + 1;
  return counts;
}

/**
 * The gradient of a sum of weighted slices with respect to x: as `gradient` makes it, and as the sum of pads that it
 * replaces.
 */
function bothWays(shape: Shape, blocks: readonly Block[]) {
  const x = numbers(shape, 0);
  const weights = blocks.map(([, sizes], i) => numbers(sizes, i + 1));
  const parts = blocks.map(([starts, sizes], i) => sum(mul(slice(x, starts, sizes), weights[i])));
  const [found] = gradient(
    parts.reduce((a, b) => add(a, b)),
    [x],
  );
  const wanted = blocks
    .map(([starts, sizes], i) =>
      pad(
        weights[i],
        starts.map((start, axis) => [start, shape[axis] - start - sizes[axis]] as const),
      ),
    )
    .reduce((a, b) => add(a, b));
  return { found, wanted };
}

const thirds: Block[] = [0, 1, 2].map((i) => [
  [0, 2 * i],
  [3, 2],
]);

const layouts: Record<string, { shape: Shape; blocks: Block[]; ops: Record<string, number> }> = {
  "three that tile, along the last axis": { shape: [3, 6], blocks: thirds, ops: { concat: 1 } },
  "in any order": { shape: [3, 6], blocks: [thirds[2], thirds[0], thirds[1]], ops: { concat: 1 } },
  "with a gap between and behind": {
    shape: [9],
    blocks: [
      [[0], [2]],
      [[5], [3]],
    ],
    ops: { concat: 1 },
  },
  "four quarters": {
    shape: [4, 5],
    blocks: [
      [
        [0, 0],
        [1, 2],
      ],
      [
        [0, 2],
        [1, 3],
      ],
      [
        [1, 0],
        [3, 4],
      ],
      [
        [1, 4],
        [3, 1],
      ],
    ],
    ops: { concat: 3 },
  },
  "narrower than the tensor, along another axis": {
    shape: [4, 3],
    blocks: [
      [
        [0, 1],
        [2, 1],
      ],
      [
        [2, 0],
        [2, 3],
      ],
    ],
    ops: { concat: 1, pad: 1 },
  },
  "two that overlap": {
    shape: [5],
    blocks: [
      [[0], [3]],
      [[2], [3]],
    ],
    ops: { pad: 2, add: 1 },
  },
  "three, of which the middle one overlaps the others": {
    shape: [6],
    blocks: [
      [[0], [3]],
      [[2], [2]],
      [[3], [3]],
    ],
    ops: { concat: 1, pad: 1, add: 1 },
  },
  "the same one twice": {
    shape: [4],
    blocks: [
      [[1], [2]],
      [[1], [2]],
    ],
    ops: { pad: 2, add: 1 },
  },
  "interlocked, so that no cut parts them": {
    shape: [3, 3],
    blocks: [
      [
        [0, 0],
        [1, 2],
      ],
      [
        [0, 2],
        [2, 1],
      ],
      [
        [2, 1],
        [1, 2],
      ],
      [
        [1, 0],
        [2, 1],
      ],
    ],
    ops: {},
  },
  "one of no elements among others": {
    shape: [4],
    blocks: [
      [[0], [2]],
      [[1], [0]],
      [[2], [2]],
    ],
    ops: { concat: 1 },
  },
  "none of any elements": {
    shape: [4],
    blocks: [
      [[0], [0]],
      [[4], [0]],
    ],
    ops: {},
  },
};

describe.each(Object.entries(layouts))("slices %s", (_name, { shape, blocks, ops }) => {
  test("have the same gradient as the sum of pads, in f64 and compiled", async () => {
    const { found, wanted } = bothWays(shape, blocks);
    const [a, b] = evaluate([found, wanted]);
    expect([...a]).toEqual([...b]);
    const values = await runtime.compile(() => ({ outputs: { found, wanted } })).run();
    expect([...values.found.data]).toEqual([...values.wanted.data]);
  });

  test("are concatenated if possible", () => {
    const counts = counted(bothWays(shape, blocks).found);
    if (Object.keys(ops).length === 0) return expect(counts.concat ?? 0).toBeLessThan(3);
    const { concat = 0, pad = 0, add = 0 } = counts;
    expect({ concat, pad, add }).toEqual({ concat: 0, pad: 0, add: 0, ...ops });
  });
});

/** Gates of a recurrent cell: three slices of [n, 3 h]. */
function gates(x: Tensor): Tensor {
  const [a, b, c] = [0, 1, 2].map((i) => slice(x, [0, 2 * i], [3, 2]));
  return sum(add(mul(sigmoid(a), tanh(b)), mul(b, sigmoid(c))));
}

test("three slices that tile: one concat, nothing filled, padded or added, to orders 1 and 2", () => {
  const x = new Input("x", [3, 6]);
  const [first] = gradient(gates(x), [x]);
  const [second] = gradient(sum(mul(first, numbers([3, 6], 7))), [x]);
  for (const [order, g] of [first, second].entries()) {
    expect(g.op.name).toBe("concat");
    expect(counted(g).pad ?? 0).toBe(0);
    const program = runtime.compile(({ input }) => {
      const y = input("x", [3, 6]);
      const [one] = gradient(gates(y), [y]);
      return { outputs: { g: order === 0 ? one : gradient(sum(mul(one, numbers([3, 6], 7))), [y])[0] } };
    });
    const labels = program.compiled().waves.flatMap((wave) => wave.map(({ label }) => label));
    expect(labels.filter((label) => label.startsWith("concat"))).toHaveLength(3);
    expect(labels.filter((label) => /^(fill|pad)/.test(label))).toEqual([]);
    // The cell's own sums have the size of one gate; none has the size of all three.
    expect(labels.filter((label) => label.startsWith("map") && label.includes("[3, 6]"))).toEqual([]);
  }
});

test("the second gradient agrees with finite differences of the first", () => {
  const x = new Input("x", [3, 6]);
  const weights = numbers([3, 6], 7);
  const [first] = gradient(gates(x), [x]);
  const weighted = sum(mul(first, weights));
  const [second] = gradient(weighted, [x]);
  const at = Float64Array.from({ length: 18 }, (_, i) => Math.sin(i));
  const value = (values: Float64Array) => evaluate([weighted], { feeds: new Map([[x, values]]) })[0][0];
  const [found] = evaluate([second], { feeds: new Map([[x, at]]) });
  at.forEach((_, i) => {
    const moved = (by: number) => at.map((one, j) => (i === j ? one + by : one));
    expect(found[i]).toBeCloseTo((value(moved(1e-5)) - value(moved(-1e-5))) / 2e-5, 6);
  });
});

test("a concatenation keeps every value, including the sign of zero", async () => {
  const x = numbers([4], 0);
  const upstream = literal([-0, Number.NaN, Number.POSITIVE_INFINITY, 3], [4]);
  const y = concat([slice(x, [2], [2]), slice(x, [0], [2])]);
  const [g] = gradient(y, [x], { upstream });
  expect([...evaluate([g])[0]]).toEqual([Number.POSITIVE_INFINITY, 3, -0, Number.NaN]);
  const { found } = await runtime.compile(() => ({ outputs: { found: g } })).run();
  expect([...found.data]).toEqual([Number.POSITIVE_INFINITY, 3, -0, Number.NaN]);
});

test("gradients of other readers are added to the concatenation", () => {
  const x = numbers([4], 0);
  const [g] = gradient(add(sum(mul(slice(x, [0], [2]), 3)), add(sum(mul(slice(x, [2], [2]), 5)), sum(mul(x, x)))), [x]);
  expect([...evaluate([g])[0]]).toEqual([...evaluate([x])[0]].map((value, i) => 2 * value + (i < 2 ? 3 : 5)));
});
