/** Programs and the runtime through their public interface: inputs, updates, random numbers, errors, closing. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  add,
  constant,
  createRuntime,
  initializers,
  log,
  matmul,
  mean,
  mul,
  randomNormal,
  randomPermutation,
  type Runtime,
  square,
  sub,
  sum,
  variable,
} from "#binding";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ threads: 2 });
});

afterAll(() => runtime.close());

describe("inputs", () => {
  const doubled = () => runtime.compile(({ input }) => ({ outputs: { y: mul(input("x", [2, 3]), 2) } }));

  test("are given by name, as arrays or with a shape", async () => {
    const program = doubled();
    const { y } = await program.run({ x: [1, 2, 3, 4, 5, 6] });
    expect([...y.data]).toEqual([2, 4, 6, 8, 10, 12]);
    expect(y.shape).toEqual([2, 3]);
    await expect(program.run({ x: { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] } })).resolves.toBeDefined();
  });

  test("that do not fit are rejected with rule and value", async () => {
    const program = doubled();
    await expect(program.run({ x: [1, 2] })).rejects.toThrow("run: input x must have 6 values for [2, 3], found 2");
    await expect(program.run({ x: { data: [1, 2], shape: [1, 2] } })).rejects.toThrow(
      "run: input x must have shape [2, 3], found [1, 2]",
    );
    await expect(program.run({})).rejects.toThrow("run: no values for input x");
    await expect(program.run({ x: [1, 2, 3, 4, 5, 6], z: [1] })).rejects.toThrow("has no input z, its inputs are: x");
  });

  test("with free lengths compile once per shape", async () => {
    let traces = 0;
    const program = runtime.compile(({ input }) => {
      const x = input("x", [null, 2]);
      traces++;
      return { outputs: { total: sum(x, { axes: 1 }) } };
    });
    expect((await program.run({ x: [1, 2, 3, 4] })).total.shape).toEqual([2]);
    expect([...(await program.run({ x: [1, 2, 3, 4, 5, 6] })).total.data]).toEqual([3, 7, 11]);
    await program.run({ x: [1, 2, 3, 4] });
    expect(traces).toBe(2);
    await expect(program.run({ x: [1, 2, 3] })).rejects.toThrow("must be a multiple of 2, found 3");
  });
});

describe("variables", () => {
  test("are shared between programs and updated in place", async () => {
    const weight = variable({ name: "shared", shape: [3], data: [1, 2, 3] });
    const grow = runtime.compile(() => ({ updates: new Map([[weight, mul(weight, 2)]]) }));
    const read = runtime.compile(() => ({ outputs: { total: sum(weight) } }));
    await grow.run({}, { times: 3 });
    expect((await read.run()).total.item()).toBe(48);
    expect([...(await runtime.read(weight)).data]).toEqual([8, 16, 24]);
  });

  test("swap without losing a value", async () => {
    const a = variable({ name: "a", shape: [2], data: [1, 2] });
    const b = variable({ name: "b", shape: [2], data: [3, 4] });
    await runtime
      .compile(() => ({
        updates: new Map([
          [a, b],
          [b, a],
        ]),
      }))
      .run();
    expect([...(await runtime.read(a)).data, ...(await runtime.read(b)).data]).toEqual([3, 4, 1, 2]);
    const mixed = new Map([
      [a, add(a, b)],
      [b, sub(a, b)],
    ]);
    await runtime.compile(() => ({ updates: mixed })).run();
    expect([...(await runtime.read(a)).data, ...(await runtime.read(b)).data]).toEqual([4, 6, 2, 2]);
    const shifted = new Map([
      [b, a],
      [a, add(a, 1)],
    ]);
    await runtime.compile(() => ({ updates: shifted })).run();
    expect([...(await runtime.read(a)).data, ...(await runtime.read(b)).data]).toEqual([5, 7, 4, 6]);
  });

  test("give their value before the update as an output", async () => {
    const count = variable({ name: "count", shape: [], data: [5] });
    const { before } = await runtime
      .compile(() => ({ outputs: { before: count }, updates: new Map([[count, add(count, 1)]]) }))
      .run();
    expect([before.item(), (await runtime.read(count)).item()]).toEqual([5, 6]);
  });

  test("used by a matrix product and by their own update keep the old value for the product", async () => {
    const weight = variable({ name: "used", shape: [64, 64], initializer: initializers.filled(1) });
    const program = runtime.compile(({ input }) => {
      const x = input("x", [64, 64]);
      const y = matmul(x, weight);
      return {
        outputs: { total: sum(y), again: sum(matmul(y, weight)) },
        updates: new Map([[weight, add(weight, mul(matmul(x, y, { transposeA: true }), 0))]]),
      };
    });
    const { total, again } = await program.run({ x: new Float32Array(64 * 64).fill(1) });
    expect([total.item(), again.item()]).toEqual([64 ** 3, 64 ** 4]);
  });

  test("of the wrong shape are rejected", () => {
    const weight = variable({ name: "weight", shape: [3] });
    expect(() => runtime.compile(() => ({ updates: new Map([[weight, constant(1)]]) }))).toThrow(
      "update of weight: the value must be f32 [3], found f32 []",
    );
    expect(() => runtime.write(weight, [1, 2])).toThrow("write: weight [3] must have 3 values, found 2");
  });
});

describe("random numbers", () => {
  test("depend only on seed and step", async () => {
    const make = () => runtime.compile(() => ({ outputs: { z: randomNormal([5]) } }));
    const [one, two] = [make(), make()];
    const first = await one.run({}, { seed: 3 });
    const second = await one.run();
    await two.run({}, { seed: 3, times: 2 });
    expect(await two.run({}, { seed: 3 })).toEqual(first);
    expect(await two.run({}, { seed: 3, step: 1 })).toEqual(second);
    expect(second).not.toEqual(first);
  });

  test("a permutation gives every index once per epoch, also in steps that span two epochs", async () => {
    const program = runtime.compile(() => ({ outputs: { index: randomPermutation(3, 7) } }));
    const seen: number[] = [];
    for (let step = 0; step < 14; step++)
      seen.push(...(await program.run({}, step === 0 ? { seed: 1 } : {})).index.data);
    for (let epoch = 0; epoch < 6; epoch++) {
      expect(seen.slice(epoch * 7, epoch * 7 + 7).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    }
  });

  test("initial values depend on the seed and the variable's name", async () => {
    const make = (name: string) => variable({ name, shape: [4], initializer: initializers.normal(1) });
    const [a, b, other] = [make("w"), make("w"), make("v")];
    await runtime.initialize([a], { seed: 9 });
    await runtime.initialize([other, b], { seed: 9 });
    expect((await runtime.read(b)).data).toEqual((await runtime.read(a)).data);
    expect((await runtime.read(other)).data).not.toEqual((await runtime.read(a)).data);
  });
});

describe("checked tensors", () => {
  test("stop the run at the first step in which they are not finite", async () => {
    const x = variable({ name: "x", shape: [], data: [3] });
    const program = runtime.compile(() => {
      const y = log(x).named("log of x");
      return { outputs: { y }, updates: new Map([[x, sub(x, 1)]]), checks: [y] };
    });
    const { failure } = await program.tryRun({}, { times: 10, seed: 0 });
    expect(failure).toEqual({ step: 3, tensor: "log of x" });
    expect(program.step).toBe(4);
    await expect(program.run()).rejects.toThrow("log of x is not finite at step 4");
  });
});

describe("listing and profile", () => {
  test("print shows waves, commands, shapes, bytes and lanes", () => {
    const text = runtime
      .compile(
        ({ input }) => ({ outputs: { loss: mean(square(matmul(input("x", [64, 128]), input("w", [128, 32])))) } }),
        { name: "listed" },
      )
      .print();
    expect(text).toContain("listed: ");
    expect(text).toMatch(/2 lanes +matmul nn 64x128x32/);
    expect(text).toMatch(/scratch \d/);
  });

  test("profile times every command and does not change variables", async () => {
    const total = variable({ name: "total", shape: [65_536], data: new Float32Array(65_536) });
    const program = runtime.compile(() => ({ updates: new Map([[total, add(total, 1)]]) }));
    const entries = await program.profile({}, 20);
    expect(entries.map(({ label }) => label.split(" ")[0])).toEqual(["map", "barrier"]);
    expect(entries[0].milliseconds).toBeGreaterThan(0);
    expect((await runtime.read(total)).data[0]).toBe(0);
    expect(program.step).toBe(0);
  });
});

describe("closing", () => {
  test("a closed runtime rejects calls", async () => {
    const own = await createRuntime({ threads: 2 });
    const program = own.compile(() => ({ outputs: { one: constant(1) } }));
    await own.close();
    await own.close();
    await expect(program.run()).rejects.toMatchObject({ code: "ERR_CLOSED", message: "runtime: it was closed" });
  });

  test("a process that does not close it ends nevertheless", () => {
    const script = `import("genloom").then(async ({ createRuntime, constant, add }) => {
      const runtime = await createRuntime({ threads: 3 });
      const { x } = await runtime.compile(() => ({ outputs: { x: add(constant(1), 1) } })).run();
      console.log(x.item(), runtime.info.lanes);
    })`;
    expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8", timeout: 20_000 }).trim()).toBe("2 3");
  });
});

test("options outside of their range are rejected", async () => {
  await expect(createRuntime({ threads: 0 })).rejects.toThrow(
    'createRuntime: threads must be "auto" or an integer from 1 to',
  );
  const program = runtime.compile(() => ({ outputs: { x: constant(1) } }));
  await expect(() => program.run({}, { times: 0 })).rejects.toThrow("run: times must be an integer >= 1, found 0");
});
