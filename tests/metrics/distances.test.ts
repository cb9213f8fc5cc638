/** Distances between distributions: Fréchet, kernel, mean discrepancy, sliced Wasserstein. Closed forms and bias. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import { createRuntime, metrics } from "#binding";
import type { Features } from "#src/metrics/features";
import type { Moments } from "#src/metrics/moments";
import { distances } from "./brute-force.js";
import { deviations, normal, seeds, set } from "./sets.js";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

const diagonal = (variances: readonly number[], mean: readonly number[] = variances.map(() => 0)): Moments => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from({ length: variances.length ** 2 }, (_, i) =>
    i % (variances.length + 1) === 0 ? variances[i / (variances.length + 1)] : 0,
  ),
  size: variances.length,
});

/** Q^T S Q for an orthogonal Q: the eigenvectors of some symmetric matrix. */
function rotated({ mean, covariance, size }: Moments): Moments {
  const noise = new Matrix(
    [...Array(size).keys()].map((i) => [...Array(size).keys()].map((j) => Math.sin(i * j + i + j))),
  );
  const q = new EigenvalueDecomposition(noise.clone().add(noise.transpose()), { assumeSymmetric: true })
    .eigenvectorMatrix;
  const s = Matrix.from1DArray(size, size, [...covariance]);
  const turned = q.transpose().mmul(s).mmul(q);
  return {
    mean: Float64Array.from(
      Matrix.rowVector([...mean])
        .mmul(q)
        .to1DArray(),
    ),
    covariance: Float64Array.from(turned.add(turned.transpose()).div(2).to1DArray()),
    size,
  };
}

describe("Fréchet distance", () => {
  const { frechetDistance, gaussianFrechetDistance, featureMoments } = metrics;

  test.each<[string, number[], number[]]>([
    ["well-conditioned", [1, 2, 3, 4], [4, 3, 2, 1]],
    ["condition 1e12", [1, 1e-4, 1e-8, 1e-12], [2, 3e-4, 5e-8, 7e-12]],
    ["singular", [1, 2, 0, 0], [3, 0, 4, 0]],
    ["one is zero", [0, 0, 0, 0], [1, 2, 3, 4]],
    ["large and small", [1e8, 1, 1e-8, 1], [1e8, 1, 1e-4, 2]],
  ])("Gaussians whose covariances commute: the sum of (s1 - s2)^2, rotated too: %s", async (_, first, second) => {
    const known = first.reduce((sum, value, i) => sum + (Math.sqrt(value) - Math.sqrt(second[i])) ** 2, 9 + 16);
    const [a, b] = [diagonal(first, [0, 0, 0, 0]), diagonal(second, [3, 0, 0, 4])];
    const scale = [...first, ...second].reduce((sum, value) => sum + value, 0);
    for (const [x, y] of [
      [a, b],
      [b, a],
      [rotated(a), rotated(b)],
    ]) {
      const found = await gaussianFrechetDistance(x, y);
      // Rounding of the covariances themselves moves the root of a zero eigenvalue by about 1e-8 of the norm.
      expect(Math.abs(found - known)).toBeLessThan(3e-8 * scale);
    }
  });

  test("two dimensions that do not commute: tr (S1 S2)^(1/2) = sqrt(tr S1 S2 + 2 sqrt(det S1 S2))", async () => {
    const a: Moments = { mean: Float64Array.of(0, 0), covariance: Float64Array.of(2, 1, 1, 3), size: 2 };
    const b: Moments = { mean: Float64Array.of(0, 0), covariance: Float64Array.of(5, -2, -2, 1), size: 2 };
    const root = Math.sqrt(2 * 5 - 2 - 2 + 3 + 2 * Math.sqrt(5 * 1));
    expect(await gaussianFrechetDistance(a, b)).toBeCloseTo(5 + 6 - 2 * root, 12);
  });

  test("of a set to itself is less than 1e-9 of the trace, also for covariances near singular", async () => {
    for (const smallest of [1, 1e-6, 1e-13]) {
      const features = normal({ count: 300, size: 40, seed: 4 });
      const values = features.values.map((value, i) => value * smallest ** ((i % 40) / 39)) as Float64Array;
      const { covariance } = featureMoments({ ...features, values });
      const trace = covariance.reduce((sum, value, i) => sum + (i % 41 === 0 ? value : 0), 0);
      const found = await frechetDistance({ ...features, values }, { ...features, values });
      expect(found).toBeGreaterThanOrEqual(0);
      expect(found).toBeLessThan(1e-9 * trace);
    }
  });

  test("moments of known records", () => {
    const { mean, covariance } = featureMoments(
      set([
        [1, 2],
        [3, 6],
        [5, 1],
      ]),
    );
    expect([...mean]).toEqual([3, 3]);
    expect([...covariance]).toEqual([4, -1, -1, 7]);
  });

  test("of samples: falls to the closed form, here 4, as the counts rise", async () => {
    const at = async (count: number) =>
      await frechetDistance(normal({ count, size: 4, seed: 1 }), normal({ count, size: 4, seed: 2, deviation: 2 }));
    expect(await at(40_000)).toBeCloseTo(4, 1);
    const bias = await Promise.all(
      [200, 2000].map((count) =>
        frechetDistance(normal({ count, size: 8, seed: 1 }), normal({ count, size: 8, seed: 2 })),
      ),
    );
    expect(bias[0]).toBeGreaterThan(5 * bias[1]);
  });

  test("needs more records than features, as many features, finite values", async () => {
    const of = (count: number, size: number) => normal({ count, size, seed: 1 });
    await expect(frechetDistance(of(64, 64), of(100, 64))).rejects.toThrow(
      "frechetDistance: real must have more records than features, found 64 records of 64 features",
    );
    await expect(frechetDistance(of(65, 64), of(65, 63))).rejects.toThrow(
      "frechetDistance: real and samples must have as many features, found 64 and 63",
    );
    const broken = of(65, 64);
    broken.values[64] = Number.POSITIVE_INFINITY;
    await expect(frechetDistance(of(65, 64), broken)).rejects.toThrow(
      "frechetDistance: values must be finite, found Infinity in record 1 of samples at index 0",
    );
    await expect(gaussianFrechetDistance(diagonal([1]), diagonal([1, 2]))).rejects.toThrow(
      "gaussianFrechetDistance: both Gaussians must have as many features, found 1 and 2",
    );
    const huge = normal({ count: 9, size: 2, seed: 1, deviation: 1e200 });
    await expect(frechetDistance(huge, huge)).rejects.toThrow(
      "frechetDistance: values must be within 1e50 of 0, found",
    );
  });

  test.each([
    [undefined, "first.size must be an integer >= 1, found undefined"],
    [{ ...diagonal([1, 1]), mean: undefined }, "first.mean must be an array of numbers, found undefined"],
    [{ ...diagonal([1, 1]), mean: Float64Array.of(0) }, "first.mean must have 2 values, found 1"],
    [{ ...diagonal([1, 1]), covariance: Float64Array.of(1, 0, 0) }, "first.covariance must have 4 values, found 3"],
    [diagonal([1, Infinity]), "first.covariance[3] must be a finite number, found Infinity"],
    [
      { ...diagonal([1, 1]), covariance: Float64Array.of(1, 0.5, 0.4, 1) },
      "first.covariance must be symmetric, found 0.5 and 0.4",
    ],
    [
      { ...diagonal([1, 1]), covariance: Float64Array.of(1, 2, 2, 1) },
      "eigenvalues of a covariance must be >= 0, found -",
    ],
  ])("of moments %#: what is wrong", async (moments, message) => {
    const found = gaussianFrechetDistance(moments as never, diagonal([1, 1]));
    await expect(found).rejects.toThrow(`gaussianFrechetDistance: ${message}`);
  });

  test("a covariance may be singular, and rounded to f32", async () => {
    const values = normal({ count: 40, size: 30, seed: 4 });
    // Twice the same features: half of the eigenvalues are 0.
    const twice = {
      count: 40,
      size: 60,
      values: new Float64Array(40 * 60).map((_, i) => values.values[Math.floor(i / 60) * 30 + (i % 30)]),
    };
    const exact = featureMoments(twice);
    const rounded = { ...exact, covariance: Float64Array.from(Float32Array.from(exact.covariance)) };
    expect(await gaussianFrechetDistance(rounded, exact)).toBeLessThan(1e-3);
  });
});

describe("kernel distance", () => {
  const { kernelDistance } = metrics;

  // With one feature the kernel is (x y + 1)^3, so the discrepancy is the squared difference of third moments plus three
  // times those of the second and first: for N(0, 1) and N(1, 1), 4^2 + 3 + 3.
  test.each([20, 60, 200])("is unbiased for any count: 22 for N(0, 1) and N(1, 1), here with %i records", (count) => {
    const found = seeds(200).map((seed) => {
      const real = normal({ count, size: 1, seed: 1000 + seed });
      return kernelDistance(real, normal({ count, size: 1, seed: 2000 + seed, mean: 1 })).value;
    });
    expect(deviations(found, 22)).toBeLessThan(3);
  });

  test("0 for one distribution, and the standard error is that of repeated draws", () => {
    const found = seeds(100).map((seed) =>
      kernelDistance(normal({ count: 200, size: 4, seed }), normal({ count: 200, size: 4, seed: 500 + seed })),
    );
    const values = found.map(({ value }) => value);
    expect(deviations(values, 0)).toBeLessThan(3);
    const spread = Math.sqrt(values.reduce((sum, one) => sum + one * one, 0) / values.length);
    const stated = Math.sqrt(found.reduce((sum, { standardError }) => sum + standardError ** 2, 0) / found.length);
    expect(stated / spread).toBeGreaterThan(0.8);
    expect(stated / spread).toBeLessThan(1.25);
  });

  test("blocks: their number, their size, and one block has no standard error", () => {
    const [real, samples] = [normal({ count: 100, size: 2, seed: 1 }), normal({ count: 60, size: 2, seed: 2 })];
    expect(kernelDistance(real, samples)).toMatchObject({ blocks: 10, blockSize: 6 });
    expect(kernelDistance(real, samples, { blockSize: 60 })).toMatchObject({ blocks: 1, standardError: Number.NaN });
    expect(() => kernelDistance(real, samples, { blockSize: 61 })).toThrow(
      "kernelDistance: blockSize must be an integer >= 2 and <= 60, found 61",
    );
  });
});

describe("mean discrepancy", () => {
  const { meanDiscrepancy } = metrics;

  /** The definition (equation 3), with distances and kernels in f64. */
  function known(real: Features, samples: Features, width: number): number {
    const kernel = (squared: number) => Math.exp(-squared / width / width / 2);
    const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
    const within = (one: Features) =>
      mean(distances(one, one).flatMap((line, i) => line.filter((_, j) => i !== j).map(kernel)));
    return within(real) + within(samples) - 2 * mean(distances(real, samples).flat().map(kernel));
  }
  const real = normal({ count: 50, size: 6, seed: 1 });
  const samples = normal({ count: 40, size: 6, seed: 2, mean: 0.5 });

  test("is the definition with distances in f64", async () => {
    const { value, width } = await meanDiscrepancy(runtime, real, samples, { width: 2.5 });
    expect(width).toBe(2.5);
    expect(value).toBeCloseTo(known(real, samples, 2.5), 6);
  });

  /** A set of which every fifth record is `by` farther in every feature. */
  const scattered = (set: Features, by: number): Features => ({
    ...set,
    values: set.values.map((value, at) => (Math.floor(at / set.size) % 5 === 0 ? value + by : value)) as Float64Array,
  });

  test.each([1e2, 1e3, 1e4, 1e5, 1e9])("of clusters that are %f apart", async (by) => {
    const [a, b] = [scattered(real, by), scattered(samples, by)];
    const { value, width } = await meanDiscrepancy(runtime, a, b);
    expect(value).toBeCloseTo(known(a, b, width), 6);
  });

  test.each([1e-200, 1e-20, 1e-3, 1e3, 1e200])("with a width of %f", async (width) => {
    const { value } = await meanDiscrepancy(runtime, scattered(real, 1e5), samples, { width });
    expect(value).toBeCloseTo(known(scattered(real, 1e5), samples, width), 6);
  });

  test("of equal records, and of one set and itself, given once or as a copy", async () => {
    const twice = set([[0], [0], [1], [1]]);
    for (const width of [1e-30, 1, 1e30])
      expect((await meanDiscrepancy(runtime, twice, twice, { width })).value).toBeCloseTo(
        known(twice, twice, width),
        6,
      );
    const same = await meanDiscrepancy(runtime, real, real, { width: 1 });
    expect(same.value).toBeCloseTo(known(real, real, 1), 6);
    expect(await meanDiscrepancy(runtime, real, { ...real }, { width: 1 })).toEqual(same);
  });

  test("is unbiased: the closed form for N(0, 1) and N(1, 1)", async () => {
    const expected = (shift: number) => Math.sqrt(1 / 3) * Math.exp(-(shift ** 2) / 6);
    const found = await Promise.all(
      seeds(200).map(async (seed) => {
        const real = normal({ count: 30, size: 1, seed: 1000 + seed });
        return (
          await meanDiscrepancy(runtime, real, normal({ count: 30, size: 1, seed: 2000 + seed, mean: 1 }), { width: 1 })
        ).value;
      }),
    );
    expect(deviations(found, 2 * expected(0) - 2 * expected(1))).toBeLessThan(3);
  });

  test("the width is the median distance by default, and must be positive", async () => {
    // Distances 1, 2, 3, 1, 2, 1: the lower median is 1.
    expect((await meanDiscrepancy(runtime, set([[0], [1]]), set([[2], [3]]))).width).toBe(1);
    const equal = set([[1], [1]]);
    await expect(meanDiscrepancy(runtime, equal, equal)).rejects.toThrow(
      "meanDiscrepancy: width must be given if the median distance is zero, found 0",
    );
    await expect(meanDiscrepancy(runtime, equal, equal, { width: 0 })).rejects.toThrow(
      "meanDiscrepancy: width must be a finite number > 0, found 0",
    );
  });
});

describe("sliced Wasserstein distance", () => {
  const { slicedWasserstein } = metrics;

  test("one feature: the Wasserstein distance, for other counts too", () => {
    expect(slicedWasserstein(set([[3], [1]]), set([[2], [5]]))).toBeCloseTo(Math.sqrt((1 + 4) / 2), 12);
    // Quantiles of two and of three records in sixths: 0 0 0 6 6 6 and 0 0 3 3 9 9.
    expect(slicedWasserstein(set([[0], [6]]), set([[3], [9], [0]]))).toBeCloseTo(Math.sqrt((9 + 9 + 9 + 9) / 6), 12);
    expect(slicedWasserstein(set([[3], [9], [0]]), set([[0], [6]]))).toBeCloseTo(Math.sqrt((9 + 9 + 9 + 9) / 6), 12);
  });

  test("a shift: its squared length divided by the number of features, on average over directions", () => {
    const real = normal({ count: 20, size: 5, seed: 1 });
    const samples = { ...real, values: real.values.map((value, i) => value + (i % 5 === 2 ? 3 : 0)) as Float64Array };
    const squares = seeds(50).map((seed) => slicedWasserstein(real, samples, { projections: 20, seed }) ** 2);
    expect(deviations(squares, 9 / 5)).toBeLessThan(3);
  });

  test("a set has no distance to itself; options are checked", () => {
    const real = normal({ count: 20, size: 5, seed: 1 });
    expect(slicedWasserstein(real, { ...real })).toBe(0);
    expect(() => slicedWasserstein(real, real, { projections: 0 })).toThrow(
      "slicedWasserstein: projections must be an integer >= 1, found 0",
    );
  });
});
