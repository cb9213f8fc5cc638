/**
 * A preset written out: the model for some data, with steps, batch size and scaling, as JSON that a user can edit and train
 * by `genloom train FAMILY --model FILE`.
 */
import type { SequenceForm } from "../domains/domain.js";
import { checkImageOptions, type ImageOptions } from "../data/images/image-fit.js";
import type { Described } from "../data/training-data.js";
import { checkNumber, checkOptions, textOf } from "../options.js";
import { familyFrom } from "../models/index.js";
import { respan } from "../train/respan.js";
import type { FamilyConfig } from "../train/family-config.js";
import { checkNormalisation, type Normalisation } from "./normalisation.js";
import { type Preset, type PresetForm, stepsOn } from "./preset.js";

export const recipeFormat = "genloom-recipe";
const recipeVersion = 1;

/** Most frames of a record. */
const mostWindow = 1024;

export interface Recipe {
  readonly format: typeof recipeFormat;
  readonly version: typeof recipeVersion;
  /** The preset that it was made from: `gan/dcgan`. For people; it has no effect. */
  readonly preset?: string;
  /** Source of the data, as for `--data`; if missing, `--data` must be given. */
  readonly data?: string;
  /** Conversion of images to records. */
  readonly images?: ImageOptions;
  /** The form in which sequences are read. */
  readonly sequences?: SequenceForm;
  readonly normalisation: Normalisation;
  readonly steps: number;
  readonly batchSize: number;
  /** Description of the model; schedules that end at `steps` follow `--steps`. */
  readonly config: FamilyConfig;
}

const fields = [
  ...["format", "version", "preset", "data", "images", "sequences", "normalisation"],
  ...["steps", "batchSize", "config"],
];

/** What a recipe has besides the preset: its name, and where the data come from. */
export interface RecipeParts extends Pick<Recipe, "preset" | "data" | "images" | "sequences"> {
  readonly steps?: number;
  readonly form?: PresetForm;
}

/** A preset written out for records of this kind. Throws RangeError if they do not suit it. */
export function recipeOf(
  preset: Preset,
  data: Described,
  { steps = stepsOn(preset, data), form, ...parts }: RecipeParts,
): Recipe {
  return {
    format: recipeFormat,
    version: recipeVersion,
    ...parts,
    normalisation: preset.normalisation(data),
    steps,
    batchSize: preset.batchSize,
    config: preset.make(data, steps, form).config,
  };
}

/** Checks a value of JSON; `what` begins error messages. Throws TypeError or RangeError if a field breaks a rule. */
export function checkedRecipe(value: object, what: string): Recipe {
  checkOptions(what, value, fields);
  const recipe = value as Recipe;
  const wrong = (name: keyof Recipe, rule: string) =>
    new TypeError(`${what}: ${name} must be ${rule}, found ${textOf(recipe[name])}`);
  if (recipe.format !== recipeFormat) throw wrong("format", JSON.stringify(recipeFormat));
  if (recipe.version !== recipeVersion) throw wrong("version", String(recipeVersion));
  if (recipe.data !== undefined && typeof recipe.data !== "string") throw wrong("data", "a string");
  if (recipe.images !== undefined) checkImageOptions(recipe.images);
  if (recipe.sequences !== undefined) checkSequenceForm(what, recipe.sequences);
  checkNormalisation(what, recipe.normalisation);
  for (const name of ["steps", "batchSize"] as const)
    checkNumber(what, name, recipe[name], { whole: true, atLeast: 1, atMost: 2 ** 31 - 1 });
  if (typeof recipe.config !== "object" || recipe.config === null) throw wrong("config", "a model's description");
  return recipe;
}

/** Throws TypeError or RangeError if a value of JSON is not a form of sequences. */
function checkSequenceForm(what: string, form: SequenceForm): void {
  checkOptions(`${what}: sequences`, form, ["form", "window"]);
  if (form.form !== "roll") throw new TypeError(`${what}: sequences.form must be "roll", found ${textOf(form.form)}`);
  if (form.window !== undefined)
    checkNumber(what, "sequences.window", form.window, { whole: true, atLeast: 1, atMost: mostWindow });
}

/** The preset that a recipe describes, for data of any kind that its model takes. */
export const presetOf = ({ data, sequences, normalisation, steps, batchSize, config }: Recipe): Preset => ({
  summary: "",
  data,
  steps,
  batchSize,
  ...(sequences && { sequences }),
  normalisation: () => normalisation,
  make: (_data, total) => familyFrom(respan(config, steps, total)),
});
