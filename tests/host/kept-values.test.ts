/** Values that programs keep between runs are computed again after everything that changes them, and only then. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  add,
  conv2d,
  createRuntime,
  exp,
  gan,
  initializers,
  layers as L,
  literal,
  log,
  matmul,
  mul,
  randomNormal,
  type Runtime,
  variable,
} from "#binding";
import { dataset } from "#src/data/dataset";
import { heapStart, pageBytes } from "#src/host/memory";
import type { Program } from "#src/host/program";
import { bytesOf } from "#src/graph/values";
import type { Variable } from "#src/graph/variable";

const size = 24;
const weights = () =>
  variable({ name: "w", shape: [size, size], initializer: (shape) => mul(initializers.ones(shape), 0.01) });
const values = (factor: number) => Float32Array.from({ length: size * size }, (_, i) => factor * Math.sin(i));

/** Random rows times a function of the weights, which is kept. */
const sampler = (runtime: Runtime, w: Variable, fuse = true) =>
  runtime.compile(() => ({ outputs: { y: matmul(randomNormal([8, size]), exp(w)) } }), { fuse });
const sample = async (program: Program) => [...(await program.run({}, { seed: 3 })).y.data];

/** What a program that keeps nothing gives for the present values. */
async function wanted(runtime: Runtime, w: Variable): Promise<number[]> {
  const program = sampler(runtime, w, false);
  const result = await sample(program);
  program.release();
  return result;
}

describe.each([1, 2, 3])("with %i lanes", (threads) => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ threads, deterministic: true });
  });
  afterAll(() => runtime.close());

  test("they are kept: a change that the runtime is not told of is not seen", async () => {
    const w = weights();
    const program = sampler(runtime, w);
    const first = await sample(program);
    const change = (factor: number) =>
      runtime.exclusive(() => runtime.engine.write(runtime.addressOf(w), bytesOf(values(factor))));
    await change(1);
    expect(await sample(program)).toEqual(first);
    expect(first).not.toEqual(await wanted(runtime, w));
    runtime.heap.wrote([w]);
    expect(await sample(program)).toEqual(await wanted(runtime, w));
  });

  /** Everything that changes the weights, or may make the kept values wrong. */
  const changes: Record<string, (w: Variable, program: Program) => Promise<unknown>> = {
    "runtime.write": (w) => runtime.write(w, values(2)),
    "runtime.initialize": async (w) => {
      await runtime.write(w, values(2));
      await runtime.initialize([w]);
    },
    "a training step": (w) => runtime.compile(() => ({ updates: new Map([[w, add(mul(w, 0.5), 0.1)]]) })).run(),
    "a training of several steps": (w) =>
      runtime.compile(() => ({ updates: new Map([[w, add(mul(w, 0.5), 0.1)]]) })).run({}, { times: 5 }),
    "a step that ends with a value that is not finite": (w) =>
      runtime
        .compile(() => ({ updates: new Map([[w, mul(w, 3)]]), checks: [log(literal(new Float32Array([-1]), [1]))] }))
        .tryRun(),
    "an earlier state that is restored": async (w, program) => {
      const kept = await runtime.exclusive(() => runtime.snapshot([w]));
      await runtime.write(w, values(2));
      await sample(program);
      await runtime.exclusive(() => runtime.restore(kept));
    },
    "a profile of a program that updates them": (w) =>
      runtime.compile(() => ({ updates: new Map([[w, mul(w, 1.01)]]) })).profile({}, 1),
    "memory that was released": async (w) => {
      runtime.release([w]);
      await runtime.compile(() => ({ outputs: { y: randomNormal([size, size]) } })).run(); // may get the memory
      await runtime.write(w, values(3));
    },
    "another variable that was released": async (w) => {
      const other = weights();
      await runtime.read(other);
      runtime.release([other]);
      await runtime.write(w, values(3));
    },
    "memory of the program that was freed": async (_, program) => {
      await runtime.exclusive(async () => program.unload());
      await runtime.compile(() => ({ outputs: { y: randomNormal([4 * size, size]) } })).run();
    },
    "a profile of the program": (_, program) => program.profile({}, 1),
  };

  test.each(Object.keys(changes))("after %s", async (name) => {
    const w = weights();
    const program = sampler(runtime, w);
    await sample(program);
    await changes[name](w, program);
    expect(await sample(program)).toEqual(await wanted(runtime, w));
    expect(await sample(program)).toEqual(await wanted(runtime, w));
  });

  test("several steps in one call are those of several calls, with the same random numbers", async () => {
    const [w, total] = [weights(), variable({ name: "total", shape: [8, size] })];
    const program = (fuse: boolean) =>
      runtime.compile(
        () => ({ updates: new Map([[total, add(mul(total, 0.5), matmul(randomNormal([8, size]), exp(w)))]]) }),
        { fuse },
      );
    const results: number[][] = [];
    for (const [fuse, calls] of [
      [false, [6]],
      [true, [6]],
      [true, [1, 5]],
      [true, [3, 2, 1]],
    ] as const) {
      // biome-ignore format: rows
      const one = program(fuse);
      await runtime.initialize([total]);
      for (const [at, times] of calls.entries()) await one.run({}, at === 0 ? { seed: 1, times } : { times });
      expect(one.step).toBe(6);
      results.push([...(await runtime.read(total)).data]);
    }
    expect(new Set(results.map(String)).size).toBe(1);
  });

  test("a step that fails, or is the last by a signal, is counted and named as without kept values", async () => {
    const [w, n] = [weights(), variable({ name: "n", shape: [1] })];
    const program = runtime.compile(() => ({
      outputs: { y: matmul(randomNormal([8, size]), exp(w)) },
      updates: new Map([[n, add(n, 1)]]),
      checks: [Object.assign(log(add(mul(n, -1), 3)), { label: "the logarithm" })],
    }));
    const failure = { step: 3, tensor: "the logarithm" };
    expect(await program.tryRun({}, { times: 9, seed: 1 })).toMatchObject({ failure, steps: 4 });
    await runtime.write(n, [3]);
    await runtime.write(w, values(1));
    expect(await program.tryRun({}, { times: 9, seed: 1 })).toMatchObject({ failure: { step: 0 }, steps: 1 });
    await runtime.write(n, [0]);
    await runtime.write(w, values(2));
    const { steps } = await program.tryRun({}, { times: 9, seed: 1, signal: AbortSignal.abort() });
    expect(steps).toBe(1);
  });
});

describe("a model", () => {
  const model = () =>
    gan({
      latent: 8,
      generator: L.sequential(
        L.dense(8 * 8 * 16),
        L.reshape(8, 8, 16),
        L.batchNorm(),
        L.relu(),
        L.conv2d(16, 3, { padding: 1 }),
        L.tanh(),
      ),
      discriminator: L.sequential(L.flatten(), L.dense(1)),
    });
  const shape = [8, 8, 16];
  const records = Float32Array.from({ length: 32 * 1024 }, (_, i) => Math.sin(i * i));

  test("samples after each of two trainings as in a fresh runtime", async () => {
    const data = dataset({ name: "waves", records, shape, range: [-1, 1] });
    const train = async (runtime: Runtime, one: ReturnType<typeof model>, steps: number) => {
      const training = one.train(runtime, data, { steps, batchSize: 16, seed: 4 });
      await training.done;
      return training.model;
    };
    const sampled = async (trained: Awaited<ReturnType<typeof train>>) =>
      String((await trained.sample(48, { seed: 2 })).data);
    const runtime = await createRuntime({ threads: 2 });
    const one = model();
    const trained = await train(runtime, one, 2);
    const seen = [await sampled(trained), await sampled(trained)];
    await train(runtime, one, 3);
    seen.push(await sampled(trained), await sampled(trained));
    await runtime.close();
    for (const [at, steps] of [2, 2, 3, 3].entries()) {
      const fresh = await createRuntime({ threads: 1 });
      expect(await sampled(await train(fresh, model(), steps))).toBe(seen[at]);
      await fresh.close();
    }
    expect(seen[0]).not.toBe(seen[2]);
  });
});

describe("memory", () => {
  const filters = (name: string) => variable({ name, shape: [3, 3, 64, 64], initializer: initializers.heNormal });
  /** Keeps 590 kB of transformed weights, four times the filter. */
  const convolution = (runtime: Runtime, filter: Variable) =>
    runtime.compile(() => ({ outputs: { y: conv2d(randomNormal([8, 16, 16, 64]), filter, { padding: 1 }) } }));
  const bytesIn = (runtime: Runtime) => runtime.exclusive(async () => runtime.heap.use.bytes);

  test("is freed with the program", async () => {
    const runtime = await createRuntime({ threads: 1 });
    const filter = filters("f");
    await runtime.read(filter);
    const before = await bytesIn(runtime);
    const program = convolution(runtime, filter);
    const kept = program.compiled().invariant?.kept.bytes as number;
    expect(kept).toBe(4 * 4 * filter.size);
    await program.run();
    expect(await bytesIn(runtime)).toBeGreaterThan(before + kept);
    program.release();
    expect(await bytesIn(runtime)).toBe(before);
    await runtime.close();
  });

  test("is taken from programs that ran earlier if the host has no more, and the bits stay the same", async () => {
    const plenty = await createRuntime({ threads: 1, seed: 1 });
    const filter = filters("f");
    const wanted = String((await convolution(plenty, filter).run({}, { seed: 1 })).y.data);
    const enough = (await bytesIn(plenty)) + 2 ** 20;
    await plenty.close();
    const runtime = await createRuntime({
      threads: 1,
      seed: 1,
      memory: heapStart(1) + Math.ceil(enough / pageBytes) * pageBytes,
    });
    const programs = Array.from({ length: 5 }, () => convolution(runtime, filter));
    for (let round = 0; round < 3; round++)
      for (const program of programs) expect(String((await program.run({}, { seed: 1 })).y.data)).toBe(wanted);
    expect(await bytesIn(runtime)).toBeLessThan(enough);
    for (const program of programs) program.release();
    await runtime.close();
  });

  test("that another program had in between holds nothing, also at the same address", async () => {
    const runtime = await createRuntime({ threads: 1, deterministic: true });
    const w = weights();
    const program = sampler(runtime, w);
    const first = await sample(program);
    await runtime.exclusive(async () => {
      const { heap, engine } = runtime;
      const other = heap.hold({});
      const { address, bytes } = await heap.keptFor(other, 2 ** 27, "kept"); // the program has lost its memory
      heap.giveBack(other);
      const mine = heap.hold({});
      const again = await heap.keptFor(mine, 4 * size * size, "kept");
      expect(again.address).toBeLessThan(address + bytes);
      await engine.write(again.address, new Uint8Array(again.bytes).fill(63));
      heap.giveBack(mine);
    });
    expect(await sample(program)).toEqual(first);
    await runtime.close();
  });

  test("of all programs has a limit; beyond, the program that runs has some alone", async () => {
    const runtime = await createRuntime({ threads: 1 });
    await runtime.exclusive(async () => {
      const { heap } = runtime;
      const holdings = Array.from({ length: 6 }, () => heap.hold({}));
      const large = 30_000_000; // four fit into the limit of 134 MB
      const blocks = [];
      for (const one of holdings.slice(0, 4)) blocks.push(await heap.keptFor(one, large, "kept"));
      expect(await heap.keptFor(holdings[0], large, "kept")).toBe(blocks[0]);
      expect(holdings.map(({ kept }) => kept !== undefined)).toEqual([true, true, true, true, false, false]);
      await heap.keptFor(holdings[4], large, "kept");
      expect(holdings.map(({ kept }) => kept !== undefined)).toEqual([false, false, false, false, true, false]);
      await heap.keptFor(holdings[5], 2 ** 27 + 1, "kept");
      expect(holdings.map(({ kept }) => kept !== undefined)).toEqual([false, false, false, false, false, true]);
      for (const one of holdings) heap.giveBack(one);
      expect(heap.use).toEqual({ bytes: 0, variables: 0, programs: 0 });
    });
    await runtime.close();
  });
});

test("other kernels compute them again", async () => {
  const runtime = await createRuntime({ threads: 1, deterministic: true });
  const w = weights();
  const program = sampler(runtime, w);
  await sample(program);
  await runtime.exclusive(() => runtime.engine.write(runtime.addressOf(w), bytesOf(values(1))));
  // As `wide/watch.ts` does where kernels may have been wrong.
  Object.assign(runtime.engine, { build: "relaxed" });
  expect(await sample(program)).toEqual(await wanted(runtime, w));
  await runtime.close();
});
