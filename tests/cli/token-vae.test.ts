/** VAEs of tokens on the command line: chosen by the data, trained, sampled, evaluated, resumed; and what evaluations count. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adam, createRuntime, datasets, layers as L, likelihoods, objectives, type Runtime, vae } from "#binding";
import { codesOf } from "#src/cli/evaluate-codes";
import { vaePresets } from "#src/presets/vae";
import { document, expectFailure, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();
const names = join(folder, "names.txt");
const others = join(folder, "others.txt");
const run = join(folder, "run");
const common = ["--batch", "8", "--seed", "3", "--threads", "1"];

const syllables = ["ma", "ri", "lo", "te", "ka", "no"];
const nameOf = (i: number) => [i, i * 7 + 1, i * 3 + 2].map((one) => syllables[one % syllables.length]).join("");
const some = Array.from({ length: 60 }, (_, i) => nameOf(i * 5 + (i >> 2)));

describe("names", () => {
  let weightHash: string;
  beforeAll(async () => {
    writeFileSync(names, `${some.slice(0, 48).join("\n")}\n`);
    writeFileSync(others, `${some.slice(48).join("\n")}\n`);
    const steps = ["--steps", "6", "--save-every", "3"];
    const made = await document(["train", "vae", "--data", names, ...steps, ...common, "--out", run]);
    expect(made).toMatchObject({ model: "vae", preset: "smiles", steps: 6 });
    ({ weightHash } = made);
    expect(Object.keys(made.losses)).toEqual(["loss", "reconstruction", "kl"]);
  });

  test("samples are texts, drawn or greedy", async () => {
    const { samples } = await document(["sample", run, "--count", "5", "--seed", "2"]);
    expect(samples).toHaveLength(5);
    expect((await document(["sample", run, "--count", "2", "--seed", "2", "--first", "3"])).samples).toEqual(
      samples.slice(3),
    );
    for (const text of samples) expect(text).toMatch(/^[a-z]*$/);
    expect((await document(["sample", run, "--count", "5", "--seed", "2", "--means"])).samples).not.toEqual(samples);
  });

  test("an evaluation has the scores of the domain, reconstructions and the divergence", async () => {
    const { metrics, heldOut } = await document(["evaluate", run, "--on", others, "--samples", "20"]);
    expect(Object.keys(metrics)).toEqual(expect.arrayContaining(["unique", "novel", "reconstructed", "divergence"]));
    expect(metrics.reconstructed).toBeGreaterThanOrEqual(0);
    expect(metrics.reconstructed).toBeLessThan(0.5);
    expect(metrics.divergence).toBeGreaterThan(0);
    expect(heldOut.count).toBe(12);
  });

  test("a run that goes on from an earlier checkpoint ends where it had; a saved model has the same samples", async () => {
    const again = await document(["train", "--resume", run, "--step", "3"]);
    expect(again.weightHash).toBe(weightHash);
    const file = join(folder, "names.safetensors");
    await document(["export", run, "--format", "safetensors", "--out", file]);
    const drawn = async (path: string) => (await document(["sample", path, "--count", "4"])).samples;
    expect(await drawn(file)).toEqual(await drawn(run));
  });

  test("presets of tokens refuse other data", async () => {
    const outcome = await genloom(["train", "vae", "--preset", "level", "--data", "ring", "--steps", "1"]);
    expectFailure(outcome, 2, /records of ring must be tokens, of a text, molecules, music or levels/, /--data/);
  });
});

describe("presets", () => {
  const records = [[1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0]];
  const of = (codec: object) => datasets.tokens({ records, vocabulary: 4, codec: codec as never });
  const level = of({ kind: "level", rows: 4, tiles: ["-", "X", "S", "?"] });

  test("are chosen by the data", () => {
    expect(vaePresets.choose(level)).toBe("level");
    expect(vaePresets.choose(datasets.tokens({ records, vocabulary: 4 }))).toBe("smiles");
    expect(vaePresets.choose(datasets.moons({ count: 4 }))).toBe("points");
  });

  test.each(["smiles", "level"])("%s makes models of its data, conditional ones too", (name) => {
    const labelled = { ...level, labels: Int32Array.of(0), classes: 2 };
    for (const form of [{}, { conditional: true }]) {
      const model = vaePresets.presets[name].make(labelled, 10, form);
      model.init([12]);
      expect(model.classes).toBe("conditional" in form ? 2 : undefined);
      expect(model.config.likelihood).toEqual({ kind: "categorical", vocabulary: 4, ended: false });
    }
  });

  test("level sees rows and columns: a tile's logits depend on latents only, in a grid of columns x rows", () => {
    const { layers } = vaePresets.presets.level.make(level, 10).config.encoder as unknown as {
      layers: readonly { kind: string; shape?: readonly number[] }[];
    };
    expect(layers.find(({ kind }) => kind === "reshape")?.shape).toEqual([3, 4, 8]);
  });
});

describe("reconstructions and divergence", () => {
  const [vocabulary, length] = [4, 6];
  const known = [1, 2, 3].map((first) => Array.from({ length: first + 2 }, (_, at) => 1 + ((first - 1 + at) % 3)));
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ threads: 1 });
  });
  afterAll(() => runtime.close());

  const trainedOn = async (records: readonly number[][], ended: boolean) => {
    const training = vae({
      ...{ latent: 3, likelihood: likelihoods.categorical({ vocabulary, ended }), optimizer: adam(1e-2) },
      // Not of weight 1: these records are so simple that the decoder would do without the latents.
      objective: objectives.elbo({ klWeight: 0.1 }),
      encoder: L.sequential(L.tokens(vocabulary, 4), L.flatten(), L.dense(24), L.relu(), L.dense(6)),
      decoder: L.causalDecoder({ network: L.gru(16), vocabulary, width: 4 }),
    }).train(runtime, datasets.tokens({ records, vocabulary, ended, length }), { steps: 400, batchSize: 32, seed: 2 });
    await training.done;
    return training.model;
  };

  test("records that the model knows are reconstructed, others are not", async () => {
    const model = await trainedOn(
      Array.from({ length: 99 }, (_, i) => known[i % 3]),
      true,
    );
    const found = await codesOf(model, known, true);
    expect(found.reconstructed).toBe(1);
    const { kl } = await model.latentUse(datasets.tokens({ records: known, vocabulary, ended: true, length }));
    expect(found.divergence).toBeCloseTo(
      kl.reduce((sum, one) => sum + one, 0),
      6,
    );
    const strange = [
      [3, 3, 3, 3],
      [1, 1, 1],
      [2, 1, 3, 2],
    ];
    expect((await codesOf(model, strange, true)).reconstructed).toBe(0);
    expect((await codesOf(model, [...known, ...strange], true)).reconstructed).toBe(0.5);
    // A record that does not fit the model's length is left out.
    expect((await codesOf(model, [known[0], [1, 2, 3, 1, 2, 3, 1, 2]], true)).reconstructed).toBe(1);
  });

  test("a long sequence is cut into windows without overlap, and a rest that is shorter is left out", async () => {
    const windows = [
      [0, 1, 2, 3, 0, 1],
      [3, 2, 1, 0, 3, 2],
    ];
    const model = await trainedOn(
      Array.from({ length: 64 }, (_, i) => windows[i % 2]),
      false,
    );
    expect((await codesOf(model, [windows.flat()], false)).reconstructed).toBe(1);
    expect((await codesOf(model, [[...windows[0], 1, 1, 1, 1, 1, 1]], false)).reconstructed).toBe(0.5);
    expect((await codesOf(model, [[...windows[0], 1, 1, 1]], false)).reconstructed).toBe(1);
    expect(await codesOf(model, [[1, 2]], false)).toEqual({});
  });

  test("models without a posterior, and conditional ones, have neither", async () => {
    const ring = datasets.ring({ count: 8 });
    const training = vae({ latent: 1, encoder: L.dense(2), decoder: L.dense(2), likelihood: likelihoods.gaussian() });
    const { model, done } = training.train(runtime, ring, { steps: 1 });
    await done;
    const conditional = Object.create(model, {
      family: { value: { ...model.family, abilities: ["encode", "reconstruct"], classes: 2 } },
    });
    expect(await codesOf(conditional, known, true)).toEqual({});
    const blind = Object.create(model, { family: { value: { ...model.family, abilities: [] } } });
    expect(await codesOf(blind, known, true)).toEqual({});
  });
});
