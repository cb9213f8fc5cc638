import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Dataset, datasets } from "../../src/data/index.js";
import { parseIdx } from "../../src/data/formats/idx.js";
import { hash } from "./hash.js";

const mnist = new URL("../../../shared/data/mnist/", import.meta.url);

interface Looks {
  /** Mean of all pixels, 0 to 1. */
  mean: number;
  deviation: number;
  /** Share of pixels that are not 0. */
  on: number;
  /** Share of pixels of at least 250. */
  full: number;
}

function looks(pixels: Uint8Array): Looks {
  let sum = 0;
  let squares = 0;
  let on = 0;
  let full = 0;
  for (const pixel of pixels) {
    sum += pixel / 255;
    squares += (pixel / 255) ** 2;
    if (pixel > 0) on++;
    if (pixel >= 250) full++;
  }
  const n = pixels.length;
  return { mean: sum / n, deviation: Math.sqrt(squares / n - (sum / n) ** 2), on: on / n, full: full / n };
}

function image(data: Dataset, i: number): Uint8Array {
  return data.records.subarray(i * 784, (i + 1) * 784) as Uint8Array;
}

/** Number of regions of background, 4-connected; 1 is the outside, each more is a closed loop. */
function backgrounds(pixels: Uint8Array): number {
  const seen = Uint8Array.from(pixels, (pixel) => (pixel >= 100 ? 1 : 0));
  let regions = 0;
  for (let start = 0; start < 784; start++) {
    if (seen[start] === 1) continue;
    regions++;
    const open = [start];
    seen[start] = 1;
    for (let p = open.pop(); p !== undefined; p = open.pop()) {
      const column = p % 28;
      for (const [next, inside] of [
        [p - 1, column > 0],
        [p + 1, column < 27],
        [p - 28, p >= 28],
        [p + 28, p < 756],
      ] as const) {
        if (!inside || seen[next] === 1) continue;
        seen[next] = 1;
        open.push(next);
      }
    }
  }
  return regions;
}

describe("digits", () => {
  const data = datasets.digits({ count: 2000, seed: 7 });

  test("are u8 28 x 28 x 1 with labels, normalised to [-1, 1]", () => {
    expect(data).toMatchObject({ name: "digits", count: 2000, shape: [28, 28, 1], classes: 10, extent: [0, 255] });
    expect(data.records).toBeInstanceOf(Uint8Array);
    expect([0 * data.scale + data.shift, 255 * data.scale + data.shift]).toEqual([-1, 1]);
  });

  test("same seed, same bits everywhere", () => {
    expect(hash(data.records)).toBe("ab5becc4738b166dd79090694ef7b3cac3779103fe2cd302ad839023d55a1093");
    expect(hash(data.labels ?? new Int32Array(0))).toBe(
      "776721ad1f326ea4fba856c5e9c53fe2dfef5c018a84140f591876a3a736b696",
    );
  });

  test("an image depends on seed and index alone", () => {
    expect(hash(datasets.digits({ count: 50, seed: 7 }).records)).toBe(hash(data.records.subarray(0, 50 * 784)));
    expect(hash(datasets.digits({ count: 50, seed: 8 }).records)).not.toBe(hash(data.records.subarray(0, 50 * 784)));
  });

  test("every ten in a row hold each digit once, not always in one order", () => {
    const tens = Array.from({ length: 200 }, (_, i) => Array.from(data.labels?.subarray(10 * i, 10 * i + 10) ?? []));
    for (const ten of tens) expect(ten.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(tens.map(String)).size).toBeGreaterThan(190);
  });

  test("no two images are alike", () => {
    const images = new Set(Array.from({ length: data.count }, (_, i) => hash(image(data, i))));
    expect(images.size).toBe(data.count);
  });

  test("have the statistics of MNIST", () => {
    // MNIST's training images: mean 0.1307, deviation 0.3081, on 0.1912, full 0.0736 (measured).
    const { mean, deviation, on, full } = looks(data.records as Uint8Array);
    expect(mean).toBeGreaterThan(0.12);
    expect(mean).toBeLessThan(0.145);
    expect(deviation).toBeGreaterThan(0.295);
    expect(deviation).toBeLessThan(0.325);
    expect(on).toBeGreaterThan(0.18);
    expect(on).toBeLessThan(0.21);
    expect(full).toBeGreaterThan(0.062);
    expect(full).toBeLessThan(0.085);
  });

  test("are framed like MNIST: centre of mass in pixel 14, figure within 20 x 20 and its soft edge", () => {
    for (let i = 0; i < data.count; i++) {
      const pixels = image(data, i);
      let [mass, x, y, left, right, top, bottom] = [0, 0, 0, 28, -1, 28, -1];
      for (let p = 0; p < 784; p++) {
        if (pixels[p] === 0) continue;
        const [row, column] = [Math.floor(p / 28), p % 28];
        mass += pixels[p];
        x += pixels[p] * column;
        y += pixels[p] * row;
        [left, right] = [Math.min(left, column), Math.max(right, column)];
        [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
      }
      expect(Math.abs(x / mass - 14)).toBeLessThan(0.52);
      expect(Math.abs(y / mass - 14)).toBeLessThan(0.52);
      expect(Math.max(right - left, bottom - top) + 1).toBeGreaterThanOrEqual(18);
      expect(Math.max(right - left, bottom - top) + 1).toBeLessThanOrEqual(22);
    }
  });

  test("have the loops that their digits have, mostly", () => {
    const loops = (digit: number) => {
      const own = Array.from({ length: data.count }, (_, i) => i).filter((i) => data.labels?.[i] === digit);
      const found = own.map((i) => backgrounds(image(data, i)) - 1);
      return {
        none: found.filter((n) => n === 0).length / own.length,
        mean: found.reduce((a, b) => a + b) / own.length,
      };
    };
    for (const digit of [1, 5, 7]) expect(loops(digit).none).toBeGreaterThan(0.8);
    for (const digit of [0, 6, 9]) expect(loops(digit).mean).toBeGreaterThan(0.6);
    expect(loops(8).mean).toBeGreaterThan(1.2);
  });

  test("10,000 take less than 2 s of processor time", () => {
    const before = process.cpuUsage();
    datasets.digits({ count: 10_000, seed: 1 });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(2);
  });

  test("reject what cannot be", () => {
    expect(() => datasets.digits({ count: 1.5 })).toThrow("digits: count must be an integer >= 1, found 1.5");
    expect(() => datasets.digits({ seed: -1 })).toThrow("seed must be an integer from 0 to 2^53 - 1, found -1");
  });
});

test("digits teach a nearest-neighbour reader to read MNIST", async ({ skip }) => {
  skip(!existsSync(mnist), "needs ../shared/data/mnist");
  const images = await parseIdx(readFileSync(new URL("t10k-images-idx3-ubyte.gz", mnist)));
  const labels = await parseIdx(readFileSync(new URL("t10k-labels-idx1-ubyte.gz", mnist)));
  const ours = datasets.digits({ count: 5000, seed: 1 });
  const count = 300;
  let right = 0;
  for (let i = 0; i < count; i++) {
    let nearest = Number.POSITIVE_INFINITY;
    let read = -1;
    for (let j = 0; j < ours.count; j++) {
      let distance = 0;
      for (let p = 0; p < 784 && distance < nearest; p++) {
        const difference = images.data[i * 784 + p] - ours.records[j * 784 + p];
        distance += difference * difference;
      }
      if (distance < nearest) {
        nearest = distance;
        read = ours.labels?.[j] ?? -1;
      }
    }
    if (read === labels.data[i]) right++;
  }
  // 20,000 of ours read 92.9% of 5,000 in 64 principal components; chance is 10%.
  expect(right / count).toBeGreaterThan(0.82);
});
