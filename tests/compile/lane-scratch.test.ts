/** A lane's scratch memory: no kernel writes where the lane counts the iterations of its loops. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Layout } from "#assembly/opcode";
import { createRuntime, type Runtime } from "#src/index";
import { conv2d, convTranspose2d } from "#src/ops/convolution";
import { gradient } from "#src/ops/differentiate";
import { add } from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import { matmul } from "#src/ops/matmul";
import { randomNormal } from "#src/ops/random";
import { sum } from "#src/ops/reduction";
import { scan } from "#src/ops/scan";
import type { Tensor } from "#src/graph/tensor";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1, deterministic: true });
});
afterAll(() => runtime.close());

const image = (channels: number, size = 32) => randomNormal([16, size, size, channels]);
const gradients = (y: Tensor, xs: readonly Tensor[]) =>
  Object.fromEntries(gradient(sum(y), xs).map((g, i) => [`g${i}`, g]));

const graphs: Readonly<Record<string, () => Readonly<Record<string, Tensor>>>> = {
  ...Object.fromEntries(
    [
      [3, 1],
      [4, 2],
      [2, 1],
      [5, 1],
      [3, 2],
      [1, 1],
    ].flatMap(([kernel, stride]) =>
      [4, 32, 64, 128].map((channels) => [
        `conv2d, ${kernel}x${kernel}, stride ${stride}, ${channels} channels`,
        () => {
          const [x, w] = [image(channels), randomNormal([kernel, kernel, channels, channels])];
          const y = conv2d(x, w, { stride, padding: "same" });
          return { y, ...gradients(y, [x, w]) };
        },
      ]),
    ),
  ),
  convTranspose2d: () => {
    const [x, w] = [image(64, 16), randomNormal([4, 4, 32, 64])];
    const y = convTranspose2d(x, w, { stride: 2, padding: 1 });
    return { y, ...gradients(y, [x, w]) };
  },
  matmul: () => ({ y: matmul(randomNormal([300, 700]), randomNormal([700, 500])) }),
};

test.each(Object.keys(graphs))("%s leaves the counters of loops alone", async (name) => {
  const address = Layout.Lanes + Layout.Loops;
  await runtime.compile(() => ({ outputs: graphs[name]() })).run();
  const words = new Int32Array((await runtime.engine.read(address, 4 * Layout.MostLoops)).slice().buffer);
  expect([...words]).toEqual(new Array(Layout.MostLoops).fill(0));
});

test("a convolution's gradient within a loop is computed in every iteration", async () => {
  const [x, w] = [image(64), randomNormal([3, 3, 64, 64])];
  const { outputs } = scan(
    { carries: { v: w }, sequences: { shift: literal([0, 0, 0, 0], [4]) } },
    ({ v }, { shift }) => {
      const [g] = gradient(sum(conv2d(x, add(v, shift), { padding: "same" })), [v]);
      return { carries: { v }, outputs: { g } };
    },
  );
  const [whole] = gradient(sum(conv2d(x, w, { padding: "same" })), [w]);
  const found = await runtime.compile(() => ({ outputs: { rows: outputs.g, whole } })).run({}, { seed: 1 });
  const { data: rows } = found.rows;
  const once = [...found.whole.data];
  for (let i = 0; i < 4; i++) expect([...rows.slice(i * once.length, (i + 1) * once.length)]).toEqual(once);
});

test("the parts of the scratch memory lie behind each other", () => {
  // Kernels that fill the packing space end it at 131,072 + 913,280 bytes (`Space.End` in kernels/winograd).
  const parts = [
    [Layout.Packing, 913_280],
    [Layout.RandomPair, 4 * 32],
    [Layout.Operands, 8 * Layout.Slots],
    [Layout.Loops, 4 * Layout.MostLoops],
    [Layout.LaneBytes, 0],
  ];
  parts.slice(1).forEach(([start], i) => {
    expect(parts[i][0] + parts[i][1]).toBeLessThanOrEqual(start);
  });
});
