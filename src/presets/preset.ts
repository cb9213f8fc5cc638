/** Presets: a named model with data, number of steps and batch size with which it is known to learn. */
import type { Described } from "../data/training-data.js";
import type { ImageOptions } from "../data/images/image-fit.js";
import type { SequenceForm } from "../domains/domain.js";
import { UsageError } from "../errors.js";
import type { Family } from "../train/family.js";
import { mostModelClasses } from "../train/labels.js";
import type { Normalisation } from "./normalisation.js";

export interface Preset {
  /** One line for `--help`. */
  readonly summary: string;
  /** Built-in data set; undefined if the user gives the data. */
  readonly data: string | undefined;
  readonly steps: number;
  /** Steps for data that need another number of them. */
  stepsFor?(data: Described): number | undefined;
  readonly batchSize: number;
  /** Conversion of images for a model that accepts only some sizes, if the user gave none. */
  images?(data: Described): ImageOptions | undefined;
  /** The form in which the model takes sequences, if it is not that of their kind. */
  readonly sequences?: SequenceForm;
  /** Whether the model takes the rows of a table with columns of different kinds. */
  readonly table?: boolean;
  /** The scaling of the records that the model uses. */
  normalisation(data: Described): Normalisation;
  /** The model for records of this shape; schedules span `steps`. Throws UsageError if it cannot be conditional on the data. */
  make(data: Described, steps: number, form?: PresetForm): Family;
}

/** Number of training steps of a preset on these data. */
export const stepsOn = (preset: Preset, data: Described): number => preset.stepsFor?.(data) ?? preset.steps;

/** Forms of a preset's model. */
export interface PresetForm {
  /** Whether the model is conditional on the classes of the data; default false. */
  readonly conditional?: boolean | undefined;
}

/** The number of classes of a conditional model, otherwise undefined. Throws UsageError if the data have none, or too many. */
export function classesFor({ name, labels, classes }: Described, { conditional }: PresetForm = {}): number | undefined {
  if (!conditional) return undefined;
  if (!labels || classes === undefined)
    throw new UsageError(`train: --conditional needs data with labels, and ${name} has none`, {
      hint: "give labels (an IDX file of labels, a column named label, a sub-folder per class), or leave out --conditional",
    });
  if (classes >= 2 && classes <= mostModelClasses) return classes;
  throw new UsageError(`train: data of --conditional must have 2 to ${mostModelClasses} classes, found ${classes}`, {
    hint: "leave out --conditional",
  });
}

/** A family's presets, and the choice of one for data without a preset of the same name. */
export interface FamilyPresets {
  readonly presets: Readonly<Record<string, Preset>>;
  choose(data: Described): string;
}
