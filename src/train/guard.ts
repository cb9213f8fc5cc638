/**
 * Watches a training for values that are not finite, at a small share of its time.
 *
 * The step's program checks its losses at every step. A variable can go first, by an update under finite losses: the
 * next step's losses show it, but a checkpoint or the training's end may come before. So all variables are checked, by
 * a program of its own, whenever they are about to be kept.
 *
 * Steps replay bit for bit. So a copy of the variables that is taken now and then is enough: the steps since that copy
 * run again with every result checked, which names the step and the tensor that went first.
 */
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import type { Variable } from "../graph/tensor.js";

/** Largest share of a training's time that copies and their checks take. */
const share = 0.01;

export class Guard {
  readonly #check: Program;
  readonly #begin = performance.now();
  #copy: { readonly step: number; readonly values: ReadonlyMap<Variable, Uint8Array> } | undefined;
  /** Milliseconds that checks and copies took in all, and what the last ones took together. */
  #spent = 0;
  #last = 0;

  /** @param state the variables of the training, which have values */
  constructor(
    private readonly runtime: Runtime,
    private readonly state: readonly Variable[],
  ) {
    const checks = state.filter(({ dtype }) => dtype === "f32");
    this.#check = runtime.compile(() => ({ checks }), { name: "finite variables" });
  }

  /** Whether a copy is affordable now. */
  get due(): boolean {
    return this.#spent + this.#last <= share * (performance.now() - this.#begin);
  }

  /** Name of the first variable that holds a value that is not finite. */
  async broken(): Promise<string | undefined> {
    return this.#timed(async () => (await this.#check.tryRun()).failure?.tensor);
  }

  /** Copies the variables' values, which are those behind `step` steps and finite. */
  async keep(step: number): Promise<void> {
    const before = this.#spent;
    const values = await this.#timed(() => this.runtime.exclusive(() => this.runtime.snapshot(this.state)));
    this.#last = this.#spent - before;
    this.#copy = { step, values };
  }

  /** Gives the variables the values of the last copy; the steps that they are behind. */
  async restore(): Promise<number> {
    const copy = this.#copy;
    if (!copy) throw new Error("guard: no copy was taken");
    await this.runtime.exclusive(() => this.runtime.restore(copy.values));
    return copy.step;
  }

  /** Gives back what it has of the runtime's memory. */
  release(): void {
    this.#check.release();
    this.#copy = undefined;
  }

  async #timed<T>(task: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await task();
    } finally {
      this.#spent += performance.now() - begin;
    }
  }
}
