/**
 * Who uses a model's values in a runtime: one training at a time, and between its steps, each as a whole, whoever samples,
 * measures or saves. What takes several programs would otherwise see values of several steps. The values are given back
 * with the last of those who use them.
 */
import { UsageError } from "../errors.js";
import type { Runtime } from "../host/runtime.js";

/** What a training says of itself to another one of its model. */
export interface Busy {
  readonly step: number;
  readonly steps: number;
}

const nothing = () => undefined;

export class Turns {
  #training: Busy | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  /** Tasks that have not ended. */
  #tasks = 0;
  /** Trained models that were not released. */
  #models = 0;

  /** Runs a task when those before it have ended. Tasks do not ask for a turn themselves. */
  take<T>(task: () => Promise<T>): Promise<T> {
    this.#tasks++;
    const result = this.#queue.then(async () => {
      try {
        return await task();
      } finally {
        this.#tasks--;
      }
    });
    this.#queue = result.then(nothing, nothing);
    return result;
  }

  /** Runs a task behind those before it: at once where there are none. */
  behind(task: () => void): void {
    if (this.#tasks === 0) task();
    else this.take(async () => task()).catch(() => undefined);
  }

  /** Whether nobody uses the values any more. */
  get idle(): boolean {
    return this.#models === 0 && this.#training === undefined;
  }

  /** A trained model begins to use the values. */
  enter(): void {
    this.#models++;
  }

  leave(): void {
    this.#models--;
  }

  /** Begins a training. Throws UsageError where another one has not ended. */
  begin(training: Busy): void {
    if (this.#training !== undefined) {
      const { step, steps } = this.#training;
      throw new UsageError(`train: this model is being trained in this runtime already (step ${step} of ${steps})`, {
        code: "ERR_BUSY",
        hint: "await the other training's `done`, or break out of its loop; or make a second model of the same options",
      });
    }
    this.#training = training;
  }

  end(training: Busy): void {
    if (this.#training === training) this.#training = undefined;
  }
}

const known = new WeakMap<Runtime, WeakMap<object, Turns>>();

/** Those of a model: values belong to a runtime, so one model may be trained in two of them. */
export function turnsOf(runtime: Runtime, model: object): Turns {
  const own = known.get(runtime) ?? new WeakMap<object, Turns>();
  known.set(runtime, own);
  const turns = own.get(model) ?? new Turns();
  own.set(model, turns);
  return turns;
}
