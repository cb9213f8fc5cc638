/**
 * Who uses a model's values in a runtime: one training at a time, and between its steps, each as a whole, whoever samples,
 * measures or saves. What takes several programs would otherwise see values of several steps.
 */
import { UsageError } from "../errors.js";
import type { Runtime } from "../runtime.js";

/** What a training says of itself to another one of its model. */
export interface Busy {
  readonly step: number;
  readonly steps: number;
}

export class Turns {
  #training: Busy | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** Runs a task when those before it have ended. Tasks do not ask for a turn themselves. */
  take<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => undefined);
    return result;
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
