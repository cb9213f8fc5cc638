/**
 * The kernels' memory of a runtime: who owns which block of it, and when it is given back. Nobody has to dispose of
 * anything; who wants memory back at once says `release()`, or `using`.
 *
 * | block                          | owner                | given back                                                 |
 * |--------------------------------|----------------------|------------------------------------------------------------|
 * | a variable's values            | the variable         | by its owner below, `runtime.release`, or the net          |
 * | a program's words and statics  | the program          | `program.release()`, or the net                            |
 * | a step's program, its batches, | the training         | when it ends: done, stopped, aborted, diverged, failed     |
 * | the optimizer's variables      |                      |                                                            |
 * | a model's parameters, its      | the trained models   | `model.release()` of the last of them, or the net          |
 * | samplers' programs             | of one description   |                                                            |
 * | scratch                        | the runtime          | shrinks to what the largest program left asks for          |
 *
 * The net is a FinalizationRegistry: what the garbage collector found unreachable is given back at the runtime's next
 * turn. So nothing here refers to a variable or a program: variables go by their `id`, programs by their holding, which
 * is all numbers. Hosts without the registry keep what is dropped and not released until the runtime is closed.
 *
 * A load that fails, for want of memory or otherwise, leaves nothing behind. What was given back is not silently drawn
 * anew: using it is an error until it is written or initialized again.
 */
import { Arena } from "./arena.js";
import type { Engine } from "./engine.js";
import { OutOfMemoryError, UsageError } from "../errors.js";
import { bytesText } from "./listing.js";
import { elementBytes, type Variable } from "../graph/tensor.js";
import { hostTurn } from "./turn.js";

/** Bytes of the arena. */
interface Block {
  readonly address: number;
  readonly bytes: number;
}

/** What a loaded program has of the memory. */
export interface Holding {
  readonly blocks: Block[];
  /** Bytes of the scratch memory that it needs. */
  scratch: number;
}

export const bytesOfVariable = ({ size, dtype }: Variable): number => size * elementBytes[dtype];

export class Heap {
  readonly #arena: Arena;
  /** Where variables are, by their id; "released" where one was given back. */
  readonly #places = new Map<number, Block | "released">();
  readonly #holdings = new Set<Holding>();
  #scratch: Block | undefined;
  /** What the garbage collector found since the last turn: ids of variables, and holdings. */
  #dropped: (number | Holding)[] = [];
  readonly #net =
    typeof FinalizationRegistry === "function"
      ? new FinalizationRegistry<number | Holding>((held) => void this.#dropped.push(held))
      : undefined;
  #epoch = 0;

  constructor(private readonly engine: Engine) {
    this.#arena = new Arena(engine.heap);
  }

  /** Changes when variables were given back: addresses that were written into programs may be others' since. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Bytes that are in use, and how many variables and loaded programs have some. */
  get use(): { readonly bytes: number; readonly variables: number; readonly programs: number } {
    const placed = [...this.#places.values()].filter((place) => place !== "released");
    return { bytes: this.#arena.used, variables: placed.length, programs: this.#holdings.size };
  }

  /** A block; `what` names it in the error. Throws OutOfMemoryError where the host gives none. */
  async allocate(bytes: number, what: string): Promise<number> {
    try {
      return await this.#reserve(bytes);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      // The collector may have found something that its registry has had no turn yet to tell of.
      await hostTurn();
      if (this.collect()) return this.allocate(bytes, what);
      throw new OutOfMemoryError(
        `out of memory: ${what} asked for ${bytesText(bytes)} beside ${bytesText(this.#arena.used)} in use`,
        {
          hint: "use a smaller batch or model, or release() models that are no longer needed; WebAssembly memory ends at 4.3 GB",
          cause: error,
        },
      );
    }
  }

  release(address: number, bytes: number): void {
    this.#arena.release(address, bytes);
  }

  /** What a program will have of the memory; the net gives it back where the program is dropped. */
  hold(program: object): Holding {
    const holding: Holding = { blocks: [], scratch: 0 };
    this.#holdings.add(holding);
    this.#net?.register(program, holding, holding);
    return holding;
  }

  /** A block of a program. */
  async allocateFor(holding: Holding, bytes: number, what: string): Promise<number> {
    const address = await this.allocate(bytes, what);
    holding.blocks.push({ address, bytes });
    return address;
  }

  /** Gives back all that a program has. */
  giveBack(holding: Holding): void {
    if (!this.#holdings.delete(holding)) return;
    this.#net?.unregister(holding);
    for (const { address, bytes } of holding.blocks) this.release(address, bytes);
    let most = 0;
    for (const { scratch } of this.#holdings) most = Math.max(most, scratch);
    if (this.#holdings.size === 0 || (this.#scratch && this.#scratch.bytes > most)) this.#freeScratch();
  }

  /** Address of the scratch memory, which all programs share, of at least `bytes`. */
  async scratchFor(holding: Holding, bytes: number, program: string): Promise<number> {
    if (!this.#scratch || this.#scratch.bytes < bytes) {
      this.#freeScratch();
      this.#scratch = { address: await this.allocate(bytes, `the scratch memory of ${program}`), bytes };
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

  /** Throws UsageError where one of the variables was given back. */
  insist(variables: readonly Variable[]): void {
    const gone = variables.find(({ id }) => this.#places.get(id) === "released");
    if (!gone) return;
    throw new UsageError(`${gone.name}: its memory was given back, by release() or at the end of its training`, {
      code: "ERR_RELEASED",
      hint: "a checkpoint of the training has its values; runtime.write or runtime.initialize gives it memory again",
    });
  }

  addressOf({ id, name }: Variable): number {
    const place = this.#places.get(id);
    if (typeof place !== "object") throw new Error(`${name}: a variable without memory`);
    return place.address;
  }

  /** Memory for all of the variables, or for none. Resolves with those that had none before. */
  async place(variables: readonly Variable[]): Promise<readonly Variable[]> {
    const placed: Variable[] = [];
    try {
      for (const variable of variables) {
        const { id, name } = variable;
        if (this.has(variable)) continue;
        const bytes = bytesOfVariable(variable);
        const address = await this.allocate(bytes, name);
        // Registered once: one that was given back is known to the net still.
        if (!this.#places.has(id)) this.#net?.register(variable, id);
        this.#places.set(id, { address, bytes });
        placed.push(variable);
      }
      return placed;
    } catch (error) {
      this.unplace(placed);
      throw error;
    }
  }

  /** Takes back what `place` gave to variables that have had no values since. */
  unplace(variables: readonly Variable[]): void {
    for (const { id } of variables) this.#free(id);
    this.#epoch++;
  }

  /** Gives back variables' memory for good: see `insist`. */
  releaseVariables(variables: Iterable<Variable>): void {
    for (const { id } of variables) if (this.#free(id)) this.#places.set(id, "released");
    this.#epoch++;
  }

  /** Gives back what was dropped and found by the garbage collector; whether there was anything. */
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
