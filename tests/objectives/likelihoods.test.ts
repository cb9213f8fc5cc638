/** Likelihoods of tokens and of levels: their probabilities add up to 1, in f64; samples and means; what is refused. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adam, createRuntime, datasets, layers as L, likelihoods, type Runtime, vae, withRange } from "#binding";
import { js } from "#src/export/js";
import { exportWasm } from "#src/export/wasm";
import { evaluate } from "#src/graph/reference";
import type { Tensor } from "#src/graph/tensor";
import { Network, Scope } from "#src/layers/layer";
import type { Likelihood } from "#src/objectives/likelihoods";
import { literal } from "#src/ops/literal";
import { broadcastTo } from "#src/ops/movement";
import { imported } from "../export/imported.js";
import { everyRecord } from "../models/every-record.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const scope = new Scope(new Network("none", { config: { kind: "none" }, apply: (x) => x }), "likelihood", {});
const observe = (likelihood: Likelihood, ...outputs: Tensor[]) => likelihood.observe(outputs, scope);
const t = (values: readonly number[], shape: readonly number[]) => literal(Float32Array.from(values), shape);
const total = (logs: Tensor) => evaluate([logs])[0].reduce((sum, log) => sum + Math.exp(log), 0);

describe("categorical", () => {
  const [vocabulary, length] = [3, 4];
  const logits = Array.from({ length: length * vocabulary }, (_, i) => 2 * Math.sin(1.7 * i));
  const all = everyRecord(length, vocabulary);

  test("the probabilities of all records add up to 1", () => {
    const of = broadcastTo(t(logits, [1, length, vocabulary]), [all.length, length, vocabulary]);
    const { logProbability } = observe(likelihoods.categorical({ vocabulary }), of);
    expect(total(logProbability(t(all.flat(), [all.length, length])))).toBeCloseTo(1, 10);
  });

  test("of data with ends, those of all records that are filled up with ends", () => {
    const ended = all.filter((record) => record.every((token, at) => at === 0 || record[at - 1] !== 0 || token === 0));
    expect(ended.length).toBeLessThan(all.length);
    const of = broadcastTo(t(logits, [1, length, vocabulary]), [ended.length, length, vocabulary]);
    const { logProbability } = observe(likelihoods.categorical({ vocabulary, ended: true }), of);
    expect(total(logProbability(t(ended.flat(), [ended.length, length])))).toBeCloseTo(1, 10);
  });

  test("the mean is the most likely token, and a sample nearly always is one of which the others are rare", async () => {
    const clear = [9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 9, 0].map((one) => 3 * one);
    const program = runtime.compile(() => {
      const { mean, sample } = observe(likelihoods.categorical({ vocabulary }), t(clear, [1, length, vocabulary]));
      const ended = observe(likelihoods.categorical({ vocabulary, ended: true }), t(clear, [1, length, vocabulary]));
      return { outputs: { mean, sample: sample(), cut: ended.mean, cutSample: ended.sample() } };
    });
    const { mean, sample, cut, cutSample } = await program.run();
    expect([...mean.data]).toEqual([0, 1, 2, 1]);
    expect([...sample.data]).toEqual([0, 1, 2, 1]);
    // The first token is the end.
    expect([...cut.data]).toEqual([0, 0, 0, 0]);
    expect([...cutSample.data]).toEqual([0, 0, 0, 0]);
    program.release();
  });

  test("samples have the probabilities of the logits", async () => {
    const count = 4000;
    const program = runtime.compile(() => ({
      outputs: {
        drawn: observe(
          likelihoods.categorical({ vocabulary }),
          broadcastTo(t([0, 1, 2].map(Math.log1p), [1, 1, vocabulary]), [count, 1, vocabulary]),
        ).sample(),
      },
    }));
    const { drawn } = await program.run();
    // Probabilities 1/6, 2/6, 3/6; five standard errors.
    for (const token of [0, 1, 2]) {
      const p = (token + 1) / 6;
      const share = drawn.data.filter((one) => one === token).length / count;
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / count));
    }
    program.release();
  });

  test("names what does not fit", () => {
    expect(() => likelihoods.categorical({ vocabulary: 1 })).toThrow(
      /categorical: vocabulary must be an integer .*found 1/,
    );
    expect(() => likelihoods.categorical({ vocabulary: 3, ended: 1 as never })).toThrow(/ended must be true or false/);
  });
});

describe("discretisedLogistic", () => {
  const at = (levels: number, [low, high]: readonly [number, number]) =>
    Array.from({ length: levels }, (_, i) => low + ((high - low) * i) / (levels - 1));

  test.each([
    [256, [0, 1], 0.4, -2],
    [256, [0, 1], 0.4, -9],
    [256, [0, 1], -3, -1],
    [256, [-1, 1], 5, 3],
    [256, [0, 255], 17, 99],
    [5, [-1, 1], 0.99, -4],
    [2, [0, 1], 0.1, 0],
  ] as const)("%i levels in %j around %d, log scale %d: probabilities add up to 1", (levels, range, mean, scale) => {
    const values = at(levels, range);
    const column = (value: number) => t(new Array(levels).fill(value), [levels, 1]);
    const { logProbability } = observe(likelihoods.discretisedLogistic({ levels, range }), column(mean), column(scale));
    expect(total(logProbability(t(values, [levels, 1])))).toBeCloseTo(1, 5);
  });

  test("is the difference of two values of the logistic distribution", () => {
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const [mean, raw, x] = [0.3, -1, 100 / 255];
    const scale = Math.exp(raw) / 2;
    const expected = Math.log(sigmoid((x - mean + 1 / 510) / scale) - sigmoid((x - mean - 1 / 510) / scale));
    const { logProbability } = observe(likelihoods.discretisedLogistic(), t([mean], [1, 1]), t([raw], [1, 1]));
    expect(evaluate([logProbability(t([x], [1, 1]))])[0][0]).toBeCloseTo(expected, 5);
  });

  test("stays finite in f32 however far the mean, however small or large the scale", async () => {
    const means = [-1e4, -3, 0, 0.5, 1, 7, 1e4];
    const scales = [-1e4, -7, 0, 7, 1e4];
    const rows = means.flatMap((mean) => scales.flatMap((scale) => [0, 0.2, 1].map((x) => [mean, scale, x])));
    const column = (i: number) =>
      t(
        rows.map((row) => row[i]),
        [rows.length, 1],
      );
    const program = runtime.compile(() => ({
      outputs: {
        logs: observe(likelihoods.discretisedLogistic(), column(0), column(1)).logProbability(column(2)),
      },
    }));
    const { logs } = await program.run();
    expect([...logs.data].filter((log) => !Number.isFinite(log) || log > 0)).toEqual([]);
    program.release();
  });

  test("samples are levels, with the mean and the spread of the distribution", async () => {
    const count = 4000;
    const program = runtime.compile(() => {
      const column = (value: number) => broadcastTo(t([value], [1, 1]), [count, 1]);
      const { mean, sample } = observe(likelihoods.discretisedLogistic(), column(0.5), column(-3));
      return { outputs: { mean, drawn: sample() } };
    });
    const { mean, drawn } = await program.run();
    for (const value of drawn.data) expect(Math.abs(value * 255 - Math.round(value * 255))).toBeLessThan(1e-4);
    const average = drawn.data.reduce((sum, value) => sum + value, 0) / count;
    // The deviation of a logistic is pi / sqrt(3) scales; five standard errors.
    const deviation = (Math.PI / Math.sqrt(3)) * (Math.exp(-3) / 2);
    expect(Math.abs(average - 0.5)).toBeLessThan((5 * deviation) / Math.sqrt(count));
    const spread = Math.sqrt(drawn.data.reduce((sum, value) => sum + (value - average) ** 2, 0) / count);
    expect(spread / deviation).toBeGreaterThan(0.9);
    expect(spread / deviation).toBeLessThan(1.1);
    expect(mean.data[0]).toBe(0.5);
    program.release();
  });

  test("names what does not fit", () => {
    expect(() => likelihoods.discretisedLogistic({ levels: 1 })).toThrow(/levels must be an integer >= 2, found 1/);
    expect(() => likelihoods.discretisedLogistic({ range: [1, 0] })).toThrow(/range must be two rising numbers/);
  });

  test("a VAE of grey values learns by it: the bound rises, draws are levels, and the exported module has them", async () => {
    const data = datasets.from({ name: "ramps", records: ramps, shape: [4, 1, 1] });
    const model = vae({
      ...{ latent: 2, encoder: L.sequential(L.flatten(), L.dense(4)), decoder: L.dense(8), optimizer: adam(1e-2) },
      likelihood: likelihoods.discretisedLogistic(),
    });
    const training = model.train(runtime, withRange(data, 0, 1), { steps: 300, batchSize: 32, seed: 1 });
    await training.done;
    const { model: trained } = training;
    const { logLikelihood } = await trained.logLikelihood(withRange(data, 0, 1), { k: 20 });
    // Four independent bytes would take 4 log 256 nats.
    expect(logLikelihood).toBeGreaterThan(-4 * Math.log(256) + 4);
    const { data: drawn } = await trained.sample(20, { means: false });
    for (const value of drawn) expect(Math.abs(value * 255 - Math.round(value * 255))).toBeLessThan(1e-3);
    const { bytes, description } = await exportWasm(trained);
    const { generate } = await imported(js(bytes, description));
    const { data: means } = await trained.sample(5, { seed: 3 });
    // The module gives the data's own values, bytes.
    const exported: Float32Array = (await generate(5, { seed: 3 })).data;
    expect(Math.max(...exported.map((value, i) => Math.abs(value - 255 * means[i])))).toBeLessThan(1e-4);
  });
});

/** Records of four bytes that rise by equal steps. */
const ramps = Uint8Array.from({ length: 4 * 200 }, (_, i) => 20 + ((i >> 2) % 100) + 30 * (i % 4));
