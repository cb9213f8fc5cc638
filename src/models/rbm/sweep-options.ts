/** Options of the methods of a trained machine that run Gibbs sweeps. */
import type { LabelsOption } from "../../train/labels.js";
import type { Records } from "../../train/records.js";
import type { GenerateOptions, SampleOptions, UntrainedOption } from "../../train/sample-options.js";

/** Options of chains of which each gives several samples. */
export interface ChainOptions {
  /**
   * Number of chains, each of which gives every so-many-th sample: fewer sweeps, but samples of one chain are correlated, and
   * a sample depends on how many are drawn, so `first` is not allowed. Default: one chain per sample.
   */
  readonly chains?: number;
  /** Sweeps between two samples of a chain; default 100. */
  readonly thinning?: number;
  /** Initial states of the chains [chains, V], for example records; default: drawn from the data's means. */
  readonly start?: Records;
}

export interface SweepOptions {
  /** Sweeps before the first sample of each chain; default 200, with label units 1,000. A machine that mixes slowly needs more. */
  readonly burnIn?: number;
  /** Whether samples are the units' means given the last hidden states, instead of drawn states; default false. */
  readonly means?: boolean;
}

export type RbmSampleOptions = SampleOptions & ChainOptions & SweepOptions;
export type RbmGenerateOptions = GenerateOptions & SweepOptions & Pick<SampleOptions, "temperature">;

export interface InpaintOptions extends UntrainedOption, LabelsOption {
  readonly seed?: number;
  /** Gibbs sweeps over the unknown units; default 200. */
  readonly sweeps?: number;
}
