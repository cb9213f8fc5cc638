/** An engine in the calling thread. Its calls block while they run; they return promises because the interface does. */
import { Control, Layout, Status } from "../../assembly/opcode.js";
import type { EngineOptions } from "./binding.js";
import type { Engine, Lane, RunResult, StartLane } from "./engine.js";
import { OutOfMemoryError } from "../errors.js";
import { type BuildName, buildName, instantiateKernels, type Kernels } from "./kernels.js";
import { heapStart, makeMemory, pageBytes } from "./memory.js";
import { hostTurn } from "./turn.js";

/** Milliseconds that lane 0 waits for other lanes before the host checks them. */
const lookEvery = 250;

/** Milliseconds that lane 0 runs before it yields to the host's event loop. */
const sliceMilliseconds = 15;
/**
 * Initial estimate of work (`Header.Work`) per millisecond, before the first slice is timed: below the speed of any
 * computer.
 */
const firstRate = 500_000;
const mostBudget = 0x7fffffff;

const startsNone: StartLane = () => Promise.reject(new Error("engine: this host cannot start lanes"));

/** Marks a lane on a memory as lost: the lanes that wait for it end, and so do the runs of its engine. */
export function giveUp(memory: WebAssembly.Memory): void {
  const control = new Int32Array(memory.buffer, Layout.Control, Control.Size);
  Atomics.store(control, Control.Lost, 1);
  Atomics.notify(control, Control.Phase);
}

export class LocalEngine implements Engine {
  readonly build: BuildName;
  readonly heap: number;
  #buffer: ArrayBufferLike;
  #bytes: Uint8Array;

  /** Number of serving lanes, including this one. */
  #serving = 1;
  /** Whether more lanes may still join. */
  #expecting: boolean;
  /** Measured work per millisecond. */
  #rate = firstRate;

  /**
   * @param lanes lanes that run each program, once they have joined
   * @param started those lanes that this engine starts and ends
   */
  constructor(
    private readonly kernels: Kernels,
    private readonly memory: WebAssembly.Memory,
    readonly lanes: number,
    private readonly started: readonly Promise<Lane>[] = [],
  ) {
    this.build = buildName(kernels);
    this.heap = heapStart(lanes);
    this.#expecting = lanes > 1;
    this.#buffer = memory.buffer;
    this.#bytes = new Uint8Array(this.#buffer);
  }

  /**
   * Creates the memory and starts the other lanes concurrently. If the caller does not wait for them (`complete`), they
   * start one event loop tick later: starting a thread takes as long as compiling the first program, and would compete
   * for the cores.
   */
  static async start(
    { module, build, lanes, memory: limit, complete, report }: EngineOptions,
    startLane: StartLane = startsNone,
  ): Promise<LocalEngine> {
    const memory = makeMemory(lanes, lanes > 1, limit);
    // Before any lane starts, because a wrong build must not start any.
    const kernels = instantiateKernels(module, memory, build);
    const control = new Int32Array(memory.buffer, Layout.Control, Control.Size);
    const startLate: StartLane = async (...lane) => {
      await hostTurn();
      if (Atomics.load(control, Control.Quit)) throw new Error("the runtime was closed");
      return startLane(...lane);
    };
    const start = complete ? startLane : startLate;
    const started = Array.from({ length: lanes - 1 }, (_, index) => start(module, memory, index + 1));
    const engine = new LocalEngine(kernels, memory, lanes, started);
    for (const lane of started) {
      lane.then(
        ({ ended }) => ended?.then(() => giveUp(memory)),
        // A lane that fails after the runtime was closed is not reported.
        (error: Error) =>
          complete || Atomics.load(control, Control.Quit) || report(`fewer lanes than requested: ${error.message}`),
      );
    }
    Promise.allSettled(started).then(() => {
      engine.#expecting = false;
    });
    try {
      if (!complete) return engine;
      await Promise.all(started);
      engine.#serving = lanes;
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  get #control(): Int32Array {
    return new Int32Array(this.memory.buffer, Layout.Control, Control.Size);
  }

  /** A view of the current memory: growing replaces the buffer. */
  get #view(): Uint8Array {
    if (this.memory.buffer !== this.#buffer) {
      this.#buffer = this.memory.buffer;
      this.#bytes = new Uint8Array(this.#buffer);
    }
    return this.#bytes;
  }

  async reserve(bytes: number): Promise<void> {
    const missing = Math.ceil((bytes - this.memory.buffer.byteLength) / pageBytes);
    if (missing <= 0) return;
    try {
      this.memory.grow(missing);
    } catch (cause) {
      throw new OutOfMemoryError(`out of memory: the WebAssembly memory cannot grow to ${bytes} bytes`, { cause });
    }
  }

  async size(): Promise<number> {
    return this.memory.buffer.byteLength;
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    this.#view.set(bytes, address);
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    return this.#view.slice(address, address + length);
  }

  async run(program: number, times: number, patience: number, signal?: AbortSignal): Promise<RunResult> {
    let steps = 0;
    // In parts, so that lanes can join in between.
    for (let part = 1; ; part *= 2) {
      while (this.#serving < this.lanes && this.#hasCome(this.#serving)) this.#serving++;
      const wanted = signal?.aborted ? 1 : this.#expecting && this.#serving < this.lanes ? part : times;
      const result = await this.#runPart(program, Math.min(wanted, times - steps), patience, signal);
      steps += result.steps;
      if (result.status === Status.Stopped) return { ...result, status: Status.Done, steps };
      if (result.status !== Status.Done || steps === times) return { ...result, steps };
      await hostTurn();
      if (signal?.aborted) return { ...result, steps };
    }
  }

  async #runPart(program: number, times: number, patience: number, signal?: AbortSignal): Promise<RunResult> {
    const control = this.#control;
    control[Control.Lanes] = this.#serving;
    control[Control.Look] = patience > 0 ? Math.min(lookEvery, patience) : lookEvery;
    // Silence is counted in checks, not by the clock: after a suspension of the whole process, several checks are still
    // needed.
    let silence = 0;
    let beats = this.#beats();
    let status = this.#slice(() => this.kernels.run(program, times));
    while (status === Status.Waiting || status === Status.Paused) {
      await hostTurn();
      if (status === Status.Waiting) {
        const now = this.#beats();
        silence = now === beats ? silence + control[Control.Look] : 0;
        beats = now;
        if (patience > 0 && silence >= patience) giveUp(this.memory);
      } else silence = 0;
      if (signal?.aborted) Atomics.compareExchange(control, Control.Status, Status.Done, Status.Stopped);
      status = this.#slice(() => this.kernels.resume());
    }
    // A run that stops early stops at the end of a step.
    const steps = status === Status.Done ? times : control[Control.FailedStep] + 1;
    return { status, steps, command: control[Control.FailedId] };
  }

  /** Runs lane 0 for about `sliceMilliseconds`, and measures its speed. */
  #slice(run: () => Status): Status {
    const budget = Math.min(mostBudget, Math.ceil(this.#rate * sliceMilliseconds));
    this.#control[Control.Budget] = budget;
    const begin = performance.now();
    const status = run();
    const milliseconds = performance.now() - begin;
    // If the clock stands still while code runs (some edge hosts), slices grow until they are whole runs.
    if (status === Status.Paused) this.#rate = Math.min(budget / Math.max(milliseconds, 1e-3), 4 * this.#rate);
    return status;
  }

  async close(): Promise<void> {
    const control = this.#control;
    Atomics.store(control, Control.Quit, 1);
    if (this.lanes > 1) {
      Atomics.add(control, Control.Job, 2);
      Atomics.notify(control, Control.Job);
    }
    for (const lane of await Promise.allSettled(this.started))
      if (lane.status === "fulfilled") await lane.value.terminate();
  }

  #beat(lane: number): number {
    return Atomics.load(new Int32Array(this.memory.buffer, Layout.Beats + lane * Layout.BeatBytes, 1), 0);
  }

  /** Sum of the other lanes' heartbeats: changes if any of them makes progress. */
  #beats(): number {
    let sum = 0;
    for (let lane = 1; lane < this.#serving; lane++) sum += this.#beat(lane);
    return sum;
  }

  /** Whether a lane has given its first heartbeat. Lanes join in the order of their numbers. */
  #hasCome(lane: number): boolean {
    return this.#beat(lane) !== 0;
  }
}
