/** VAEs on tokens, with a decoder that sees the record and with one that does not: both forms, samples, files, exports. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adam, createRuntime, familyFrom, layers as L, likelihoods, load, type Runtime, vae } from "#binding";
import { js } from "#src/export/js";
import { exportWasm } from "#src/export/wasm";
import { evaluate } from "#src/graph/reference";
import type { Variable } from "#src/graph/variable";
import { literal } from "#src/ops/literal";
import type { Checkpoint } from "#src/train/checkpoint";
import type { TrainOptions } from "#src/train/training";
import { imported } from "../export/imported.js";
import { everyRecord } from "./every-record.js";
import { data, decoders, type Kind, kinds, latent, length, modelOf, vocabulary } from "./token-vae-models.js";

const training = { steps: 60, batchSize: 32, seed: 4 };
const rowsOf = (values: ArrayLike<number>) =>
  Array.from({ length: values.length / length }, (_, i) =>
    Array.from({ length }, (_, at) => values[i * length + at]).join(),
  );

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 2, deterministic: true });
});
afterAll(() => runtime.close());

/** Values without a pattern, the same for every run. */
const valuesOf = (variables: readonly Variable[]) =>
  new Map<Variable, number[]>(
    variables.map((one, k) => [one, Array.from({ length: one.size }, (_, i) => Math.sin(1.7 * i + 3.1 * k) * 0.7)]),
  );

describe.each(Object.keys(decoders) as Kind[])("%s", (kind) => {
  const model = modelOf(kind);
  const trained = async (options: Partial<TrainOptions> = {}) => {
    const run = modelOf(kind).train(runtime, data, { ...training, ...options });
    await run.done;
    return run.model;
  };

  test("the probabilities of all records add up to 1 for any latents, in f64", () => {
    const all = everyRecord(4, 3);
    const small = vae({
      latent: 2,
      encoder: L.sequential(L.tokens(3, 2), L.flatten(), L.dense(4)),
      decoder: kind === "independent" ? L.dense(12) : L.causalDecoder({ network: L.gru(5), vocabulary: 3, width: 3 }),
      likelihood: likelihoods.categorical({ vocabulary: 3 }),
    });
    small.init([4]);
    const latents = literal(Float32Array.from(all.flatMap(() => [0.5, -1.5])), [all.length, 2]);
    const x = literal(Float32Array.from(all.flat()), [all.length, 4]);
    const logs = small.observe(latents, [4]).logProbability(x);
    const [found] = evaluate([logs], { feeds: valuesOf(small.variables) });
    expect(found.reduce((sum, log) => sum + Math.exp(log), 0)).toBeCloseTo(1, 8);
  });

  test("learns the records: samples, reconstructions, and a divergence that is used", async () => {
    const own = await trained({ steps: 400 });
    const samples = rowsOf((await own.sample(200, { seed: 1 })).data);
    expect(samples.filter((row) => kinds.includes(row)).length).toBeGreaterThan(170);
    expect(new Set(samples.filter((row) => kinds.includes(row))).size).toBe(3);
    const some = data.records.subarray(0, 30 * length);
    expect(rowsOf((await own.reconstruct(some)).data)).toEqual(rowsOf(some));
    const { kl } = await own.latentUse(data);
    // Which of three kinds a record is takes log 3 nats.
    expect(kl.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0.8 * Math.log(3));
    const { logLikelihood, elbo } = await own.logLikelihood(data, { k: 20 });
    expect(logLikelihood).toBeGreaterThan(elbo);
    // Three kinds, equally frequent; importance sampling gives a lower bound.
    expect(logLikelihood).toBeLessThan(-0.95 * Math.log(3));
    expect(logLikelihood).toBeGreaterThan(-Math.log(3) - 0.7);
  });

  test("greedy records are those that the logits of the whole form give, on 1, 2 and 3 lanes", async () => {
    const family = modelOf(kind);
    const run = family.train(runtime, data, training);
    await run.done;
    const own = run.model;
    const z = [0.3, -1.1, 0.7];
    const found = [...(await own.decode(z)).data];
    const bytes = await own.save();
    for (const threads of [1, 3]) {
      const other = await createRuntime({ threads, deterministic: true });
      const again = await load(other, bytes, { kind: "vae" });
      expect([...(await again.decode(z)).data]).toEqual(found);
      expect((await again.sample(40, { seed: 3 })).data).toEqual((await own.sample(40, { seed: 3 })).data);
      await other.close();
    }
    if (kind === "independent") return;
    // Of the beginnings that are one token longer, the most likely one goes on.
    let greedy: number[] = [];
    while (greedy.length < length) {
      const longer = Array.from({ length: vocabulary }, (_, token) => [...greedy, token]);
      const size = greedy.length + 1;
      const program = runtime.compile(({ input }) => {
        const latents = literal(Float32Array.from(longer.flatMap(() => z)), [vocabulary, latent]);
        return { outputs: { logs: family.observe(latents, [size]).logProbability(input("x", [vocabulary, size])) } };
      });
      const { logs } = await program.run({ x: Float32Array.from(longer.flat()) });
      program.release();
      const best = greedy.includes(0) ? 0 : logs.data.indexOf(Math.max(...logs.data));
      greedy = longer[best];
    }
    expect(found).toEqual(greedy);
  });

  test("a sample does not depend on others; nothing follows an end; a seed gives other draws", async () => {
    const own = await trained();
    const all = await own.sample(70, { seed: 8, means: false });
    for (const [first, count] of [
      [0, 1],
      [5, 3],
      [66, 4],
    ])
      expect((await own.sample(count, { seed: 8, first, means: false })).data).toEqual(
        all.data.slice(first * length, (first + count) * length),
      );
    for (let i = 0; i < all.data.length; i++) if (i % length > 0 && all.data[i - 1] === 0) expect(all.data[i]).toBe(0);
    const z = new Float32Array(20 * latent);
    expect(await own.decode(z, { seed: 1 })).toEqual(await own.decode(z, { seed: 1 }));
    expect((await own.decode(z, { seed: 1 })).data).not.toEqual((await own.decode(z, { seed: 2 })).data);
    expect(new Set(rowsOf((await own.decode(z)).data)).size).toBe(1);
  });

  test("generate, interpolate and traverse give tokens", async () => {
    const own = await trained();
    const z = Float32Array.from({ length: 2 * latent }, (_, i) => Math.sin(i));
    const once = await own.generate(z);
    expect(await own.generate(z)).toEqual(once);
    expect(once.shape).toEqual([2, length]);
    const path = await own.interpolate(z.slice(0, latent), z.slice(latent), { steps: 5, path: "spherical" });
    expect(path.shape).toEqual([5, length]);
    const ends = await own.decode(z);
    expect(path.data.slice(0, length)).toEqual(ends.data.slice(0, length));
    expect(path.data.slice(4 * length)).toEqual(ends.data.slice(length));
    expect(path.data.every((token) => Number.isInteger(token) && token >= 0 && token < vocabulary)).toBe(true);
    expect((await own.traverse({ steps: 3 })).shape).toEqual([latent, 3, length]);
  });

  test("scores by many latents are the bounds and the likelihoods", async () => {
    const own = await trained();
    const some = data.records.subarray(0, 3 * length);
    // More latents than are decoded at once: a loop around the network.
    const k = 4000;
    const { data: bounds } = await own.score(some, { k, estimate: "elbo" });
    const { data: scores } = await own.score(some, { k });
    const { elbo, logLikelihood } = await own.logLikelihood(some, { k });
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, one) => sum + one, 0) / values.length;
    expect(Math.abs(mean(bounds) + elbo)).toBeLessThan(0.1);
    expect(Math.abs(mean(scores) + logLikelihood)).toBeLessThan(0.1);
    expect(mean(scores)).toBeLessThan(mean(bounds));
  });

  test("conditional: reconstructions and samples of a class", async () => {
    const joined = kind === "independent" ? decoders[kind]() : decoders[kind](0);
    const run = vae({
      ...{
        latent,
        classes: 3,
        optimizer: adam(1e-2),
        likelihood: likelihoods.categorical({ vocabulary, ended: true }),
      },
      encoder: L.sequential(L.tokens(vocabulary, 4), L.flatten(), L.joinLabel(3, 4), L.dense(2 * latent)),
      decoder: L.sequential(L.joinLabel(3, 8), joined),
    }).train(runtime, data, { ...training, steps: 300 });
    await run.done;
    for (const label of [0, 1, 2]) {
      const { data: drawn } = await run.model.sample(30, { labels: label });
      expect(rowsOf(drawn).filter((row) => row === kinds[label]).length).toBeGreaterThan(25);
    }
  });

  test("a description makes an equal model, and a training goes on with the same bits", async () => {
    const again = familyFrom(JSON.parse(JSON.stringify(model.config)));
    expect(again.config).toEqual(model.config);
    const short = { steps: 11, batchSize: 16, seed: 3 };
    const hashOf = async (on: Runtime, options: Partial<TrainOptions> = {}) =>
      (await modelOf(kind).train(on, data, { ...short, ...options }).done).weightHash;
    const whole = await hashOf(runtime);
    let checkpoint: Checkpoint | undefined;
    const onCheckpoint = async (one: Checkpoint) => {
      if (one.step === 4) checkpoint = one;
    };
    await hashOf(runtime, { onCheckpoint, checkpointEvery: 4 });
    if (!checkpoint) throw new Error("no checkpoint of step 4");
    const three = await createRuntime({ threads: 3, deterministic: true });
    expect(await hashOf(three, { resume: structuredClone(checkpoint) })).toBe(whole);
    await three.close();
  });

  test("the exported module has the samples and scores of the model", async () => {
    const own = await trained();
    const { bytes, description } = await exportWasm(own, { score: true });
    const { generate, decode, score } = await imported(js(bytes, description));
    for (const [count, first] of [
      [70, 0],
      [3, 254],
    ])
      expect((await generate(count, { seed: 9, first })).data).toEqual(
        (await own.sample(count, { seed: 9, first })).data,
      );
    const z = Float32Array.from({ length: 2 * latent }, (_, i) => Math.sin(i));
    expect((await decode(z)).data).toEqual((await own.generate(z)).data);
    const some = data.records.subarray(0, 3 * length);
    expect(await score(Float32Array.from(some))).toEqual((await own.score(some)).data);
  });

  test("the summary lists the decoder's layers", () => {
    const { layers } = model.trained(runtime, [length]).summary();
    expect(layers.map(({ kind: one }) => one)).toContain(kind === "independent" ? "dense" : "embedding");
  });
});
