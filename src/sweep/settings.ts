/**
 * The settings of the trials of a sweep: all combinations of a grid, or random ones. Random numbers are those of Philox by
 * (seed of the sweep, trial, position of the option), so a sweep of more trials begins with the same ones.
 */
import { bits, uniforms } from "../numbers/philox.js";
import { exp, log } from "../numbers/portable-math.js";
import { trialSeedStream, trialValueStream } from "../numbers/streams.js";
import { type Interval, isGrid, isInterval, mostTrials, type SweepFile } from "./sweep-file.js";

/** Values of the options that vary, by name. */
export type Settings = Readonly<Record<string, unknown>>;

/** Six digits, so that the text of a number on the command line is the number itself. */
const rounded = (value: number) => Number(value.toPrecision(6));

const clamped = (value: number, { from, to }: Interval) => Math.min(to, Math.max(from, value));

/** The number at a share from 0 to 1 of an interval. */
function between(interval: Interval, share: number): number {
  const { from, to, scale } = interval;
  const value = scale === "log" ? exp(log(from) + share * (log(to) - log(from))) : from + share * (to - from);
  return clamped(rounded(value), interval);
}

/** The number that a uniform from [0, 1) chooses of an interval. */
function drawn(interval: Interval, uniform: number): number {
  if (!interval.whole) return between(interval, uniform);
  const { from, to, scale } = interval;
  const wide = to + 1;
  const value = scale === "log" ? exp(log(from) + uniform * (log(wide) - log(from))) : from + uniform * (wide - from);
  return clamped(Math.floor(value), interval);
}

/** The values that a grid takes of a list or an interval. */
function valuesOf(values: readonly unknown[] | Interval): readonly unknown[] {
  if (!isInterval(values)) return values;
  const { count = 2, whole } = values;
  const all = Array.from({ length: count }, (_, i) => between(values, i / (count - 1)));
  return whole ? [...new Set(all.map(Math.round))] : all;
}

/** All combinations; the last option varies fastest. Throws RangeError if there are too many. */
function combinations({ vary }: SweepFile, what: string): Settings[] {
  const lists = Object.entries(vary).map(([name, values]) => [name, valuesOf(values)] as const);
  const count = lists.reduce((product, [, values]) => product * values.length, 1);
  if (count > mostTrials)
    throw new RangeError(`${what}: a grid must have at most ${mostTrials} combinations, found ${count}`);
  return lists.reduce<Settings[]>(
    (before, [name, values]) => before.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

function randomSettings({ vary, seed }: SweepFile, trial: number): Settings {
  const names = Object.keys(vary);
  const shares = uniforms(names.length, { seed, step: trial, stream: trialValueStream });
  return Object.fromEntries(
    names.map((name, i) => {
      const values = vary[name];
      return [name, isInterval(values) ? drawn(values, shares[i]) : values[Math.floor(shares[i] * values.length)]];
    }),
  );
}

/** The settings of all trials, of which the first has number 1. */
export function settingsOf(file: SweepFile, what: string): Settings[] {
  if (isGrid(file)) return combinations(file, what);
  return Array.from({ length: file.trials ?? 0 }, (_, i) => randomSettings(file, i + 1));
}

/** The seed of a trial: 32 bits. */
export const trialSeed = (seed: number, trial: number): number =>
  bits(1, { seed, step: trial, stream: trialSeedStream })[0];
