/** Presets: a model with the data, steps and batch size that it is known to learn with, under a name. */
import type { Described } from "../data/dataset.js";
import type { ImageOptions } from "../data/images/image-fit.js";
import type { TrainingData } from "../data/stream.js";
import type { Family } from "../train/family.js";

export interface Preset {
  /** One line for `--help`. */
  readonly summary: string;
  /** Built-in data set; undefined where the user names the data. */
  readonly data: string | undefined;
  readonly steps: number;
  readonly batchSize: number;
  /** How images become such as the model takes, where it takes some sizes only and none was asked for. */
  images?(data: Described): ImageOptions | undefined;
  /** The data in the range that the model works in. */
  normalise<D extends TrainingData>(data: D): D;
  /** The model for records of this shape; schedules run over `steps`. */
  make(data: Described, steps: number): Family;
}

/** A family's presets, and which of them suits data that no preset was named for. */
export interface FamilyPresets {
  readonly presets: Readonly<Record<string, Preset>>;
  choose(data: Described): string;
}
