/** Optimizers as compiled programs, several steps per call, compared with PyTorch's values in f32. */
import { adam, adamw, createRuntime, mul, rmsprop, type Runtime, sgd, sum, Variable } from "#binding";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lossOf, start, trajectories } from "./trajectories.js";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});

afterAll(() => runtime.close());

test.each(trajectories)("$name", async ({ optimizer, after }) => {
  const p = new Variable({ name: "p", shape: [3], data: start[0] });
  const q = new Variable({ name: "q", shape: [1], data: start[1] });
  const program = runtime.compile(() => ({ updates: optimizer.minimize(lossOf(p, q), [p, q]) }));
  let step = 0;
  for (const [until, wanted] of Object.entries(after)) {
    await program.run({}, { times: Number(until) - step });
    step = Number(until);
    const found = [...(await runtime.read(p)).data, ...(await runtime.read(q)).data];
    expect(found.length).toBe(wanted.length);
    for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 5);
  }
});

// If gradients are constant, the mean square equals the squared mean, except for rounding in either direction.
test.each([
  ["rmsprop, centred", () => rmsprop(1e-3, { centered: true })],
  ["rmsprop, centred, momentum", () => rmsprop(1e-3, { centered: true, momentum: 0.9, decay: 0.9 })],
  ["adam", () => adam(1e-3)],
  ["adamw", () => adamw(1e-3)],
  ["adam without memory", () => adam(1e-3, { beta1: 0, beta2: 0 })],
  ["sgd, clipped", () => sgd(1e-3, { momentum: 0.9, clipNorm: 1 })],
])("%s stays finite under constant gradients, including zero", async (_name, make) => {
  for (const deterministic of [true, false]) {
    const own = await createRuntime({ threads: 1, deterministic });
    const w = new Variable({ name: "w", shape: [5] });
    const program = own.compile(({ input }) => ({
      updates: make().minimize(sum(mul(w, input("slope", [5]))), [w]),
      checks: [w],
    }));
    const { failure } = await program.tryRun({ slope: [1, 0.3, -7.7, 1e-3, 0] }, { times: 2000 });
    expect(failure).toBeUndefined();
    expect([...(await own.read(w)).data].every(Number.isFinite)).toBe(true);
    await own.close();
  }
});
