/**
 * Programs of some rows of a block: every row gets the random numbers that it has in a program of the whole block, at the
 * top, fused into arithmetic, and in loops of both directions.
 */
import { afterAll, describe, expect, test } from "vitest";
import { createRuntime } from "#src/index";
import { evaluate } from "#src/graph/reference";
import { cast } from "#src/ops/indexing";
import { add, mul, tanh } from "#src/ops/elementwise";
import { reshape } from "#src/ops/movement";
import { randomBernoulli, randomInteger, randomNormal, randomUniform } from "#src/ops/random";
import { scan } from "#src/ops/scan";
import type { Tensor } from "#src/graph/tensor";

const block = 12;
const runtimes = [1, 2, 3].map((threads) => createRuntime({ threads, deterministic: true }));
afterAll(async () => {
  for (const one of runtimes) await (await one).close();
});

type Graph = (rows: number) => Tensor;

const loop = (rows: number, reverse: boolean): Tensor =>
  scan({ length: 3, carries: { x: randomNormal([rows, 5]) }, reverse }, ({ x }) => {
    const inner = scan({ length: 2, carries: { y: x } }, ({ y }) => ({
      carries: { y: add(mul(y, 0.5), randomUniform([rows, 5])) },
    }));
    return { carries: { x: add(inner.carries.y, cast(randomInteger([rows, 5], 100), "f32")) } };
  }).carries.x;

const graphs: Readonly<Record<string, Graph>> = {
  normals: (rows) => randomNormal([rows, 3]),
  "normals of 4,000 elements a row": (rows) => randomNormal([rows, 4000]),
  "fused into arithmetic": (rows) => tanh(add(mul(randomNormal([rows, 2, 3]), 2), randomUniform([rows, 1, 3]))),
  bits: (rows) => randomBernoulli(0.3, [rows, 7]),
  "integers in i32": (rows) => randomInteger([rows, 5], 1000),
  "several elements of a first axis": (rows) => reshape(randomNormal([rows * 2, 3]), [rows, 6]),
  "two loops": (rows) => loop(rows, false),
  "two loops, the outer one in reverse": (rows) => loop(rows, true),
};

const options = (count: number) => ({ rows: { count, of: block }, streams: 7 });

describe.each(Object.entries(graphs))("%s", (_name, graph) => {
  const seed = 2 ** 40 + 5;

  test.each([1, 2, 3, 5, 12])("%i rows at a time", async (count) => {
    for (const runtime of await Promise.all(runtimes)) {
      const whole = runtime.compile(() => ({ outputs: { out: graph(block) } }), { streams: 7 });
      const part = runtime.compile(() => ({ outputs: { out: graph(count) } }), options(count));
      const { out } = await whole.run({}, { seed, step: 3 });
      const size = out.data.length / block;
      // Also backwards, and the first row again: the words of the program are those of the row asked for last.
      for (const row of [0, 1, block - count, 2, 0].filter((one) => one + count <= block)) {
        const found = (await part.run({}, { seed, step: 3, row })).out;
        expect([...found.data], `row ${row}`).toEqual([...out.data.subarray(row * size, (row + count) * size)]);
      }
    }
  });

  test("the reference has the same rows", () => {
    const [whole] = evaluate([graph(block)], { seed: 9, step: 3, streams: 7 });
    const size = whole.length / block;
    const rows = { count: 4, of: block, first: 5 };
    const [part] = evaluate([graph(4)], { seed: 9, step: 3, streams: 7, rows });
    expect([...part]).toEqual([...whole.subarray(5 * size, 9 * size)]);
  });
});

test("a draw without equal parts, and rows outside of the block, are refused", async () => {
  const runtime = await runtimes[0];
  expect(() => runtime.compile(() => ({ outputs: { out: randomNormal([3]) } }), { rows: { count: 2, of: 4 } })).toThrow(
    "compile: rows: every draw must have equal parts for each of 2 rows, found a draw of 3 elements",
  );
  expect(() => runtime.compile(() => ({}), { rows: { count: 5, of: 4 } })).toThrow(
    "compile: rows: of must be an integer >= 5, found 4",
  );
  const program = runtime.compile(() => ({ outputs: { out: randomNormal([2]) } }), { rows: { count: 2, of: 4 } });
  await expect(program.run({}, { seed: 1, row: 3 })).rejects.toThrow(
    "run: row must be an integer >= 0 and <= 2, found 3",
  );
});
