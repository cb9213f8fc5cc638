/** Sets of features for tests of metrics, and their mean and standard error over seeds. */
import { randomSource } from "#src/data/random-source";
import type { Features } from "#src/metrics/features";

export interface Normal {
  readonly count: number;
  readonly size: number;
  readonly seed: number;
  /** Added to every feature; default 0. */
  readonly mean?: number;
  /** Standard deviation of every feature; default 1. */
  readonly deviation?: number;
}

const testStream = 0x7e57_0001;

/** Independent normal features. */
export function normal({ count, size, seed, mean = 0, deviation = 1 }: Normal): Features {
  const source = randomSource(seed, testStream);
  return {
    values: Float64Array.from({ length: count * size }, () => mean + deviation * source.normal()),
    count,
    size,
  };
}

export const set = (rows: readonly (readonly number[])[]): Features => ({
  values: Float64Array.from(rows.flat()),
  count: rows.length,
  size: rows[0].length,
});

/** The records of several sets. */
export function together(...sets: readonly Features[]): Features {
  const count = sets.reduce((sum, one) => sum + one.count, 0);
  return { values: Float64Array.from(sets.flatMap(({ values }) => [...values])), count, size: sets[0].size };
}

/** Records `from` to `to` of a set. */
export const part = ({ values, size }: Features, from: number, to: number): Features => ({
  values: values.slice(from * size, to * size),
  count: to - from,
  size,
});

/** Deviation of the mean of values from what is known, in standard errors of that mean. */
export function deviations(values: readonly number[], known: number): number {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const variance = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1);
  return Math.abs(mean - known) / Math.sqrt(variance / values.length);
}

export const seeds = (count: number) => Array.from({ length: count }, (_, seed) => seed);
