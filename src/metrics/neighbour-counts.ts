/** What is in which ball: the counts that scores by nearest neighbours are made of. Loaded on demand. */
import type { Runtime } from "../host/runtime.js";
import type { Features } from "./features.js";
import { type Neighbours, radii } from "./nearest.js";
import { type PairRow, pairDistances } from "./pair-distances.js";

/** Number of closed clipped balls of other records that each record is in. */
export async function ownBalls(
  runtime: Runtime,
  real: Features,
  near: Neighbours,
  median: number,
): Promise<Int32Array> {
  const { squared, indices, within, k } = near;
  const counts = new Int32Array(real.count);
  if (within.some((count) => count > k)) {
    // Of records with equal distances, the k that are listed are only some.
    const reach = radii(near).map((radius) => Math.min(radius, median));
    const pairs = pairDistances(runtime, real, real);
    await pairs.eachRow(({ i, products, from, low }) => {
      for (let j = 0; j < real.count; j++) {
        const lower = low + pairs.lows[j] - 2 * products[from + j];
        if (j !== i && lower <= reach[j] * pairs.squaredScale && pairs.exact(i, j) <= reach[j]) counts[i]++;
      }
    });
    return counts;
  }
  squared.forEach((distance, at) => {
    if (distance <= median) counts[indices[at]]++;
  });
  return counts;
}

interface Reaches {
  /** Squared radii of the records' balls, and of the same clipped. */
  readonly reach: Float64Array;
  readonly clippedReach: Float64Array;
  /** Squared radii of the samples' balls. */
  readonly sampleReach: Float64Array;
}

/** Counts what is in which ball, in one pass over the pairs. */
export async function countPairs(runtime: Runtime, real: Features, samples: Features, reaches: Reaches) {
  const { reach, clippedReach, sampleReach } = reaches;
  /** By sample: open balls of records that it is in, closed clipped ones. */
  const balls = new Int32Array(samples.count);
  const clippedBalls = new Int32Array(samples.count);
  /** By record: samples in its open ball, in its closed ball, and open balls of samples that it is in. */
  const inOpen = new Int32Array(real.count);
  const closedSamples = new Int32Array(real.count);
  const sampleBalls = new Int32Array(real.count);
  const pairs = pairDistances(runtime, samples, real);
  const { lows, highs, squaredScale } = pairs;
  const scaledReach = reach.map((squared) => squared * squaredScale);
  await pairs.eachRow(({ i, products, from, low, high }: PairRow) => {
    const own = sampleReach[i] * squaredScale;
    for (let j = 0; j < real.count; j++) {
      const product = 2 * products[from + j];
      const lower = low + lows[j] - product;
      if (lower > scaledReach[j] && lower > own) continue;
      const upper = high + highs[j] - product;
      const clipped = clippedReach[j] * squaredScale;
      // Decided by the bounds if they are on one side of every radius.
      const certain =
        (upper < own || lower > own) &&
        (upper < scaledReach[j] || lower > scaledReach[j]) &&
        (upper < clipped || lower > clipped);
      const squared = certain ? upper / squaredScale : pairs.exact(i, j);
      if (squared < sampleReach[i]) sampleBalls[j]++;
      if (squared < reach[j]) {
        balls[i]++;
        inOpen[j]++;
      }
      if (squared <= reach[j]) closedSamples[j]++;
      if (squared <= clippedReach[j]) clippedBalls[i]++;
    }
  });
  return { balls, clippedBalls, samples: inOpen, closedSamples, sampleBalls };
}
