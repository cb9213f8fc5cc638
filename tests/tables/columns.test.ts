/** What columns are taken for, and their modes. */
import { describe, expect, test } from "vitest";
import { checkColumnSpecs } from "#src/data/tables/check-columns";
import { modesOf } from "#src/data/tables/modes";
import { type ColumnWish, inferColumns } from "#src/domains/tables/infer-columns";
import { readCells } from "#src/domains/tables/read-cells";
import { peopleCsv } from "./people.js";

const columnsOf = (text: string, wishes?: readonly ColumnWish[]) =>
  inferColumns(readCells(new TextEncoder().encode(text), { name: "t.csv" }), wishes);

/** A file of one column `x` beside a column that is text. */
const columnOf = (cells: readonly string[], wish?: object) =>
  columnsOf(
    `x,y\n${cells.map((cell, i) => `"${cell}",${i % 2 ? "a" : "b"}`).join("\n")}\n`,
    wish && [{ name: "x", ...wish }],
  )[0];

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("columns of people", () => {
  const columns = columnsOf(peopleCsv(300));
  test("are of all kinds", () =>
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ["age", "integer"],
      ["city", "category"],
      ["joined", "date"],
      ["member", "boolean"],
      ["income", "number"],
    ]));
  test("know values, formats, decimals and missing cells", () => {
    expect(columns[1]).toEqual({ name: "city", kind: "category", values: ["Oslo", "Rome", "Lima"] });
    expect(columns[2]).toMatchObject({ format: "YYYY-MM-DD", decimals: 0 });
    expect(columns[4]).toMatchObject({ decimals: 2, missing: "" });
  });
});

describe("a column of", () => {
  test.each([
    ["numbers that count the rows", range(50).map(String), "identifier"],
    ["different names", range(50).map((i) => `name ${i}`), "identifier"],
    ["nothing", range(50).map(() => "NA"), "identifier"],
    ["codes", range(100).map((i) => String(i % 3)), "category"],
    ["bits", range(30).map((i) => String(i % 2)), "boolean"],
    ["truth values", range(30).map((i) => (i % 2 ? "True" : "False")), "boolean"],
    ["one value", range(30).map(() => "7"), "category"],
    ["a few numbers", range(30).map((i) => String(i % 6)), "integer"],
    ["long texts", range(30).map((i) => `${"word ".repeat(20)}${i % 3}`), "identifier"],
    ["numbers with signs of thousands", range(30).map((i) => `1,${500 + ((i * 7) % 30)}`), "integer"],
  ])("%s", (_, cells, kind) => expect(columnOf(cells).kind).toBe(kind));

  test("whole numbers named like a key is left out, if they differ", () => {
    const cells = range(40).map((i) => `${(i * 37) % 101},${i % 2 ? "a" : "b"}`);
    expect(columnsOf(`user_id,y\n${cells.join("\n")}\n`)[0].kind).toBe("identifier");
    expect(columnsOf(`size,y\n${cells.join("\n")}\n`)[0].kind).toBe("integer");
  });

  test("numbers, of which one in row 20,000 is a text, is refused", () => {
    const cells = range(20_100).map((i) => (i === 19_999 ? "twelve" : String((i * 7919) % 1009)));
    expect(() => columnOf(cells)).toThrow(
      't.csv: row 20000, column "x": "twelve" is not a number, and 20099 of 20100 cells',
    );
  });
});

describe("columns as a user describes them", () => {
  const codes = range(100).map((i) => String(10 + (i % 3)));
  test("a kind, and the rest from the cells", () => {
    expect(columnOf(codes)).toMatchObject({ kind: "category", values: ["10", "11", "12"] });
    expect(columnOf(codes, { kind: "integer" })).toMatchObject({ kind: "integer", low: 10, high: 12 });
    expect(columnOf(codes, { kind: "identifier" })).toEqual({ name: "x", kind: "identifier" });
    expect(columnOf(codes, { missing: "12" })).toMatchObject({ values: ["10", "11"], missing: "12" });
  });
  test("cells that are not of the kind are named", () => {
    expect(() => columnOf(["1", "2", "x", "4"], { kind: "number" })).toThrow('row 3, column "x": "x" is not a number');
    expect(() => columnOf(["2026-01-01", "x"], { kind: "date" })).toThrow('row 2, column "x": "x" is not a date');
    expect(() => columnsOf("x,y\n1,a\n", [{ name: "z" }])).toThrow('t.csv: no column is named "z"; its columns: x, y');
  });
  test.each([
    [3, "columns must be a list of one or more, found 3"],
    [[{}], "column 1 must have a name, found undefined"],
    [
      [{ name: "x", kind: "colour" }],
      'column "x": kind must be one of number, integer, date, category, boolean, identifier, found "colour"',
    ],
    [[{ name: "x" }, { name: "x" }], 'names of columns must differ, found "x"'],
    [[{ name: "x", kind: "category", values: ["a", "a"] }], 'column "x": values must differ, found "a"'],
    [
      [{ name: "x", kind: "category", modes: [] }],
      'column "x": a category must have the fields name, kind, missing, values, found "modes"',
    ],
  ])("%j is refused", (list, message) => expect(() => checkColumnSpecs("c.json", list)).toThrow(`c.json: ${message}`));
});

describe("modes", () => {
  const sum = (weights: readonly number[]) => weights.reduce((a, b) => a + b, 0);
  /** Quantiles of a normal distribution, by sums of twelve even steps. */
  const normal = (i: number) =>
    range(12).reduce((total, j) => total + ((i * (j + 3) * 7919 + j * 104_729) % 1009) / 1009, -6);

  test("of few values are the values", () => {
    const modes = modesOf(Float64Array.of(1, 2, 2, 4));
    expect(modes).toEqual([
      { mean: 1, deviation: 0, weight: 0.25 },
      { mean: 2, deviation: 0, weight: 0.5 },
      { mean: 4, deviation: 0, weight: 0.25 },
    ]);
  });
  test("of two clusters are near them, and their weights are right", () => {
    const values = Float64Array.from({ length: 4000 }, (_, i) => (i % 4 === 0 ? 100 : 0) + normal(i + 1));
    const modes = modesOf(values);
    expect(sum(modes.map(({ weight }) => weight))).toBeCloseTo(1, 9);
    const above = modes.filter(({ mean }) => mean > 50);
    // 1,000 of 4,000 are above: to a thousandth.
    expect(sum(above.map(({ weight }) => weight))).toBeCloseTo(0.25, 3);
    expect(modes.every(({ mean }) => Math.abs(mean) < 4 || Math.abs(mean - 100) < 4)).toBe(true);
  });
  test("have one of their own for a value that many cells share", () => {
    const values = Float64Array.from({ length: 2000 }, (_, i) => (i % 10 < 9 ? 0 : 500 + 40 * normal(i + 1)));
    const [zero, ...others] = modesOf(values);
    expect(zero).toEqual({ mean: 0, deviation: 0, weight: 0.9 });
    expect(sum(others.map(({ weight }) => weight))).toBeCloseTo(0.1, 9);
    expect(others.every(({ mean, deviation }) => mean > 350 && deviation > 0)).toBe(true);
  });
  test("are at most ten", () => {
    const values = Float64Array.from({ length: 5000 }, (_, i) => 100 * (i % 25) + normal(i + 1));
    expect(modesOf(values).length).toBeLessThanOrEqual(10);
  });
});
