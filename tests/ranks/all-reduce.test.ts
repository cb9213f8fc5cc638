/** The operation allReduce: values, gradients, loops, lanes, and programs of many steps. */
import { describe, expect, test } from "vitest";
import { add, allReduce, gradient, localGroup, mean, mul, scan, square, sum, variable } from "#binding";
import { evaluate } from "#src/graph/reference";
import { forRanks } from "#src/graph/ranks";
import { Input, type Tensor } from "#src/graph/tensor";
import { eachRank } from "./ranks.js";

/** What each of `size` ranks computes of its own x [4]. */
const onRanks = (size: number, build: (x: Tensor) => Tensor, { threads = 1, fuse = true } = {}) =>
  eachRank(
    localGroup(size),
    async (runtime, group) => {
      const program = runtime.compile(({ input }) => ({ outputs: { y: build(input("x", [4])) } }), { group, fuse });
      const x = Float32Array.from({ length: 4 }, (_, i) => i + 10 * group.rank);
      return [...(await program.run({ x })).y.data];
    },
    () => threads,
  );

describe("values", () => {
  test("sums over ranks, equal on all of them", async () => {
    expect(await onRanks(2, (x) => allReduce(x))).toEqual([
      [10, 12, 14, 16],
      [10, 12, 14, 16],
    ]);
  });

  test("means over ranks", async () => {
    const expected = [10, 11, 12, 13];
    expect(await onRanks(3, (x) => allReduce(x, { reduce: "mean" }))).toEqual([expected, expected, expected]);
  });

  test("of values that are used again, without fusion, and of an expression", async () => {
    const build = (x: Tensor) => add(allReduce(add(mul(x, 2), 1)), mul(x, 100));
    const expected = [
      [22, 126, 230, 334],
      [1022, 1126, 1230, 1334],
    ];
    for (const fuse of [true, false]) expect(await onRanks(2, build, { fuse })).toEqual(expected);
  });

  test.each([1, 2, 3])("in a loop, with %i lanes", async (threads) => {
    const build = (x: Tensor) =>
      scan({ length: 5, carries: { v: x } }, ({ v }) => ({ carries: { v: mul(allReduce(v), 0.5) } })).carries.v;
    const expected = [5, 6, 7, 8];
    expect(await onRanks(2, build, { threads })).toEqual([expected, expected]);
  });

  test("in every step of a program of many steps, beside work of all lanes", async () => {
    const counts = await eachRank(
      localGroup(2),
      async (runtime, group) => {
        const total = variable({ name: "total", shape: [200, 200] });
        const build = () => ({
          updates: new Map([[total, allReduce(add(total, group.rank + 1), { reduce: "mean" })]]),
        });
        await runtime.compile(build, { group }).run({}, { times: 300 });
        return (await runtime.read(total)).data[39_999];
      },
      (rank) => 1 + rank,
    );
    expect(counts).toEqual([450, 450]);
  });
});

test("what would leave the other ranks waiting is refused: a signal, a profile", async () => {
  const [errors] = await eachRank(localGroup(2), async (runtime, group) => {
    const program = runtime.compile(() => ({ outputs: { y: allReduce(1) } }), { group });
    const message = (error: Error) => error.message;
    const { signal } = new AbortController();
    return [await program.run({}, { signal }).catch(message), await program.profile().catch(message)];
  });
  const rule = "must be of a program without a group, found one of 2 ranks";
  expect(errors).toEqual([`run: signal ${rule}`, `profile: the program ${rule}`]);
});

test("without a group, and for one rank, the graph has no such node", () => {
  const x = new Input("x", [2]);
  expect(allReduce(x)).toBe(x);
  expect(forRanks({ size: 2 }, () => allReduce(x))).not.toBe(x);
});

describe("gradients", () => {
  /** Of the sum over both ranks of sum(m y^2) with m the mean of x over ranks, and y the rank's own values. */
  const loss = (x: Tensor) => sum(mul(square(allReduce(x, { reduce: "mean" })), x));

  /** The same for both ranks' values [2, 4] in one graph: the mean over axis 0. */
  const whole = (x: Tensor) => sum(mul(square(mean(x, { axes: 0, keepAxes: true })), x));

  const first = (f: (x: Tensor) => Tensor) => (x: Tensor) => gradient(f(x), [x])[0];
  const second = (f: (x: Tensor) => Tensor) => (x: Tensor) => gradient(sum(square(first(f)(x))), [x])[0];

  test.each<[string, (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor]>([
    ["first", first],
    ["second", second],
  ])("of the %s order are those of a graph of the values of all ranks", async (_, order) => {
    const all = new Input("all", [2, 4]);
    const values = Float32Array.from({ length: 8 }, (_, i) => (i % 4) + 10 * Math.floor(i / 4));
    const [expected] = evaluate([order(whole)(all)], { feeds: new Map([[all, values]]) });
    const found = (await onRanks(2, order(loss))).flat();
    for (const [i, value] of found.entries()) expect(value / expected[i]).toBeCloseTo(1, 5);
  });
});
