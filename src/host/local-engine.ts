/**
 * An engine in the calling thread. `run` blocks the thread for slices of `sliceMilliseconds`, with turns of the event
 * loop between.
 */
import { Control, Layout, Status } from "../../assembly/opcode.js";
import type { EngineOptions } from "./binding.js";
import type { Engine, Lane, RunResult, StartLane } from "./engine.js";
import type { Exchanges } from "./exchanges.js";
import { OutOfMemoryError } from "../errors.js";
import { type BuildName, buildName, instantiateKernels, type Kernels } from "./kernels.js";
import { heapStart, makeMemory, pageBytes } from "./memory.js";
import { dismiss, giveUp, startLanes } from "./lanes.js";
import { hostTurn } from "./turn.js";

/** Milliseconds that lane 0 waits for other lanes before it returns to the host, which checks their progress. */
const lookEvery = 250;

/** Target milliseconds that lane 0 runs between two turns of the host's event loop. */
const sliceMilliseconds = 15;
/** Assumed work (`Header.Work`) per millisecond until the first slice is timed: below that of any machine. */
const firstRate = 500_000;
const mostBudget = 0x7fffffff;

/** How a part of a run goes. */
interface Running {
  readonly patience: number;
  readonly signal: AbortSignal | undefined;
  readonly exchanges: Exchanges | undefined;
}

/** An engine in the caller's thread, which is lane 0; its other lanes are started and ended elsewhere. */
export class KernelEngine implements Engine {
  build: BuildName;
  readonly heap: number;
  #buffer: ArrayBufferLike;
  #bytes: Uint8Array;

  /** Lanes that are ready, including this one. */
  protected serving = 1;
  /** Whether more lanes may still become ready. */
  protected expecting: boolean;
  /** Measured work per millisecond. */
  #rate = firstRate;

  /** @param lanes number of lanes that run each program once all are ready; lowered if one does not start */
  constructor(
    private kernels: Kernels,
    protected readonly memory: WebAssembly.Memory,
    public lanes: number,
  ) {
    this.build = buildName(kernels);
    this.heap = heapStart(lanes);
    this.expecting = lanes > 1;
    this.#buffer = memory.buffer;
    this.#bytes = new Uint8Array(this.#buffer);
  }

  get #control(): Int32Array {
    return new Int32Array(this.memory.buffer, Layout.Control, Control.Size);
  }

  /** A view of the current buffer, which growing replaces. */
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

  async run(
    program: number,
    times: number,
    patience: number,
    signal?: AbortSignal,
    exchanges?: Exchanges,
  ): Promise<RunResult> {
    let steps = 0;
    // While lanes are still starting: parts of 1, 2, 4, … iterations, because lanes can join between them only.
    for (let part = 1; ; part *= 2) {
      while (this.serving < this.lanes && this.#hasCome(this.serving)) this.serving++;
      const wanted = signal?.aborted ? 1 : this.expecting && this.serving < this.lanes ? part : times;
      if (exchanges) exchanges.step = steps;
      const result = await this.#runPart(program, Math.min(wanted, times - steps), { patience, signal, exchanges });
      if (exchanges?.failed) throw exchanges.failed.error;
      steps += result.steps;
      if (result.status === Status.Stopped) return { ...result, status: Status.Done, steps };
      if (result.status !== Status.Done || steps === times) return { ...result, steps };
      await hostTurn();
      if (signal?.aborted) return { ...result, steps };
    }
  }

  async #runPart(program: number, times: number, { patience, signal, exchanges }: Running): Promise<RunResult> {
    const control = this.#control;
    control[Control.Lanes] = this.serving;
    control[Control.Look] = patience > 0 ? Math.min(lookEvery, patience) : lookEvery;
    // Summed from intervals, not read from the clock: if the whole process was suspended, that time does not count.
    let silence = 0;
    let beats = this.#beats();
    let status = this.#slice(() => this.kernels.run(program, times));
    let turned = performance.now();
    while (status === Status.Waiting || status === Status.Paused || status === Status.Exchange) {
      if (status === Status.Exchange) {
        const pending = exchanges?.next(this.memory);
        if (pending) await pending;
        if (exchanges?.failed) Atomics.compareExchange(control, Control.Status, Status.Done, Status.Stopped);
      }
      if (status !== Status.Exchange || performance.now() - turned > sliceMilliseconds) {
        await hostTurn();
        turned = performance.now();
      }
      if (status === Status.Waiting) {
        const now = this.#beats();
        silence = now === beats ? silence + control[Control.Look] : 0;
        beats = now;
        if (patience > 0 && silence >= patience) giveUp(this.memory);
      } else silence = 0;
      if (signal?.aborted) Atomics.compareExchange(control, Control.Status, Status.Done, Status.Stopped);
      status = this.#slice(() => this.kernels.resume());
    }
    // A run that ends early has finished its current iteration.
    const steps = status === Status.Done ? times : control[Control.FailedStep] + 1;
    return { status, steps, command: control[Control.FailedId] };
  }

  /** Runs lane 0 for about `sliceMilliseconds`, and measures the work per millisecond for the next slice. */
  #slice(run: () => Status): Status {
    const budget = Math.min(mostBudget, Math.ceil(this.#rate * sliceMilliseconds));
    this.#control[Control.Budget] = budget;
    const begin = performance.now();
    const status = run();
    const milliseconds = performance.now() - begin;
    // On hosts whose clock does not advance while code runs, slices grow until each is a whole run.
    if (status === Status.Paused) this.#rate = Math.min(budget / Math.max(milliseconds, 1e-3), 4 * this.#rate);
    return status;
  }

  async change(module: WebAssembly.Module, build: BuildName): Promise<void> {
    this.kernels = await instantiateKernels(module, this.memory, build);
    this.build = build;
  }

  async close(): Promise<void> {
    dismiss(this.memory, this.lanes);
  }

  #beat(lane: number): number {
    return Atomics.load(new Int32Array(this.memory.buffer, Layout.Beats + lane * Layout.BeatBytes, 1), 0);
  }

  /** Changes whenever another lane makes progress. */
  #beats(): number {
    let sum = 0;
    for (let lane = 1; lane < this.serving; lane++) sum += this.#beat(lane);
    return sum;
  }

  /** Whether a lane is ready, which its first beat shows. Lanes join in the order of their numbers. */
  #hasCome(lane: number): boolean {
    return this.#beat(lane) !== 0;
  }
}

/** An engine in the caller's thread whose other lanes are workers that it starts and ends. */
export class LocalEngine extends KernelEngine {
  private started: readonly Promise<Lane>[] = [];

  /**
   * Creates the memory and starts the other lanes in parallel. If `complete` is false they start one event-loop turn
   * later: a thread takes as long to start as the first program to compile, and the two would compete for the cores.
   */
  static async start(
    { module, build, lanes, memory: limit, complete, report }: EngineOptions,
    startLane?: StartLane,
  ): Promise<LocalEngine> {
    const loaded = await module;
    const memory = makeMemory(lanes, lanes > 1, limit);
    // First: a module of another build throws here, before any lane starts.
    const kernels = await instantiateKernels(loaded, memory, build);
    const missing = (lane: number, error: Error) => {
      engine.lanes = Math.min(engine.lanes, lane);
      report(`fewer lanes than requested: ${error.message}`);
    };
    const started = startLanes({ module: loaded, memory, lanes, complete, missing }, startLane);
    const engine = new LocalEngine(kernels, memory, lanes);
    engine.started = started;
    Promise.allSettled(started).then(() => {
      engine.expecting = false;
    });
    try {
      if (!complete) return engine;
      await Promise.all(started);
      engine.serving = lanes;
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  override async change(module: WebAssembly.Module, build: BuildName): Promise<void> {
    // Throws before the lanes are asked to leave.
    await instantiateKernels(module, this.memory, build);
    if (this.started.length > 0)
      await (await import("./change-lanes.js")).changeLanes(module, this.memory, this.started);
    await super.change(module, build);
  }

  override async close(): Promise<void> {
    // Those, too, that are missing from `lanes` because an earlier one did not start.
    dismiss(this.memory, 1 + this.started.length);
    for (const lane of await Promise.allSettled(this.started))
      if (lane.status === "fulfilled") await lane.value.terminate();
  }
}
