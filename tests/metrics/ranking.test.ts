/** Rankings of two classes by scores, against brute force. */
import { expect, test } from "vitest";
import { metrics } from "#binding";
import { randomSource } from "#src/data/random-source";

const testStream = 0x7e57_0012;
const { auroc, averagePrecision } = metrics;

test("a worked example with ties", () => {
  // Scores of class 1: 3 3 1, of class 0: 3 1 1 1. Of 12 pairs each 3 wins against three and draws with one, 3.5; the 1 draws
  // with three, 1.5: 8.5 in all. At 3, 2 of 3 are of class 1, two thirds of them found; at 1, 3 of 7, the last third.
  const scores = [3, 3, 1, 3, 1, 1, 1];
  const labels = [1, 1, 1, 0, 0, 0, 0];
  expect(auroc(scores, labels)).toBeCloseTo(8.5 / 12, 12);
  expect(averagePrecision(scores, labels)).toBeCloseTo((2 / 3) * (2 / 3) + (1 / 3) * (3 / 7), 12);
});

test("agree with brute force", () => {
  for (let seed = 0; seed < 50; seed++) {
    const source = randomSource(seed, testStream);
    const count = 2 + source.integer(30);
    const scores = Array.from({ length: count }, () => source.integer(6) - 2.5);
    const labels = [true, false, ...Array.from({ length: count - 2 }, () => source.integer(2) === 1)];
    const [ones, zeros] = [true, false].map((label) => scores.filter((_, i) => labels[i] === label));
    const wins = ones.flatMap((one) => zeros.map((zero): number => (one > zero ? 1 : one === zero ? 0.5 : 0)));
    expect(auroc(scores, labels)).toBeCloseTo(wins.reduce((a, b) => a + b) / wins.length, 12);
    // The precision at the score of each record of class 1, over all with that score or more.
    const atLeast = (some: number[], score: number) => some.filter((one) => one >= score).length;
    const precisions = ones.map((score) => atLeast(ones, score) / atLeast(scores, score));
    expect(averagePrecision(scores, labels)).toBeCloseTo(precisions.reduce((a, b) => a + b) / ones.length, 12);
  }
});

test("chance and perfection", () => {
  expect([auroc([5, 5, 5], [0, 1, 0]), averagePrecision([5, 5, 5], [0, 1, 0])]).toEqual([0.5, 1 / 3]);
  expect([auroc([1, 2, 3], [0, 1, 1]), averagePrecision([1, 2, 3], [0, 1, 1])]).toEqual([1, 1]);
  expect([auroc([3, 2, 1], [0, 1, 1]), auroc([Infinity, -Infinity], [1, 0])]).toEqual([0, 1]);
});

test("refuse what has no ranking", () => {
  for (const [name, measure] of Object.entries({ auroc, averagePrecision })) {
    expect(() => measure([1, 2], [1])).toThrow(`${name}: there must be as many labels as scores, found 1 and 2`);
    expect(() => measure([1, Number.NaN], [1, 0])).toThrow(`${name}: scores must be numbers, found NaN at 1`);
    expect(() => measure([1, 2], [1, 2])).toThrow(`${name}: labels must be 0 or 1, found 2 at 1`);
    expect(() => measure([1, 2], [1, 1])).toThrow(`${name}: both classes must have records, found 2 of class 1 in 2`);
  }
});
