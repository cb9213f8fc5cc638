import { describe, expect, test } from "vitest";
import { datasets } from "#binding";
import { mixtureMetrics } from "#src/metrics/mixture";

const square = {
  modes: [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ],
  sigma: 0.1,
} as const;

describe("mixture metrics", () => {
  test("known points: modes, quality and divergence by hand", () => {
    // Three at the first mode, one within 3 sigma of the second, one nearest to the fourth but too far from it.
    const samples = [0, 0, 0.1, 0, 0, -0.2, 1, 0.29, 1, 0.69];
    const { modes, modesOf, highQuality, reverseKl, counts } = mixtureMetrics(samples, square);
    expect({ modes, modesOf, highQuality, counts }).toEqual({
      modes: 2,
      modesOf: 4,
      highQuality: 0.8,
      counts: [3, 1, 0, 0],
    });
    expect(reverseKl).toBeCloseTo(0.6 * Math.log(2.4) + 2 * 0.2 * Math.log(0.8), 12);
  });

  test("all in one mode: the divergence is log of the number of modes", () => {
    expect(mixtureMetrics([0, 0, 0, 0.1], square).reverseKl).toBeCloseTo(Math.log(4), 12);
  });

  test("as many in each mode: no divergence", () => {
    const samples = square.modes.flatMap(([x, y]) => [x + 0.05, y]);
    expect(mixtureMetrics(samples, square)).toMatchObject({ modes: 4, highQuality: 1, reverseKl: 0 });
  });

  test.each(["ring", "grid"] as const)("%s itself: every mode, a share of 1 - exp(-9/2) within 3 sigma", (name) => {
    const data = datasets[name]({ count: 20_000, seed: 2 });
    if (data.source?.kind !== "gaussianMixture") throw new Error("a mixture was expected");
    const { modes, highQuality, reverseKl } = mixtureMetrics(data.records, data.source);
    expect(modes).toBe(data.source.modes.length);
    // Five standard deviations of a share of 20,000 draws.
    expect(Math.abs(highQuality - (1 - Math.exp(-4.5)))).toBeLessThan(5 * Math.sqrt((0.989 * 0.011) / 20_000));
    // Twice the count times the divergence is about chi-squared with modes - 1 degrees of freedom.
    const degrees = modes - 1;
    expect(2 * 20_000 * reverseKl).toBeLessThan(degrees + 5 * Math.sqrt(2 * degrees));
  });

  test("no samples, or half a pair", () => {
    expect(() => mixtureMetrics([], square)).toThrow(/one or more pairs, found 0/);
    expect(() => mixtureMetrics([1, 2, 3], square)).toThrow(RangeError);
  });

  test.each([
    [[0, Number.NaN], square, RangeError, "samples[1] must be a finite number, found NaN"],
    [undefined, square, TypeError, "samples must be an array of numbers, found undefined"],
    [[0, 0], undefined, RangeError, "number of modes must be an integer >= 1, found undefined"],
    [[0, 0], { modes: [], sigma: 1 }, RangeError, "number of modes must be an integer >= 1, found 0"],
    [[0, 0], { modes: [[1, Infinity]], sigma: 1 }, RangeError, "modes[0][1] must be a finite number, found Infinity"],
    [[0, 0], { modes: [[1, 2, 3]], sigma: 1 }, RangeError, "modes[0] must have 2 values, found 3"],
    [[0, 0], { modes: [[1, 1]], sigma: 0 }, RangeError, "sigma must be a finite number > 0, found 0"],
  ])("%j of %j: what is wrong", (samples, mixture, type, message) => {
    const call = () => mixtureMetrics(samples as never, mixture as never);
    expect(call).toThrow(type);
    expect(call).toThrow(`mixtureMetrics: ${message}`);
  });
});
