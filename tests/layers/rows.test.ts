/**
 * A row of a program with `rows` has the same bits whatever the number of rows that it is computed with: samples depend on
 * that, and exported modules. Layers whose kernels choose a form by sizes, with one row, with few and with many.
 */
import { createRuntime, layers as L } from "#binding";
import { afterAll, describe, expect, test } from "vitest";
import { Network } from "#src/layers/layer";
import { randomNormal } from "#src/ops/random";

const image = (side: number, channels: number) => [L.dense(side * side * channels), L.reshape(side, side, channels)];

const networks: Readonly<Record<string, L.Layer>> = {
  "a product with one column": L.dense(1),
  "one column between others": L.sequential(L.dense(33), L.tanh(), L.dense(1), L.dense(9)),
  "a large product": L.sequential(L.dense(600), L.relu(), L.dense(300)),
  "small products": L.sequential(L.dense(5), L.tanh(), L.dense(7), L.tanh(), L.dense(3)),
  "sums over many features": L.sequential(L.dense(2000), L.layerNorm(), L.dense(40), L.softmax()),
  "global pools": L.sequential(...image(16, 8), L.conv2d(8, 3, { padding: "same" }), L.globalAveragePool(), L.dense(1)),
  "instance norm": L.sequential(...image(16, 8), L.instanceNorm(), L.conv2d(1, 3, { padding: "same" })),
  "group norm": L.sequential(...image(16, 8), L.groupNorm(2), L.conv2d(1, 1)),
  "pixel norm": L.sequential(...image(16, 8), L.pixelNorm(), L.conv2d(3, 1)),
  "one channel": L.sequential(...image(8, 1), L.conv2d(1, 3, { padding: "same" })),
  // Winograd's forms are chosen by the number of images.
  "3x3 filters": L.sequential(
    ...image(16, 16),
    L.conv2d(32, 3, { padding: "same" }),
    L.conv2d(16, 3, { padding: "same" }),
  ),
  "4x4 filters, transposed": L.sequential(
    ...image(4, 64),
    L.convTranspose2d(32, 4, { stride: 2, padding: 1 }),
    L.batchNorm(),
    L.convTranspose2d(3, 4, { stride: 2, padding: 1 }),
  ),
  "residual blocks": L.sequential(
    ...image(8, 16),
    L.resnetBlock(16, { resample: "up" }),
    L.resnetBlock(8),
    L.conv2d(1, 1),
  ),
};

const runtimes = [{ threads: 1, deterministic: true }, { threads: 1 }, { threads: 3 }].map((one) => createRuntime(one));
afterAll(async () => {
  for (const one of runtimes) await (await one).close();
});

describe.each(Object.entries(networks))("%s", (_, layer) => {
  test.each([1, 2, 3, 7, 8, 16])("%i rows are those of 64", async (count) => {
    for (const runtime of await Promise.all(runtimes)) {
      const network = new Network("net", layer);
      const program = (rows: number) =>
        runtime.compile(() => ({ outputs: { y: network.apply(randomNormal([rows, 20])) } }), {
          rows: { count: rows, of: 256 },
        });
      const [whole, part] = [program(64), program(count)];
      const { y } = await whole.run({}, { seed: 3 });
      const size = y.data.length / 64;
      for (const row of [0, 1, 64 - count])
        expect([...(await part.run({}, { seed: 3, row })).y.data]).toEqual([
          ...y.data.subarray(row * size, (row + count) * size),
        ]);
      for (const one of [whole, part]) one.release();
    }
  });
});
