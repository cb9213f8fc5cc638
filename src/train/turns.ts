/**
 * Exclusive use of a model's values in a runtime. Only one training at a time is allowed; sampling, measuring and saving
 * run between its chunks of steps, one task at a time, so that a task of several programs sees the values of one step.
 * The values are freed with their last user.
 */
import { UsageError } from "../errors.js";
import type { Runtime } from "../host/runtime.js";

/** Progress of the current training, for the error of a second one. */
export interface Busy {
  readonly step: number;
  readonly steps: number;
}

const nothing = () => undefined;

/** The order in which the tasks of one model take their turns. */
export class Turns {
  #training: Busy | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  /** Number of tasks that are waiting or running. */
  #tasks = 0;
  /** Number of trained models that are not released. */
  #models = 0;

  /** Runs a task after those before it. A task must not take a turn itself: it would wait forever. */
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

  /** Runs a task after those before it, synchronously if there are none. */
  behind(task: () => void): void {
    if (this.#tasks === 0) task();
    else this.take(async () => task()).catch(() => undefined);
  }

  /** Whether no trained model and no training uses the values. */
  get idle(): boolean {
    return this.#models === 0 && this.#training === undefined;
  }

  /** Registers a trained model as a user of the values; `leave` ends that. */
  enter(): void {
    this.#models++;
  }

  leave(): void {
    this.#models--;
  }

  /** Begins a training. Throws UsageError if another one has not ended. */
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

/**
 * The turns of a model in one runtime. Values belong to a runtime, so a model may be trained in two runtimes at once.
 */
export function turnsOf(runtime: Runtime, model: object): Turns {
  const own = known.get(runtime) ?? new WeakMap<object, Turns>();
  known.set(runtime, own);
  const turns = own.get(model) ?? new Turns();
  own.set(model, turns);
  return turns;
}
