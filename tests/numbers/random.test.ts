/** Portable random numbers: known answers, element mapping, bijections, and distributions at fixed seeds. */
import { describe, expect, it } from "vitest";
import { bits, integers, nameKey, normals, permutation, philox, uniforms } from "../../src/numbers/philox.js";

/** Pearson's chi-squared statistic of counts that should be equal. */
const chiSquared = (counts: readonly number[], expected: number) =>
  counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);

/**
 * The 99.9% quantile of chi-squared (Wilson, Hilferty 1931): within 0.5% for 5 or more degrees of freedom, too large
 * for fewer.
 */
const chiSquaredLimit = (freedom: number) =>
  freedom * (1 - 2 / (9 * freedom) + 3.0902 * Math.sqrt(2 / (9 * freedom))) ** 3;

const hex = (words: ArrayLike<number>) => Array.from(words, (word) => word.toString(16).padStart(8, "0")).join(" ");
const clock = (seed: number | bigint, step: number | bigint = 0, stream = 0) => ({ seed, step, stream });

describe("Philox4x32-10", () => {
  it("gives the answers of the Random123 distribution", () => {
    expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
    expect(hex(philox([-1, -1, -1, -1], [-1, -1]))).toBe("408f276d 41c83b0e a20bc7c6 6d5451fd");
    expect(hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toBe(
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    );
  });

  it("deals words to elements: element 16 g + 4 w + l is word w of counter 4 g + l", () => {
    const place = clock(0x299f31d0a4093822n, 0x0370734413198a2en, 0x85a308d3);
    const all = bits(100, place);
    for (let element = 0; element < 100; element++) {
      const [g, w, l] = [element >> 4, (element >> 2) & 3, element & 3];
      const words = philox([4 * g + l, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]);
      expect(all[element]).toBe(words[w]);
    }
    expect(bits(50, { ...place, from: 37 })).toEqual(all.slice(37, 87));
    expect(uniforms(100, place)).toEqual(Float64Array.from(all, (word) => Math.floor(word / 256) / 2 ** 24));
    expect(integers(100, 1000, place)).toEqual(Int32Array.from(all, (word) => Number((BigInt(word) * 1000n) >> 32n)));
  });

  it("takes seeds and steps as 64-bit integers", () => {
    expect(bits(4, clock(-1))).toEqual(bits(4, clock(2n ** 64n - 1n)));
    expect(bits(4, clock(2 ** 32))).not.toEqual(bits(4, clock(0)));
    expect(bits(4, clock(0, 2 ** 32))).not.toEqual(bits(4, clock(0)));
  });
});

describe("distributions", () => {
  it("uniforms pass Kolmogorov and Smirnov at 99.9%, and neighbours, steps, streams and seeds do not correlate", () => {
    const n = 100_000;
    const sorted = uniforms(n, clock(1)).sort();
    const distance = sorted.reduce((most, u, i) => Math.max(most, u - i / n, (i + 1) / n - u), 0);
    expect(distance * Math.sqrt(n)).toBeLessThan(1.95); // P(K > 1.95) = 0.001
    const x = uniforms(n, clock(1, 5, 9));
    for (const y of [
      uniforms(n, { ...clock(1, 5, 9), from: 1 }),
      uniforms(n, clock(2, 5, 9)),
      uniforms(n, clock(1, 6, 9)),
      uniforms(n, clock(1, 5, 10)),
    ]) {
      const correlation = (x.reduce((sum, u, i) => sum + (u - 0.5) * (y[i] - 0.5), 0) * 12) / n;
      expect(Math.abs(correlation) * Math.sqrt(n)).toBeLessThan(3.89); // 99.99% of a normal
    }
  });

  it("normals have the moments of a standard normal, within 3.89 standard errors (99.99%)", () => {
    const n = 200_000;
    const x = normals(n, clock(3));
    const moment = (k: number) => x.reduce((sum, value) => sum + value ** k, 0) / n;
    expect(Math.abs(moment(1)) * Math.sqrt(n)).toBeLessThan(3.89);
    expect(Math.abs(moment(2) - 1) * Math.sqrt(n / 2)).toBeLessThan(3.89);
    expect(Math.abs(moment(3)) * Math.sqrt(n / 15)).toBeLessThan(3.89);
    expect(Math.abs(moment(4) - 3) * Math.sqrt(n / 96)).toBeLessThan(3.89);
    // Elements i and i + 4 share a radius, but cosine and sine must not be correlated.
    const pair = x.reduce((sum, value, i) => sum + (((i >> 2) & 1) === 0 ? value * x[i + 4] : 0), 0);
    expect(Math.abs(pair) / Math.sqrt(n / 2)).toBeLessThan(3.89);
  });

  it("integers are uniform: chi-squared at 99.9%", () => {
    const counts = new Float64Array(100);
    for (const value of integers(100_000, 100, clock(4))) counts[value]++;
    expect(counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(148.23); // 99 degrees of freedom
    for (const bound of [1, 2, 0x7fffffff])
      for (const value of integers(1000, bound, clock(5))) expect(value >= 0 && value < bound).toBe(true);
  });
});

describe("permutations", () => {
  const epoch = (bound: number, step: number, seed = 7) => permutation(bound, bound, clock(seed, step, 3));

  it("are bijections, for bounds at and around powers of two and others", () => {
    for (const bound of [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100, 127, 128, 1000, 1023, 1025, 60_000]) {
      for (const step of [0, 1, 1000])
        expect(epoch(bound, step).sort(), `bound ${bound}`).toEqual(Int32Array.from({ length: bound }, (_, i) => i));
    }
  });

  it("differ from epoch to epoch, seed to seed, and stream to stream", () => {
    expect(epoch(1000, 0)).not.toEqual(epoch(1000, 1));
    expect(epoch(1000, 0)).not.toEqual(epoch(1000, 0, 8));
    expect(epoch(1000, 0)).not.toEqual(permutation(1000, 1000, clock(7, 0, 4)));
  });

  it("go on where the last draw ended, across epochs", () => {
    const whole = [0, 1, 2].flatMap((step) => [...epoch(10, step)]);
    const steps = [0, 1, 2, 3, 4].flatMap((step) =>
      [0, 1].flatMap((draw) => [...permutation(3, 10, clock(7, step, 3), { draw, draws: 2 })]),
    );
    expect(steps).toEqual(whole);
  });

  it("hold for the largest bound and for positions beyond 2^32", () => {
    const bound = 0x7fffffff;
    const drawn = permutation(10_000, bound, clock(7, 2 ** 40, 3));
    expect(new Set(drawn).size).toBe(10_000);
    for (const value of drawn) expect(value >= 0 && value < bound).toBe(true);
    expect(permutation(64, 1000, clock(7, 2 ** 50, 3))).not.toEqual(
      permutation(64, 1000, clock(7, 2 ** 50 % 2 ** 32, 3)),
    );
  });

  it.each([2, 3, 4, 5, 6, 7, 8])(
    "all orders of %i are equally likely: chi-squared at 99.9%, over 64 seeds",
    (bound) => {
      let orders = 1;
      for (let i = 2; i <= bound; i++) orders *= i;
      const each = Math.max(10, Math.ceil(20_000 / orders));
      const counts = new Map<string, number>();
      for (let i = 0; i < each * orders; i++) {
        const key = epoch(bound, i >> 6, i & 63).join();
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      expect([...counts.keys()].every((key) => new Set(key.split(",")).size === bound)).toBe(true);
      const missing = orders - counts.size; // each missing order adds its expected count to the statistic
      expect(chiSquared([...counts.values()], each) + missing * each).toBeLessThan(chiSquaredLimit(orders - 1));
    },
  );

  it.each([
    [10, 3, 720],
    [16, 2, 240],
    [100, 2, 9900],
  ])(
    "the first elements of %i are equally likely to be any %i others: chi-squared at 99.9%",
    (bound, first, orders) => {
      const each = 20;
      const counts = new Map<string, number>();
      for (let i = 0; i < each * orders; i++) {
        const key = epoch(bound, i >> 6, i & 63)
          .subarray(0, first)
          .join();
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const missing = orders - counts.size;
      expect(chiSquared([...counts.values()], each) + missing * each).toBeLessThan(chiSquaredLimit(orders - 1));
    },
  );

  // 256 is the largest bound that is shuffled; 257 is the smallest that uses the network.
  it.each([10, 16, 256, 257, 300, 512])("every element of %i comes to every place: chi-squared at 99.9%", (bound) => {
    const bins = Math.min(bound, 16);
    const turns = 2000;
    const places = new Float64Array(bins * bins);
    const expected = new Float64Array(bins * bins);
    const bin = (index: number) => Math.floor((index * bins) / bound);
    for (let i = 0; i < bound; i++) for (let j = 0; j < bound; j++) expected[bins * bin(i) + bin(j)] += turns / bound;
    for (let step = 0; step < turns; step++)
      epoch(bound, step >> 4, step & 15).forEach((value, i) => {
        places[bins * bin(i) + bin(value)]++;
      });
    // Sums over whole bins of positions vary less than single counts, so the limit holds.
    const statistic = places.reduce((sum, count, i) => sum + (count - expected[i]) ** 2 / expected[i], 0);
    expect(statistic).toBeLessThan(chiSquaredLimit((bins - 1) ** 2));
  });

  it.each([300, 1000])("neighbours of %i, places 0 and 1, are independent: chi-squared at 99.9%", (bound) => {
    const bins = 20;
    const turns = 40_000;
    const counts = new Float64Array(bins * bins);
    for (let i = 0; i < turns; i++) {
      const [a, b] = permutation(2, bound, clock(i & 15, (i >> 4) * (bound / 2), 3));
      counts[bins * Math.floor((a * bins) / bound) + Math.floor((b * bins) / bound)]++;
    }
    const size = bound / bins;
    const pairs = bound * (bound - 1);
    const statistic = counts.reduce((sum, count, i) => {
      const expected = (turns * size * (Math.floor(i / bins) === i % bins ? size - 1 : size)) / pairs;
      return sum + (count - expected) ** 2 / expected;
    }, 0);
    expect(statistic).toBeLessThan(chiSquaredLimit(bins ** 2 - 1));
  });

  it.each([8, 256, 512, 1024])("half the orders of %i are odd, within 3.29 standard errors (99.9%)", (bound) => {
    const turns = 1000;
    let odd = 0;
    for (let step = 0; step < turns; step++) {
      const order = epoch(bound, step);
      // A cycle of even length is an odd permutation.
      const seen = new Uint8Array(bound);
      let cycles = 0;
      for (let i = 0; i < bound; i++) {
        if (seen[i]) continue;
        cycles++;
        for (let j = i; !seen[j]; j = order[j]) seen[j] = 1;
      }
      odd += (bound - cycles) & 1;
    }
    expect(Math.abs(odd - turns / 2) / Math.sqrt(turns / 4)).toBeLessThan(3.29);
  });
});

describe("keys of names", () => {
  it("none of 200,000 names share one", () => {
    const keys = new Set<number>();
    for (let layer = 0; layer < 500; layer++)
      for (let block = 0; block < 100; block++)
        for (const part of ["shortcut/weight", "second/weight", "first/bias", "scale"])
          keys.add(nameKey(`generator/${layer}/${block}/${part}`));
    expect(keys.size).toBe(200_000);
    for (const key of keys) expect(Number.isSafeInteger(key) && key >= 0).toBe(true);
    // Expected collisions of the upper 32 bits of the keys of 200,000 names: about 4.66. With probability 99.99% there
    // are 0 to 14.
    const upper = new Set(Array.from(keys, (key) => Math.floor(key / 2 ** 21)));
    expect(200_000 - upper.size).toBeLessThan(15);
  });

  it("are FNV-1a's of 64 bits, less the lowest 11", () => {
    expect(nameKey("")).toBe(Number(0xcbf29ce484222325n >> 11n));
    expect(nameKey("a")).toBe(Number(0xaf63dc4c8601ec8cn >> 11n));
    expect(nameKey("foobar")).toBe(Number(0x85944171f73967e8n >> 11n));
  });
});
