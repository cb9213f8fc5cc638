/** AUROC and average precision: against their definitions by brute force, with ties, and what is refused. */
import { expect, test } from "vitest";
import { metrics } from "#binding";
import { normals } from "#src/numbers/philox";

/** Share of pairs of a positive and another in the right order; equal scores count a half. */
function pairs(scores: readonly number[], positives: readonly boolean[]): number {
  let [right, all] = [0, 0];
  scores.forEach((a, i) => {
    scores.forEach((b, j) => {
      if (!positives[i] || positives[j]) return;
      all++;
      right += a > b ? 1 : a === b ? 0.5 : 0;
    });
  });
  return right / all;
}

/** Mean over positives of the precision among records whose score is at least as high. */
function precisions(scores: readonly number[], positives: readonly boolean[]): number {
  const found = scores.flatMap((score, i) => {
    if (!positives[i]) return [];
    const at = scores.flatMap((one, j) => (one >= score ? [positives[j]] : []));
    return [at.filter(Boolean).length / at.length];
  });
  return found.reduce((sum, one) => sum + one, 0) / found.length;
}

test.each([1, 4, 1000])("are those of their definitions, with scores of steps of 1 / %i", (steps) => {
  for (let step = 0; step < 20; step++) {
    const noise = normals(2 * 60, { seed: 5, step, stream: 1 });
    const positives = Array.from({ length: 60 }, (_, i) => noise[i] > 0.5);
    const scores = Array.from({ length: 60 }, (_, i) => Math.round(steps * (noise[60 + i] + noise[i])) / steps);
    expect(metrics.auroc(scores, positives)).toBeCloseTo(pairs(scores, positives), 12);
    expect(metrics.averagePrecision(scores, positives)).toBeCloseTo(precisions(scores, positives), 12);
  }
});

test("of a perfect order they are 1, of the reverse 0 and the least precision; all equal: chance", () => {
  const positives = Uint8Array.of(0, 0, 1, 1);
  expect([metrics.auroc([1, 2, 3, 4], positives), metrics.averagePrecision([1, 2, 3, 4], positives)]).toEqual([1, 1]);
  expect(metrics.auroc([4, 3, 2, 1], positives)).toBe(0);
  expect(metrics.averagePrecision([4, 3, 2, 1], positives)).toBeCloseTo((1 / 3 + 2 / 4) / 2, 15);
  expect(metrics.auroc(new Float32Array(4), positives)).toBe(0.5);
  expect(metrics.averagePrecision(new Float32Array(4), positives)).toBe(0.5);
  expect(metrics.auroc([-Infinity, 0, Infinity], [0, 0, 1])).toBe(1);
});

test("scores on other monotone scales rank alike", () => {
  const scores = Array.from(normals(50, { seed: 6, step: 0, stream: 1 }));
  const positives = scores.map((_, i) => i % 3 === 0);
  const others = scores.map((x) => Math.exp(3 * x));
  expect(metrics.auroc(others, positives)).toBe(metrics.auroc(scores, positives));
  expect(metrics.averagePrecision(others, positives)).toBe(metrics.averagePrecision(scores, positives));
});

test.each([
  [[1, 2], [1], /positives must be 2, one for each score, found 1/],
  [[1, 2], [1, 1], /there must be positives and others, found 2 positives among 2 records/],
  [[1, 2], [0, 0], /found 0 positives among 2 records/],
  [[], [], /found 0 positives among 0 records/],
  [[1, Number.NaN], [0, 1], /scores must be numbers, found NaN at index 1/],
])("refuse %j of %j", (scores, positives, message) => {
  for (const name of ["auroc", "averagePrecision"] as const) {
    expect(() => metrics[name](scores, positives)).toThrow(message);
    expect(() => metrics[name](scores, positives)).toThrow(new RegExp(`^${name}: `));
  }
});
