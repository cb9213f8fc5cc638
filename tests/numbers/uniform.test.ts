// Uniform numbers in an interval: never the upper limit, never below the lower one, and exact bits.
import { describe, expect, test } from "vitest";
import { createRuntime, randomUniform } from "#binding";
import { uniforms } from "#src/numbers/philox";
import { evaluate } from "#src/graph/reference";

const least = 2 ** -149;
const greatest = (2 - 2 ** -23) * 2 ** 127;
const f = Math.fround;

/** Intervals, with the least and the greatest f32 in each. */
const intervals: readonly (readonly [low: number, high: number, first: number, last: number])[] = [
  [1000, 1001, 1000, 1001 - 2 ** -14],
  [-1001, -1000, -1001, -1000 - 2 ** -14],
  [1, 1 + 2 ** -23, 1, 1],
  [16777216, 16777220, 16777216, 16777218],
  [-1, 1, -1, 1 - 2 ** -24],
  [0, 3 * least, 0, 2 * least],
  [-least, least, -least, 0],
  [0.1, 0.7, f(0.1), f(0.7)],
  [0.7, 0.8, f(0.7) + 2 ** -24, f(0.8) - 2 ** -24],
  [1e-40, 2e-40, f(1e-40), f(2e-40)],
  [-greatest, greatest, -greatest, greatest - 2 ** 104],
  [0, greatest, 0, greatest - 2 ** 104],
];

const count = 1_000_000;

describe.each([true, false])("deterministic %s", (deterministic) => {
  test.each(intervals)("[%d, %d)", async (low, high, first, last) => {
    const runtime = await createRuntime({ threads: 1, deterministic });
    const program = runtime.compile(() => ({ outputs: { y: randomUniform([count], { low, high }) } }));
    const { data } = (await program.run({}, { seed: 3 })).y;
    await runtime.close();
    let [smallest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of data) {
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
    }
    expect(smallest).toBeGreaterThanOrEqual(low);
    expect(largest).toBeLessThan(high);
    expect(smallest).toBeGreaterThanOrEqual(f(first));
    expect(largest).toBeLessThanOrEqual(f(last));
    // The least and the greatest value occur, if more than a few draws are expected there.
    if (high - low < 2 ** 20 * (high - f(last))) expect(largest).toBe(f(last));
    const mean = data.reduce((sum, value) => sum + value / count, 0);
    if (high - low < 1e30 && high - low > 1e4 * (high - f(last)))
      expect(Math.abs(mean - (low + high) / 2) / (high - low)).toBeLessThan(3.89 / Math.sqrt(12 * count)); // 99.99%
  });
});

test("the f64 reference stays in the same interval", () => {
  for (const [low, high, first, last] of intervals) {
    const [values] = evaluate([randomUniform([20_000], { low, high })], { seed: 3 });
    for (const value of values) if (!(value >= first && value <= last)) expect(value).toBe(`in [${first}, ${last}]`);
  }
});

test("its bits are u (high - low) + low in f32, clamped to the interval", async () => {
  const runtime = await createRuntime({ threads: 1, deterministic: true });
  for (const [low, high, first, last] of intervals.filter(([low, high]) => high - low <= greatest)) {
    const program = runtime.compile(() => ({ outputs: { y: randomUniform([100_000], { low, high }) } }));
    const { data } = (await program.run({}, { seed: 3 })).y;
    const wanted = Float32Array.from(uniforms(100_000, { seed: 3, step: 0, stream: 0 }), (u) =>
      Math.min(Math.max(f(f(u * f(high - low)) + f(low)), first), last),
    );
    expect(data, `[${low}, ${high})`).toEqual(wanted);
  }
  await runtime.close();
});

test.each([
  [1, 1, /no f32 lies in \[1, 1\)/],
  [2, 1, /no f32 lies in \[2, 1\)/],
  [1 + 2 ** -30, 1 + 2 ** -29, /no f32 lies in/],
  [Number.NaN, 1, /low must be a finite number .*found NaN/],
  [0, Number.POSITIVE_INFINITY, /high must be a finite number .*found Infinity/],
  [-1e39, 0, /low must be a finite number .*found -1e\+39/],
  ["0", 1, /low must be a finite number .*found "0"/],
])("[%s, %s) is refused", (low, high, message) => {
  expect(() => randomUniform([1], { low: low as number, high })).toThrow(RangeError);
  expect(() => randomUniform([1], { low: low as number, high })).toThrow(message);
});
