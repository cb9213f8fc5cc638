/** Maximum mean discrepancy with a Gaussian kernel whose width is the median distance. */
import type { Runtime } from "../host/runtime.js";
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import { checkFeaturePair, type Features } from "./features.js";

export interface DiscrepancyOptions {
  /** Standard deviation of the kernel, in units of the features; default: the median distance. */
  readonly width?: number;
  /** Seed of the choice of records for the median distance; default 0. */
  readonly seed?: number;
}

export interface Discrepancy {
  /** Squared discrepancy; 0 is expected if the distributions agree, so it may be negative. */
  readonly value: number;
  /** Standard deviation of the kernel. */
  readonly width: number;
}

/**
 * Squared maximum mean discrepancy with the kernel exp(-|x - y|^2 / (2 width^2)), unbiased: Gretton, Borgwardt, Rasch,
 * Schölkopf, Smola 2012, equation 3. By default the width is the median distance between records of both sets (section 8
 * there), estimated from 500 of each, or all if there are fewer. Distances and kernels are computed in f32 by the runtime's
 * kernels, and in f64 where records are many widths away from their mean: the value has an error of about 1e-7.
 * @param real records of the data, [n, size]
 * @param samples samples of the model, [m, size]
 * @throws RangeError (as a rejection) if a set has less than two records, if sizes differ, if a value is not finite, or if the median
 *   distance is 0 and no width is given
 * @example (await metrics.meanDiscrepancy(runtime, { values: Float64Array.of(0, 0), count: 2, size: 1 }, { values: Float64Array.of(9, 9), count: 2, size: 1 }, { width: 1 })).value // 2
 */
export async function meanDiscrepancy(
  runtime: Runtime,
  real: Features,
  samples: Features,
  options: DiscrepancyOptions = {},
): Promise<Discrepancy> {
  const what = "meanDiscrepancy";
  checkOptions(what, options, ["width", "seed"]);
  checkFeaturePair(what, { real, samples }, 2);
  const { seed = 0 } = options;
  checkSeed(what, seed);
  const { medianDistance, sumOfKernel } = await import("./kernel-sums.js");
  const { width = medianDistance([real, samples], seed) } = options;
  if (options.width === undefined && width === 0)
    throw new RangeError(`${what}: width must be given if the median distance is zero, found 0`);
  checkNumber(what, "width", width, { above: 0 });
  // The kernel of a record and itself is 1.
  const within = async (set: Features) =>
    ((await sumOfKernel(runtime, set, set, width)) - set.count) / (set.count * (set.count - 1));
  const between = (await sumOfKernel(runtime, samples, real, width)) / (samples.count * real.count);
  return { value: (await within(real)) + (await within(samples)) - 2 * between, width };
}
