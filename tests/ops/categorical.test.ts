/** Cross-entropy, and draws of categories: by hand, and their distributions. */
import { describe, expect, test } from "vitest";
import { crossEntropy, gradient, gumbelSoftmax, mul, randomCategorical, sum } from "#binding";
import { evaluate } from "#src/graph/reference";
import { categoryAt } from "#src/ops/categorical/draw";
import { literal } from "#src/ops/literal";

const show = (x: Parameters<typeof evaluate>[0][number]) => [...evaluate([x])[0]];
const logitsOf = (...rows: number[][]) => literal(rows.flat(), [rows.length, rows[0].length]);
const classesOf = (...values: number[]) => literal(Int32Array.from(values), [values.length]);

describe("crossEntropy", () => {
  const logits = logitsOf([Math.log(1), Math.log(2), Math.log(5)], [0, 0, 0]);
  test("mean of -log p, with mask and smoothing", () => {
    const [a, b] = [-Math.log(2 / 8), -Math.log(1 / 3)];
    expect(show(crossEntropy(logits, classesOf(1, 2)))[0]).toBeCloseTo((a + b) / 2, 7);
    expect(show(crossEntropy(logits, classesOf(1, 2), { mask: literal([1, 0], [2]) }))[0]).toBeCloseTo(a, 7);
    expect(show(crossEntropy(logits, classesOf(1, 2), { mask: literal([0, 0], [2]) }))[0]).toBe(0);
    const even = -(Math.log(1 / 8) + Math.log(2 / 8) + Math.log(5 / 8)) / 3;
    expect(show(crossEntropy(logits, classesOf(1, 2), { smoothing: 0.1 }))[0]).toBeCloseTo(
      (0.9 * a + 0.1 * even + b) / 2,
      7,
    );
  });
  test("refuses what does not fit", () => {
    expect(() => crossEntropy(logits, literal([1, 2], [2]))).toThrow(/targets must be i32, found f32/);
    expect(() => crossEntropy(logits, classesOf(1))).toThrow(/found \[1\] and \[2, 3\]/);
    expect(() => crossEntropy(logits, classesOf(1, 2), { mask: literal([1], [1]) })).toThrow(
      /mask must have the targets' shape \[2\]/,
    );
    expect(() => crossEntropy(logits, classesOf(1, 2), { smoothing: 1 })).toThrow(/smoothing/);
  });
});

describe("categories at quantiles", () => {
  const probabilities = [0.1, 0, 0.2, 0.4, 0.3];
  const logits = (count: number) => logitsOf(...Array.from({ length: count }, () => probabilities.map(Math.log)));
  const at = (quantiles: number[], options = {}) =>
    show(categoryAt("test", logits(quantiles.length), literal(quantiles, [quantiles.length]), options));

  test("are those of the distribution, in the order of the categories", () => {
    expect(at([0, 0.0999, 0.1001, 0.2999, 0.3001, 0.6999, 0.7001, 0.9999])).toEqual([0, 0, 2, 2, 3, 3, 4, 4]);
  });
  test("topK keeps the most likely ones, and equal ones", () => {
    // 0.4 and 0.3 are left: 4 / 7 and 3 / 7.
    expect(at([0, 0.57, 0.58, 0.999], { topK: 2 })).toEqual([3, 3, 4, 4]);
    expect(at([0, 0.999], { topK: 1 })).toEqual([3, 3]);
    expect(at([0, 0.999], { topK: 99 })).toEqual([0, 4]);
    const equal = logitsOf([0, 0, 0, -1]);
    expect(show(categoryAt("test", equal, literal([0.99], [1]), { topK: 1 }))).toEqual([2]);
  });
  test("topP keeps the smallest set that reaches the share", () => {
    expect(at([0, 0.999], { topP: 0.39 })).toEqual([3, 3]);
    expect(at([0, 0.57, 0.58, 0.999], { topP: 0.41 })).toEqual([3, 3, 4, 4]);
    expect(at([0, 0.21, 0.23, 0.999], { topP: 0.71 })).toEqual([2, 2, 3, 4]);
    expect(at([0, 0.999], { topP: 1 })).toEqual([0, 4]);
  });
  test("temperature: 0 is the most likely one, below 1 is narrower", () => {
    expect(at([0, 0.5, 0.999], { temperature: 0 })).toEqual([3, 3, 3]);
    // Squares 0.01, 0.04, 0.16, 0.09 of 0.3.
    expect(at([0.032, 0.034, 0.165, 0.168, 0.699, 0.701], { temperature: 0.5 })).toEqual([0, 2, 2, 3, 3, 4]);
  });
  test("draws have the probabilities: chi-squared of 20,000", () => {
    const count = 20_000;
    const drawn = [...evaluate([randomCategorical(logits(count))], { seed: 5 })[0]];
    const counts = probabilities.map((_, category) => drawn.filter((one) => one === category).length);
    const expected = probabilities.map((p) => p * count);
    const chi = counts.reduce((sum, n, i) => sum + (expected[i] ? (n - expected[i]) ** 2 / expected[i] : n), 0);
    // 3 degrees of freedom: above 21.1 with probability 1e-4.
    expect(chi).toBeLessThan(21.1);
  });
  test("more categories than a block of sums", () => {
    const many = 700;
    const even = literal(new Float32Array(3 * many), [3, many]);
    expect(show(categoryAt("test", even, literal([0, 0.5001, 0.9999], [3]), {}))).toEqual([0, 350, 699]);
  });
  test("refuses options outside of their range", () => {
    const one = logitsOf([0, 1]);
    expect(() => randomCategorical(one, { temperature: -1 })).toThrow(/temperature must be a finite number >= 0/);
    expect(() => randomCategorical(one, { topK: 0 })).toThrow(/topK/);
    expect(() => randomCategorical(one, { topP: 1.5 })).toThrow(/topP/);
    expect(() => randomCategorical(literal([], [2, 0]))).toThrow(/with a category, found \[2, 0\]/);
  });
});

describe("gumbelSoftmax", () => {
  const probabilities = [0.1, 0.2, 0.4, 0.3];
  const [count, categories] = [20_000, probabilities.length];
  const logits = logitsOf(...Array.from({ length: count }, () => probabilities.map(Math.log)));
  const rowsOf = (values: readonly number[]) =>
    Array.from({ length: count }, (_, i) => values.slice(i * categories, (i + 1) * categories));
  const drawn = (options: Parameters<typeof gumbelSoftmax>[1], seed = 5) =>
    rowsOf([...evaluate([gumbelSoftmax(logits, options)], { seed })[0]]);

  test.each([0.1, 1, 4])(
    "the largest weight is that of a draw at temperature %d: chi-squared of 20,000",
    (temperature) => {
      const rows = drawn({ temperature });
      const counts = new Array<number>(categories).fill(0);
      for (const row of rows) counts[row.indexOf(Math.max(...row))]++;
      const chi = counts.reduce(
        (total, n, i) => total + (n - probabilities[i] * count) ** 2 / (probabilities[i] * count),
        0,
      );
      // 3 degrees of freedom: above 21.1 with probability 1e-4.
      expect(chi).toBeLessThan(21.1);
      for (const row of rows.slice(0, 100)) expect(row.reduce((total, x) => total + x, 0)).toBeCloseTo(1, 6);
    },
  );

  test("the weights of two categories at temperature 1 have the means of their distribution", () => {
    // log(w / (1 - w)) is logistic around the difference of the logits (Maddison et al. 2017, proposition 1): here around 0.
    const [weights] = evaluate([gumbelSoftmax(literal(new Float32Array(2 * count), [count, 2]))], { seed: 3 });
    const first = Array.from({ length: count }, (_, i) => weights[2 * i]);
    // At temperature 1 the weight is uniform in (0, 1): mean 1/2, mean of squares 1/3, each within 4 standard errors.
    expect(Math.abs(first.reduce((a, x) => a + x, 0) / count - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / count));
    expect(Math.abs(first.reduce((a, x) => a + x * x, 0) / count - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / count));
  });

  test("hard: exactly one-hot where the soft form is largest, with the soft form's gradient", () => {
    const soft = drawn({ temperature: 0.7 });
    drawn({ temperature: 0.7, hard: true }).forEach((row, i) => {
      const top = soft[i].indexOf(Math.max(...soft[i]));
      expect(row).toEqual(row.map((_, k) => (k === top ? 1 : 0)));
    });
    const some = logitsOf([0.3, -1, 2], [0, 1, 0.5]);
    const slopes = (hard: boolean) => {
      const weighted = mul(gumbelSoftmax(some, { hard, temperature: 0.7 }), literal([1, 5, -2], [3]));
      return [...evaluate([gradient(sum(weighted), [some])[0]], { seed: 8 })[0]];
    };
    expect(slopes(true)).toEqual(slopes(false));
    expect(slopes(true).some((slope) => Math.abs(slope) > 0.01)).toBe(true);
  });

  test("refuses a temperature of 0, and unknown options", () => {
    expect(() => gumbelSoftmax(logits, { temperature: 0 })).toThrow(/temperature must be a finite number > 0|above 0/);
    expect(() => gumbelSoftmax(logits, { soft: true } as object)).toThrow(/unknown option/);
  });
});
