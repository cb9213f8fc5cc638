/** Optimizers as compiled programs, several steps in one call: PyTorch's values again, in f32. */
import { createRuntime, type Runtime, Variable } from "#binding";
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
