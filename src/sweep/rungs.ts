/**
 * Successive halving (Jamieson, Talwalkar 2016; Li et al. 2017, section 3.1): all trials train for a few steps, the best of
 * every `eta` go on to `eta` times the steps, and so on up to the last rung, that of the whole training.
 */
import type { Goal, SweepFile } from "./sweep-file.js";

export interface Rung {
  /** Steps that a trial of this rung has at its end. */
  readonly steps: number;
  /** Number of trials. */
  readonly trials: number;
}

/** The rungs of a sweep, the first with the fewest steps: of a grid or of random trials there is one. */
export function rungsOf({ method, eta, least, options }: SweepFile, trials: number): Rung[] {
  const most = options.steps as number;
  if (method !== "halving") return [{ steps: most, trials }];
  let count = 1;
  for (let steps = most / eta; steps >= (least ?? most); steps /= eta) count++;
  return Array.from({ length: count }, (_, i) => ({
    steps: Math.round(most / eta ** (count - 1 - i)),
    trials: Math.max(1, Math.floor(trials / eta ** i)),
  }));
}

/** A value of a metric, with the metric's floor if it has one. */
export interface Measured {
  readonly value?: number | undefined;
  readonly floor?: number | undefined;
}

/** What is compared, the smaller the better; infinite if there is nothing to compare. */
function distance({ value, floor }: Measured, goal: Goal): number {
  if (value === undefined || !Number.isFinite(value)) return Infinity;
  if (goal === "greatest") return -value;
  return goal === "least" ? value : floor === undefined ? Infinity : Math.abs(value - floor);
}

/** The items in order, the best first; those without a value last, equal ones as they were. */
export function ranked<T extends Measured>(items: readonly T[], goal: Goal): T[] {
  const order = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);
  return [...items].sort((a, b) => order(distance(a, goal), distance(b, goal)));
}

/** Those that go on: at most `count` of the best that have a value. */
export const survivors = <T extends Measured>(items: readonly T[], count: number, goal: Goal): T[] =>
  ranked(items, goal)
    .filter((one) => Number.isFinite(distance(one, goal)))
    .slice(0, count);
