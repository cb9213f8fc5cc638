/** Whether a model has memorised records: samples that are nearer to training records than they would be by chance. */
import type { Runtime } from "../host/runtime.js";
import { checkOptions } from "../options.js";
import { checkFeaturePair, type Features } from "./features.js";

export interface MemorisationSets {
  /** Samples of the model, [m, size]. */
  readonly samples: Features;
  /** Records that it was trained on, [n, size]. */
  readonly training: Features;
  /** Records of the same source that it was not trained on, [h, size]. */
  readonly heldOut: Features;
}

export interface Memorisation {
  /**
   * Share of the samples whose nearest record, of training and held-out ones together, is a training record. A sample with
   * several at the same least distance counts with the share of training records among these.
   */
  readonly nearerToTraining: number;
  /**
   * Probability that a random sample is nearer to its nearest training record than a random held-out record is to its own;
   * equal distances count half.
   */
  readonly closerThanHeldOut: number;
  /** Number of samples whose features equal those of a training record. */
  readonly copies: number;
  /** Values that a model has that copies nothing. */
  readonly floors: {
    /** n / (n + h): exact, however good or bad the samples are. */
    readonly nearerToTraining: number;
    /** 1/2, for samples of the distribution of the data; a model of typical records only exceeds it without copying. */
    readonly closerThanHeldOut: number;
    /** Number of samples that would be copies if they were as often as held-out records that equal a training record. */
    readonly copies: number;
  };
}

/**
 * Compares distances of samples to training records with distances to and of held-out records, which the model has not
 * seen. `nearerToTraining` follows from exchangeability: to a model that copies nothing, training and held-out
 * records of one source are alike, so the nearest record of both together is a training record with probability n / (n + h);
 * a share c of copies raises it to c + (1 - c) n / (n + h). `closerThanHeldOut` is the statistic of Meehan, Chaudhuri,
 * Dasgupta 2020, section 3 (there over the whole space), also known as distance to the closest record.
 * @throws RangeError (as a rejection) if a set is empty, if sizes differ, or if a value is not finite
 * @example (await metrics.memorisation(runtime, { samples: { values: Float64Array.of(0, 5), count: 2, size: 1 }, training: { values: Float64Array.of(0), count: 1, size: 1 }, heldOut: { values: Float64Array.of(4), count: 1, size: 1 } })).copies // 1
 */
export async function memorisation(runtime: Runtime, sets: MemorisationSets): Promise<Memorisation> {
  checkOptions("memorisation", sets, ["samples", "training", "heldOut"]);
  const { samples, training, heldOut } = sets;
  checkFeaturePair("memorisation", { samples, training, heldOut });
  const toTraining = await nearestOf(runtime, samples, training);
  const toHeldOut = await nearestOf(runtime, samples, heldOut);
  const ofHeldOut = await nearestOf(runtime, heldOut, training);
  const floor = training.count / (training.count + heldOut.count);
  let nearer = 0;
  toTraining.squared.forEach((distance, i) => {
    const [ties, others] = [toTraining.within[i], toHeldOut.within[i]];
    const other = toHeldOut.squared[i];
    nearer += distance < other ? 1 : distance === other ? ties / (ties + others) : 0;
  });
  const zeros = (distances: Float64Array) => distances.filter((distance) => distance === 0).length;
  return {
    nearerToTraining: nearer / samples.count,
    closerThanHeldOut: shareBelow(toTraining.squared, ofHeldOut.squared),
    copies: zeros(toTraining.squared),
    floors: {
      nearerToTraining: floor,
      closerThanHeldOut: 0.5,
      copies: (zeros(ofHeldOut.squared) / heldOut.count) * samples.count,
    },
  };
}

async function nearestOf(runtime: Runtime, a: Features, b: Features) {
  const { nearestNeighbours } = await import("./nearest.js");
  // A copy, because a set compared with itself leaves each record out.
  return nearestNeighbours(runtime, a, a === b ? { ...b } : b, 1);
}

/** Probability that a value of `a` is less than one of `b`; equal ones count half (Mann-Whitney). */
function shareBelow(a: Float64Array, b: Float64Array): number {
  const [x, y] = [a.slice().sort(), b.slice().sort()];
  let sum = 0;
  for (let i = 0, less = 0, most = 0; i < x.length; i++) {
    while (less < y.length && y[less] < x[i]) less++;
    while (most < y.length && y[most] <= x[i]) most++;
    sum += y.length - most + (most - less) / 2;
  }
  return sum / (x.length * y.length);
}
