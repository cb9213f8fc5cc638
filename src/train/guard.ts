/**
 * Detects values that are not finite during training, at a small share of its time.
 *
 * The step's program checks its losses at every step. A variable can become infinite or NaN while the losses are still
 * finite: the next step's losses show it, but a checkpoint or the end of the training may come before that. So a separate
 * program checks all variables before they are copied or saved.
 *
 * Steps are reproducible bit for bit, so an occasional copy of the variables is enough for a diagnosis: the steps since
 * the copy are run again with every result checked, which finds the first step and tensor that are not finite.
 *
 * The kernels of a build `wide` are checked before each copy. If they are given up later, what they computed since the
 * copy is not trusted either: the training goes on from there.
 */
import { OutOfMemoryError } from "../errors.js";
import type { BatchFeed } from "./batch-feed.js";
import type { Ranks } from "./ranks.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import type { Variable } from "../graph/variable.js";

/** Maximum share of the training time for copies and checks. */
const share = 0.01;

/** A tensor that was not finite, and the step (from 0) that computed it. */
export interface Divergence {
  readonly step: number;
  readonly tensor: string;
}

/** Checks variables for values that are not finite, and repeats steps from a copy to find the first such tensor. */
export class Guard {
  readonly #check: Program;
  readonly #begin = performance.now();
  #copy: { readonly step: number; readonly values: ReadonlyMap<Variable, Uint8Array> } | undefined;
  /** The build that has run since the copy. */
  #build: string;
  /** Total milliseconds of checks and copies, and those of the last copy. */
  #spent = 0;
  #last = 0;

  /** @param state the training's variables, already initialized */
  constructor(
    private readonly runtime: Runtime,
    private readonly state: readonly Variable[],
  ) {
    this.#build = runtime.info.build;
    const checks = state.filter(({ dtype }) => dtype === "f32");
    this.#check = runtime.compile(() => ({ checks }), { name: "finite variables" });
  }

  /** Whether another copy would stay within the share. */
  get due(): boolean {
    return this.#spent + this.#last <= share * (performance.now() - this.#begin);
  }

  /** Whether the runtime has given up the build that it had at the last copy. */
  get stale(): boolean {
    return this.#build !== this.runtime.info.build;
  }

  /** The same, with the kernels checked now if they can be given up. */
  async mistrusted(): Promise<boolean> {
    await this.#timed(() => this.runtime.verify());
    return this.stale;
  }

  /** Name of the first variable with a value that is not finite; undefined if all are finite. */
  async broken(): Promise<string | undefined> {
    return this.#timed(async () => (await this.#check.tryRun()).failure?.tensor);
  }

  /** Copies the variables' values after `step` steps; called only when they are finite. */
  async keep(step: number): Promise<void> {
    const before = this.#spent;
    const values = await this.#timed(() => this.runtime.exclusive(() => this.runtime.snapshot(this.state)));
    this.#last = this.#spent - before;
    this.#copy = { step, values };
  }

  /** Sets the variables to the last copy; resolves with its number of completed steps. */
  async restore(): Promise<number> {
    const copy = this.#copy;
    if (!copy) throw new Error("guard: no copy was taken");
    await this.runtime.exclusive(() => this.runtime.restore(copy.values));
    this.#build = this.runtime.info.build;
    return copy.step;
  }

  /**
   * Runs the steps since the last copy again, up to that of a known divergence; then sets the variables to the copy.
   * @param diagnosis the step's program with every result checked; it is released
   * @returns the number of completed steps of the copy, and the first step and tensor that are not finite
   */
  async replay(
    diagnosis: Program,
    known: Divergence,
    { feed, seed, ranks }: { readonly feed: BatchFeed; readonly seed: number; readonly ranks?: Ranks | undefined },
  ): Promise<{ step: number; found: Divergence }> {
    let found = known;
    try {
      for (let step = await this.restore(); step <= known.step; ) {
        // A rank alone may find a value that is not finite: ranks look step by step.
        const times = await feed.ready(step, ranks ? 1 : known.step + 1 - step);
        const { steps, failure: own } = await diagnosis.tryRun({}, { times, seed, step });
        const failure = ranks ? await ranks.failure(own) : own;
        if (failure) {
          found = failure;
          break;
        }
        step += steps;
      }
    } catch (error) {
      // The diagnosis keeps every result in memory. If that does not fit, report the step and tensor known so far.
      if (!(error instanceof OutOfMemoryError)) throw error;
    } finally {
      diagnosis.release();
    }
    return { step: await this.restore(), found };
  }

  /** Frees the checking program and the copy. */
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
