import { describe, expect, test } from "vitest";
import { type Dataset, datasets } from "../../src/data/index.js";
import { hash } from "./hash.js";

const point = (data: Dataset, i: number) => [data.records[2 * i], data.records[2 * i + 1]] as const;

/** Largest deviation of a sample mean of n that is still likely, at 5 standard errors (one in a million). */
const fiveErrors = (sigma: number, n: number) => (5 * sigma) / Math.sqrt(n);

describe.each(["ring", "grid", "moons", "spiral", "checkerboard"] as const)("%s", (name) => {
  test("is f32 [count, 2] in raw coordinates, as many as asked", () => {
    const data = datasets[name]({ count: 100, seed: 1 });
    expect(data).toMatchObject({ name, count: 100, shape: [2], scale: 1, shift: 0 });
    expect(data.records).toBeInstanceOf(Float32Array);
    expect(datasets[name]().count).toBe(20_000);
  });

  test("depends on the seed alone; a longer set starts with the shorter one", () => {
    const data = datasets[name]({ count: 100, seed: 1 });
    expect(hash(datasets[name]({ count: 200, seed: 1 }).records.subarray(0, 200))).toBe(hash(data.records));
    expect(hash(datasets[name]({ count: 100, seed: 2 }).records)).not.toBe(hash(data.records));
  });

  test("rejects what cannot be", () => {
    expect(() => datasets[name]({ count: 0 })).toThrow("count must be an integer >= 1, found 0");
    expect(() => datasets[name]({ seed: 0.5 })).toThrow("seed must be an integer from 0 to 2^53 - 1, found 0.5");
  });
});

test.each([
  ["ring", "faa464b5bc5eb8f18507721642003d82f99e176b84f48883ec9f576d253fab12"],
  ["grid", "11903fc0019397cc27cb7f3dabd84be334f403f71e972b9deff224fffcf6bd38"],
  ["moons", "f99fa6d83e938c59e3dc549a278c2d1602504e0fb0a559170acec96cb8adc2e5"],
  ["spiral", "9c547f4e566768ec7cddb15678f763aacb603209b864d44a7bdf83a495e0f1f0"],
  ["checkerboard", "08a9c5bc01a25f6a8e5c7ce6d999a17855457db5ce22505ec486cf67d2734f88"],
] as const)("%s of seed 7: same bits everywhere", (name, expected) => {
  expect(hash(datasets[name]({ count: 1000, seed: 7 }).records)).toBe(expected);
});

test.each([
  ["ring", 8, 0.01],
  ["grid", 25, 0.05],
] as const)("%s: modes and sigma are what evaluation is told", (name, count, sigma) => {
  const data = datasets[name]({ count: 40_000, seed: 3 });
  if (data.source?.kind !== "gaussianMixture") throw new Error(`source is ${data.source?.kind}`);
  const { modes } = data.source;
  expect(data.source.sigma).toBe(sigma);
  expect(modes.length).toBe(count);
  const drawn = modes.map(() => 0);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < data.count; i++) {
    const mode = data.labels?.[i] ?? -1;
    drawn[mode]++;
    for (const axis of [0, 1]) {
      const deviation = point(data, i)[axis] - modes[mode][axis];
      sum += deviation;
      squares += deviation * deviation;
    }
  }
  const n = 2 * data.count;
  expect(Math.abs(sum / n)).toBeLessThan(fiveErrors(sigma, n));
  // The variance of a normal's square is 2 sigma^4.
  expect(Math.abs(squares / n - sigma ** 2)).toBeLessThan(fiveErrors(Math.SQRT2 * sigma ** 2, n));
  const share = 1 / count;
  const spread = fiveErrors(Math.sqrt(share * (1 - share)), data.count);
  for (const hits of drawn) expect(Math.abs(hits / data.count - share)).toBeLessThan(spread);
});

test("ring lies on the unit circle, grid on -4 to 4", () => {
  const ring = datasets.ring().source;
  const grid = datasets.grid().source;
  if (ring?.kind !== "gaussianMixture" || grid?.kind !== "gaussianMixture") throw new Error("no mixtures");
  for (const [x, y] of ring.modes) expect(Math.hypot(x, y)).toBeCloseTo(1, 12);
  const coordinates = [-4, -2, 0, 2, 4];
  expect(grid.modes).toEqual(coordinates.flatMap((x) => coordinates.map((y) => [x, y])));
});

test("moons follow their half circles", () => {
  const data = datasets.moons({ count: 5000, seed: 1 });
  let squares = 0;
  for (let i = 0; i < data.count; i++) {
    const [x, y] = point(data, i);
    const first = data.labels?.[i] === 0;
    squares += ((first ? Math.hypot(x, y) : Math.hypot(x - 1, y - 0.5)) - 1) ** 2;
  }
  expect(Math.sqrt(squares / data.count)).toBeCloseTo(0.05, 2);
});

test("spiral arms wind once and a half, out to 1", () => {
  const data = datasets.spiral({ count: 5000, seed: 1 });
  for (let i = 0; i < data.count; i++) {
    const sign = data.labels?.[i] === 0 ? 1 : -1;
    const [x, y] = point(data, i).map((value) => sign * value);
    const radius = Math.hypot(x, y);
    expect(radius).toBeLessThan(1.12);
    // Neighbouring turns are 1/3 of a radius apart for each arm; noise moves a point by a tenth of that.
    const turns = (3 * radius) / 2 - Math.atan2(y, x) / (2 * Math.PI);
    if (radius > 0.2) expect(Math.abs(turns - Math.round(turns))).toBeLessThan(0.25);
  }
});

test("checkerboard fills its dark squares and no others", () => {
  const data = datasets.checkerboard({ count: 8000, seed: 1 });
  const hits = new Map<string, number>();
  for (let i = 0; i < data.count; i++) {
    const [column, row] = point(data, i).map((value) => Math.floor(value / 2));
    expect(Math.abs(column + row) % 2).toBe(0);
    hits.set(`${column} ${row}`, (hits.get(`${column} ${row}`) ?? 0) + 1);
  }
  expect(hits.size).toBe(8);
  for (const count of hits.values()) expect(Math.abs(count / 8000 - 1 / 8)).toBeLessThan(fiveErrors(0.331, 8000));
});

describe("bars", () => {
  test.each([
    [4, 30],
    [2, 6],
    [1, 2],
    [[2, 3] as const, 10],
    [[1, 5] as const, 32],
  ])("of size %o: %i distinct images, each of whole rows or whole columns", (size, patterns) => {
    const data = datasets.bars({ size });
    const [height, width] = data.shape;
    const images = new Set<string>();
    for (let i = 0; i < data.count; i++) {
      const pixels = data.records.subarray(i * height * width, (i + 1) * height * width);
      const at = (row: number, column: number) => pixels[row * width + column];
      const cells = Array.from(pixels.keys(), (p) => [Math.floor(p / width), p % width] as const);
      const rows = cells.every(([row, column]) => at(row, column) === at(row, 0));
      const columns = cells.every(([row, column]) => at(row, column) === at(0, column));
      expect(data.labels?.[i] === 0 ? rows : columns).toBe(true);
      images.add(pixels.join(""));
    }
    expect([data.count, images.size]).toEqual([patterns, patterns]);
    expect(data.source).toMatchObject({ kind: "bars", patterns });
  });

  test("is binary, normalised to itself; repeats on demand", () => {
    const data = datasets.bars({ count: 61 });
    expect(data).toMatchObject({ count: 61, shape: [4, 4, 1], scale: 1, shift: 0, extent: [0, 1] });
    expect(data.records.subarray(0, 16)).toEqual(data.records.subarray(480, 496));
    expect(new Set(data.records)).toEqual(new Set([0, 1]));
    expect(() => datasets.bars({ size: 0 })).toThrow("size must be an integer from 1 to 16, found 0");
    expect(() => datasets.bars({ size: [4, 17] })).toThrow("found 17");
  });
});
