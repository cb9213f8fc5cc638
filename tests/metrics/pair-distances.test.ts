/** The bounds that f32 products give for squared distances hold the distances in f64. */
import { afterAll, expect, test } from "vitest";
import { createRuntime } from "#binding";
import { pairDistances } from "#src/metrics/pair-distances";
import { normal, part, together } from "./sets.js";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

test.each([1, 3, 64, 700])("the bounds of every pair contain the distance in f64: %i features", async (size) => {
  for (const [mean, deviation] of [
    [0, 1],
    [1e4, 1],
    [0, 1e-30],
    [-3, 1e20],
  ]) {
    const a = normal({ count: 40, size, seed: 1, mean, deviation });
    const b = together(normal({ count: 40, size, seed: 2, mean, deviation }), part(a, 0, 3));
    const found = pairDistances(runtime, a, b);
    await found.eachRow(({ i, products, from, low, high }) => {
      for (let j = 0; j < b.count; j++) {
        const exact = found.exact(i, j) * found.squaredScale;
        const [least, most] = [low + found.lows[j], high + found.highs[j]].map((one) => one - 2 * products[from + j]);
        expect(least).toBeLessThanOrEqual(exact);
        expect(most).toBeGreaterThanOrEqual(exact);
      }
    });
  }
});
