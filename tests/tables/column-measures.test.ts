/** Measures of single columns: worked examples, brute force, floors. */
import { describe, expect, test } from "vitest";
import * as tables from "#src/domains/tables/index";
import { randomSource } from "#src/data/random-source";
import { table } from "./make-table.js";

const testStream = 0x7e57_0011;
const { ksComplement, tvComplement, missingValueSimilarity } = tables;

describe("ksComplement", () => {
  test("a worked example with ties and missing cells", () => {
    // Shares of cells that are at most
    //          1    2    3    4     5     6
    // real     0.2  0.6  0.8  0.8   1     1
    // samples  0    0.5  0.5  0.75  0.75  1
    // so the greatest difference is 0.3, at 3. In the second column it is 1: no overlap.
    const real = table({ x: [1, 2, 2, 3, 5, null], y: [1, 2, 1, 2, 1, 2] });
    const synthetic = table({ x: [6, 2, null, 4, 2], y: [3, 4, 3, 4, 3] });
    const found = ksComplement(real, synthetic);
    expect(found.columns.map(({ name }) => name)).toEqual(["x", "y"]);
    expect(found.columns[0].value).toBeCloseTo(0.7, 12);
    expect(found.columns[1].value).toBe(0);
    expect(found.value).toBeCloseTo(0.35, 12);
  });

  test("columns without known cells: 1 if both are, else 0; no columns of numbers, no mean", () => {
    const none = { ...table({ x: [1, 1] }), cells: [Float64Array.of(Number.NaN, Number.NaN)] };
    expect(ksComplement(none, none).value).toBe(1);
    expect(ksComplement(none, table({ x: [1, 1] })).value).toBe(0);
    expect(ksComplement(table({ x: ["a"] }), table({ x: ["a"] }))).toEqual({ columns: [] });
  });

  test("agrees with the definition, evaluated at every value", () => {
    for (let seed = 0; seed < 30; seed++) {
      const source = randomSource(seed, testStream);
      const cells = (count: number, bound: number) => Array.from({ length: count }, () => source.integer(bound));
      const [a, b] = [cells(1 + source.integer(20), 8), cells(1 + source.integer(20), 6)];
      const share = (some: number[], x: number) => some.filter((one) => one <= x).length / some.length;
      const greatest = Math.max(...[...a, ...b].map((x) => Math.abs(share(a, x) - share(b, x))));
      expect(ksComplement(table({ x: a }), table({ x: b })).value).toBeCloseTo(1 - greatest, 12);
    }
  });

  test("two sets of one distribution score about 1 - 0.87 sqrt((n + m) / (n m))", () => {
    const source = randomSource(1, testStream);
    const normals = (count: number) => table({ x: Array.from({ length: count }, () => source.normal()) });
    let sum = 0;
    for (let i = 0; i < 200; i++) sum += ksComplement(normals(400), normals(100)).value! / 200;
    // 0.8687 sqrt(500 / 40000) = 0.0971; the deviation of a statistic is about 0.03, so that of the mean 0.002. The
    // statistic of discrete steps is a little lower.
    expect(Math.abs(sum - (1 - 0.0971))).toBeLessThan(0.009);
  });
});

describe("tvComplement", () => {
  test("a worked example with a missing cell, and a value that only samples have", () => {
    //          a     b     c    missing
    // real     0.5   0.25  0    0.25
    // samples  0.25  0.25  0.5  0         half of 0.25 + 0 + 0.5 + 0.25 is 0.5
    const real = table({ x: ["a", "b", "a", null] });
    const synthetic = table({ x: ["c", "a", "b", "c"] });
    expect(tvComplement(real, synthetic).value).toBeCloseTo(0.5, 12);
    expect(tvComplement(synthetic, real).value).toBeCloseTo(0.5, 12);
  });

  test("values are matched by their texts, columns by their names", () => {
    const real = table({ x: ["a", "a", "b"], n: [1, 2, 3], y: ["p", "q", "q"] });
    const [x, n, y] = real.columns;
    const turned = { ...real.columns[0], values: ["b", "a"] };
    const [xs, ns, ys] = real.cells;
    const other = { ...real, columns: [y, turned, n], cells: [ys, xs.map((cell) => 1 - cell), ns] };
    expect(x.name).toBe("x");
    expect(tvComplement(real, other as typeof real)).toEqual({
      value: 1,
      columns: [
        { name: "x", value: 1 },
        { name: "y", value: 1 },
      ],
    });
  });
});

test("missingValueSimilarity: a worked example; columns without missing cells are left out", () => {
  // Shares 1/4 and 3/4.
  const real = table({ x: [1, 2, 3, null], y: [1, 2, 3, 4], c: ["a", null, "a", "a"] });
  const synthetic = table({ x: [null, null, 1, null], y: [1, 1, 1, 1], c: ["a", "a", "a", "a"] });
  expect(missingValueSimilarity(real, synthetic)).toEqual({ value: 0.5, columns: [{ name: "x", value: 0.5 }] });
});

test("equal tables score 1, also in other orders of rows", () => {
  const real = table({ x: [1, 2, 2, null], c: ["a", "b", null, "b"] });
  const turned = table({ x: [2, null, 1, 2], c: ["b", "b", "a", null] });
  for (const measure of [ksComplement, tvComplement, missingValueSimilarity])
    expect(measure(real, turned).value).toBe(1);
});

test("tables that cannot be compared are refused", () => {
  const real = table({ x: [1], c: ["a"] });
  expect(() => ksComplement(real, table({ x: [1] }))).toThrow("same columns, found 2 and 1");
  expect(() => ksComplement(real, table({ x: [1], d: ["a"] }))).toThrow('found no column "c" in "table"');
  expect(() => ksComplement(real, table({ x: ["1"], c: ["a"] }))).toThrow(
    'found a category instead of a number in column "x" in "table"',
  );
  expect(() => tvComplement({ ...real, rows: 0 }, real)).toThrow('must have rows, found 0 in "table"');
});
