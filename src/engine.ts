/**
 * Engines: the one small interface between host code and kernels. A local engine runs in the calling thread, with more
 * lanes beside it where memory is shared; a worker-hosted one sends the same calls to a worker.
 */
import { Control, Layout, type Status } from "../assembly/opcode.js";
import { OutOfMemoryError } from "./errors.js";
import { type BuildName, buildName, instantiateKernels, type Kernels } from "./kernels.js";

/** How a run ended. */
export interface RunResult {
  readonly status: Status;
  /** Iteration and command at which it stopped, where the status is not `Done`. */
  readonly step: number;
  readonly command: number;
}

export interface Engine {
  readonly build: BuildName;
  readonly lanes: number;
  /** First address that the runtime may use. */
  readonly heap: number;
  /** Makes memory reach at least to `bytes`. Rejects with code ERR_OUT_OF_MEMORY where the host has no more. */
  reserve(bytes: number): Promise<void>;
  /** Bytes of memory now. */
  size(): Promise<number>;
  write(address: number, bytes: Uint8Array): Promise<void>;
  read(address: number, length: number): Promise<Uint8Array>;
  /** Runs the program at an address `times` times; `patience` (ms) bounds the wait for a lane, 0 = for ever. */
  run(program: number, times: number, patience: number): Promise<RunResult>;
  close(): Promise<void>;
}

/** A started lane. */
export interface Lane {
  terminate(): void | Promise<void>;
}

export interface LocalEngineOptions {
  readonly module: WebAssembly.Module;
  readonly lanes: number;
  readonly shared: boolean;
  /** Starts lane number `lane` on the memory; resolves when it serves. */
  readonly startLane?: (module: WebAssembly.Module, memory: WebAssembly.Memory, lane: number) => Promise<Lane>;
}

const pageBytes = 65536;

/** Largest memories to ask for, in pages: hosts may refuse to set aside the larger ones. */
const maximumPages = [65536, 32768, 16384, 8192, 4096, 2048];

function makeMemory(initial: number, shared: boolean): WebAssembly.Memory {
  if (!shared) return new WebAssembly.Memory({ initial });
  for (const maximum of maximumPages) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new OutOfMemoryError(`out of memory: the host refused ${initial * pageBytes} bytes of shared memory`);
}

/** An engine in the calling thread. Its calls block while they run; the promises are those of the interface. */
export class LocalEngine implements Engine {
  readonly build: BuildName;
  readonly heap: number;
  #buffer: ArrayBufferLike;
  #bytes: Uint8Array;

  private constructor(
    private readonly kernels: Kernels,
    private readonly memory: WebAssembly.Memory,
    readonly lanes: number,
    private readonly running: readonly Lane[],
  ) {
    this.build = buildName(kernels);
    this.heap = Layout.Lanes + lanes * Layout.LaneBytes;
    this.#buffer = memory.buffer;
    this.#bytes = new Uint8Array(this.#buffer);
    this.#control[Control.Lanes] = lanes;
  }

  static async create({ module, lanes, shared, startLane }: LocalEngineOptions): Promise<LocalEngine> {
    const memory = makeMemory(Math.ceil((Layout.Lanes + lanes * Layout.LaneBytes) / pageBytes), shared);
    const kernels = instantiateKernels(module, memory);
    const running: Lane[] = [];
    for (let lane = 1; lane < lanes; lane++) if (startLane) running.push(await startLane(module, memory, lane));
    return new LocalEngine(kernels, memory, lanes, running);
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
    } catch {
      throw new OutOfMemoryError(`out of memory: the WebAssembly memory does not grow to ${bytes} bytes`);
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

  async run(program: number, times: number, patience: number): Promise<RunResult> {
    const control = this.#control;
    control[Control.Patience] = patience;
    const status = this.kernels.run(program, times);
    return { status, step: control[Control.FailedStep], command: control[Control.FailedId] };
  }

  async close(): Promise<void> {
    const control = this.#control;
    Atomics.store(control, Control.Quit, 1);
    if (this.running.length > 0) {
      Atomics.add(control, Control.Job, 2);
      Atomics.notify(control, Control.Job);
    }
    await Promise.all(this.running.map((lane) => lane.terminate()));
  }
}
