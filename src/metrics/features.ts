/**
 * Features: one vector of numbers for each record, which distances and statistics of sets of records are computed from.
 * They are the output of a feature extractor, or the values of small records themselves.
 */
import { textOf } from "../options.js";

export interface Features {
  /** Finite numbers, [count, size] in row-major order. */
  readonly values: Float32Array | Float64Array;
  /** Number of records. */
  readonly count: number;
  /** Number of features of one record. */
  readonly size: number;
}

/** Size of a value at most: sums of their squares and cubed products are finite in f64. All values of f32 are less. */
const most = 1e50;

/**
 * Checks features that a user passes. Throws an error that begins with `what`: TypeError if they are no features,
 * RangeError if there are fewer than `atLeast` records, if the number of values does not fit, or if a value is not finite or
 * so large that its powers are not.
 */
export function checkFeatures(what: string, name: string, features: Features, atLeast = 1): void {
  const values: unknown = features?.values;
  if (!(values instanceof Float32Array || values instanceof Float64Array)) {
    throw new TypeError(
      `${what}: ${name} must be { values: Float32Array or Float64Array, count, size }, found ${textOf(features)}`,
    );
  }
  const { count, size } = features;
  for (const [key, value] of Object.entries({ count, size })) {
    if (!(Number.isSafeInteger(value) && value >= 1))
      throw new RangeError(`${what}: ${name}.${key} must be an integer >= 1, found ${textOf(value)}`);
  }
  if (values.length !== count * size) {
    throw new RangeError(
      `${what}: ${name} must have ${count} x ${size} = ${count * size} values, found ${values.length}`,
    );
  }
  if (count < atLeast) throw new RangeError(`${what}: ${name} must have at least ${atLeast} records, found ${count}`);
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) <= most) continue;
    const rule = Number.isFinite(values[i]) ? "within 1e50 of 0" : "finite";
    throw new RangeError(
      `${what}: values must be ${rule}, found ${values[i]} in record ${Math.floor(i / size)} of ${name} at index ${i % size}`,
    );
  }
}

/** Checks two sets of features that are compared: each by itself, and that their sizes agree. */
export function checkFeaturePair(what: string, pair: Readonly<Record<string, Features>>, atLeast = 1): void {
  const entries = Object.entries(pair);
  for (const [name, features] of entries) checkFeatures(what, name, features, atLeast);
  const [[firstName, first], ...others] = entries;
  for (const [name, { size }] of others) {
    if (size === first.size) continue;
    throw new RangeError(
      `${what}: ${firstName} and ${name} must have as many features, found ${first.size} and ${size}`,
    );
  }
}

/** Means of the features, [size], in f64. */
export function meanOf({ values, count, size }: Features): Float64Array {
  const mean = new Float64Array(size);
  for (let i = 0; i < values.length; i += size) for (let j = 0; j < size; j++) mean[j] += values[i + j];
  return mean.map((sum) => sum / count);
}
