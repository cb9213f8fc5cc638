/** Distances to closest records and copies: worked examples, floors, and models that copy. */
import { describe, expect, test } from "vitest";
import * as tables from "#src/domains/tables/index";
import { randomSource } from "#src/data/random-source";
import type { LearnedColumn } from "#src/data/tables/column-spec";
import { tableRows } from "#src/data/tables/table";
import { uniformRows } from "#src/metrics/tables/random-rows";
import { table } from "./make-table.js";

const testStream = 0x7e57_0013;
const { closestRecord } = tables;

/** Independent rows of two numbers and a category. */
function rows(count: number, seed: number) {
  const source = randomSource(seed, testStream);
  const made = (next: () => number | string) => Array.from({ length: count }, next);
  const letter = () => "abc"[source.integer(3)];
  // Every value is there, so that tables number them alike.
  return table({
    x: made(() => source.normal()),
    y: made(() => source.normal()),
    c: ["a", "b", "c", ...made(letter).slice(3)],
  });
}

describe("a worked example", () => {
  // Ranges of the training rows: x 10, y 4.
  const train = table({ x: [0, 10, 5], y: [0, 4, null], c: ["a", "b", null] });
  const heldOut = table({ x: [1, 9, 5], y: [1, 4, null], c: ["a", "b", null] });
  const synthetic = table({ x: [2, 90, 5, 5], y: [1, 4, null, 2], c: ["a", "b", null, "z"] });
  const found = closestRecord({ train, heldOut, synthetic });
  test("medians of distances to training rows", () => {
    // Row by row, thirds of the sums:
    // (2, 1, a): to (0, 0, a) 0.2 + 0.25 + 0
    // (90, 4, b): to (10, 4, b) 1 + 0 + 0, because a difference is at most 1
    // (5, -, -): to (5, -, -) 0
    // (5, 2, z): to (0, 0, a) 0.5 + 0.5 + 1, as to (10, 4, b); to (5, -, -) 0 + 1 + 1
    expect(found.medians.synthetic).toBeCloseTo((0.45 + 1) / 2 / 3, 12);
    // (1, 1, a): 0.1 + 0.25; (9, 4, b): 0.1; (5, -, -): 0
    expect(found.medians.heldOut).toBeCloseTo(0.1 / 3, 12);
  });
  test("the share that is nearer to training rows", () => {
    // (2, 1, a): to (1, 1, a) 0.1, so no. (90, 4, b): to (9, 4, b) 1, half. (5, -, -): 0, half. (5, 2, z): to (1, 1, a)
    // 0.4 + 0.25 + 1 = 1.65, so no.
    expect(found.nearerToTraining).toBeCloseTo(1 / 4, 12);
  });
  test("copies, where missing cells are equal", () => {
    expect([found.copies, found.heldOutCopies]).toEqual([1 / 4, 1 / 3]);
  });
  test("protection is the quotient of the medians", () => {
    const { protection, heldOutProtection, medians } = found;
    expect(protection).toBeCloseTo(Math.min(1, medians.synthetic / medians.uniform), 12);
    expect(heldOutProtection).toBeCloseTo(medians.heldOut / medians.uniform, 12);
  });
  test("counts", () => expect(found.counts).toEqual({ synthetic: 4, heldOut: 3, training: 3, each: 3 }));
});

test("uniform rows: distance to the ends of an interval", () => {
  // Distances to 0 or 1 are uniform between 0 and 1/2: median 1/4, with a standard error of 1 / (4 sqrt 1000) = 0.008.
  const ends = table({ x: [0, 1] }, 9);
  const synthetic = table({ x: Array.from({ length: 1000 }, () => 0.125) });
  const { medians, protection } = closestRecord({ train: ends, heldOut: ends, synthetic });
  expect(Math.abs(medians.uniform - 0.25)).toBeLessThan(0.025);
  expect(protection).toBeCloseTo(0.125 / medians.uniform, 12);
});

test("uniform rows: numbers between the limits, values that occur, missing cells as often as in the data", () => {
  const data = table({ x: [null, 3, 7, null], c: ["a", null, "a", "c"] });
  const unused = { ...data.columns[1], values: ["a", "never", "c"] } as LearnedColumn;
  const cells = [data.cells[0], Float64Array.of(0, Number.NaN, 0, 2)];
  const [x, c] = uniformRows({ ...data, columns: [data.columns[0], unused], cells }, 4000, 1).cells;
  const share = (some: Float64Array, holds: (cell: number) => boolean) => some.filter(holds).length / some.length;
  // Deviations of the shares: 0.008 at most.
  expect(Math.abs(share(x, Number.isNaN) - 1 / 2)).toBeLessThan(0.03);
  expect(Math.abs(share(c, Number.isNaN) - 1 / 4)).toBeLessThan(0.03);
  // Values are as frequent as each other, however frequent in the data.
  expect(Math.abs(share(c, (cell) => cell === 0) - 3 / 8)).toBeLessThan(0.03);
  expect(Math.abs(share(c, (cell) => cell === 2) - 3 / 8)).toBeLessThan(0.03);
  expect([...new Set(x.filter((cell) => !Number.isNaN(cell)))].sort()).toEqual([3, 4, 5, 6, 7]);
  // A tenth each, with a deviation of 0.005.
  for (const whole of [3, 5, 7]) expect(Math.abs(share(x, (cell) => cell === whole) - 0.1)).toBeLessThan(0.02);
});

test("no protection score if uniform rows are at no distance", () => {
  const all = table({ x: [null, null, 3, 3], c: ["a", null, "a", null] });
  const found = closestRecord({ train: all, heldOut: all, synthetic: all });
  expect(found.medians.uniform).toBe(0);
  expect(found).not.toHaveProperty("protection");
});

test("a column of one value: equal or as far as can be", () => {
  const train = table({ x: [7, 7] });
  const found = closestRecord({ train, heldOut: train, synthetic: table({ x: [7.5, 7.5, 7.5] }) });
  expect(found.medians).toMatchObject({ synthetic: 1, heldOut: 0 });
});

describe("models", () => {
  const train = rows(600, 1);
  const heldOut = rows(200, 2);
  test("copies are nearer to training rows, and not protected", () => {
    const synthetic = tableRows(
      train,
      Array.from({ length: 300 }, (_, i) => i),
    );
    const found = closestRecord({ train, heldOut, synthetic });
    // The nearer share is of as many training rows as held-out ones, 200 of 600: a third of the copies is among them, and of the
    // others half are nearer: 2/3. Deviation of the share: about 0.03.
    expect(Math.abs(found.nearerToTraining - 2 / 3)).toBeLessThan(0.1);
    expect(found).toMatchObject({ copies: 1, protection: 0, heldOutCopies: 0 });
  });
  test("also if samples are all of the training rows: the choice of both is independent", () => {
    // Of 150 samples a third is among the 200 of 600 training rows that they are compared with.
    const found = closestRecord({ train, heldOut, synthetic: train }, { rows: 150 });
    expect(Math.abs(found.nearerToTraining - 2 / 3)).toBeLessThan(0.13);
  });
  test("fresh rows of the distribution are as near to both, and as protected as held-out rows", () => {
    let [sum, quotient] = [0, 0];
    for (let seed = 0; seed < 10; seed++) {
      const found = closestRecord({ train, heldOut, synthetic: rows(400, 10 + seed) }, { seed });
      sum += found.nearerToTraining / 10;
      quotient += found.protection! / found.heldOutProtection! / 10;
      expect(found.copies).toBe(0);
    }
    // Each share has a deviation of 0.025, and a common one, for the sets that are compared.
    expect(Math.abs(sum - 0.5)).toBeLessThan(0.06);
    expect(Math.abs(quotient - 1)).toBeLessThan(0.2);
  });
  test("choices of rows: limits, and the same for the same seed", () => {
    const synthetic = rows(100, 3);
    const limited = (seed: number) => closestRecord({ train, heldOut, synthetic }, { rows: 40, records: 300, seed });
    expect(limited(1)).toEqual(limited(1));
    expect(limited(1)).not.toEqual(limited(2));
    expect(limited(1).counts).toEqual({ synthetic: 40, heldOut: 40, training: 300, each: 200 });
  });
});
