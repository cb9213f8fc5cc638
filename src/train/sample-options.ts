/** Options of `sample` and `generate`, the same in every family, and their checks. */
import { mostValues } from "../graph/shape.js";
import { checkNumber, checkSeed, textOf } from "../options.js";
import type { LabelsOption } from "./labels.js";

/** The way out of the rule that only trained models are used. */
export interface UntrainedOption {
  /** Whether a model that was neither trained nor loaded may be used, with its initial random values; default false. */
  readonly untrained?: boolean;
}

export interface SampleOptions extends UntrainedOption, LabelsOption, FurtherOption {
  /** Seed of the latents; default 0. Equal seeds give equal samples. */
  readonly seed?: number;
  /**
   * Number of the first sample within the seed's stream; default 0. Sample i of a seed is the same bits however it is asked
   * for: alone, among others, on any number of lanes.
   */
  readonly first?: number;
  /**
   * Above 0, default 1; below 1 samples are more typical and less varied. Of a GAN or a VAE it is the standard deviation of
   * the latents (Kingma, Dhariwal 2018, section 6), of an RBM it divides the logits of all units.
   */
  readonly temperature?: number;
}

/** Of models that can be asked for several classes at once. */
export interface FurtherOption {
  /**
   * Further classes that all samples should have, numbers or names, of a model whose classes are values of a table's columns and that
   * was trained to be asked for several: see `tableRows`. Default: none.
   */
  readonly also?: readonly (number | string)[];
}

export interface GenerateOptions extends UntrainedOption, LabelsOption, FurtherOption {
  /** Seed of the sampler's other random numbers, if it draws any; default 0. */
  readonly seed?: number;
}

/** Options of `sample` in every family. */
export const sampleOptions = ["seed", "first", "labels", "also", "temperature", "untrained"] as const;

/** The options of `sample` with their defaults. Throws for a value outside of its range. */
export function checkedSampling(what: string, options: SampleOptions) {
  const { seed = 0, first = 0, temperature = 1 } = options;
  checkSeed(what, seed);
  checkNumber(what, "first", first, { whole: true, atLeast: 0, below: 2 ** 53 });
  checkNumber(what, "temperature", temperature, { above: 0 });
  return { seed, first, temperature, untrained: checkedUntrained(what, options) };
}

/** The option `untrained` with its default. Throws TypeError if it is not a boolean. */
export function checkedUntrained(what: string, { untrained = false }: UntrainedOption): boolean {
  if (typeof untrained === "boolean") return untrained;
  throw new TypeError(`${what}: untrained must be true or false, found ${textOf(untrained)}`);
}

/** An array for `count` samples of `size` values. Throws RangeError if count is invalid or too large. */
export function roomFor(count: number, size: number): Float32Array {
  checkNumber("sample", "count", count, { whole: true, atLeast: 1 });
  checkNumber("sample", "count", count, { whole: true, atMost: Math.floor(mostValues / size) });
  return new Float32Array(count * size);
}
