/** The comparison of all measures: names, floors, the copula beside them, sentences. */
import { describe, expect, test } from "vitest";
import * as tables from "#src/domains/tables/index";
import { randomSource } from "#src/data/random-source";
import { tableRows } from "#src/data/tables/table";
import { table } from "./make-table.js";

const testStream = 0x7e57_0016;
const { compareTables, fitCopula, sampleCopula } = tables;

/** y depends on |x|, which no copula sees; c on x, which it does. */
function rows(count: number, seed: number) {
  const source = randomSource(seed, testStream);
  const x = Array.from({ length: count }, () => Math.round(1000 * source.normal()) / 1000);
  return table(
    {
      x,
      z: x.map((one) => (source.uniform() < 0.1 ? null : Math.round(1000 * (one + source.normal())) / 1000)),
      c: ["a", "b", ...x.slice(2).map((one) => (one + source.normal() > 0 ? "a" : "b"))],
      y: ["in", "out", ...x.slice(2).map((one) => (Math.abs(one) < 0.7 ? "in" : "out"))],
    },
    3,
  );
}

const [train, heldOut] = [rows(1200, 1), rows(400, 2)];

describe("samples of the distribution of the data", () => {
  const found = compareTables({ train, heldOut, synthetic: rows(500, 3) });
  test("names, in all three", () => {
    const names = [
      ...["ksComplement", "tvComplement", "missingValueSimilarity", "correlationSimilarity", "contingencySimilarity"],
      ...["trainSyntheticTestReal", "trainSyntheticTestRealAuroc", "trainSyntheticTestRealAveragePrecision"],
      ...["trainSyntheticTestRealF1", "closestRecordNearerToTraining", "closestRecordProtection"],
      ...["closestRecordMedian", "copies"],
    ];
    for (const one of [found.metrics, found.floors, found.copula]) expect(Object.keys(one)).toEqual(names);
  });
  test("are as good as the floors", () => {
    const { metrics: values, floors } = found;
    // Deviations of the measures of 400 rows are at most 0.03.
    for (const name of Object.keys(values) as (keyof typeof values)[])
      expect(Math.abs(values[name]! - floors[name]!), name).toBeLessThan(0.08);
    expect(floors).toMatchObject({ closestRecordNearerToTraining: 0.5 });
    expect(floors.ksComplement).toBe(tables.ksComplement(train, heldOut).value);
  });
  test("are better than the copula where it sees nothing", () => {
    expect(found.metrics.trainSyntheticTestReal! - found.copula.trainSyntheticTestReal!).toBeGreaterThan(0.2);
    expect(found.metrics.contingencySimilarity! - found.copula.contingencySimilarity!).toBeGreaterThan(0.05);
    expect(Math.abs(found.metrics.ksComplement! - found.copula.ksComplement!)).toBeLessThan(0.05);
  });
  test("counts: as many samples as held-out rows are compared", () => {
    expect(found.counts).toEqual({
      ...{ train: 1200, heldOut: 400, synthetic: 500, copula: 500, compared: 400, trained: 500, tested: 400 },
      ...{ closestRecordSamples: 500, closestRecordTraining: 1200 },
    });
  });
  test("columns in order, with their measures", () => {
    expect(found.perColumn.map(({ name, measure }) => [name, measure])).toEqual([
      ["x", "ksComplement"],
      ["z", "ksComplement"],
      ["c", "tvComplement"],
      ["y", "tvComplement"],
    ]);
    expect(found.perColumn[0].floor).toBe(tables.ksComplement(train, heldOut).columns[0].value);
    expect(found.perColumn.map(({ missing }) => missing !== undefined)).toEqual([false, true, false, false]);
  });
  test("sentences", () => {
    const [columns, copula, prediction, closest, copies] = found.sentences;
    expect(found.sentences).toHaveLength(5);
    expect(columns).toMatch(/^No column is further from the training rows than in held-out rows/);
    expect(copula).toMatch(/^Better than a Gaussian copula in \d of 6 measures: .*prediction \(0\.\d+ to 0\.\d+\)/);
    expect(prediction).toMatch(
      /^A logistic regression that is trained on samples predicts y in held-out rows with accuracy 0\.\d+ \(/,
    );
    expect(closest).toMatch(
      /50% is ideal, no sign that training rows were memorised\. The protection score is 0\.\d+ \(/,
    );
    expect(copies).toBe("0 of 500 samples (0.0%) equal a training row; of held-out rows 0.50% do.");
  });
  test("plain data, the same again", () => {
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    expect(compareTables({ train, heldOut, synthetic: rows(500, 3) })).toEqual(found);
  });
});

test("copies are found, and said", () => {
  const synthetic = tableRows(
    train,
    Array.from({ length: 600 }, (_, i) => 2 * i),
  );
  const found = compareTables({ train, heldOut, synthetic });
  expect(found.metrics).toMatchObject({ copies: 1, closestRecordProtection: 0, closestRecordMedian: 0 });
  expect(found.metrics.closestRecordNearerToTraining).toBeGreaterThan(0.6);
  const said = found.sentences.join(" ");
  expect(said).toMatch(/more than chance explains: training rows show in the samples/);
  expect(said).toMatch(/600 of 600 samples \(100\.0%\) equal a training row/);
});

test("columns that are unlike are named, the worst first", () => {
  const fine = rows(500, 3);
  const [x, z, c, y] = fine.cells;
  const synthetic = { ...fine, cells: [x.map((one) => one + 5), z, c, y.map(() => 0)] };
  const found = compareTables({ train, heldOut, synthetic });
  const [first] = found.sentences;
  expect(first).toMatch(/^Least like the data: x 0\.0\d+ \(held-out rows: 0\.9\d+\), y 0\.\d+ /);
  // All samples have one y: the floor is that of training on as many rows of the data.
  const { real, constant } = tables.trainSyntheticTestReal({ train, heldOut, synthetic });
  expect(found.floors.trainSyntheticTestReal).toBe(real.accuracy);
  expect(real.accuracy! - found.metrics.trainSyntheticTestReal!).toBeGreaterThan(0.3);
  expect(found.prediction.constant).toEqual(constant);
});

test("few held-out rows: no more samples are compared, so that the floor is as low", () => {
  const few = tableRows(
    heldOut,
    Array.from({ length: 20 }, (_, i) => i),
  );
  const found = compareTables({ train, heldOut: few, synthetic: train });
  // 1 - 0.87 / sqrt(20) is 0.81; all rows would give 1.
  expect(found.counts.compared).toBe(20);
  expect(Math.abs(found.metrics.ksComplement! - 0.81)).toBeLessThan(0.12);
  expect(Math.abs(found.floors.ksComplement! - 0.81)).toBeLessThan(0.12);
  expect(Math.abs(found.copula.ksComplement! - 0.81)).toBeLessThan(0.12);
});

test("a given copula and a target are used", () => {
  const synthetic = rows(500, 3);
  const copula = sampleCopula(fitCopula(train), 300, { seed: 5 });
  const found = compareTables({ train, heldOut, synthetic, copula }, { target: "c" });
  expect(found.counts).toMatchObject({ copula: 300, compared: 300, trained: 300 });
  expect(found.prediction).toMatchObject({ target: "c", model: "logistic regression" });
  // The copula has all of the dependence of c.
  expect(Math.abs(found.metrics.trainSyntheticTestReal! - found.copula.trainSyntheticTestReal!)).toBeLessThan(0.1);
});

test("tables of numbers only, and of categories only", () => {
  const numbers = table({ x: [1, 2, 3, 4, 5], y: [2, 4, 6, 8, 10] });
  const found = compareTables({ train: numbers, heldOut: numbers, synthetic: numbers });
  expect(found.metrics).not.toHaveProperty("tvComplement");
  expect(found.metrics).not.toHaveProperty("contingencySimilarity");
  expect(found.prediction.model).toBe("ridge regression");
  expect(found.sentences.join(" ")).toContain("with R^2");
  const letters = table({ x: ["a", "b"], y: ["a", "b"] });
  const other = compareTables({ train: letters, heldOut: letters, synthetic: letters });
  expect(other.metrics).not.toHaveProperty("ksComplement");
  expect(other.metrics).toMatchObject({ tvComplement: 1, copies: 1 });
});
