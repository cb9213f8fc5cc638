/** Sliced Wasserstein distance: Wasserstein distances of random projections to lines, where sorting gives them exactly. */
import { randomSource } from "../data/random-source.js";
import { dataStreams } from "../numbers/streams.js";
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import { checkFeaturePair, type Features } from "./features.js";

export interface SlicedWassersteinOptions {
  /** Number of random directions; default 128. */
  readonly projections?: number;
  /** Seed of the directions; default 0. */
  readonly seed?: number;
}

/**
 * Sliced 2-Wasserstein distance, in units of the features: the root of the mean over random directions of the squared
 * 2-Wasserstein distance between the projections of the two sets. Bonneel, Rabin, Peyré, Pfister 2015, section 2.
 * Sets of different counts are compared by their quantile functions. Computed in f64. 0 is the least; two sets of the same
 * distribution give a positive value that falls with the counts.
 * @param real records of the data, [n, size]
 * @param samples samples of the model, [m, size]
 * @throws RangeError if sizes differ or a value is not finite
 * @example metrics.slicedWasserstein({ values: Float64Array.of(0, 1), count: 2, size: 1 }, { values: Float64Array.of(4, 3), count: 2, size: 1 }) // 3
 */
export function slicedWasserstein(real: Features, samples: Features, options: SlicedWassersteinOptions = {}): number {
  const what = "slicedWasserstein";
  checkOptions(what, options, ["projections", "seed"]);
  checkFeaturePair(what, { real, samples });
  const { projections = 128, seed = 0 } = options;
  checkNumber(what, "projections", projections, { whole: true, atLeast: 1 });
  checkSeed(what, seed);
  let sum = 0;
  for (let step = 0; step < projections; step++) {
    const way = direction(real.size, seed, step);
    sum += squaredWasserstein(projected(real, way), projected(samples, way));
  }
  return Math.sqrt(sum / projections);
}

/** A direction uniform on the sphere. */
function direction(size: number, seed: number, step: number): Float64Array {
  const source = randomSource(seed, dataStreams.metricProjections, step);
  const way = Float64Array.from({ length: size }, () => source.normal());
  const length = Math.sqrt(way.reduce((sum, value) => sum + value * value, 0));
  return way.map((value) => value / length);
}

/** The projections of all records, sorted. */
function projected({ values, count, size }: Features, way: Float64Array): Float64Array {
  const out = new Float64Array(count);
  for (let i = 0, at = 0; i < count; i++) for (let j = 0; j < size; j++) out[i] += values[at++] * way[j];
  return out.sort();
}

/** Integral of the squared difference of two quantile functions, which are steps. */
function squaredWasserstein(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  // Positions in units of 1 / (n m): step i of `a` ends at (i + 1) m, step j of `b` at (j + 1) n.
  for (let i = 0, j = 0, from = 0; i < a.length && j < b.length; ) {
    const [endA, endB] = [(i + 1) * b.length, (j + 1) * a.length];
    const end = Math.min(endA, endB);
    sum += (end - from) * (a[i] - b[j]) ** 2;
    if (endA === end) i++;
    if (endB === end) j++;
    from = end;
  }
  return sum / (a.length * b.length);
}
