/** Abilities: what a family lists, its trained models can do, and nothing asks for their class. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createRuntime, gan, layers as L, rbm, sequence, type Runtime, vae } from "#binding";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ability } from "#src/train/abilities";
import { can } from "#src/models/abilities";
import type { TrainedModel } from "#src/train/trained";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const records = [0, 1, 1, 0, 1, 1];
const untrained = true;
/** Options of functions of records: a conditional model needs their classes. */
const of = ({ family }: TrainedModel) => ({ untrained, ...(family.classes !== undefined && { labels: 1 }) });

/** One use of each ability, by a model of records of two bits; its result as numbers. */
const uses: { readonly [A in Ability]: (model: TrainedModel) => Promise<ArrayLike<number>> } = {
  score: async (model) => (can(model, "score") ? (await model.score(records, { untrained })).data : []),
  fieldScores: async (model) =>
    can(model, "fieldScores") ? (await model.fieldScores(records, { untrained })).data : [],
  encode: async (model) => (can(model, "encode") ? (await model.encode(records, { untrained })).mean.data : []),
  decode: async (model) => (can(model, "decode") ? (await model.generate([0, 1, 1, 0], { untrained })).data : []),
  reconstruct: async (model) => (can(model, "reconstruct") ? (await model.reconstruct(records, of(model))).data : []),
  likelihood: async (model) =>
    can(model, "likelihood") ? (await model.logLikelihood(records, { k: 3 })).perRecord : [],
  means: async (model) => (can(model, "means") ? (await meansOf(model)).data : []),
  chains: async (model) =>
    can(model, "chains") ? (await model.sample(3, { ...({ chains: 2, burnIn: 2, untrained } as object) })).data : [],
  inpaint: async (model) =>
    can(model, "inpaint") ? (await model.inpaint(records, [1, 0], { sweeps: 2, ...of(model) })).data : [],
  features: async (model) => (can(model, "features") ? (await model.transform(records, of(model))).data : []),
  classify: async (model) => (can(model, "classify") ? (await model.classify(records, { untrained })).data : []),
  tokens: async (model) => (can(model, "tokens") ? (await model.logLikelihood(records, { untrained })).perRecord : []),
  machine: async (model) => (can(model, "machine") ? (await model.parameters()).weights : []),
};

const meansOf = (model: TrainedModel) => model.sample(3, { ...({ means: true, untrained } as object) });

const families = {
  gan: gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) }),
  vae: vae({ latent: 2, encoder: L.dense(4), decoder: L.dense(2) }),
  rbm: rbm({ hidden: 2 }),
  sequence: sequence({ vocabulary: 2, length: 2, network: L.dense(3) }),
  "rbm with label units": rbm({ hidden: 2, classes: 2 }),
};

describe.each(Object.entries(families))("%s", (name, family) => {
  test.each(Object.entries(uses))("%s: by its list only", async (ability, use) => {
    const found = await use(family.trained(runtime, [2]));
    const listed = (family.abilities as readonly string[]).includes(ability);
    expect(found.length > 0).toBe(listed);
    expect(Array.from(found).every(Number.isFinite)).toBe(true);
  });

  test("lists what it has as plain values", () => {
    const has = (member: string) => member in family;
    expect(has("scorer")).toBe((family.abilities as readonly string[]).includes("score"));
    if ((family.abilities as readonly string[]).includes("encode")) expect(has("encoder"), name).toBe(true);
    if ((family.abilities as readonly string[]).includes("decode")) expect(has("decoder"), name).toBe(true);
  });
});

test("no source tests for the class of a trained model, and none outside of a family for its name", () => {
  const root = fileURLToPath(new URL("../../src/", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const found = files.filter((file) => {
    const source = readFileSync(root + file, "utf8");
    return /instanceof Trained|family\.kind [!=]==|model\.kind [!=]==/.test(source);
  });
  expect(found).toEqual([]);
});
