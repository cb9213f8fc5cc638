/**
 * Chunks of steps: how many steps one call runs. A chunk ends where an event, a checkpoint or an entry of the history is
 * due; if `reportEvery` is not given, chunks become as long as `eventSeconds` allows.
 */
import type { TrainOptions } from "./train-options.js";

/** Target seconds between two events if `reportEvery` is not given. */
const eventSeconds = 0.25;

/** Maximum steps per chunk. */
const mostSteps = 10_000;

/** Lengths of the chunks of one training. */
export class Chunks {
  #length: number;

  constructor(private readonly options: TrainOptions) {
    this.#length = options.reportEvery ?? 1;
  }

  /** Maximum number of steps to run after `step` completed ones. */
  after(step: number): number {
    const { steps, checkpointEvery, historyEvery } = this.options;
    const until = (every: number | undefined) => (every ? every - (step % every) : mostSteps);
    return Math.min(this.#length, steps - step, until(checkpointEvery), until(historyEvery), mostSteps);
  }

  /** Adapts the length of chunks to the time that the last `count` steps took. */
  took(count: number, milliseconds: number): void {
    const share = (eventSeconds * 1000) / Math.max(milliseconds, 0.1);
    if (!this.options.reportEvery) this.#length = Math.max(1, Math.round(count * share));
  }
}
