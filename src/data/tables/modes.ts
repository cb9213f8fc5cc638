/**
 * The modes of a column of numbers, for mode-specific normalisation (Xu et al. 2019, arXiv 1907.00503, section 4.2): values that many
 * cells share, each a mode of its own, and a mixture of normal distributions of all others.
 *
 * The paper fits a variational mixture. Here it is expectation maximisation whose components lose weight until those without
 * support are gone: the weight of component k is in proportion to max(0, n_k - 1), where n_k is the number of values it explains
 * and 1 is half of its two parameters (Figueiredo, Jain 2002, eq. 14, by minimum message length).
 */
import { exp, log } from "../../numbers/portable-math.js";
import type { Mode } from "./column-spec.js";

/** Most modes of a column, and the smallest weight of one: those of the paper. */
export const mostModes = 10;
const smallestWeight = 0.005;

/** A value that at least this share of the cells have is a mode of its own, if the column has more values than modes. */
const spikeShare = 0.05;

/** At most half of the modes are single values: the rest describes the others. */
const mostSpikes = mostModes / 2;

/** Values that the mixture is fitted to, at even distances in the sorted column. */
const mostFitted = 5000;

const mostRounds = 100;

/** Smallest deviation of a mode, as a share of that of all values. */
const narrowest = 1e-3;

/**
 * Modes of a column by their means, rising.
 * @param values known cells, one or more
 * @returns 1 to 10 modes whose weights add up to 1
 */
export function modesOf(values: Float64Array): Mode[] {
  const sorted = values.slice().sort();
  const counts = countsOf(sorted);
  const few = counts.length <= mostModes;
  const single = counts.filter(({ count }) => few || count >= spikeShare * sorted.length);
  const spikes = few ? single : single.sort((a, b) => b.count - a.count).slice(0, mostSpikes);
  const points = spikes.map(({ value, count }) => ({ mean: value, deviation: 0, weight: count / sorted.length }));
  const taken = new Set(spikes.map(({ value }) => value));
  const others = sorted.filter((value) => !taken.has(value));
  const rest = others.length / sorted.length;
  const mixture = others.length === 0 ? [] : mixtureOf(others, mostModes - points.length);
  return [...points, ...mixture.map((mode) => ({ ...mode, weight: mode.weight * rest }))].sort(
    (a, b) => a.mean - b.mean,
  );
}

/** Different values of a sorted list, with their numbers. */
function countsOf(sorted: Float64Array): { value: number; count: number }[] {
  const found: { value: number; count: number }[] = [];
  for (const value of sorted) {
    const last = found.at(-1);
    if (last?.value === value) last.count++;
    else found.push({ value, count: 1 });
  }
  return found;
}

/** Values with the number of cells that have each. */
interface Weighted {
  readonly x: Float64Array;
  readonly counts: Float64Array;
  readonly total: number;
}

/** Different values of a sorted list; of very many, some at even distances. */
function weighted(sorted: Float64Array): Weighted {
  const step = Math.max(1, sorted.length / mostFitted);
  const some = Float64Array.from(
    { length: Math.min(sorted.length, mostFitted) },
    (_, i) => sorted[Math.floor(i * step)],
  );
  const found = countsOf(some);
  return {
    x: Float64Array.from(found, ({ value }) => value),
    counts: Float64Array.from(found, ({ count }) => count),
    total: some.length,
  };
}

/** A mixture of at most `most` normal distributions of sorted values. */
function mixtureOf(sorted: Float64Array, most: number): Mode[] {
  const values = weighted(sorted);
  const { mean, deviation: spread } = momentsOf(values);
  if (spread === 0) return [{ mean, deviation: 0, weight: 1 }];
  let components = firstComponents(sorted, most, spread);
  for (let round = 0; round < mostRounds; round++) {
    const before = components;
    components = improved(values, components, spread * narrowest);
    if (components.length === before.length && components.every((one, k) => near(one, before[k], spread))) break;
  }
  const kept = components.filter(({ weight }) => weight > smallestWeight);
  const total = kept.reduce((sum, { weight }) => sum + weight, 0);
  return kept.map((one) => ({ ...one, weight: one.weight / total }));
}

/** Change of a component, in deviations of all values, at which the rounds end. */
const tolerance = 1e-3;

const near = (a: Mode, b: Mode, spread: number) =>
  Math.abs(a.mean - b.mean) < tolerance * spread && Math.abs(a.deviation - b.deviation) < tolerance * spread;

/** Components at even quantiles. */
function firstComponents(sorted: Float64Array, most: number, spread: number): Mode[] {
  const count = Math.max(1, Math.min(most, Math.floor(sorted.length / 5)));
  return Array.from({ length: count }, (_, k) => ({
    mean: sorted[Math.floor(((k + 0.5) / count) * sorted.length)],
    deviation: spread / count,
    weight: 1 / count,
  }));
}

/** One round of expectation maximisation; components without support are gone. */
function improved(values: Weighted, components: readonly Mode[], least: number): Mode[] {
  const { x, counts } = values;
  const width = components.length;
  const [mass, sums, squares] = [new Float64Array(width), new Float64Array(width), new Float64Array(width)];
  const shares = new Float64Array(width);
  const means = Float64Array.from(components, ({ mean }) => mean);
  const inverses = Float64Array.from(components, ({ deviation }) => 1 / deviation);
  const factors = Float64Array.from(components, ({ deviation, weight }) => weight / deviation);
  for (let i = 0; i < x.length; i++) {
    let total = 0;
    for (let k = 0; k < width; k++) {
      const distance = (x[i] - means[k]) * inverses[k];
      shares[k] = factors[k] * exp(-0.5 * distance * distance) + Number.MIN_VALUE;
      total += shares[k];
    }
    for (let k = 0; k < width; k++) {
      const share = (shares[k] / total) * counts[i];
      const distance = x[i] - means[k];
      mass[k] += share;
      sums[k] += share * distance;
      squares[k] += share * distance * distance;
    }
  }
  const support = mass.map((one) => Math.max(0, one - 1));
  const total = support.reduce((sum, one) => sum + one, 0);
  // A few values explain no component well enough: one for all of them.
  if (total === 0) {
    const { mean, deviation } = momentsOf(values);
    return [{ mean, deviation: Math.max(least, deviation), weight: 1 }];
  }
  return components.flatMap(({ mean }, k) => {
    if (support[k] === 0) return [];
    const shift = sums[k] / mass[k];
    const variance = Math.max(0, squares[k] / mass[k] - shift * shift);
    return [{ mean: mean + shift, deviation: Math.max(least, Math.sqrt(variance)), weight: support[k] / total }];
  });
}

/** The probability of each mode given a value, into `shares`: they add up to 1. A mode of a single value has all of it. */
export function sharesOf(value: number, modes: readonly Mode[], shares: Float64Array): void {
  const single = modes.findIndex(({ mean, deviation }) => deviation === 0 && mean === value);
  if (single >= 0) {
    shares.fill(0);
    shares[single] = 1;
    return;
  }
  let peak = Number.NEGATIVE_INFINITY;
  modes.forEach(({ mean, deviation, weight }, k) => {
    const distance = (value - mean) / deviation;
    shares[k] = deviation === 0 ? Number.NEGATIVE_INFINITY : log(weight / deviation) - 0.5 * distance * distance;
    peak = Math.max(peak, shares[k]);
  });
  // Only single values, and this is none of them: the nearest.
  if (peak === Number.NEGATIVE_INFINITY) {
    const distances = modes.map(({ mean }) => Math.abs(mean - value));
    shares.fill(0);
    shares[distances.indexOf(Math.min(...distances))] = 1;
    return;
  }
  let total = 0;
  for (let k = 0; k < modes.length; k++) {
    shares[k] = exp(shares[k] - peak);
    total += shares[k];
  }
  for (let k = 0; k < modes.length; k++) shares[k] /= total;
}

function momentsOf({ x, counts, total }: Weighted): { mean: number; deviation: number } {
  const mean = x.reduce((sum, value, i) => sum + counts[i] * value, 0) / total;
  const variance = x.reduce((sum, value, i) => sum + counts[i] * (value - mean) ** 2, 0) / total;
  return { mean, deviation: Math.sqrt(variance) };
}
