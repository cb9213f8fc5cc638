/** Precision, recall, density, coverage and the clipped pair: their definitions, known values, and what they notice. */
import { afterAll, describe, expect, test } from "vitest";
import { createRuntime, metrics } from "#binding";
import { randomSource } from "#src/data/random-source";
import { goodShare } from "#src/metrics/clipped-calibration";
import type { Features } from "#src/metrics/features";
import { nearestNeighbours } from "#src/metrics/nearest";
import { bruteForce, distances } from "./brute-force.js";
import { deviations, normal, part, seeds, set, together } from "./sets.js";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

const { neighbourScores, expectedCoverage } = metrics;

/** The scores to the last bits; sums of shares in another order may differ there. */
function expectEqual(found: metrics.NeighbourScores, known: ReturnType<typeof bruteForce>) {
  const { uncalibrated, ...scores } = known;
  for (const [name, value] of Object.entries(scores))
    expect(found[name as keyof typeof scores], name).toBeCloseTo(value, 12);
  for (const [name, value] of Object.entries(uncalibrated))
    expect(found.uncalibrated[name as keyof typeof uncalibrated], name).toBeCloseTo(value, 12);
}

describe("against distances in f64", () => {
  test.each<[string, Features, Features]>([
    [
      "500 records of 64 features",
      normal({ count: 500, size: 64, seed: 1 }),
      normal({ count: 500, size: 64, seed: 2 }),
    ],
    ["three features, other counts", normal({ count: 150, size: 3, seed: 3 }), normal({ count: 77, size: 3, seed: 4 })],
    [
      "values far from zero, whose products are large",
      normal({ count: 200, size: 8, seed: 5, mean: 1e6 }),
      normal({ count: 200, size: 8, seed: 6, mean: 1e6, deviation: 0.9 }),
    ],
    [
      "tiny values and one outlier",
      together(normal({ count: 200, size: 4, seed: 7, deviation: 1e-12 }), set([[1e6, 0, 0, 0]])),
      normal({ count: 100, size: 4, seed: 8, deviation: 1e-12 }),
    ],
    [
      "integers with many equal distances",
      rounded(normal({ count: 300, size: 3, seed: 9 })),
      rounded(normal({ count: 300, size: 3, seed: 10 })),
    ],
  ])("%s", async (_, real, samples) => {
    expectEqual(await neighbourScores(runtime, real, samples), bruteForce(real, samples, 5));
  });

  test("other k", async () => {
    const [real, samples] = [normal({ count: 60, size: 2, seed: 1 }), normal({ count: 60, size: 2, seed: 2 })];
    for (const k of [1, 3, 59])
      expectEqual(await neighbourScores(runtime, real, samples, { k }), bruteForce(real, samples, k));
  });

  test("neighbours of records of another set, and their order", async () => {
    const [a, b] = [normal({ count: 40, size: 5, seed: 1 }), normal({ count: 90, size: 5, seed: 2 })];
    const { indices, squared } = await nearestNeighbours(runtime, a, b, 4);
    distances(a, b).forEach((line, i) => {
      const order = [...line.keys()].sort((x, y) => line[x] - line[y]).slice(0, 4);
      expect([...indices.subarray(4 * i, 4 * i + 4)]).toEqual(order);
      expect([...squared.subarray(4 * i, 4 * i + 4)]).toEqual(order.map((j) => line[j]));
    });
  });

  test("more pairs than a block holds", async () => {
    const all = normal({ count: 2500, size: 2, seed: 3 });
    const { indices } = await nearestNeighbours(runtime, all, all, 1);
    const [x, y] = [0, 1].map((axis) => (i: number) => all.values[2 * i + axis]);
    for (const i of [0, 1676, 1677, 1678, 2499]) {
      const nearest = Array.from({ length: 2500 }, (_, j) =>
        i === j ? Infinity : (x(i) - x(j)) ** 2 + (y(i) - y(j)) ** 2,
      );
      expect(indices[i]).toBe(nearest.indexOf(Math.min(...nearest)));
    }
  });
});

function rounded({ values, ...rest }: Features): Features {
  return { ...rest, values: values.map((value) => Math.round(1.5 * value)) as Float64Array };
}

/** Scores of ten pairs of samples of N(0, I) with 64 features. */
const pairs = await Promise.all(
  seeds(10).map((seed) => {
    const [real, samples] = [1, 2].map((which) => normal({ count: 1000, size: 64, seed: 100 * which + seed }));
    return neighbourScores(runtime, real, samples);
  }),
);

describe("two sets of the same distribution, N(0, I) with 64 features, ten seeds, three standard errors", () => {
  test("density is 1", () => {
    expect(
      deviations(
        pairs.map(({ density }) => density),
        1,
      ),
    ).toBeLessThan(3);
  });

  test("coverage is 1 - the product of (N - i) / (2 N - i)", () => {
    const known = 1 - [1, 2, 3, 4, 5].reduce((product, i) => (product * (1000 - i)) / (2000 - i), 1);
    expect(expectedCoverage({ records: 1000, samples: 1000, k: 5 })).toBeCloseTo(known, 14);
    expect(
      deviations(
        pairs.map(({ coverage }) => coverage),
        known,
      ),
    ).toBeLessThan(3);
  });

  test("clipped density before its calibration is that of the data", () => {
    const ratios = pairs.map(
      ({ uncalibrated: { clippedDensity, clippedDensityOfData } }) => clippedDensity / clippedDensityOfData,
    );
    expect(deviations(ratios, 1)).toBeLessThan(3);
  });

  test("clipped coverage before its calibration is the expected one", () => {
    const known = expectedShare(1000, 1000, 5);
    expect(
      deviations(
        pairs.map(({ uncalibrated }) => uncalibrated.clippedCoverage),
        known,
      ),
    ).toBeLessThan(3);
  });
});

/** Expected min(c, k) / k, from the beta-binomial distribution by the beta function's integral on a fine grid. */
function expectedShare(records: number, samples: number, k: number): number {
  const steps = 200_000;
  let [sum, weight] = [0, 0];
  for (let i = 0; i < steps; i++) {
    const p = ((i + 0.5) / steps) * 0.1;
    const density = p ** (k - 1) * (1 - p) ** (records - k - 1);
    let [probability, missing] = [(1 - p) ** samples, 0];
    for (let c = 0; c < k; c++) {
      missing += (1 - c / k) * probability;
      probability *= ((samples - c) / (c + 1)) * (p / (1 - p));
    }
    sum += density * (1 - missing);
    weight += density;
  }
  return sum / weight;
}

describe("calibration", () => {
  const fives = (count: number) => new Int32Array(count).fill(5);

  test("is the inverse of the expected share", () => {
    for (const [records, samples, good] of [
      [1000, 1000, 500],
      [400, 1000, 100],
      [1000, 300, 297],
      [1000, 300, 2],
    ]) {
      const share = expectedShare(records, good, 5);
      expect(goodShare(share, { records, samples, k: 5 }, fives(records))).toBeCloseTo(good / samples, 6);
    }
    expect(goodShare(0, { records: 100, samples: 100, k: 5 }, fives(100))).toBe(0);
    expect(goodShare(1, { records: 100, samples: 100, k: 5 }, fives(100))).toBe(1);
  });

  test.each([0.25, 0.5, 0.75])("with a share %f of good samples, both clipped scores are that share", async (share) => {
    const good = 1000 * share;
    const found = await Promise.all(
      seeds(10).map((seed) => {
        const real = normal({ count: 1000, size: 16, seed });
        const bad = normal({ count: 1000 - good, size: 16, seed: 300 + seed, mean: 50 });
        return neighbourScores(runtime, real, together(normal({ count: good, size: 16, seed: 200 + seed }), bad));
      }),
    );
    expect(
      deviations(
        found.map(({ clippedDensity }) => clippedDensity),
        share,
      ),
    ).toBeLessThan(3);
    expect(
      deviations(
        found.map(({ clippedCoverage }) => clippedCoverage),
        share,
      ),
    ).toBeLessThan(3);
  });
});

describe("records that repeat", () => {
  /** Points of a grid of 200 x 1, drawn at random; noise is far away. */
  const drawn = (count: number, seed: number, good = count) => {
    const source = randomSource(seed, 0x7e57_0003);
    return set(Array.from({ length: count }, (_, i) => (i < good ? [source.integer(200)] : [1000 + i])));
  };

  test("known points: samples in the one ball of all records, and far away", async () => {
    const real = set(Array.from({ length: 100 }, () => [0, 0]));
    const samples = set(Array.from({ length: 100 }, (_, i) => (i < 10 ? [0, 0] : [100 + i, 100])));
    const { clippedDensity, uncalibrated } = await neighbourScores(runtime, real, samples);
    expect(uncalibrated.clippedDensityOfData).toBe(1);
    expect(clippedDensity).toBeCloseTo(0.1, 12);
  });

  test.each([0.25, 0.5])("with a share %f of good samples, both clipped scores are that share", async (share) => {
    const found = await Promise.all(
      seeds(10).map((seed) => neighbourScores(runtime, drawn(1000, seed), drawn(1000, 50 + seed, 1000 * share))),
    );
    const mean = (name: "clippedDensity" | "clippedCoverage") =>
      found.reduce((sum, one) => sum + one[name], 0) / found.length;
    // With lists of five in the place of closed balls, 0.25 gives 0.57 and 0.49 here.
    expect(mean("clippedDensity")).toBeCloseTo(share, 1);
    expect(mean("clippedCoverage")).toBeCloseTo(share, 1);
  });
});

describe("what the scores notice", () => {
  const real = normal({ count: 1000, size: 8, seed: 1 });
  const samples = normal({ count: 1000, size: 8, seed: 2 });

  test("outliers in the data make bad samples look precise and dense, but not by the clipped density", async () => {
    const outliers = normal({ count: 10, size: 8, seed: 3, mean: 30, deviation: 20 });
    const bad = normal({ count: 1000, size: 8, seed: 4, mean: 20, deviation: 3 });
    const scores = await neighbourScores(runtime, together(real, outliers), bad);
    expect(scores.precision).toBeGreaterThan(0.9);
    expect(scores.density).toBeGreaterThan(0.5);
    expect(scores.clippedDensity).toBe(0);
  });

  test("a collapsed model: density above 1, low recall and coverage", async () => {
    const scores = await neighbourScores(runtime, real, normal({ count: 1000, size: 8, seed: 5, deviation: 0.3 }));
    expect(scores.density).toBeGreaterThan(2);
    expect(scores.clippedDensity).toBe(1);
    const whole = await neighbourScores(runtime, real, samples);
    for (const name of ["recall", "coverage", "clippedCoverage"] as const)
      expect(scores[name], name).toBeLessThan(whole[name] / 2);
  });

  test("samples that repeat the data's records: every coverage is 1", async () => {
    const scores = await neighbourScores(runtime, real, real);
    expect(scores).toMatchObject({ precision: 1, recall: 1, coverage: 1, clippedDensity: 1, clippedCoverage: 1 });
  });

  test("open balls of equal records hold nothing, closed ones do", async () => {
    const ones = set(Array.from({ length: 20 }, () => [1, 1]));
    const scores = await neighbourScores(runtime, ones, { ...ones });
    expect(scores).toMatchObject({ precision: 0, recall: 0, density: 0, coverage: 0 });
    expect(scores).toMatchObject({ clippedDensity: 1, clippedCoverage: 1 });
  });

  test("any number of lanes and any build give the same bits", async () => {
    const alone = await neighbourScores(runtime, real, samples);
    for (const options of [{ threads: 2 }, { threads: 1, deterministic: true }]) {
      const other = await createRuntime(options);
      try {
        expect(await neighbourScores(other, real, samples)).toEqual(alone);
      } finally {
        await other.close();
      }
    }
  });
});

describe("wrong arguments", () => {
  test("of the expected coverage", () => {
    expect(() => expectedCoverage({ records: 5, samples: 5, k: 5 })).toThrow(
      "expectedCoverage: k must be an integer >= 1 and < 5, found 5",
    );
    expect(() => expectedCoverage({ records: 9, samples: 0, k: 5 })).toThrow(
      "expectedCoverage: samples must be an integer >= 1, found 0",
    );
  });

  const good = normal({ count: 20, size: 2, seed: 1 });
  const broken: Features = {
    ...good,
    values: good.values.map((value, i) => (i === 7 ? Number.NaN : value)) as Float64Array,
  };
  test.each<[string, Features, Features, object, string]>([
    ["few samples", good, part(good, 0, 5), {}, "neighbourScores: samples must have at least 6 records, found 5"],
    [
      "other sizes",
      good,
      normal({ count: 9, size: 3, seed: 1 }),
      {},
      "neighbourScores: real and samples must have as many features, found 2 and 3",
    ],
    [
      "not finite",
      broken,
      good,
      {},
      "neighbourScores: values must be finite, found NaN in record 3 of real at index 1",
    ],
    [
      "squares that overflow",
      good,
      { ...good, values: good.values.map((value) => value * 1e200) as Float64Array },
      {},
      "neighbourScores: values must be within 1e50 of 0, found",
    ],
    ["wrong length", { ...good, count: 19 }, good, {}, "neighbourScores: real must have 19 x 2 = 38 values, found 40"],
    ["k", good, good, { k: 0 }, "neighbourScores: k must be an integer >= 1, found 0"],
    ["option", good, good, { K: 5 }, 'neighbourScores: unknown option "K"'],
    [
      "array",
      [1, 2] as unknown as Features,
      good,
      {},
      "neighbourScores: real must be { values: Float32Array or Float64Array, count, size }, found [1, 2]",
    ],
    ["count", { ...good, count: 1.5 }, good, {}, "neighbourScores: real.count must be an integer >= 1, found 1.5"],
  ])("%s", async (_, real, samples, options, message) => {
    await expect(neighbourScores(runtime, real, samples, options)).rejects.toThrow(message);
  });
});
