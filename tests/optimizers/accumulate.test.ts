/**
 * Accumulated gradients: k batches of n records equal one batch of k n, with the same bits if sums are exact, else up
 * to rounding.
 */
import {
  adam,
  createRuntime,
  gan,
  datasets,
  layers as L,
  matmul,
  mean,
  type Runtime,
  sgd,
  square,
  sub,
  Variable,
} from "#binding";
import { afterAll, beforeAll, expect, test } from "vitest";
import { familyFrom } from "#src/models/index";
import { accumulate, type Minimizer } from "#src/optimizers/index";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1, deterministic: true });
});

afterAll(() => runtime.close());

/** Fits a linear map [3] to [2] with `rows` records per step; returns the weights after all records. */
async function fitted(optimizer: Minimizer, rows: number, x: Float32Array, y: Float32Array): Promise<number[]> {
  const w = new Variable({ name: "w", shape: [3, 2], data: [1, -2, 0.5, 0.25, 2, -1] });
  const program = runtime.compile(({ input }) => {
    const loss = mean(square(sub(matmul(input("x", [rows, 3]), w), input("y", [rows, 2]))));
    return { updates: optimizer.minimize(loss, [w]) };
  });
  for (let at = 0; at < y.length / 2; at += rows)
    await program.run({ x: x.subarray(3 * at, 3 * (at + rows)), y: y.subarray(2 * at, 2 * (at + rows)) });
  return [...(await runtime.read(w)).data];
}

/** Records that are multiples of 1/8, whose products and sums are exact in f32; or arbitrary f32 values. */
function records(count: number, digits: "few" | "all"): [x: Float32Array, y: Float32Array] {
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return digits === "few" ? ((state >>> 20) % 17) / 8 - 1 : state / 2 ** 31 - 1;
  };
  return [Float32Array.from({ length: 3 * count }, next), Float32Array.from({ length: 2 * count }, next)];
}

test.each([
  ["sgd", () => sgd(2 ** -4)],
  ["sgd, clipped", () => sgd(2 ** -4, { clipNorm: 0.5 })],
  ["adam", () => adam(0.01)],
])("four batches of 8 equal one of 32, with the same bits: %s", async (_name, make) => {
  const [x, y] = records(32, "few");
  const whole = await fitted(make(), 32, x, y);
  expect(whole).not.toEqual([1, -2, 0.5, 0.25, 2, -1]);
  expect(await fitted(accumulate(make(), 4), 8, x, y)).toEqual(whole);
});

test.each([
  ["sgd", () => sgd(0.05, { momentum: 0.9 }), 3],
  ["adam", () => adam(0.01), 5],
])("batches of arbitrary values differ only by rounding: %s", async (_name, make, parts) => {
  const [x, y] = records(20 * 8 * parts, "all");
  const whole = await fitted(make(), 8 * parts, x, y);
  const found = await fitted(accumulate(make(), parts), 8, x, y);
  for (const [i, value] of whole.entries()) expect(Math.abs(found[i] - value)).toBeLessThan(1e-5);
  // But it differs from the optimizer without accumulation on the small batches.
  const small = await fitted(make(), 8, x, y);
  expect(Math.max(...whole.map((value, i) => Math.abs(small[i] - value)))).toBeGreaterThan(1e-3);
});

test("a model with it can be saved, loaded, stopped and resumed with the same bits", async () => {
  const make = () =>
    gan({
      latent: 2,
      generator: L.dense(2),
      discriminator: L.dense(1),
      optimizers: { generator: accumulate(adam(1e-2), 3), discriminator: accumulate(sgd(0.1, { clipNorm: 1 }), 2) },
    });
  const ring = datasets.ring({ count: 50 });
  const { weightHash } = await make().train(runtime, ring, { steps: 11, batchSize: 4, seed: 1 }).done;
  const first = make().train(runtime, ring, { steps: 4, batchSize: 4, seed: 1 });
  await first.done;
  const resume = await first.checkpoint();
  const again = familyFrom(JSON.parse(JSON.stringify(make().config)));
  const rest = await again.train(runtime, ring, { steps: 11, resume }).done;
  expect(rest.weightHash).toBe(weightHash);
});
