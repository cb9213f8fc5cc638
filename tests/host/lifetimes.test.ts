/** Freed memory: when a training ends, by release(), by garbage collection, and after running out of memory. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { execFileSync } from "node:child_process";
import {
  add,
  adam,
  createRuntime,
  datasets,
  flip,
  gan,
  initializers,
  layers as L,
  literal,
  matmul,
  mul,
  randomNormal,
  rbm,
  type Runtime,
  sgd,
  vae,
  variable,
  withRange,
} from "#binding";
import { dispose } from "#src/host/disposable";
import { heapStart, pageBytes } from "#src/host/memory";
import { type Checkpoint, weightHash } from "#src/train/checkpoint";
import type { TrainOptions } from "#src/train/training";
import type { TrainedModel } from "#src/train/trained";

const released = { name: "UsageError", code: "ERR_RELEASED" };
const ring = datasets.ring({ count: 200 });
const small = (units = 32) =>
  gan({
    latent: 4,
    generator: L.sequential(L.dense(units), L.leakyRelu(), L.dense(2)),
    discriminator: L.sequential(L.dense(units), L.leakyRelu(), L.dense(1)),
  });
const train = (runtime: Runtime, options: Partial<TrainOptions> = {}, model = small()) =>
  model.train(runtime, ring, { steps: 6, batchSize: 8, seed: 1, reportEvery: 2, ...options });

/** Memory in use after all pending tasks. */
const use = (runtime: Runtime) => runtime.exclusive(async () => runtime.heap.use);

describe.each([1, 2])("with %i lanes", (threads) => {
  test("hundreds of trainings in one runtime use no more memory than three", async () => {
    const runtime = await createRuntime({ threads });
    const count = threads === 1 ? 300 : 60;
    let memory = 0;
    for (let i = 1; i <= count; i++) {
      const training = train(runtime, { steps: 2, seed: i });
      await training.done;
      await training.model.sample(4);
      training.model.release();
      if (i === 3) memory = await runtime.memory();
    }
    expect(await runtime.memory()).toBe(memory);
    expect(await use(runtime)).toEqual({ bytes: 0, variables: 0, programs: 0 });
    await runtime.close();
  });

  test("after a model ran out of memory, at any stage, a smaller one fits", async () => {
    const model = () =>
      vae({ latent: 2, encoder: L.sequential(L.flatten(), L.dense(64), L.dense(4)), decoder: L.dense(784) });
    const digits = withRange(datasets.digits({ count: 60 }), 0, 1);
    const stages = new Set<string>();
    let fits = false;
    // From too little for the parameters to enough for the training: parameters, moments, scratch, statics, commands,
    // batches.
    for (let pages = 6; !fits; pages++) {
      const runtime = await createRuntime({ threads, memory: heapStart(threads) + pages * pageBytes });
      const training = model().train(runtime, digits, { steps: 1, batchSize: 32 });
      const failure = await training.done.then(
        () => undefined,
        (error) => error,
      );
      if (failure) {
        expect(failure).toMatchObject({ code: "ERR_OUT_OF_MEMORY" });
        stages.add(/out of memory: (.*) needs/.exec(failure.message)?.[1] as string);
        expect(await use(runtime)).toEqual({ bytes: 0, variables: 0, programs: 0 });
        expect((await train(runtime).done).step).toBe(6);
      } else fits = true;
      await runtime.close();
      expect(pages).toBeLessThan(100);
    }
    // Each of these was refused once: two blocks of variables, the records, the scratch memory.
    expect(stages.size).toBeGreaterThan(3);
    expect([...stages].join()).toMatch(/weight.*data\/digits.*scratch memory/);
  });
});

describe("in one runtime", () => {
  let runtime: Runtime;
  beforeEach(async () => {
    runtime = await createRuntime({ threads: 1 });
  });
  afterEach(() => runtime.close());

  describe("a training that ended", () => {
    const breaks = async () => {
      const training = train(runtime, { steps: 1e9 });
      for await (const { step } of training) if (step === 4) break;
      return training;
    };
    const fails = async (options: Partial<TrainOptions>, model = small()) => {
      const training = train(runtime, options, model);
      await training.done.catch(() => undefined);
      return training;
    };
    const refuses = () => {
      throw new Error("refused");
    };
    const wild = gan({
      latent: 4,
      generator: L.dense(2),
      discriminator: L.sequential(L.dense(8), L.dense(1)),
      optimizers: { generator: adam(1e-3), discriminator: sgd(1e30) },
    });
    const ends = {
      "as planned": () => fails({}),
      "by a break": breaks,
      "by a signal": () => fails({ steps: 1e9, signal: AbortSignal.timeout(30) }),
      "before its first step": () => fails({ signal: AbortSignal.abort() }),
      "by an error of onEvent": () => fails({ onEvent: refuses }),
      "by an error of onCheckpoint": () => fails({ checkpointEvery: 2, onCheckpoint: refuses }),
      "by divergence": () => fails({ steps: 100 }, wild),
    };
    test.each(Object.entries(ends))("%s keeps only its model's parameters in memory", async (_, run) => {
      const before = await use(runtime);
      const training = await run();
      const { variables } = training.model.family;
      const after = await use(runtime);
      expect(after.programs).toBe(before.programs);
      expect(after.variables - before.variables).toBe(variables.length);
      expect((await training.model.sample(3, { untrained: true })).data.every(Number.isFinite)).toBe(true);
      expect((await training.checkpoint()).tensors.size).toBeGreaterThan(variables.length);
      training.model.release();
      expect(await use(runtime)).toEqual(before);
    });

    const points = (read: (indices: Int32Array) => Promise<Float32Array>) =>
      datasets.stream({ name: "points", stream: { read }, count: 100, shape: [2], dtype: "f32", bufferBytes: 1000 });

    test("without data for its first step frees everything", async () => {
      const before = await use(runtime);
      const broken = points(() => Promise.reject(new Error("no such disk")));
      const failing = small().train(runtime, broken, { steps: 3, batchSize: 8 });
      await expect(failing.done).rejects.toThrow("no such disk");
      expect(await use(runtime)).toEqual(before);
      await expect(failing.model.sample(1)).rejects.toMatchObject(released);
      await expect(failing.checkpoint()).rejects.toThrow("the training has not started");
      failing.model.release();
    });

    test("frees the block of records that were read from a stream", async () => {
      const before = await use(runtime);
      const training = small().train(
        runtime,
        points(async (indices) => Float32Array.from({ length: 2 * indices.length }, (_, i) => indices[i >> 1] / 100)),
        { steps: 30, batchSize: 8 },
      );
      await training.done;
      expect((await use(runtime)).variables - before.variables).toBe(training.model.family.variables.length);
      training.model.release();
      expect(await use(runtime)).toEqual(before);
    });

    test("can still make a checkpoint after its model was changed or released", async () => {
      const saved: Checkpoint[] = [];
      const model = small();
      const training = train(runtime, { onCheckpoint: async (one) => void saved.push(one) }, model);
      const { weightHash: wanted } = await training.done;
      const first = await training.checkpoint();
      expect(await weightHash(first.tensors)).toBe(wanted);
      expect(await weightHash(saved[0].tensors)).toBe(wanted);
      for (const { data } of first.tensors.values()) data.fill(9);
      await train(runtime, { seed: 2 }, model).done;
      training.model.release();
      expect(await weightHash((await training.checkpoint()).tensors)).toBe(wanted);
      const further = await train(runtime, { steps: 12, resume: await training.checkpoint() }).done;
      expect(further.weightHash).toBe((await train(runtime, { steps: 12 }).done).weightHash);
    });

    test("keeps the optimizer's values only in the checkpoint", async () => {
      const training = train(runtime);
      await training.done;
      const moment = training.variables.find(({ name }) => name.startsWith("optimizer/"));
      await expect(runtime.read(moment as never)).rejects.toMatchObject(released);
    });
  });

  describe("a trained model", () => {
    const bits = datasets.bars({ size: 3 });
    const uses: Record<string, (model: never) => Promise<unknown>> = {
      gan: (model: TrainedModel) => model.sample(2),
      vae: async (model: Awaited<ReturnType<typeof trainedVae>>) => {
        await model.sample(2);
        await model.sample(2, { means: false });
        await model.encode([1, 0]);
        await model.decode([0, 0], { seed: 1 });
        await model.reconstruct([1, 0]);
        await model.logLikelihood([1, 0], { k: 10 });
      },
      rbm: async (model: Awaited<ReturnType<typeof trainedRbm>>) => {
        await model.sample(2, { burnIn: 2 });
        await model.inpaint(new Float32Array(9), [1, 1, 1, 0, 0, 0, 1, 1, 1], { sweeps: 2 });
        await model.freeEnergy(bits);
      },
    };
    const trainedGan = async () => {
      const training = train(runtime);
      await training.done;
      return training.model;
    };
    const trainedVae = async () => {
      const training = vae({ latent: 2, encoder: L.dense(4), decoder: L.dense(2) }).train(
        runtime,
        withRange(ring, 0, 1),
        { steps: 2 },
      );
      await training.done;
      return training.model;
    };
    const trainedRbm = async () => {
      const training = rbm({ hidden: 4, persistent: true }).train(runtime, bits, { steps: 2, batchSize: 4 });
      await training.done;
      return training.model;
    };
    const makers = { gan: trainedGan, vae: trainedVae, rbm: trainedRbm };
    test.each(Object.entries(makers))(
      "of a %s frees everything by release(), and rejects calls afterwards",
      async (kind, make) => {
        const before = await use(runtime);
        const model = await make();
        await uses[kind](model as never);
        expect((await use(runtime)).bytes).toBeGreaterThan(before.bytes);
        model.release();
        model.release();
        expect(await use(runtime)).toEqual(before);
        await expect(model.sample(1)).rejects.toMatchObject({
          ...released,
          message: `${kind}: this trained model was released`,
        });
      },
    );

    test("finishes calls made before its release, and rejects later ones", async () => {
      const before = await use(runtime);
      const model = await trainedGan();
      const samples = model.sample(300, { seed: 1 });
      model[dispose]();
      const late = model.sample(1);
      await expect(late).rejects.toMatchObject(released);
      expect((await samples).shape).toEqual([300, 2]);
      expect(await use(runtime)).toEqual(before);
    });

    test("shares its parameters with others of the same description until the last one is released", async () => {
      const before = await use(runtime);
      const model = small();
      const training = train(runtime, {}, model);
      await training.done;
      const other = model.trained(runtime, [2]);
      const wanted = (await other.sample(4)).data;
      training.model.release();
      expect((await other.sample(4)).data).toEqual(wanted);
      other.release();
      expect(await use(runtime)).toEqual(before);
      await expect(model.trained(runtime, [2]).sample(4)).rejects.toMatchObject(released);
    });

    test("released during its training does not stop the training", async () => {
      const before = await use(runtime);
      const wanted = await train(runtime).done;
      const training = train(runtime);
      for await (const { step } of training) if (step === 2) training.model.release();
      expect((await training.done).weightHash).toBe(wanted.weightHash);
      const after = await use(runtime);
      // The other training's model is not released.
      expect(after.variables - before.variables).toBe(training.model.family.variables.length);
    });

    test("can be trained again after its release, with the same bits", async () => {
      const model = small();
      const first = train(runtime, {}, model);
      const { weightHash: wanted } = await first.done;
      first.model.release();
      const second = train(runtime, {}, model);
      expect((await second.done).weightHash).toBe(wanted);
      second.model.release();
    });
  });

  describe("a program", () => {
    const table = () =>
      literal(
        Float32Array.from({ length: 5000 }, (_, i) => i),
        [5000],
      );

    test("frees its memory by release(), after pending runs", async () => {
      const before = await use(runtime);
      const program = runtime.compile(({ input }) => ({ outputs: { y: add(input("x", [5000]), table()) } }));
      const x = new Float32Array(5000).fill(1);
      const sooner = program.run({ x });
      program[dispose]();
      for (const use of [() => program.run({ x }), () => program.tryRun({ x }), () => program.profile({ x }, 1)])
        await expect(use()).rejects.toMatchObject(released);
      expect(() => program.print()).toThrow("this program was released");
      expect(() => program.compiled()).toThrow("this program was released");
      expect((await sooner).y.data[4999]).toBe(5000);
      expect(await use(runtime)).toEqual(before);
    });

    test("when released, shrinks the scratch memory to the need of the remaining programs", async () => {
      const before = await use(runtime);
      const product = (n: number) => {
        const program = runtime.compile(({ input }) => {
          const x = input("x", [n, n]);
          return { outputs: { y: matmul(matmul(x, x), x) } };
        });
        return { program, run: () => program.run({ x: new Float32Array(n * n).fill(1 / n) }) };
      };
      const few = product(4);
      await few.run();
      const one = await use(runtime);
      const many = product(256);
      await many.run();
      expect((await use(runtime)).bytes).toBeGreaterThan(one.bytes + 4 * 256 * 256);
      many.program.release();
      expect((await use(runtime)).bytes).toBeLessThanOrEqual(one.bytes);
      expect((await few.run()).y.data[0]).toBeCloseTo(1 / 4);
      few.program.release();
      expect(await use(runtime)).toEqual(before);
    });

    test("that ran out of memory frees everything, and no variable is partly initialized", async () => {
      const tight = await createRuntime({ threads: 1, memory: 4 * 2 ** 20 });
      const w = variable({ name: "w", shape: [1], initializer: initializers.normal(1) });
      const before = await use(tight);
      const large = variable({ name: "large", shape: [2 ** 20] });
      const program = tight.compile(() => ({ outputs: { y: add(large, 1), z: add(w, 1) } }));
      await expect(program.run()).rejects.toMatchObject({ code: "ERR_OUT_OF_MEMORY" });
      expect(await use(tight)).toEqual(before);
      const scratch = tight.compile(() => ({ outputs: { y: flip(add(randomNormal([2 ** 20]), w), 0) } }));
      await expect(scratch.run()).rejects.toMatchObject({ code: "ERR_OUT_OF_MEMORY" });
      expect(await use(tight)).toEqual(before);
      const wanted = (await runtime.read(w)).data;
      expect((await tight.read(w)).data).toEqual(wanted);
      await tight.close();
    });

    test("initializes its variables at the next try, if it ran out of memory before", async () => {
      // Enough memory for the values, but not for the scratch memory of the program that initializes them.
      const tight = await createRuntime({ threads: 1, memory: 4 * 2 ** 20 });
      const initializer = (shape: readonly number[]) => flip(randomNormal(shape), 0);
      const half = variable({ name: "half", shape: [300_000], initializer });
      const filler = variable({ name: "filler", shape: [200_000] });
      await tight.write(filler, new Float32Array(filler.size));
      await expect(tight.read(half)).rejects.toMatchObject({ code: "ERR_OUT_OF_MEMORY" });
      tight.release([filler]);
      const { data } = await tight.read(half);
      expect(data.slice(0, 8)).toEqual((await runtime.read(half)).data.slice(0, 8));
      expect(data.some((value) => value !== 0)).toBe(true);
      await tight.close();
    });
  });

  describe("a variable", () => {
    test("that was released cannot be used until it is written or initialized again", async () => {
      const w = variable({ name: "w", shape: [2], initializer: initializers.ones });
      const program = runtime.compile(() => ({ outputs: { y: mul(w, 2) } }));
      expect([...(await program.run()).y.data]).toEqual([2, 2]);
      runtime.release([w]);
      await expect(runtime.read(w)).rejects.toMatchObject({
        ...released,
        message: "w: its memory was released, by release() or at the end of its training",
      });
      await expect(program.run()).rejects.toMatchObject(released);
      await runtime.write(w, [3, 4]);
      expect([...(await program.run()).y.data]).toEqual([6, 8]);
      runtime.release([w]);
      await runtime.initialize([w]);
      expect([...(await program.run()).y.data]).toEqual([2, 2]);
    });

    test("that moved is found at its new address by loaded programs", async () => {
      const w = variable({ name: "w", shape: [1000], initializer: initializers.ones });
      const program = runtime.compile(() => ({ outputs: { y: mul(w, 2) }, updates: new Map([[w, add(w, 1)]]) }));
      await program.run();
      const address = await runtime.exclusive(async () => runtime.addressOf(w));
      runtime.release([w]);
      const other = variable({ name: "other", shape: [1000] });
      await runtime.read(other);
      await runtime.write(w, new Float32Array(1000).fill(5));
      // Otherwise the test would prove nothing.
      expect(await runtime.exclusive(async () => runtime.addressOf(w))).not.toBe(address);
      expect((await program.run()).y.data[999]).toBe(10);
      expect((await runtime.read(w)).data[999]).toBe(6);
      expect((await runtime.read(other)).data.every((value) => value === 0)).toBe(true);
    });
  });
});

test("`using` accepts models and programs", async () => {
  expect(dispose).toBe(Symbol.dispose ?? Symbol.for("Symbol.dispose"));
  const runtime = await createRuntime({ threads: 1 });
  const { model } = train(runtime);
  const program = runtime.compile(() => ({ outputs: { y: add(1, 2) } }));
  for (const one of [model, program] satisfies Disposable[]) one[Symbol.dispose]();
  await expect(model.sample(1)).rejects.toMatchObject(released);
  await expect(program.run()).rejects.toMatchObject(released);
  await runtime.close();
});

test("release after the runtime was closed does nothing", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const training = train(runtime);
  await training.done;
  const program = runtime.compile(() => ({ outputs: { y: add(1, 2) } }));
  await runtime.close();
  program.release();
  training.model.release();
  runtime.release(training.variables);
  expect((await training.checkpoint()).step).toBe(6);
});

test("memory of unreachable objects is freed after garbage collection", { timeout: 120_000 }, () => {
  const binding = new URL("../../dist/bindings/node.js", import.meta.url).href;
  const script = `
    import { add, createRuntime, datasets, gan, layers as L, variable } from ${JSON.stringify(binding)};
    const runtime = await createRuntime({ threads: 1 });
    const ring = datasets.ring({ count: 200 });
    const model = () => gan({ latent: 4, generator: L.sequential(L.dense(32), L.leakyRelu(), L.dense(2)), discriminator: L.dense(1) });
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
    const collected = async () => {
      for (let i = 0; i < 4; i++) {
        gc();
        await turn();
      }
      return { ...(await runtime.exclusive(async () => runtime.heap.use)), memory: await runtime.memory() };
    };
    const tasks = {
      trainings: async (seed) => {
        const training = model().train(runtime, ring, { steps: 2, batchSize: 8, seed });
        await training.done;
        await training.model.sample(4);
      },
      loops: async (seed) => {
        const events = model().train(runtime, ring, { steps: 100, batchSize: 8, seed, reportEvery: 1 })[Symbol.asyncIterator]();
        await events.next();
      },
      programs: async () => {
        const w = variable({ name: "w", shape: [1000] });
        await runtime.compile(() => ({ outputs: { y: add(w, 1) }, updates: new Map([[w, add(w, 1)]]) })).run();
      },
    };
    const found = {};
    for (const [name, task] of Object.entries(tasks)) {
      const counts = name === "trainings" ? 100 : 20;
      for (let i = 1; i <= counts; i++) {
        await task(i);
        if (i === 3) found[name] = [await collected()];
        if (i % 10 === 0) await collected();
      }
      found[name].push(await collected());
    }
    await runtime.close();
    console.log(JSON.stringify(found));
  `;
  const out = execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  const found: Record<string, { bytes: number; variables: number; programs: number; memory: number }[]> =
    JSON.parse(out);
  for (const [three, all] of Object.values(found)) {
    // At most the last one is still reachable, from a variable of the loop or an old stack slot.
    expect(all.variables).toBeLessThanOrEqual(three.variables);
    expect(all.programs).toBeLessThanOrEqual(three.programs);
    expect(all.bytes).toBeLessThanOrEqual(three.bytes);
  }
  const [three, all] = found.trainings;
  // Ten become unreachable between two collections, with 3 KB of parameters each: at most two pages of 64 KiB.
  expect(all.memory - three.memory).toBeLessThanOrEqual(2 * 65536);
});
