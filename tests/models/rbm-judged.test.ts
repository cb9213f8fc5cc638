/** How samples of machines are drawn by default, and how they are judged. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { binarisation, createRuntime, datasets, rbm, type Runtime, sgd } from "#binding";
import { samplesAsked } from "#src/metrics/evaluation/conditional-samples";
import { drawnLike, manySamples } from "#src/metrics/evaluation/many-samples";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const greys = datasets.from({
  records: Float32Array.from({ length: 40 * 9 }, (_, i) => ((i * 7) % 11) / 10),
  shape: [3, 3, 1],
  labels: Int32Array.from({ length: 40 }, (_, i) => i % 2),
  classes: 2,
});

const trained = async (options: object) => {
  const training = rbm({ hidden: 8, optimizer: sgd(0.5), ...options }).train(runtime, greys, {
    steps: 200,
    batchSize: 10,
  });
  await training.done;
  return training.model;
};

test("chains of a class take 1,000 sweeps, others 200", async () => {
  for (const [options, burnIn, asked] of [
    [{ classes: 2, binarisation: binarisation.dynamic() }, 1000, { labels: 1 }],
    [{ binarisation: binarisation.dynamic() }, 200, {}],
  ] as const) {
    const model = await trained(options);
    const usual = await model.sample(40, { seed: 2, ...asked });
    expect((await model.sample(40, { seed: 2, burnIn, ...asked })).data).toEqual(usual.data);
    expect((await model.sample(40, { seed: 2, burnIn: burnIn + 1, ...asked })).data).not.toEqual(usual.data);
  }
});

test("machines of greys are judged by means, which are greys; machines of bits by bits", async () => {
  const isBit = (value: number) => value === 0 || value === 1;
  const model = await trained({ classes: 2, binarisation: binarisation.dynamic() });
  expect(drawnLike(model)).toEqual({ means: true });
  const { samples } = await samplesAsked(model, { count: 4, classes: 2, seed: 1 });
  expect([...samples.data].some(isBit)).toBe(false);
  expect([...(await manySamples(model, 4)).data].some(isBit)).toBe(false);
  const plain = await trained({});
  expect(drawnLike(plain)).toEqual({});
  expect([...(await manySamples(plain, 4)).data].every(isBit)).toBe(true);
});
