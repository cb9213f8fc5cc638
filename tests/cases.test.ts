/** The table itself: nothing that genloom computes is missing from it, and its rows are built the same every time. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { topologicalOrder } from "#src/graph/order";
import * as layers from "#src/layers/index";
import { kindNames } from "#src/models/from-config";
import { type Op, Input } from "#src/graph/tensor";
import { Variable } from "#src/graph/variable";
import { root } from "../scripts/host.js";
import { cases, instancesOf, operationCases } from "./cases.js";
import { rankCases } from "./cases/ranks.js";

/** Exports of src/ops that are not operations: what operations and the compiler are made with. */
const machinery = new Set([
  "broadcastReader",
  "keptShape",
  "constantValue",
  "special.erf",
  "special.beats",
  "gradient",
  "backpropagate",
  "wholeBatch",
]);

/** The rows of operations, those of ranks among them. */
const rows = [...operationCases, ...rankCases];

const files = readdirSync(join(root, "src/ops")).filter((file) => file.endsWith(".ts"));
const modules = await Promise.all(
  files.map(async (file) => ({
    file: file.replace(".ts", ""),
    exported: Object.entries(
      (await import(join(root, "dist/src/ops", file.replace(".ts", ".js")))) as Record<string, unknown>,
    ),
  })),
);

const isRecord = (value: unknown): value is Op =>
  typeof value === "object" && value !== null && "lowering" in value && "evaluate" in value;

const records = modules.flatMap(({ exported }) =>
  exported.flatMap(([, value]) => {
    const record = typeof value === "function" && "op" in value ? value.op : value;
    return isRecord(record) ? [record] : [];
  }),
);

const functions = modules.flatMap(({ file, exported }) =>
  exported
    .filter(([name, value]) => typeof value === "function" && !machinery.has(name) && !machinery.has(`${file}.${name}`))
    .map(([name]) => name),
);

/** Names of the rows that meet each record, in the graphs that they build. */
const met = new Map<Op, string[]>();
for (const row of rows) {
  for (const instance of instancesOf(row, "small")) {
    const inputs = instance.inputs.map(({ name, shape, dtype }) => new Input(name, shape, dtype));
    for (const { op } of topologicalOrder([instance.apply(inputs)])) met.set(op, [...(met.get(op) ?? []), row.name]);
  }
}

const layerKinds = kindNames("layer");

describe("operations", () => {
  test.each(records.map((op) => ({ name: op.name, op })))("record $name is met by a row", ({ op }) => {
    expect(met.get(op) ?? []).not.toEqual([]);
  });

  test.each(records.filter((op) => op.gradient).map((op) => ({ name: op.name, op })))(
    "gradient of $name is checked to order 2",
    ({ op }) => {
      const orders = (met.get(op) ?? []).map((name) => rows.find((row) => row.name === name)?.order);
      expect(orders).toContain(2);
    },
  );

  test.each(functions)("%s has a row of its name", (name) => {
    expect(rows.map((row) => row.name.split(" ")[0])).toContain(name);
  });
});

test.each([
  ...layerKinds.map((kind) => `layers.${kind}`),
  ...kindNames("loss").map((kind) => `losses.${kind}`),
  ...kindNames("penalty").map((kind) => `penalties.${kind}`),
  ...kindNames("augmentation").map((kind) => `augmentations.${kind}`),
])("%s has a row of its name, of order 2", (name) => {
  expect(cases.filter((row) => row.name.split(" ")[0] === name).map(({ order }) => order)).toContain(2);
});

test("every function that gives a layer is a kind of layer", () => {
  const others = ["Network", "Scope"];
  const makers = Object.entries(layers).filter(
    ([name, value]) => typeof value === "function" && !others.includes(name),
  );
  expect(makers.map(([name]) => name).sort()).toEqual([...layerKinds].sort());
});

test("names are unique", () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test.each(cases)("$name is built the same twice, of f32 values that fit, without a variable left unfed", (row) => {
  for (const size of ["small", "large"] as const) {
    const [once, again] = [[...instancesOf(row, size)], [...instancesOf(row, size)]];
    once.forEach(({ inputs, values, apply }, index) => {
      const same = values.every((drawn, i) =>
        Buffer.from(drawn.buffer).equals(Buffer.from(again[index].values[i].buffer)),
      );
      expect(same).toBe(true);
      inputs.forEach(({ shape }, i) => {
        expect(again[index].inputs[i].shape).toEqual(shape);
        expect(values[i].every((value) => Number.isFinite(value) && Math.fround(value) === value)).toBe(true);
      });
      const made = inputs.map(({ name, shape, dtype }) => new Input(name, shape, dtype));
      for (const node of topologicalOrder([apply(made)])) expect(node).not.toBeInstanceOf(Variable);
    });
  }
});
