/** An engine in the calling thread. Its calls block while they run; the promises are those of the interface. */
import { Control, Layout, Status } from "../../assembly/opcode.js";
import type { EngineOptions } from "./binding.js";
import type { Engine, Lane, RunResult, StartLane } from "./engine.js";
import { OutOfMemoryError } from "../errors.js";
import { type BuildName, buildName, instantiateKernels, type Kernels } from "./kernels.js";
import { heapStart, makeMemory, pageBytes } from "./memory.js";
import { hostTurn } from "./turn.js";

/** Milliseconds that lane 0 waits for others between two looks of the host after them. */
const lookEvery = 250;

/** Milliseconds that lane 0 runs between two turns of the host's event loop. */
const sliceMilliseconds = 15;
/** Work (`Header.Work`) per millisecond that is assumed before the first slice was timed: less than any machine does. */
const firstRate = 500_000;
const mostBudget = 0x7fffffff;

const startsNone: StartLane = () => Promise.reject(new Error("engine: this host starts no lanes"));

/** Tells the lanes on a memory that one of them is lost: those that wait for it go, and its engine's runs end. */
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

  /** Lanes that serve already, this one included. */
  #serving = 1;
  /** Whether further ones may still come. */
  #expecting: boolean;
  /** Work per millisecond of the last slices. */
  #rate = firstRate;

  /**
   * @param lanes lanes that run each program, once they have come
   * @param started those of them that this engine starts and ends
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
   * Makes the memory and starts the further lanes, all at once. Where nobody waits for them they start a turn later: a
   * thread's start takes as long as the first program's compilation, and would share the cores with it.
   */
  static async start(
    { module, build, lanes, memory: limit, complete, report }: EngineOptions,
    startLane: StartLane = startsNone,
  ): Promise<LocalEngine> {
    const memory = makeMemory(lanes, lanes > 1, limit);
    // Before any lane starts: what is not the wanted build has none.
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
        // Of a runtime that was closed nobody wants lanes any more.
        (error: Error) =>
          complete || Atomics.load(control, Control.Quit) || report(`fewer lanes than wanted: ${error.message}`),
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

  /** A view of the present memory: growing replaces the buffer. */
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
      throw new OutOfMemoryError(`out of memory: the WebAssembly memory does not grow to ${bytes} bytes`, { cause });
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
    // In parts, between which lanes can come.
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
    // Counted in looks rather than by the clock: after the whole process was asleep several are due before the verdict.
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
    // A run that ends early ends with an iteration.
    const steps = status === Status.Done ? times : control[Control.FailedStep] + 1;
    return { status, steps, command: control[Control.FailedId] };
  }

  /** Lets lane 0 run for about `sliceMilliseconds`, and learns how much work that is. */
  #slice(run: () => Status): Status {
    const budget = Math.min(mostBudget, Math.ceil(this.#rate * sliceMilliseconds));
    this.#control[Control.Budget] = budget;
    const begin = performance.now();
    const status = run();
    const milliseconds = performance.now() - begin;
    // Where the clock stands still while code runs, slices grow until they are whole runs.
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

  /** Changes whenever one of the other lanes moves. */
  #beats(): number {
    let sum = 0;
    for (let lane = 1; lane < this.#serving; lane++) sum += this.#beat(lane);
    return sum;
  }

  /** Whether a lane has given its first beat. Lanes take part in the order of their numbers. */
  #hasCome(lane: number): boolean {
    return this.#beat(lane) !== 0;
  }
}
