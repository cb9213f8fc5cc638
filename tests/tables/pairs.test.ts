/** Measures of pairs of columns: worked examples. */
import { describe, expect, test } from "vitest";
import * as tables from "#src/domains/tables/index";
import { table } from "./make-table.js";

const { correlationSimilarity, contingencySimilarity } = tables;

describe("correlationSimilarity", () => {
  // Deviations from the mean 2.5 are -1.5 -0.5 0.5 1.5 and -1.5 0.5 -0.5 1.5: products add up to 4, squares to 5 and 5.
  const x = [1, 2, 3, 4, 9, null];
  const y = [1, 3, 2, 4, null, 9];

  test("a worked example with missing cells", () => {
    const real = table({ x, y });
    const synthetic = table({ x: [1, 2, 3, 4], y: [8, 6, 4, 2] });
    const { value, pairs } = correlationSimilarity(real, synthetic);
    expect(pairs).toHaveLength(1);
    expect(pairs[0].names).toEqual(["x", "y"]);
    expect(pairs[0].real).toBeCloseTo(0.8, 12);
    expect(pairs[0].synthetic).toBeCloseTo(-1, 12);
    expect(value).toBeCloseTo(1 - 1.8 / 2, 12);
  });

  test("a constant column has no correlation in the data, and that of 0 in samples", () => {
    const constant = table({ x: [1, 2, 3, 4], y: [0.1, 0.1, 0.1, 0.1] });
    expect(correlationSimilarity(constant, table({ x, y }))).toEqual({ pairs: [] });
    expect(correlationSimilarity(table({ x, y }), constant).value).toBeCloseTo(1 - 0.8 / 2, 12);
  });

  test("the mean over all pairs of numbers, and of no others", () => {
    const real = table({ x: [1, 2, 3], c: ["a", "b", "a"], y: [1, 2, 3], z: [1, 2, 3] });
    const synthetic = table({ x: [1, 2, 3], c: ["a", "b", "a"], y: [1, 2, 3], z: [3, 2, 1] });
    const { value, pairs } = correlationSimilarity(real, synthetic);
    // xy 1, xz 0, yz 0
    expect(pairs.map(({ names }) => names.join(""))).toEqual(["xy", "xz", "yz"]);
    expect(value).toBeCloseTo(1 / 3, 12);
  });
});

describe("contingencySimilarity", () => {
  test("a worked example of two columns of categories", () => {
    //          ac    ad    bc    bd
    // real     0.5   0     0.25  0.25
    // samples  0.25  0.25  0     0.5    half of 0.25 x 4 is 0.5
    const real = table({ x: ["a", "a", "b", "b"], y: ["c", "c", "d", "c"] });
    const synthetic = table({ x: ["a", "b", "b", "a"], y: ["c", "d", "d", "d"] });
    expect(contingencySimilarity(real, synthetic).value).toBeCloseTo(0.5, 12);
  });

  test("numbers are cut at the deciles of the data", () => {
    // The tenths of 1 to 10 hold one number each; what exceeds 9 is in the last one, and what is at most 1 in the first.
    const c = ["a", "a", "a", "a", "a", "b", "b", "b", "b", "b"];
    const real = table({ x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], c });
    const synthetic = table({ x: [-7, 0, 2.5, 4, 5, 6, 7, 8, 9, 99], c }, 1);
    // The first tenth with a: 0.1 and 0.2; the second with a: 0.1 and 0.
    expect(contingencySimilarity(real, synthetic).value).toBeCloseTo(0.9, 12);
  });

  test("missing cells and values that only samples have are values of their own", () => {
    const real = table({ x: ["a", "a", null, "b"], y: [1, 1, 1, null] });
    const synthetic = table({ x: ["a", "z", null, "b"], y: [1, 1, 1, 1] });
    // a1 0.5 and 0.25, z1 0 and 0.25, (missing)1 0.25 twice, b(missing) 0.25 and 0, b1 0 and 0.25
    expect(contingencySimilarity(real, synthetic).value).toBeCloseTo(0.5, 12);
  });

  test("pairs with a category, and no others", () => {
    const real = table({ x: [1, 2], y: [1, 2], c: ["a", "b"], d: ["a", "b"] });
    const { value, pairs } = contingencySimilarity(real, real);
    expect(pairs.map(({ names }) => names.join(""))).toEqual(["xc", "xd", "yc", "yd", "cd"]);
    expect(value).toBe(1);
    expect(contingencySimilarity(table({ x: [1], y: [1] }), table({ x: [1], y: [1] }))).toEqual({ pairs: [] });
  });
});
