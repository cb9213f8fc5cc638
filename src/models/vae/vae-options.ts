/** Options and results of the methods of a trained VAE. */
import type { Values } from "../../graph/values.js";
import type { LabelsOption } from "../../train/labels.js";
import type { GenerateOptions, SampleOptions, UntrainedOption } from "../../train/sample-options.js";

export interface Encoding {
  /** Means of the posteriors [records, latent]. */
  readonly mean: Values;
  /** Standard deviations of the posteriors [records, latent]. */
  readonly deviation: Values;
}

export interface DecodeOptions extends UntrainedOption, LabelsOption {
  /** Seed of drawn records. If not given, `decode` returns the likelihood's mean for each latent, of tokens the most likely ones. */
  readonly seed?: number;
}

export interface TraverseOptions extends UntrainedOption, LabelsOption {
  /** The starting latent, of which one dimension at a time is varied; default zeros. */
  readonly from?: ArrayLike<number>;
  /** Dimensions to vary; default all. */
  readonly dimensions?: readonly number[];
  /** Lowest and highest value of the varied dimension; default [-3, 3]. */
  readonly range?: readonly [low: number, high: number];
  /** Number of values per dimension; default 7. */
  readonly steps?: number;
}

export interface LogLikelihoodOptions extends LabelsOption {
  /** Number of latents drawn per record; default 5,000. */
  readonly k?: number;
  /** Seed of the latents, and of the bits if the model binarises; default 0. */
  readonly seed?: number;
}

export interface MeansOption {
  /**
   * Whether samples are the likelihood's means instead of draws from it, of tokens the most likely ones. Default: true for
   * images, bits and tokens that are independent given the latents, because noise of single pixels or tiles is seldom wanted;
   * false for all other records, so that samples vary like the data.
   */
  readonly means?: boolean;
}

export type VaeSampleOptions = SampleOptions & MeansOption;
export type VaeGenerateOptions = GenerateOptions & MeansOption;
