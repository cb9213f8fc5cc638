/** A model whose values are in a runtime: exclusive use of them, its memory, and whether they are those of a training. */
import { dispose } from "../host/disposable.js";
import { UsageError } from "../errors.js";
import type { Runtime } from "../host/runtime.js";
import type { Shape } from "../graph/shape.js";
import type { Variable } from "../graph/variable.js";
import { type DataDescription, describedData } from "./data-description.js";
import { type Turns, turnsOf } from "./turns.js";

/** What is needed of the model's family. */
export interface Held {
  readonly kind: string;
  readonly variables: readonly Variable[];
}

/** The memory of a trained model. @typeParam F its family */
export class ModelInRuntime<F extends Held> {
  readonly #turns: Turns;
  readonly #owned: { release(): void }[] = [];
  #released = false;
  /** What is known of the training data: names, scaling, classes. */
  readonly data: DataDescription;
  /** Shape of one record. */
  readonly shape: Shape;

  constructor(
    readonly family: F,
    /** Internal. */
    readonly runtime: Runtime,
    data: Shape | DataDescription,
  ) {
    this.data = describedData(data);
    this.shape = this.data.shape;
    this.#turns = turnsOf(runtime, family);
    this.#turns.enter();
  }

  /**
   * Runs a task of several programs while no training changes the values. Internal; a task must not take a turn itself.
   * @throws UsageError (as a rejection) if the model was released
   */
  async inTurn<T>(task: () => Promise<T>): Promise<T> {
    this.insistHeld();
    return this.#turns.take(task);
  }

  /** Registers an object to be released with the model. Internal. */
  own<T extends { release(): void }>(one: T): T {
    this.#owned.push(one);
    return one;
  }

  /**
   * Frees the memory of the samplers after pending calls, and that of the parameters if no other trained model or training
   * uses them. The model cannot be used afterwards; a running training of it continues. Without `release`, memory is freed
   * when the garbage collector finds the model unreachable. `using model = ...` calls this at the end of the block.
   * @example await (async (one) => { one.release(); return one.sample(4).catch(({ code }) => code); })(tinyGan.trained(runtime, [2])) // "ERR_RELEASED"
   */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#turns.behind(() => {
      for (const one of this.#owned) one.release();
      this.#owned.length = 0;
      this.#turns.leave();
      if (this.#turns.idle) this.runtime.release(this.family.variables);
    });
  }

  [dispose](): void {
    this.release();
  }

  /** Throws UsageError if the model was released. */
  protected insistHeld(): void {
    if (!this.#released) return;
    throw new UsageError(`${this.family.kind}: this trained model was released`, {
      code: "ERR_RELEASED",
      hint: "release it later, or load it again from a saved file",
    });
  }

  /**
   * Throws UsageError if the model's values are the random numbers that every model begins with.
   * @param wayOut whether `what` has the option `untrained`
   */
  protected insistTrained(what: string, variables: readonly Variable[], wayOut = true): void {
    const one = this.runtime.untouched(variables);
    if (!one) return;
    throw new UsageError(
      `${what}: this ${this.family.kind.toUpperCase()} was not trained: ${one.name} has its initial random values`,
      {
        code: "ERR_UNTRAINED",
        hint: `train the model or load its weights in this runtime first${wayOut ? "; { untrained: true } uses it as it is" : ""}`,
      },
    );
  }
}
