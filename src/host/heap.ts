/**
 * The kernels' memory of a runtime: the owner of each block, and when the block is freed. Explicit disposal is optional;
 * `release()` or `using` frees memory at once.
 *
 * | block                          | owner                | freed                                                      |
 * |--------------------------------|----------------------|------------------------------------------------------------|
 * | a variable's values            | the variable         | by its owner below, `runtime.release`, or the registry     |
 * | a program's words and statics  | the program          | `program.release()`, or the registry                       |
 * | a step's program, its batches, | the training         | when it ends: done, stopped, aborted, diverged, failed     |
 * | the optimizer's variables      |                      |                                                            |
 * | a model's parameters, its      | the trained models   | `model.release()` of the last of them, or the registry     |
 * | samplers' programs             | of one description   |                                                            |
 * | scratch                        | the runtime          | shrinks to the need of the largest remaining program       |
 * | a program's kept values        | the program          | with it, or if another program needs memory; they are then |
 * | (compile/invariant.ts)         |                      | computed again                                             |
 *
 * The registry is a FinalizationRegistry: memory of unreachable objects is freed before the runtime's next task. So
 * nothing here may refer to a variable or a program: variables are known by their `id`, programs by their holding, which
 * contains only numbers. On hosts without the registry, unreleased memory is kept until the runtime is closed.
 *
 * A load that fails, for lack of memory or otherwise, frees all that it allocated. Released variables are not silently
 * initialized again: using one is an error until it is written or initialized.
 */
import { Arena } from "./arena.js";
import type { Engine } from "./engine.js";
import { OutOfMemoryError, UsageError } from "../errors.js";
import { bytesText } from "./listing.js";
import type { Owner } from "../graph/storage.js";
import type { Variable } from "../graph/variable.js";
import { elementBytes } from "../graph/dtype.js";
import { hostTurn } from "./turn.js";

/** A block of the arena. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** A variable's block. */
interface Place extends Block {
  /** Number of the last write. */
  version: number;
}

/** Memory of a loaded program. */
export interface Holding {
  readonly blocks: Block[];
  /** Values kept between runs. */
  kept?: Block | undefined;
  /** Bytes of scratch memory that the program needs. */
  scratch: number;
}

/** Bytes of kept values of all programs together; beyond, only the program that runs has any. */
const mostKept = 2 ** 27;

/** Bytes that a variable's values take. */
export const bytesOfVariable = ({ size, dtype }: Variable): number => size * elementBytes[dtype];

/** The memory of one runtime: which block each variable and each program has. */
export class Heap {
  readonly #arena: Arena;
  /** Block of each variable, by id; "released" if it was freed explicitly. */
  readonly #places = new Map<number, Place | "released">();
  readonly #holdings = new Set<Holding>();
  #scratch: Block | undefined;
  /** Ids of the variables whose values are the random numbers that they began with. */
  readonly #initial = new Set<number>();
  /** Reported by the registry since the last task: ids of variables, and holdings. */
  #dropped: (number | Holding)[] = [];
  readonly #net =
    typeof FinalizationRegistry === "function"
      ? new FinalizationRegistry<number | Holding>((held) => void this.#dropped.push(held))
      : undefined;
  #epoch = 0;
  #writes = 0;

  constructor(private readonly engine: Engine) {
    this.#arena = new Arena(engine.heap);
  }

  /** Changes when variables are freed: addresses encoded in programs may then belong to other blocks. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Notes that the variables have other values now. */
  wrote(variables: Iterable<Variable>): void {
    for (const { id } of variables) {
      const place = this.#places.get(id);
      if (typeof place === "object") place.version = ++this.#writes;
    }
  }

  /** Numbers that differ from all earlier ones if one of the variables was written since. */
  versions(variables: readonly Variable[]): string {
    return variables.map(({ id }) => (this.#places.get(id) as Place).version).join();
  }

  /** Bytes in use, and the numbers of variables and loaded programs that have memory. */
  get use(): { readonly bytes: number; readonly variables: number; readonly programs: number } {
    const placed = [...this.#places.values()].filter((place) => place !== "released");
    return { bytes: this.#arena.used, variables: placed.length, programs: this.#holdings.size };
  }

  /**
   * Address of a new block; `what` names it in the error. Values kept by programs other than `holding` are freed if the
   * memory is needed. Throws OutOfMemoryError if the host has none left.
   */
  async allocate(bytes: number, what: string, holding?: Holding): Promise<number> {
    try {
      return await this.#reserve(bytes);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      // The collector may have found something that its registry could not report yet.
      await hostTurn();
      if (this.collect() || this.#freeKept(holding)) return this.allocate(bytes, what, holding);
      throw new OutOfMemoryError(
        `out of memory: ${what} needs ${bytesText(bytes)}, ${bytesText(this.#arena.used)} are in use`,
        {
          hint: "use a smaller batch or model, or release() models that are no longer needed; WebAssembly memory is limited to 4.3 GB",
          cause: error,
        },
      );
    }
  }

  release(address: number, bytes: number): void {
    this.#arena.release(address, bytes);
  }

  /** An empty holding for a program; the registry frees its blocks when the program is unreachable. */
  hold(program: object): Holding {
    const holding: Holding = { blocks: [], scratch: 0 };
    this.#holdings.add(holding);
    this.#net?.register(program, holding, holding);
    return holding;
  }

  /** Address of a new block that belongs to a program. */
  async allocateFor(holding: Holding, bytes: number, what: string): Promise<number> {
    const address = await this.allocate(bytes, what, holding);
    holding.blocks.push({ address, bytes });
    return address;
  }

  /** A program's memory for kept values; another object if it was freed. */
  async keptFor(holding: Holding, bytes: number, what: string): Promise<Block> {
    if (!holding.kept) {
      let all = bytes;
      for (const { kept } of this.#holdings) all += kept?.bytes ?? 0;
      if (all > mostKept) this.#freeKept(holding);
      holding.kept = { address: await this.allocate(bytes, what, holding), bytes };
    }
    return holding.kept;
  }

  /** Frees the kept values of all programs but one; whether there were any. */
  #freeKept(except: Holding | undefined): boolean {
    let any = false;
    for (const one of this.#holdings) if (one !== except) any = this.#dropKept(one) || any;
    return any;
  }

  #dropKept(holding: Holding): boolean {
    const { kept } = holding;
    if (kept) this.release(kept.address, kept.bytes);
    holding.kept = undefined;
    return kept !== undefined;
  }

  /** Frees all blocks of a program. */
  giveBack(holding: Holding): void {
    if (!this.#holdings.delete(holding)) return;
    this.#net?.unregister(holding);
    for (const { address, bytes } of holding.blocks) this.release(address, bytes);
    this.#dropKept(holding);
    let most = 0;
    for (const { scratch } of this.#holdings) most = Math.max(most, scratch);
    if (this.#holdings.size === 0 || (this.#scratch && this.#scratch.bytes > most)) this.#freeScratch();
  }

  /** Address of the scratch memory that all programs share, grown to at least `bytes`. */
  async scratchFor(holding: Holding, bytes: number, program: string): Promise<number> {
    if (!this.#scratch || this.#scratch.bytes < bytes) {
      this.#freeScratch();
      this.#scratch = { address: await this.allocate(bytes, `the scratch memory of ${program}`, holding), bytes };
    }
    holding.scratch = bytes;
    return this.#scratch.address;
  }

  #freeScratch(): void {
    if (this.#scratch) this.release(this.#scratch.address, this.#scratch.bytes);
    this.#scratch = undefined;
  }

  has({ id }: Variable): boolean {
    return typeof this.#places.get(id) === "object";
  }

  /** Records that the values of variables are the random numbers that they begin with, until `change`. */
  begin(variables: Iterable<Variable>): void {
    for (const { id } of variables) this.#initial.add(id);
  }

  /** Records that variables were written, or updated by a program. */
  change(variables: Iterable<Variable>): void {
    if (this.#initial.size > 0) for (const { id } of variables) this.#initial.delete(id);
  }

  /** Whether a variable has memory whose values are the random numbers that it began with. */
  isInitial({ id }: Variable): boolean {
    return this.#initial.has(id);
  }

  /** Throws UsageError if one of the variables was released. */
  insist(variables: readonly Variable[]): void {
    const gone = variables.find(({ id }) => this.#places.get(id) === "released");
    if (!gone) return;
    throw new UsageError(`${gone.name}: its memory was released, by release() or at the end of its training`, {
      code: "ERR_RELEASED",
      hint: "a checkpoint of the training has its values; runtime.write or runtime.initialize gives it memory again",
    });
  }

  addressOf({ id, name }: Owner): number {
    const place = this.#places.get(id);
    if (typeof place !== "object") throw new Error(`${name}: a variable without memory`);
    return place.address;
  }

  /** Allocates memory for all of the variables, or for none. Resolves with those that had none before. */
  async place(variables: readonly Variable[]): Promise<readonly Variable[]> {
    const placed: Variable[] = [];
    try {
      for (const variable of variables) {
        const { id, name } = variable;
        if (this.has(variable)) continue;
        const bytes = bytesOfVariable(variable);
        const address = await this.allocate(bytes, name);
        // Register once: a released variable is still in the registry.
        if (!this.#places.has(id)) this.#net?.register(variable, id);
        this.#places.set(id, { address, bytes, version: ++this.#writes });
        placed.push(variable);
      }
      return placed;
    } catch (error) {
      this.unplace(placed);
      throw error;
    }
  }

  /** Undoes `place` for variables that have not been written since. */
  unplace(variables: readonly Variable[]): void {
    for (const { id } of variables) this.#free(id);
    this.#epoch++;
  }

  /** Frees variables' memory and marks them as released: see `insist`. */
  releaseVariables(variables: Iterable<Variable>): void {
    for (const { id } of variables) if (this.#free(id)) this.#places.set(id, "released");
    this.#epoch++;
  }

  /** Frees the memory of garbage-collected objects; returns whether there was any. */
  collect(): boolean {
    const dropped = this.#dropped;
    if (dropped.length === 0) return false;
    this.#dropped = [];
    for (const held of dropped) {
      if (typeof held === "number") {
        this.#free(held);
        this.#places.delete(held);
      } else this.giveBack(held);
    }
    return true;
  }

  #free(id: number): boolean {
    const place = this.#places.get(id);
    if (typeof place !== "object") return false;
    this.release(place.address, place.bytes);
    this.#places.delete(id);
    this.#initial.delete(id);
    return true;
  }

  async #reserve(bytes: number): Promise<number> {
    const address = this.#arena.allocate(bytes);
    try {
      await this.engine.reserve(this.#arena.top);
    } catch (error) {
      this.#arena.release(address, bytes);
      throw error;
    }
    return address;
  }
}
