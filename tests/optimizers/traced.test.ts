/** Optimizers in a function that is traced again for every length of its inputs: one state for all lengths. */
import { adam, createRuntime, mean, mul, type Runtime, sgd, square, sub, sum, Variable, variable } from "#binding";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Minimizer } from "#src/optimizers/index";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1, deterministic: true });
});

afterAll(() => runtime.close());

/**
 * Values of w after one step per entry, with that number of equal records, so that the number does not affect the
 * gradient.
 */
async function stepped(make: () => Minimizer, counts: readonly number[]): Promise<number[]> {
  const w = new Variable({ name: "w", shape: [2], data: [3, -1] });
  const program = runtime.compile(({ input }) => {
    const x = input("x", [null, 1]);
    return { updates: make().minimize(mean(square(sub(mul(x, w), 1))), [w]) };
  });
  for (const count of counts) await program.run({ x: new Float32Array(count).fill(0.5) });
  return [...(await runtime.read(w)).data];
}

const shared = sgd(0.1, { momentum: 0.9 });

test.each([
  ["made inside of the function", () => adam(0.1)],
  ["made outside of it", () => shared],
])("an optimizer %s continues with its state at another length", async (_name, make) => {
  const wanted = await stepped(make, [4, 4, 4, 4]);
  expect(await stepped(make, [4, 8, 4, 2])).toEqual(wanted);
  expect(await stepped(make, [4, 8, 4])).not.toEqual(wanted);
});

test("two programs have separate states even if they train the same parameters", async () => {
  const optimizer = sgd(1, { momentum: 0.5 });
  const w = new Variable({ name: "w", shape: [1], data: [0] });
  // The gradient is always 1, so a step moves by the momentum buffer.
  const [one, two] = [0, 1].map(() => runtime.compile(() => ({ updates: optimizer.minimize(sum(w), [w]) })));
  await one.run({}, { times: 2 });
  expect((await runtime.read(w)).item()).toBe(-2.5);
  await two.run();
  expect((await runtime.read(w)).item()).toBe(-3.5);
  await one.run();
  expect((await runtime.read(w)).item()).toBe(-5.25);
});

test("a program traced inside another one's function has its own state", async () => {
  const w = new Variable({ name: "w", shape: [1], data: [0] });
  const optimizer = sgd(1, { momentum: 0.5 });
  const step = () => ({ updates: optimizer.minimize(sum(w), [w]) });
  let inner: ReturnType<Runtime["compile"]> | undefined;
  const outer = runtime.compile(() => {
    inner = runtime.compile(step);
    return step();
  });
  await outer.run();
  await inner?.run();
  expect((await runtime.read(w)).item()).toBe(-2);
});

test("a variable created again at another length is rejected, because its values would be lost", async () => {
  const program = runtime.compile(
    ({ input }) => {
      const total = variable({ name: "total", shape: [] });
      return { updates: new Map([[total, sum(input("x", [null]))]]) };
    },
    { name: "totals" },
  );
  await program.run({ x: [1] });
  await program.run({ x: [2] });
  await expect(program.run({ x: [1, 2] })).rejects.toThrow(
    new RangeError(
      "totals: a trace for other lengths updates a different variable total: create variables outside of the traced function",
    ),
  );
});
