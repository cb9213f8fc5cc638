/** The standard normal distribution against values of SciPy 1.17, and its inverse. */
import { expect, test } from "vitest";
import { choleskyFactor, choleskySolve } from "#src/numbers/cholesky";
import { normalProbability, normalQuantile } from "#src/numbers/normal";

test("probabilities", () => {
  const known: [number, number][] = [
    [-30, 4.906713927147908e-198],
    [-8, 6.22096057427174e-16],
    [-4.5, 3.3976731247300535e-6],
    [-3.9, 4.8096344017602614e-5],
    [-1, 0.15865525393145707],
    [0, 0.5],
    [0.3, 0.6179114221889526],
    [2, 0.9772498680518208],
    [3.99, 0.9999669633523706],
    [4.01, 0.9999696406260734],
    [6, 0.9999999990134123],
  ];
  for (const [x, p] of known) {
    expect(Math.abs(normalProbability(x) - p), `${x}`).toBeLessThan(1e-15);
    // Beyond 4 the error is relative.
    if (x < -4) expect(Math.abs(normalProbability(x) / p - 1), `${x}`).toBeLessThan(1e-13);
  }
});

test("quantiles", () => {
  const known: [number, number][] = [
    [1e-300, -37.0470962993612],
    [1e-20, -9.262340089798409],
    [1e-5, -4.264890793922825],
    [0.02, -2.053748910631823],
    [0.075, -1.4395314709384563],
    [0.3, -0.5244005127080409],
    [0.9, 1.2815515655446004],
    [0.999, 3.090232306167813],
  ];
  for (const [p, x] of known) expect(Math.abs(normalQuantile(p) / x - 1), `${p}`).toBeLessThan(1e-14);
  expect([0, 0.5, 1, -1, 2].map(normalQuantile)).toEqual([-Infinity, 0, Infinity, NaN, NaN]);
  for (let p = 0.001; p < 1; p += 0.001) expect(normalProbability(normalQuantile(p))).toBeCloseTo(p, 14);
});

test("Cholesky factors: a worked example, equations, and what has none", () => {
  // [[2, 0], [1, 3]] times its transpose is [[4, 2], [2, 10]].
  const lower = choleskyFactor(Float64Array.of(4, 2, 2, 10), 2)!;
  expect([...lower]).toEqual([2, 0, 1, 3]);
  // 4 x + 2 y = 2 and 2 x + 10 y = -8 for x = 1, y = -1.
  expect([...choleskySolve(lower, Float64Array.of(2, -8))].map((one) => Math.round(one * 1e12) / 1e12)).toEqual([
    1, -1,
  ]);
  expect(choleskyFactor(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
  expect(choleskyFactor(Float64Array.of(1, 1, 1, 1), 2)).toBeUndefined();
});
