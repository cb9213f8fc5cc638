/** An engine that runs in a worker, so that the calling thread never blocks; its other lanes are workers too. */
import type { EngineOptions } from "../src/host/binding.js";
import { HostError } from "../src/errors.js";
import type { Engine, RunResult } from "../src/host/engine.js";
import type { Exchanges } from "../src/host/exchanges.js";
import type { BuildName } from "../src/host/kernels.js";
import { dismiss, giveUp } from "../src/host/lanes.js";
import { makeMemory } from "../src/host/memory.js";
import type { Role } from "./messages.js";
import type { Thread } from "./web-worker.js";

/** Starts a worker, and gives it its role once that is known. */
export type StartThread = (role: Role | Promise<Role>) => Promise<{ thread: Thread; started: unknown }>;

/** An engine in a worker, which answers by messages; its lanes run in more workers. */
export class WorkerEngine implements Engine {
  #closed = false;

  private constructor(
    private readonly thread: Thread,
    private readonly others: readonly Promise<Thread>[],
    public build: BuildName,
    private readonly memory: WebAssembly.Memory | undefined,
    readonly heap: number,
    public lanes: number,
  ) {}

  static async start(options: EngineOptions, startThread: StartThread): Promise<WorkerEngine> {
    const { build: wanted, lanes, memory: limit, complete, report } = options;
    const shared = lanes > 1 ? { memory: makeMemory(lanes, true, limit) } : {};
    const loading = Promise.resolve(options.module);
    const role = loading.then((module): Role => ({ role: "engine", module, build: wanted, lanes, limit, ...shared }));
    // The worker starts while the kernels load. If they fail, that is the error, whatever becomes of the worker.
    const [module, { thread, started }] = await Promise.all([loading, startThread(role)]);
    const { build, heap } = started as { build: BuildName; heap: number };
    const { memory } = shared;
    const others: Promise<Thread>[] = [];
    for (let lane = 1; memory && lane < lanes; lane++) {
      const other = startThread({ role: "lane", module, memory, lane }).then((lane) => lane.thread);
      other.then(
        ({ ended }) => ended.then(() => giveUp(memory)),
        (error: Error) => {
          if (complete || engine.#closed) return;
          engine.lanes = Math.min(engine.lanes, lane);
          report(`fewer lanes than requested: ${error.message}`);
        },
      );
      others.push(other);
    }
    const engine = new WorkerEngine(thread, others, build, memory, heap, lanes);
    try {
      if (complete) await Promise.all(others);
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  async reserve(bytes: number): Promise<void> {
    await this.thread.call("reserve", [bytes]);
  }

  async size(): Promise<number> {
    return (await this.thread.call("size", [])) as number;
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    const copy = new Uint8Array(bytes);
    await this.thread.call("write", [address, copy], [copy.buffer]);
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    return (await this.thread.call("read", [address, length])) as Uint8Array;
  }

  async run(
    program: number,
    times: number,
    patience: number,
    signal?: AbortSignal,
    exchanges?: Exchanges,
  ): Promise<RunResult> {
    if (exchanges)
      throw new HostError("run: kernels must be in the calling thread for a group of ranks, found a worker", {
        hint: "train in a group on Node, Deno or Bun",
      });
    const count = signal?.aborted ? 1 : times;
    const result = this.thread.call("run", [program, count, patience, signal !== undefined]);
    if (!signal) return (await result) as RunResult;
    const stop = () => void this.thread.call("stop", []).catch(() => undefined);
    signal.addEventListener("abort", stop);
    try {
      return (await result) as RunResult;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async change(module: WebAssembly.Module, build: BuildName): Promise<void> {
    if (this.memory) await (await import("../src/host/change-lanes.js")).changeLanes(module, this.memory, this.others);
    await this.thread.call("change", [module, build]);
    this.build = build;
  }

  async close(): Promise<void> {
    this.#closed = true;
    // WebKit keeps the thread of a terminated worker that waits in the kernels, and soon starts no others.
    // All lanes, also those that are missing from `lanes` because an earlier one did not start.
    if (this.memory) dismiss(this.memory, 1 + this.others.length);
    this.thread.terminate();
    for (const other of await Promise.allSettled(this.others))
      if (other.status === "fulfilled") other.value.terminate();
  }
}
