/** The Gaussian copula: marginal distributions and dependence of known tables are recovered. */
import { describe, expect, test } from "vitest";
import * as tables from "#src/domains/tables/index";
import { randomSource } from "#src/data/random-source";
import type { LearnedColumn } from "#src/data/tables/column-spec";
import type { Table } from "#src/data/tables/table";
import { table } from "./make-table.js";

const testStream = 0x7e57_0015;
const { fitCopula, sampleCopula, ksComplement, tvComplement, correlationSimilarity, missingValueSimilarity } = tables;

const column = (rows: Table, name: string) => rows.cells[rows.columns.findIndex((one) => one.name === name)];

/** Share of the cells for which it holds. */
const share = (cells: Float64Array, holds: (cell: number) => boolean) => cells.filter(holds).length / cells.length;

describe("marginal distributions by hand", () => {
  test("values of numbers are steps, missing cells a share of their own", () => {
    const [marginal] = fitCopula(table({ x: [5, 3, 3, 8, null] })).marginals;
    expect(marginal.missing).toBeCloseTo(0.2, 12);
    expect(marginal).toMatchObject({ probabilities: [0, 0.5, 0.5, 0.75, 0.75, 1], values: [3, 3, 5, 5, 8, 8] });
  });
  test("values of categories are steps, the most frequent first", () => {
    const [marginal] = fitCopula(table({ x: ["a", "c", "b", "c"] })).marginals;
    expect(marginal).toEqual({ missing: 0, probabilities: [0, 0.5, 0.5, 0.75, 0.75, 1], values: [2, 2, 0, 0, 1, 1] });
  });
  test("many values are quantiles, which are interpolated", () => {
    const [marginal] = fitCopula(table({ x: Array.from({ length: 5001 }, (_, i) => 5000 - i) })).marginals;
    expect(marginal.values).toHaveLength(1001);
    for (const k of [0, 1, 500, 1000]) expect(marginal.values[k]).toBeCloseTo(5 * k, 9);
  });
});

/** 5,000 rows of correlated columns of all kinds. */
function rows(seed: number, count = 5000): Table {
  const source = randomSource(seed, testStream);
  const made = Array.from({ length: count }, () => {
    const a = source.normal();
    const b = 0.8 * a + 0.6 * source.normal();
    const zeros = source.uniform() < 0.7 ? 0 : 100 * source.uniform();
    return {
      a: Math.round(1e6 * a) / 1e6,
      skewed: Math.round(1e6 * Math.exp(b)) / 1e6,
      age: Math.round(40 + 10 * a),
      zeros: Math.round(1e6 * zeros) / 1e6,
      gone: source.uniform() < 0.3 ? null : Math.round(1000 * source.uniform()),
      c: source.uniform() < 0.1 ? null : "xyz"[source.integer(3) * source.integer(2)],
    };
  });
  const names = ["a", "skewed", "age", "zeros", "gone", "c"] as const;
  return table(Object.fromEntries(names.map((name) => [name, made.map((row) => row[name])])), 6);
}

describe("a known table", () => {
  const data = rows(1);
  const copula = fitCopula(data);
  const samples = sampleCopula(copula, 5000);

  test("distributions: within what two sets of 5,000 rows of one distribution differ by", () => {
    // The statistic of two such sets exceeds 1.95 sqrt(2 / 5000) = 0.039 with a probability of 0.001.
    for (const { name, value } of ksComplement(data, samples).columns) expect(value, name).toBeGreaterThan(0.961);
    // Each frequency has a deviation of at most 0.007; the sum of four halves is about 0.01.
    expect(tvComplement(data, samples).value).toBeGreaterThan(0.97);
    expect(missingValueSimilarity(data, samples).value).toBeGreaterThan(0.98);
  });

  test("single values keep their probability, also among many others", () => {
    expect(share(column(data, "zeros"), (cell) => cell === 0)).toBeCloseTo(0.7, 1);
    const zeros = [data, samples].map((one) => share(column(one, "zeros"), (cell) => cell === 0));
    expect(Math.abs(zeros[0] - zeros[1])).toBeLessThan(0.025);
  });

  test("correlations of numbers", () => {
    // The scores of a and skewed have a correlation of 0.8, with a deviation of (1 - 0.64) / sqrt(5000) = 0.005.
    expect(Math.abs(copula.correlation[0][1] - 0.8)).toBeLessThan(0.02);
    expect(Math.abs(copula.correlation[0][3])).toBeLessThan(0.06);
    for (const { names, real, synthetic } of correlationSimilarity(data, samples).pairs)
      expect(Math.abs(real - synthetic), names.join(" and ")).toBeLessThan(0.06);
  });

  test("what is written: decimals, values within the limits of the data", () => {
    const specs = data.columns.map(
      (one): LearnedColumn =>
        one.name === "a" || one.name === "age" ? ({ ...one, kind: "integer", decimals: 0 } as LearnedColumn) : one,
    );
    const whole = sampleCopula({ ...copula, columns: specs }, 1000);
    expect(column(whole, "a").every(Number.isInteger)).toBe(true);
    expect(column(whole, "a").some((cell) => Object.is(cell, -0))).toBe(false);
    expect(column(samples, "skewed").every((cell) => cell > 0 && Number(cell.toFixed(6)) === cell)).toBe(true);
    const highest = (one: Table) => Math.max(...column(one, "skewed"));
    expect(highest(samples)).toBeLessThanOrEqual(highest(data));
  });

  test("plain data: the same samples after JSON, and for the same seed only", () => {
    const written = JSON.parse(JSON.stringify(copula));
    expect(written).toEqual(copula);
    expect(sampleCopula(written, 50).cells).toEqual(samples.cells.map((cells) => cells.slice(0, 50)));
    expect(sampleCopula(copula, 50, { seed: 1 }).cells).not.toEqual(sampleCopula(copula, 50).cells);
    expect(fitCopula(data)).toEqual(copula);
    expect(fitCopula(data, { seed: 1 }).correlation).not.toEqual(copula.correlation);
  });
});

test("missing cells weaken no correlation, and depend on other columns as in the data", () => {
  const source = randomSource(2, testStream);
  const x = Array.from({ length: 4000 }, () => source.normal());
  // y follows x, and is missing in 80% of the rows where x is positive.
  const y = x.map((one) => (one > 0 && source.uniform() < 0.8 ? null : 0.8 * one + 0.6 * source.normal()));
  const samples = sampleCopula(fitCopula(table({ x, y }, 9)), 4000);
  const [drawn, given] = samples.cells;
  const missing = (holds: (one: number) => boolean) => {
    const rows = [...drawn.keys()].filter((row) => holds(drawn[row]));
    return rows.filter((row) => Number.isNaN(given[row])).length / rows.length;
  };
  // 0.8 and 0 in the data, smoothed by a normal dependence; 0.4 each if there were none.
  expect(missing((one) => one > 0)).toBeGreaterThan(0.55);
  expect(missing((one) => one < 0)).toBeLessThan(0.25);
  expect(Math.abs(share(given, Number.isNaN) - 0.4)).toBeLessThan(0.04);
  // Over the known rows, of which few have a positive x, the correlation is less than 0.8.
  const { real, synthetic } = correlationSimilarity(table({ x, y }, 9), samples).pairs[0];
  expect(Math.abs(real - synthetic)).toBeLessThan(0.12);
});

test("missing cells at random: the correlation stays", () => {
  const source = randomSource(3, testStream);
  const x = Array.from({ length: 4000 }, () => source.normal());
  const y = x.map((one) => (source.uniform() < 0.5 ? null : 0.8 * one + 0.6 * source.normal()));
  const samples = sampleCopula(fitCopula(table({ x, y }, 9)), 4000);
  // Deviation of a correlation of 2,000 rows: 0.36 / sqrt(2000) = 0.008.
  expect(Math.abs(correlationSimilarity(table({ x, y }, 9), samples).pairs[0].synthetic - 0.8)).toBeLessThan(0.035);
});

test("a dependence of two categories is seen, though weaker than it is", () => {
  const values = Array.from({ length: 2000 }, (_, i) => (i % 3 === 0 ? "p" : "q"));
  const samples = sampleCopula(fitCopula(table({ c: values, d: values })), 4000);
  const equal =
    share(samples.cells[0], () => true) * samples.cells[0].filter((cell, i) => cell === samples.cells[1][i]).length;
  // Equal in all rows of the data; in 1/9 + 4/9 of independent ones.
  expect(equal / 4000).toBeGreaterThan(0.65);
  expect(equal / 4000).toBeLessThan(0.95);
});

test("equal columns stay equal: a singular correlation", () => {
  const x = Array.from({ length: 500 }, (_, i) => i);
  const copula = fitCopula(table({ x, y: x }));
  // Different draws within intervals of 1/500 keep the correlation from being 1.
  expect(copula.correlation[0][1]).toBeGreaterThan(0.999);
  const singular = {
    ...copula,
    correlation: [
      [1, 1],
      [1, 1],
    ],
  };
  const { cells } = sampleCopula(singular, 200);
  expect(Math.max(...cells[0].map((cell, i) => Math.abs(cell - cells[1][i])))).toBeLessThanOrEqual(1);
  // Not a correlation matrix: its least eigenvalue is 1 - 1.01. The ridge makes it one.
  const broken = {
    ...copula,
    correlation: [
      [1, 1.01],
      [1.01, 1],
    ],
  };
  expect(sampleCopula(broken, 10).cells[0].every(Number.isFinite)).toBe(true);
});

test("columns of one value, and of none", () => {
  const none = table({ x: [1, 1], y: [2, 3] });
  const copula = fitCopula({ ...none, cells: [Float64Array.of(7, 7), Float64Array.of(Number.NaN, Number.NaN)] });
  const { cells } = sampleCopula(copula, 20);
  expect(cells[0].every((cell) => cell === 7)).toBe(true);
  expect(cells[1].every(Number.isNaN)).toBe(true);
});

test("what cannot be fitted or sampled is refused", () => {
  const x = table({ x: [1] });
  expect(() => fitCopula({ ...x, rows: 0 })).toThrow("fitCopula: the table must have rows, found 0");
  expect(() => sampleCopula(fitCopula(x), 0)).toThrow("sampleCopula: count must be an integer >= 1, found 0");
  expect(() => fitCopula(x, { seed: 0.5 })).toThrow("seed must be an integer");
});
