/** Memorised records, and modes by a classifier. */
import { afterAll, describe, expect, test } from "vitest";
import { createRuntime, metrics } from "#binding";
import { randomSource } from "#src/data/random-source";
import { deviations, normal, part, seeds, set, together } from "./sets.js";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

describe("memorisation", () => {
  /** 300 samples, of which `copied` are training records plus noise. */
  const scores = (copied: number, deviation: number, noise = 0) =>
    Promise.all(
      seeds(20).map((seed) => {
        const training = normal({ count: 600, size: 6, seed });
        const heldOut = normal({ count: 200, size: 6, seed: 100 + seed });
        const jitter = normal({ count: 600, size: 6, seed: 300 + seed, deviation: noise }).values;
        const copies = { ...training, values: training.values.map((one, i) => one + jitter[i]) as Float64Array };
        const fresh = normal({ count: 300 - copied, size: 6, seed: 200 + seed, deviation });
        const samples = together(part(copies, 0, copied), fresh);
        return metrics.memorisation(runtime, { samples, training, heldOut });
      }),
    );

  test("samples of the distribution of the data: both floors within three standard errors, no copies", async () => {
    const found = await scores(0, 1);
    expect(found[0].floors).toEqual({ nearerToTraining: 0.75, closerThanHeldOut: 0.5, copies: 0 });
    expect(
      deviations(
        found.map((one) => one.nearerToTraining),
        0.75,
      ),
    ).toBeLessThan(3);
    expect(
      deviations(
        found.map((one) => one.closerThanHeldOut),
        0.5,
      ),
    ).toBeLessThan(3);
    expect(found.map((one) => one.copies)).toEqual(seeds(20).map(() => 0));
  });

  test("typical samples only: nearer to training records by chance alone, though closer than held-out ones", async () => {
    const found = await scores(0, 0.5);
    expect(
      deviations(
        found.map((one) => one.nearerToTraining),
        0.75,
      ),
    ).toBeLessThan(3);
    const closer = found.map((one) => one.closerThanHeldOut);
    expect(Math.min(...closer)).toBeGreaterThan(0.5);
    expect(deviations(closer, 0.5)).toBeGreaterThan(10);
  });

  test("a share c of copies: c + (1 - c) of the floor, and their number", async () => {
    const found = await scores(60, 1);
    expect(found.map((one) => one.copies)).toEqual(seeds(20).map(() => 60));
    expect(
      deviations(
        found.map((one) => one.nearerToTraining),
        0.2 + 0.8 * 0.75,
      ),
    ).toBeLessThan(3);
    expect(
      deviations(
        found.map((one) => one.closerThanHeldOut),
        0.2 + 0.8 * 0.5,
      ),
    ).toBeLessThan(3);
  });

  test("copies with noise are no exact copies, but as near", async () => {
    const found = await scores(60, 1, 0.001);
    expect(found.map((one) => one.copies)).toEqual(seeds(20).map(() => 0));
    expect(
      deviations(
        found.map((one) => one.nearerToTraining),
        0.2 + 0.8 * 0.75,
      ),
    ).toBeLessThan(3);
  });

  test("records that repeat: the floor is exact", async () => {
    const found = await Promise.all(
      seeds(60).map(async (seed) => {
        const source = randomSource(seed, 0x7e57_0004);
        // Fifty points, each twice, of which ten records are held out; samples are any of them.
        const order = Array.from({ length: 100 }, (_, i) => i);
        for (let i = 99; i > 0; i--) {
          const j = source.integer(i + 1);
          [order[i], order[j]] = [order[j], order[i]];
        }
        const points = order.map((i) => [i >> 1]);
        const sets = { training: set(points.slice(10)), heldOut: set(points.slice(0, 10)) };
        const samples = set(Array.from({ length: 100 }, () => [source.integer(50)]));
        return (await metrics.memorisation(runtime, { samples, ...sets })).nearerToTraining;
      }),
    );
    expect(deviations(found, 0.9)).toBeLessThan(3);
  });

  test("known points: ties count with the share of training records among them, held-out copies of training records make a floor of copies", async () => {
    const found = await metrics.memorisation(runtime, {
      samples: set([[0], [10], [4]]),
      training: set([[0], [5], [5]]),
      heldOut: set([[0], [10]]),
    });
    // 0 is as near to one of both, 10 is held out, 4 is near to 5.
    expect(found.nearerToTraining).toBeCloseTo((0.5 + 0 + 1) / 3, 12);
    // Distances 0, 5, 1 against 0, 5: (1/2 + 1) + (0 + 1/2) + (0 + 1) of 6.
    expect(found.closerThanHeldOut).toBeCloseTo(3 / 6, 12);
    expect(found.copies).toBe(1);
    expect(found.floors.copies).toBe(1.5);
  });

  test("the training records themselves are copies", async () => {
    const training = normal({ count: 30, size: 3, seed: 1 });
    const heldOut = normal({ count: 30, size: 3, seed: 2 });
    const found = await metrics.memorisation(runtime, { samples: training, training, heldOut });
    expect(found).toMatchObject({ nearerToTraining: 1, closerThanHeldOut: 1, copies: 30 });
  });

  test("sizes must agree", async () => {
    const [two, three] = [normal({ count: 9, size: 2, seed: 1 }), normal({ count: 9, size: 3, seed: 1 })];
    await expect(metrics.memorisation(runtime, { samples: two, training: two, heldOut: three })).rejects.toThrow(
      "memorisation: samples and heldOut must have as many features, found 2 and 3",
    );
  });
});

describe("modes and KL", () => {
  const { modesAndKl, stackedClasses } = metrics;

  test("counts and divergence by hand", () => {
    const data = [0, 0, 0, 1, 1, 2];
    const { modes, modesOf, kl, klFloor } = modesAndKl([0, 0, 1, 1], data, 4);
    expect({ modes, modesOf, klFloor }).toEqual({ modes: 2, modesOf: 3, klFloor: 2 / 8 });
    expect(kl).toBeCloseTo(0.5 * Math.log(0.5 / 0.5) + 0.5 * Math.log(0.5 / (1 / 3)), 12);
  });

  test("one of 1,000 classes: ln 1000; a class that the data lack: infinite, and no mode", () => {
    const all = Array.from({ length: 1000 }, (_, i) => i);
    expect(modesAndKl([7, 7, 7], all, 1000)).toMatchObject({ modes: 1, modesOf: 1000 });
    expect(modesAndKl([7, 7, 7], all, 1000).kl).toBeCloseTo(Math.log(1000), 10);
    expect(modesAndKl([1, 2], [1], 3)).toMatchObject({ modes: 1, modesOf: 1, kl: Number.POSITIVE_INFINITY });
  });

  test("samples of the data have the stated floor of KL on average", () => {
    const found = seeds(50).map((seed) => {
      const source = randomSource(seed, 0x7e57_0002);
      const uniform = Array.from({ length: 2000 }, () => source.integer(20));
      return modesAndKl(
        uniform,
        Array.from({ length: 20 }, (_, i) => i),
        20,
      ).kl;
    });
    expect(deviations(found, 19 / 4000)).toBeLessThan(3);
  });

  test("stacked digits", () => {
    expect([
      ...stackedClasses(
        [
          [9, 0],
          [9, 4],
          [9, 2],
        ],
        10,
      ),
    ]).toEqual([999, 42]);
    expect(() => stackedClasses([[1, 2], [1]], 10)).toThrow("stackedClasses: parts[1] must have 2 values, found 1");
  });

  test("wrong arguments", () => {
    expect(() => modesAndKl([], [1], 3)).toThrow("modesAndKl: samples must have at least one class, found none");
    expect(() => modesAndKl([3], [1], 3)).toThrow("modesAndKl: samples[0] must be an integer >= 0 and < 3, found 3");
    expect(() => modesAndKl([1], [1], 0)).toThrow("modesAndKl: classes must be an integer >= 1, found 0");
  });

  test.each([
    [[[1, 10]], 10, "parts[0][1] must be an integer >= 0 and < 10, found 10"],
    [[[1, -1]], 10, "parts[0][1] must be an integer >= 0 and < 10, found -1"],
    [[[1], [Number.NaN]], 10, "parts[1][0] must be an integer >= 0 and < 10, found NaN"],
    [[[1], 2], 10, "parts[1] must be an array of numbers, found 2"],
    [[], 10, "number of channels must be an integer >= 1, found 0"],
    [[5], 10, "parts[0] must be an array of numbers, found 5"],
    [undefined, 10, "number of channels must be an integer >= 1, found undefined"],
    [[[1]], undefined, "classes must be an integer >= 1, found undefined"],
  ])("stacked classes of %j with %s each: what is wrong", (parts, classes, message) => {
    expect(() => stackedClasses(parts as never, classes as never)).toThrow(`stackedClasses: ${message}`);
  });
});
