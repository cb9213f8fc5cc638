// What a host may do to a runtime: end a lane in the middle of a step, refuse memory, give little of it.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Header, Layout, Opcode, Status } from "#assembly/opcode";
import { binding, createRuntime, datasets, gan, layers, mean, tanh } from "#binding";
import { edgeBinding } from "#bindings/edge-host";
import type { Lane, StartLane } from "#src/host/engine";
import { LocalEngine } from "#src/host/local-engine";
import { makeMemory, pageBytes } from "#src/host/memory";
import { Runtime } from "#src/host/runtime";
import { root } from "../../scripts/host.js";

const waited = { complete: true, report: () => undefined };
const threads = new WebAssembly.Module(readFileSync(join(root, "dist/kernels/simd-threads.wasm")));
const endAlone = new Uint8Array(Int32Array.of(Opcode.End, Header.Size, 0, 0, 0).buffer);

/** What these lanes are not asked for. */
const unasked = { leave: async () => undefined, enter: async () => undefined };

const firstLane = (runtime: Runtime) => (runtime.engine as unknown as { started: Promise<Lane>[] }).started[0];

/** Starts a worker from a script, given the lane's module and memory, as a lane; it says when it is ready. */
const laneFrom =
  (source: string): StartLane =>
  async (module, memory, lane) => {
    const address = Layout.Beats + lane * Layout.BeatBytes;
    const worker = new Worker(source, { eval: true, workerData: { module, memory, lane, address } });
    const ended = once(worker, "exit");
    await once(worker, "message");
    return { ...unasked, terminate: async () => void (await worker.terminate()), ended };
  };

describe("a lane that is ended in the middle of a step", () => {
  test("ends a training with a typed error within 2 s, and the runtime is closed", async () => {
    const runtime = await createRuntime({ threads: 3 });
    const model = gan({
      latent: 64,
      generator: layers.sequential(layers.dense(256), layers.leakyRelu(), layers.dense(784)),
      discriminator: layers.sequential(layers.dense(256), layers.leakyRelu(), layers.dense(1)),
    });
    const data = datasets.from({ records: new Float32Array(100 * 784), shape: [784] });
    const training = model.train(runtime, data, { steps: 1_000_000 });
    let killed = Number.POSITIVE_INFINITY;
    const watched = (async () => {
      for await (const { step } of training) {
        if (step < 100 || killed < Number.POSITIVE_INFINITY) continue;
        const lane = await firstLane(runtime);
        // In the turn in which the next quarter of a second of steps begins: the thread ends while they run.
        setTimeout(() => {
          killed = performance.now();
          void lane.terminate();
        });
      }
    })();
    await expect(watched).rejects.toMatchObject({
      name: "HostError",
      code: "ERR_LANE_LOST",
      hint: expect.stringContaining("new runtime"),
    });
    expect(performance.now() - killed).toBeLessThan(2000);
    await expect(training.model.sample(1)).rejects.toMatchObject({ code: "ERR_CLOSED" });
    await runtime.close();
  });

  test("a lane that lives is waited for, though it stands still for 3 s", async () => {
    const engine = await LocalEngine.start(
      { module: threads, build: "simd-threads", lanes: 2, memory: 2 ** 30, ...waited },
      laneFrom(`
        const { parentPort, workerData: { module, memory, lane, address } } = require("node:worker_threads");
        const { serve } = new WebAssembly.Instance(module, { env: { memory } }).exports;
        parentPort.postMessage("ready");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
        serve(lane);`),
    );
    await engine.write(engine.heap, endAlone);
    const start = performance.now();
    expect(await engine.run(engine.heap, 100, 30_000)).toMatchObject({ status: Status.Done });
    expect(performance.now() - start).toBeGreaterThan(2500);
    await engine.close();
  });

  test("a lane that is slow but moves is waited for, and only then given up", async () => {
    // A lane that never arrives, but counts for a second as if it worked.
    const engine = await LocalEngine.start(
      { module: threads, build: "simd-threads", lanes: 2, memory: 2 ** 30, ...waited },
      laneFrom(`
        const { parentPort, workerData: { memory, address } } = require("node:worker_threads");
        parentPort.postMessage("ready");
        const still = new Int32Array(new SharedArrayBuffer(4));
        for (const end = performance.now() + 1000; performance.now() < end; Atomics.wait(still, 0, 0, 20))
          Atomics.add(new Int32Array(memory.buffer, address, 1), 0, 1);
        Atomics.wait(still, 0, 0);`),
    );
    await engine.write(engine.heap, endAlone);
    const start = performance.now();
    expect(await engine.run(engine.heap, 1, 500)).toMatchObject({ status: Status.LaneLost });
    expect(performance.now() - start).toBeGreaterThan(1200);
    await engine.close();
  });
});

describe("memory that is refused", () => {
  const { Memory } = WebAssembly;
  afterEach(() => {
    WebAssembly.Memory = Memory;
  });

  /** Makes a host that gives no memory that may grow above `most` pages; the list fills with what was asked for. */
  function refuse(most: number): number[] {
    const asked: number[] = [];
    WebAssembly.Memory = class extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        asked.push(descriptor.maximum as number);
        if ((descriptor.maximum as number) > most) throw new RangeError("could not allocate memory");
        super(descriptor);
      }
    };
    return asked;
  }

  test("is asked for again, smaller", () => {
    const asked = refuse(5000);
    expect(makeMemory(2, true, 2 ** 30).buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(asked).toEqual([16384, 8192, 4096]);
  });

  test("altogether, is an error with a hint", () => {
    refuse(0);
    const error = (() => {
      try {
        return makeMemory(2, true, 2 ** 30);
      } catch (error) {
        return error;
      }
    })();
    expect(error).toMatchObject({
      name: "OutOfMemoryError",
      code: "ERR_OUT_OF_MEMORY",
      message: expect.stringContaining("shared memory"),
      hint: expect.stringContaining("threads"),
    });
  });

  test("beyond a limit, names the limit's program", async () => {
    const runtime = await createRuntime({ threads: 1, memory: 4 * 2 ** 20 });
    const program = runtime.compile(({ input }) => ({ outputs: { y: tanh(input("x", [4096, 1024])) } }));
    await expect(program.run({ x: new Float32Array(4096 * 1024) })).rejects.toMatchObject({
      code: "ERR_OUT_OF_MEMORY",
    });
    await runtime.close();
    await expect(createRuntime({ memory: 10 })).rejects.toThrow(
      /memory must be a number of bytes from \d+ to 4294967296, found 10/,
    );
  });
});

describe("hosts that have less", () => {
  afterEach(() => vi.unstubAllGlobals());

  test("no WebAssembly", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    await expect(createRuntime()).rejects.toMatchObject({
      code: "ERR_NO_WASM",
      exitCode: 6,
      hint: expect.stringContaining("browser"),
    });
  });

  test("no SIMD", async () => {
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    await expect(createRuntime()).rejects.toMatchObject({
      code: "ERR_NO_SIMD",
      hint: expect.stringContaining("Safari 16.4"),
    });
    vi.restoreAllMocks();
  });

  test("numbers with the most significant byte first", async () => {
    vi.stubGlobal("Uint16Array", {
      of: (value: number) => ({ buffer: Uint8Array.of(value >> 8, value & 255).buffer }),
    });
    await expect(createRuntime()).rejects.toMatchObject({
      code: "ERR_BIG_ENDIAN",
      message: "host: the byte order must be little-endian, found big-endian",
      hint: expect.stringContaining("arm64"),
    });
  });

  test("no shared memory: one lane, and the reason", async () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    const runtime = await createRuntime({ threads: 2 });
    expect(runtime.info).toMatchObject({ lanes: 1 });
    expect(runtime.info.reasons.join()).toMatch(/one lane only: memory cannot be shared here .*COOP/);
    await runtime.close();
  });

  test("the edge: one lane, no compilation, 112 MiB", async () => {
    const module = (build: string) => new WebAssembly.Module(readFileSync(join(root, `dist/kernels/${build}.wasm`)));
    const simd = module("simd");
    // Node 20 does not know relaxed SIMD.
    const hasRelaxed = WebAssembly.validate(readFileSync(join(root, "dist/kernels/relaxed.wasm")));
    const edge = edgeBinding({ simd, relaxed: hasRelaxed ? module("relaxed") : simd });
    const compile = vi
      .spyOn(WebAssembly, "compile")
      .mockRejectedValue(new WebAssembly.CompileError("code generation disallowed"));
    const runtime = await Runtime.create(edge, { threads: 4 });
    expect(compile).not.toHaveBeenCalled();
    expect(runtime.info).toMatchObject({ host: "edge", lanes: 1 });
    expect(runtime.info.reasons.join()).toContain("edge runtimes cannot start workers");
    expect(runtime.info.reasons.join()).not.toContain("wide");
    const asked = await Runtime.create(edge, { wide: true });
    expect(asked.info.build).toBe(hasRelaxed ? "relaxed" : "simd");
    expect(asked.info.reasons.join()).toContain(
      `wide is off: ${hasRelaxed ? "edge runtimes choose the flags of their engine" : "relaxed SIMD is off"}`,
    );
    await asked.close();
    const [large, small] = [2 ** 25, 2 ** 20].map((length) =>
      runtime.compile(({ input }) => ({ outputs: { y: mean(input("x", [length])) } })),
    );
    await expect(large.run({ x: new Float32Array(2 ** 25) })).rejects.toMatchObject({ code: "ERR_OUT_OF_MEMORY" });
    expect((await small.run({ x: new Float32Array(2 ** 20).fill(2) })).y.item()).toBe(2);
    await runtime.close();
    vi.restoreAllMocks();
  });

  test("lanes that are not waited for join as they come, or are missed by name", async () => {
    const reasons: string[] = [];
    const come: (() => void)[] = [];
    const report = (reason: string) => reasons.push(reason);
    const engine = await LocalEngine.start(
      { module: threads, build: "simd-threads", lanes: 3, memory: 2 ** 30, complete: false, report },
      async (_, memory, lane) => {
        if (lane === 2) throw new Error("no more workers");
        await new Promise<void>((resolve) => come.push(resolve));
        Atomics.store(new Int32Array(memory.buffer, Layout.Beats + lane * Layout.BeatBytes, 1), 0, 1);
        return { ...unasked, terminate: () => undefined };
      },
    );
    await engine.write(engine.heap, endAlone);
    // Lanes are started, and could join, in the turns between the parts of a run.
    expect(await engine.run(engine.heap, 1000, 100)).toMatchObject({ status: Status.Done });
    expect(come.length).toBe(1);
    come[0]();
    await new Promise(setImmediate);
    // It is counted in now, and as it does nothing, it is missed.
    expect(await engine.run(engine.heap, 1, 100)).toMatchObject({ status: Status.LaneLost });
    expect(reasons).toEqual(["fewer lanes than requested: no more workers"]);
    expect(engine.lanes).toBe(2);
    await engine.close();
  });

  test("lanes that do not start end those that did", async () => {
    const ended: number[] = [];
    const start = LocalEngine.start(
      { module: threads, build: "simd-threads", lanes: 3, memory: 2 ** 30, ...waited },
      async (_module, _memory, lane) => {
        if (lane === 2) throw new Error("no more workers");
        return { ...unasked, terminate: () => void ended.push(lane) };
      },
    );
    await expect(start).rejects.toThrow("no more workers");
    expect(ended).toEqual([1]);
    expect(pageBytes).toBe(65536);
    expect(binding.host).toBe("node");
  });
});
