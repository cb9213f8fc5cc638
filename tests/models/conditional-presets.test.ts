/**
 * Every preset has a conditional form, which trains, samples classes and is read back from its description. Presets of tables refuse
 * it: their columns are the classes.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, familyFrom, type Runtime } from "#binding";
import type { Dataset } from "#src/data/index";
import { tableData } from "#src/data/tables/table-data";
import { presetList } from "#src/presets/index";
import { normalised } from "#src/presets/normalisation";
import { Training } from "#src/train/training";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 2 });
});
afterAll(() => runtime.close());

const images = (side: number): Dataset =>
  datasets.from({
    name: "images",
    records: Uint8Array.from({ length: 40 * side * side }, (_, i) => (i * 7919) % 256),
    shape: [side, side, 1],
    labels: Int32Array.from({ length: 40 }, (_, i) => i % 3),
    classes: 3,
  });

/** Records of tokens 0 to 3 with a class for each; `codec` says what they stand for. */
const tokens = (length: number, vocabulary: number, codec?: { kind: string; rows?: number }): Dataset =>
  datasets.tokens({
    records: Array.from({ length: 40 }, (_, i) => Array.from({ length }, (_, at) => (i * 7 + at) % vocabulary)),
    labels: Int32Array.from({ length: 40 }, (_, i) => i % 3),
    ...{ vocabulary, classes: 3 },
    ...(codec && { codec }),
  });

const small: Readonly<Record<string, () => Dataset>> = {
  ring: () => datasets.ring({ count: 64 }),
  grid: () => datasets.grid({ count: 64 }),
  points: () => datasets.moons({ count: 64 }),
  bars: () => datasets.bars({ size: 3 }),
  "gan/level": () => tokens(16 * 8, 4, { kind: "level", rows: 8 }),
  "rbm/chorale": () => tokens(2 * 88, 2, { kind: "roll" }),
  "rbm/tokens": () => tokens(6, 4),
  ...Object.fromEntries(
    presetList().flatMap(({ kind, name }) => (kind === "sequence" ? [[`sequence/${name}`, () => tokens(6, 4)]] : [])),
  ),
};

const heads = /^(conditionalBatchNorm|joinLabel|film|projection)$/;
const kinds = (value: unknown): string[] =>
  typeof value === "object" && value !== null
    ? [...("kind" in value ? [value.kind as string] : []), ...Object.values(value).flatMap(kinds)]
    : [];

const ofTables = presetList().filter(({ preset }) => preset.table);

test.each(ofTables.map(({ kind, name, preset }) => [`${kind}/${name}`, preset] as const))(
  "%s refuses it",
  (_, preset) => {
    const data = tableData({
      name: "two",
      columns: ["a", "b"].map((name) => ({ name, kind: "category" as const, values: ["x", "y"] })),
      rows: 2,
      cells: [Float64Array.of(0, 1), Float64Array.of(1, 0)],
    });
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
    const others = () => (preset.normalisation(images(16)) === "tokens" ? tokens(16, 4) : images(16));
    const raw = (small[`${kind}/${name}`] ?? small[name] ?? others)();
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
    const others = () => (preset.normalisation(images(16)) === "tokens" ? tokens(16, 4) : images(16));
    const raw = (small[`${kind}/${name}`] ?? small[name] ?? others)();
    const { labels, classes, ...bare } = normalised(raw, preset.normalisation(raw));
    const make = (data: Dataset) => () => preset.make(data, 4, { conditional: true });
    expect(make(bare)).toThrow(`train: --conditional needs data with labels, and ${bare.name} has none`);
    if (!labels || !classes) throw new Error("no labels");
    expect(make({ ...bare, labels, classes: 1 })).toThrow("data of --conditional must have 2 to 1000 classes, found 1");
    expect(make({ ...bare, labels, classes: 1001 })).toThrow("found 1001");
  });
});
