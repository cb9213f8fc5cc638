/** Settings of the trials of a sweep: combinations of a grid, random values, seeds. */
import { describe, expect, test } from "vitest";
import { settingsOf, trialSeed } from "#src/sweep/settings";
import { checkedSweep } from "#src/sweep/sweep-file";

const settings = (value: object) => settingsOf(checkedSweep({ train: "gan", ...value }, "file"), "file");

describe("grid", () => {
  test("has every combination once, the last option varying fastest", () => {
    expect(settings({ vary: { batch: [1, 2], preset: ["a", "b"] } })).toEqual([
      { batch: 1, preset: "a" },
      { batch: 1, preset: "b" },
      { batch: 2, preset: "a" },
      { batch: 2, preset: "b" },
    ]);
  });

  test("takes evenly spaced values of an interval, in its scale", () => {
    const values = (interval: object) => settings({ vary: { batch: interval } }).map(({ batch }) => batch);
    expect(values({ from: 0, to: 1, count: 5 })).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(values({ from: 1e-4, to: 1e-2, scale: "log", count: 3 })).toEqual([0.0001, 0.001, 0.01]);
    expect(values({ from: 1, to: 4, whole: true, count: 3 })).toEqual([1, 3, 4]);
  });

  test("refuses more combinations than a sweep may have", () => {
    const many = Array.from({ length: 101 }, (_, i) => i);
    expect(() => settings({ vary: { a: many, b: many } })).toThrow(
      "file: a grid must have at most 10000 combinations, found 10201",
    );
  });
});

describe("random", () => {
  const vary = {
    rate: { from: 1e-4, to: 1e-2, scale: "log" },
    share: { from: -1, to: 3 },
    layers: { from: 1, to: 8, whole: true },
    width: { from: 16, to: 512, whole: true, scale: "log" },
    kind: ["x", "y"],
  };
  const many = settings({ method: "random", trials: 2000, seed: 3, vary }) as {
    readonly [name in keyof typeof vary]: number;
  }[];
  const sorted = (name: keyof typeof vary) => many.map((one) => one[name]).sort((a, b) => a - b);

  test("the same seed gives the same trials, and more trials begin with them", () => {
    expect(settings({ method: "random", trials: 5, seed: 3, vary })).toEqual(many.slice(0, 5));
    expect(settings({ method: "random", trials: 5, seed: 4, vary })).not.toEqual(many.slice(0, 5));
  });

  test("values lie in their intervals, half of them below the middle of the scale", () => {
    for (const [name, low, middle, high, slack] of [
      ["rate", 1e-4, 1e-3, 1e-2, 0.2e-3],
      ["share", -1, 1, 3, 0.15],
      ["width", 16, 90.5, 512, 12],
    ] as const) {
      const values = sorted(name);
      expect(values[0]).toBeGreaterThanOrEqual(low);
      expect(values.at(-1)).toBeLessThanOrEqual(high);
      expect(Math.abs(values[1000] - middle), name).toBeLessThan(slack);
    }
    expect([...new Set(sorted("layers"))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(sorted("layers").filter((one) => one === 8).length).toBeGreaterThan(200);
    expect(many.filter(({ kind }) => (kind as unknown) === "x").length).toBeGreaterThan(900);
  });

  test("numbers have six digits, so that their text is the number", () => {
    for (const { rate } of many) expect(Number(rate.toPrecision(6))).toBe(rate);
  });

  test("seeds differ, and depend on the sweep's seed", () => {
    const seeds = Array.from({ length: 100 }, (_, i) => trialSeed(3, i + 1));
    expect(new Set(seeds).size).toBe(100);
    expect(seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
    expect(trialSeed(4, 1)).not.toBe(seeds[0]);
  });
});
