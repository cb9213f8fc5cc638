/** Presets: a named model with data, number of steps and batch size with which it is known to learn. */
import type { Described } from "../data/training-data.js";
import type { ImageOptions } from "../data/images/image-fit.js";
import type { Family } from "../train/family.js";
import type { Normalisation } from "./normalisation.js";

export interface Preset {
  /** One line for `--help`. */
  readonly summary: string;
  /** Built-in data set; undefined if the user gives the data. */
  readonly data: string | undefined;
  readonly steps: number;
  readonly batchSize: number;
  /** Conversion of images for a model that accepts only some sizes, if the user gave none. */
  images?(data: Described): ImageOptions | undefined;
  /** The scaling of the records that the model uses. */
  normalisation(data: Described): Normalisation;
  /** The model for records of this shape; schedules span `steps`. */
  make(data: Described, steps: number): Family;
}

/** A family's presets, and the choice of one for data without a preset of the same name. */
export interface FamilyPresets {
  readonly presets: Readonly<Record<string, Preset>>;
  choose(data: Described): string;
}
