/**
 * Every preset has a conditional form, which trains, samples classes and is read back from its description. Presets of tables refuse
 * it: their columns are the classes.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, familyFrom, type Runtime } from "#binding";
import type { Dataset } from "#src/data/index";
import { presetList } from "#src/presets/index";
import { normalised } from "#src/presets/normalisation";
import { Training } from "#src/train/training";
import { presetData, twoColumns } from "../preset-data.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

const heads = /^(conditionalBatchNorm|joinLabel|film|projection)$/;
const kinds = (value: unknown): string[] =>
  typeof value === "object" && value !== null
    ? [...("kind" in value ? [value.kind as string] : []), ...Object.values(value).flatMap(kinds)]
    : [];

const ofTables = presetList().filter(({ preset }) => preset.table);

test.each(ofTables.map(({ kind, name, preset }) => [`${kind}/${name}`, preset] as const))(
  "%s refuses it",
  (_, preset) => {
    const data = twoColumns();
    expect(() => preset.make(data, 4, { conditional: true })).toThrow("--conditional must be left out for tables");
    expect(preset.make(data, 4).config.kind).toMatch(/gan|vae/);
  },
);

describe.each(
  presetList()
    .filter(({ preset }) => !preset.table)
    .map((one) => [`${one.kind}/${one.name}`, one] as const),
)("%s", (_, { kind, name, preset }) => {
  test("trains and samples in its conditional form", async () => {
    const raw = presetData({ kind, name, preset });
    const data = normalised(raw, preset.normalisation(raw));
    const family = preset.make(data, 4, { conditional: true });
    expect(family.classes).toBe(data.classes);
    expect(familyFrom(JSON.parse(JSON.stringify(family.config))).config).toEqual(family.config);
    const parts = kinds(family.config).filter((one) => heads.test(one));
    // Both networks of a pair see the class; a machine has label units, and a sequence model a layer of its own.
    expect(parts.length).toBeGreaterThanOrEqual(["rbm", "sequence"].includes(kind) ? 0 : 2);
    const training = new Training(family, runtime, data, { steps: 1, batchSize: 4, seed: 1 });
    await training.done;
    const few = kind === "rbm" ? { burnIn: 2 } : {};
    const { data: values } = await training.model.sample(2, { labels: [1, 0], ...few });
    expect(values.every(Number.isFinite)).toBe(true);
    expect(preset.make(data, 4).config).toEqual(preset.make(data, 4, { conditional: false }).config);
    expect(preset.make(data, 4).classes).toBeUndefined();
  });

  test("refuses data without labels, of one class, and of too many", () => {
    const raw = presetData({ kind, name, preset });
    const { labels, classes, ...bare } = normalised(raw, preset.normalisation(raw));
    const make = (data: Dataset) => () => preset.make(data, 4, { conditional: true });
    expect(make(bare)).toThrow(`train: --conditional needs data with labels, and ${bare.name} has none`);
    if (!labels || !classes) throw new Error("no labels");
    expect(make({ ...bare, labels, classes: 1 })).toThrow("data of --conditional must have 2 to 1000 classes, found 1");
    expect(make({ ...bare, labels, classes: 1001 })).toThrow("found 1001");
  });
});
