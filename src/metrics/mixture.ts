/**
 * Coverage of a mixture of Gaussians in the plane with known modes by samples: modes captured, share of high-quality
 * samples, reverse Kullback-Leibler divergence. Definitions as in Lin, Khetan, Fanti, Oh 2018 (PacGAN, section 4.1),
 * who follow Srivastava et al. 2017 (VEEGAN, section 5.1); both use 2,500 samples.
 */
import { checkNumber, checkNumbers } from "../options.js";

export interface Mixture {
  readonly modes: readonly (readonly [x: number, y: number])[];
  /** Standard deviation of every mode, the same in both directions. */
  readonly sigma: number;
}

export interface MixtureMetrics {
  /** Modes with at least one high-quality sample. */
  readonly modes: number;
  readonly modesOf: number;
  /** Share of samples within three standard deviations of the nearest mode; 0.989 for the mixture itself. */
  readonly highQuality: number;
  /** KL(samples' distribution over the modes, the uniform one) in nats; each sample counts for its nearest mode. */
  readonly reverseKl: number;
  /** High-quality samples per mode. */
  readonly counts: readonly number[];
}

/**
 * Scores samples [n, 2] in raw coordinates against a mixture whose modes are equally likely.
 * @throws TypeError if samples or a mode are no lists; RangeError if there are no samples or modes, if values are not pairs of
 *   finite numbers, or sigma is not above 0
 * @example mixtureMetrics([0, 0, 1, 0.01, 9, 9], { modes: [[0, 0], [1, 0]], sigma: 0.05 }).counts // [1, 1]
 */
export function mixtureMetrics(samples: ArrayLike<number>, mixture: Mixture): MixtureMetrics {
  const what = "mixtureMetrics";
  checkNumbers(what, "samples", samples, {});
  const { modes, sigma } = mixture ?? {};
  checkNumber(what, "number of modes", modes?.length, { whole: true, atLeast: 1 });
  for (const [i, mode] of modes.entries()) checkNumbers(what, `modes[${i}]`, mode, { length: 2 });
  checkNumber(what, "sigma", sigma, { above: 0 });
  if (samples.length === 0 || samples.length % 2 !== 0) {
    throw new RangeError(`${what}: samples must be one or more pairs, found ${samples.length} values`);
  }
  const n = samples.length / 2;
  const nearest = new Array<number>(modes.length).fill(0);
  const counts = new Array<number>(modes.length).fill(0);
  for (let i = 0; i < n; i++) {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    modes.forEach(([x, y], mode) => {
      const distance = Math.hypot(samples[2 * i] - x, samples[2 * i + 1] - y);
      if (distance < least) [best, least] = [mode, distance];
    });
    nearest[best]++;
    if (least <= 3 * sigma) counts[best]++;
  }
  const good = counts.reduce((sum, count) => sum + count, 0);
  const divergence = nearest.reduce(
    (sum, count) => sum + (count === 0 ? 0 : (count / n) * Math.log((count / n) * modes.length)),
    0,
  );
  return {
    modes: counts.filter((count) => count > 0).length,
    modesOf: modes.length,
    highQuality: good / n,
    reverseKl: divergence,
    counts,
  };
}
