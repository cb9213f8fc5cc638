/** The portable random numbers: known answers, the element mapping, bijections, and distributions at fixed seeds. */
import { describe, expect, it } from "vitest";
import { bits, integers, normals, permutation, philox, uniforms } from "../src/random.js";

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
    // Elements 4 apart share a radius; cosine and sine must not correlate for that.
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

  it("are uniform over orders of 3 and 4 and over places of 10 and 1000: chi-squared at 99.9%", () => {
    const statistic = (counts: ArrayLike<number>, expected: number) =>
      Array.from(counts).reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    for (const [bound, orders, limit] of [
      [3, 6, 20.52],
      [4, 24, 49.73],
    ]) {
      const counts = new Map<string, number>();
      for (let step = 0; step < 1000 * orders; step++)
        counts.set(epoch(bound, step).join(), (counts.get(epoch(bound, step).join()) ?? 0) + 1);
      expect(counts.size).toBe(orders);
      expect(statistic([...counts.values()], 1000)).toBeLessThan(limit); // orders - 1 degrees of freedom
    }
    const places = new Float64Array(100);
    for (let step = 0; step < 2000; step++)
      epoch(10, step).forEach((value, i) => {
        places[10 * i + value]++;
      });
    expect(statistic(places, 200)).toBeLessThan(126.08); // (10 - 1)^2 = 81 degrees of freedom
    // Where the first ten indices of 1000 go, in 20 bins.
    const bins = new Float64Array(200);
    for (let step = 0; step < 4000; step++) {
      permutation(10, 1000, clock(7, 100 * step, 3)).forEach((value, i) => {
        bins[20 * i + Math.floor(value / 50)]++;
      });
    }
    expect(statistic(bins, 200)).toBeLessThan(257.1); // about 190 degrees of freedom
  });
});
