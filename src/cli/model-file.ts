/** The model of --model FILE: a recipe of `genloom presets`, the config.json of a run, or a model's description alone. */
import { readFile } from "node:fs/promises";
import { fileError } from "../data/formats/read-file.js";
import { BadFileError, UsageError } from "../errors.js";
import { familyFrom } from "../models/index.js";
import { checkedRecipe, presetOf, recipeFormat } from "../presets/recipe.js";
import type { Family } from "../train/family.js";
import type { FamilyConfig, FamilyKind } from "../train/family-config.js";
import { runFormat } from "../train/run-settings.js";
import type { RecipePreset } from "./asked-data.js";
import { configuring } from "./failure.js";

export interface ModelFile {
  /** Says what to do if the model cannot be made. */
  readonly hint: string;
  /** The model. Throws TypeError or RangeError if a part of its description breaks a rule. */
  family(): Family;
  /** How it is trained, if the file is a recipe. */
  readonly recipe?: RecipePreset;
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw fileError(file, error);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BadFileError(`${file}: not JSON`, {
      code: "ERR_FILE_FORMAT",
      hint: "the file must be a recipe of `genloom presets FAMILY/NAME`, or describe a model like the config.json of a run",
      cause,
    });
  }
}

/** Reads the file. Throws BadFileError if it is not JSON, UsageError if it describes another family or breaks a rule. */
export async function readModelFile(kind: FamilyKind, file: string): Promise<ModelFile> {
  const value = (await readJson(file)) as { format?: unknown; config?: FamilyConfig } | null;
  const hint = `fix ${file}, or give the module that defines its kinds with --kinds FILE`;
  const isRecipe = value?.format === recipeFormat;
  const config = (isRecipe || value?.format === runFormat ? value?.config : value) as FamilyConfig | undefined;
  const recipe = isRecipe ? await configuring(`fix ${file}`, () => checkedRecipe(value, file)) : undefined;
  if (config?.kind !== kind)
    throw new UsageError(`${file}: kind must be "${kind}", found ${JSON.stringify(config?.kind)}`, {
      hint: `it needs "kind": "${kind}"`,
    });
  return {
    hint,
    family: () => familyFrom(config),
    ...(recipe && { recipe: { preset: presetOf(recipe), images: recipe.images } }),
  };
}
