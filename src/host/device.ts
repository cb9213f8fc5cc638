/**
 * A device: an engine, its memory and its lanes. It runs one task at a time, in order, because programs share scratch
 * memory. A runtime is a device that also compiles programs and initializes variables with them.
 */
import type { RuntimeInfo } from "./choose-engine.js";
import { endWithout, forget } from "./dropped.js";
import type { Engine } from "./engine.js";
import { HostError } from "../errors.js";
import { bytesOfVariable, Heap } from "./heap.js";
import { elementBytes } from "../graph/dtype.js";
import type { Owner } from "../graph/storage.js";
import type { Tensor } from "../graph/tensor.js";
import { arrayFrom, Values, type TypedArray } from "../graph/values.js";
import type { Variable } from "../graph/variable.js";

const nothing = () => undefined;

/** Checks the kernels of a `wide` build between tasks: see `wide/watch.ts`. */
export interface KernelWatch {
  /** Runs a task, and a check after it if that is due. */
  during<T>(task: () => Promise<T>): Promise<T>;
  /** Checks now. Called within `exclusive`. */
  check(): Promise<void>;
}

/** Memory, kernels and lanes of one host, without a compiler. `Runtime` is its one subclass. */
export abstract class Device {
  /** Memory of variables and programs. Internal. */
  readonly heap: Heap;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;
  /**
   * Milliseconds without progress of any lane before the runtime is declared dead; 0 = no limit. A last resort: hosts
   * report that a lane's thread has terminated, and a live lane may make no progress for seconds on a shared machine.
   */
  patience = 30_000;
  /** Checks the kernels of a `wide` build between tasks. Internal. */
  watch: KernelWatch | undefined;

  protected constructor(
    readonly engine: Engine,
    readonly info: RuntimeInfo,
  ) {
    this.heap = new Heap(engine);
    endWithout(this, engine);
  }

  /**
   * Allocates and initializes the variables that have no values; resolves with those. Throws UsageError if one was
   * released. Internal, within `exclusive`.
   */
  abstract prepare(variables: readonly Variable[]): Promise<readonly Variable[]>;

  /** Bytes of the kernels' memory. @example (await runtime.memory()) > 0 // true */
  memory(): Promise<number> {
    return this.engine.size();
  }

  /**
   * Ends the lanes. The runtime and its programs cannot be used afterwards.
   * @example await (async (one) => { await one.close(); return one.memory().then(() => true); })(await createRuntime({ threads: 1 })) // true
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    forget(this);
    await this.#queue;
    await this.engine.close();
  }

  /** Runs tasks one at a time, in order, because programs share scratch memory. Internal. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    const run = async () => {
      if (this.#closed)
        throw new HostError("runtime: it was closed", {
          code: "ERR_CLOSED",
          hint: "create a new one with createRuntime()",
        });
      this.heap.collect();
      return this.watch ? this.watch.during(task) : task();
    };
    const result = this.#closed ? run() : this.#queue.then(run, run);
    // Without the result, which the queue would otherwise keep alive.
    this.#queue = result.then(nothing, nothing);
    return result;
  }

  /** Checks the kernels, if they are of a `wide` build: see `RuntimeInfo.build`. Internal. */
  async verify(): Promise<void> {
    if (this.watch) await this.exclusive(async () => this.watch?.check());
  }

  addressOf(owner: Owner): number {
    return this.heap.addressOf(owner);
  }

  async readPlace(address: number, tensor: Tensor): Promise<Values<TypedArray>> {
    const bytes = await this.engine.read(address, tensor.size * elementBytes[tensor.dtype]);
    return new Values(arrayFrom(bytes, tensor.dtype), tensor.shape);
  }

  /** Copies variables' bytes, for `restore`. Internal, within `exclusive`. */
  async snapshot(variables: readonly Variable[]): Promise<Map<Variable, Uint8Array>> {
    const kept = new Map<Variable, Uint8Array>();
    for (const variable of variables)
      kept.set(variable, await this.engine.read(this.addressOf(variable), bytesOfVariable(variable)));
    return kept;
  }

  async restore(kept: ReadonlyMap<Variable, Uint8Array>): Promise<void> {
    for (const [variable, bytes] of kept) await this.put(variable, bytes);
  }

  /** Sets the bytes of a variable that has memory. All writes by the host come here. Within `exclusive`. */
  protected async put(variable: Variable, bytes: Uint8Array): Promise<void> {
    this.heap.wrote([variable]);
    await this.engine.write(this.addressOf(variable), bytes);
  }

  /** Closes the runtime at once, without waiting for tasks. Internal. */
  abandon(): void {
    this.#closed = true;
    forget(this);
    this.engine.close().catch(nothing);
  }

  laneLost(): Error {
    this.abandon();
    return new HostError("runtime: a lane stopped answering", {
      code: "ERR_LANE_LOST",
      hint: "its worker was terminated from outside or ran out of memory: create a new runtime and resume from the last checkpoint",
    });
  }
}
