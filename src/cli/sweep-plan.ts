/** From the file of a sweep to its trials: settings, seeds, arguments of `genloom train`, and recipes where they vary. */
import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileError } from "../data/formats/read-file.js";
import { closeData } from "../data/training-data.js";
import { BadFileError, UsageError } from "../errors.js";
import { recipeOf } from "../presets/recipe.js";
import { isPath, withValue } from "../sweep/recipe-path.js";
import { type Settings, settingsOf, trialSeed } from "../sweep/settings.js";
import { checkedSweep, isInterval, type OptionValue, type SweepFile } from "../sweep/sweep-file.js";
import { type PlannedTrial, SweepFolder } from "../sweep/sweep-folder.js";
import { differenceOf, isObject } from "../train/json-fields.js";
import type { FamilyKind } from "../train/family-config.js";
import { type DataOptions, presetData } from "./asked-data.js";
import { configuring } from "./failure.js";
import { directionOf } from "./metric-direction.js";
import { loadKinds } from "./own-kinds.js";
import { argsOf, checkFamily, checkNamed, parsedOptions } from "./sweep-options.js";
import type { Terminal } from "./terminal.js";

/** The folder of a sweep, unless --out names one. */
export const usualFolder = (file: string): string => join("sweeps", basename(file, extname(file)));

/** Reads the file. Throws BadFileError if it is not JSON, UsageError if it breaks a rule. */
export async function readSweepFile(path: string): Promise<SweepFile> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw fileError(path, error);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BadFileError(`${path}: not JSON: ${(cause as Error).message}`, {
      code: "ERR_FILE_FORMAT",
      hint: 'the file of a sweep looks like { "train": "gan", "options": { "preset": "ring" }, "vary": { "batch": [32, 64] } }',
      cause,
    });
  }
  return configuring(`fix ${path}; docs/cluster.md describes the file`, () => {
    const file = checkedSweep(value, path);
    checkFamily(file.train, path);
    checkNamed("train", file.options, { what: path, field: "options" });
    checkNamed("evaluate", file.evaluate, { what: path, field: "evaluate" });
    checkVaried(file, path);
    checkGoal(file, path);
    return file;
  });
}

/** Checks that every value which an option may take is one that the command takes. */
function checkVaried({ vary, options }: SweepFile, what: string): void {
  for (const [name, values] of Object.entries(vary)) {
    if (isPath(name)) {
      if (options.from !== undefined)
        throw new TypeError(`${what}: vary.${name} must be an option: a model of --from has no recipe, found a path`);
      continue;
    }
    const place = { what, field: "vary" };
    const tried = isInterval(values) ? [values.from, values.to] : values;
    for (const value of tried) checkNamed("train", { [name]: value }, place);
  }
}

function checkGoal({ metric, goal }: SweepFile, what: string): void {
  if (metric === undefined || goal !== undefined || directionOf(metric) !== undefined) return;
  throw new TypeError(
    `${what}: goal must be "least", "greatest" or "floor" for the metric ${metric}, whose direction is not known, found none`,
  );
}

/** The sweep of a file: the one that its folder holds, or a new one, or that one with more trials. */
export async function planSweep(path: string, out: string | undefined, terminal: Terminal): Promise<SweepFolder> {
  const file = await readSweepFile(path);
  const folder = out ?? usualFolder(path);
  const before = await SweepFolder.open(folder);
  if (before && differenceOf(before.file, file, "file") === undefined) return before;
  const trials = await configuring(`fix ${path}; docs/cluster.md describes the file`, () =>
    planTrials(file, path, terminal),
  );
  return SweepFolder.create(folder, file, trials);
}

async function planTrials(file: SweepFile, what: string, terminal: Terminal): Promise<PlannedTrial[]> {
  const recipes = new Recipes(file, what, terminal);
  const planned: PlannedTrial[] = [];
  for (const [i, settings] of settingsOf(file, what).entries()) {
    const trial = i + 1;
    const own = optionsOf(file, settings);
    const seed = typeof own.seed === "number" ? own.seed : trialSeed(file.seed, trial);
    const recipe = await recipes.of(settings, own);
    const options = { ...(recipe ? withoutPreset(own) : own), seed };
    const args = ["train", ...(file.train === undefined ? [] : [file.train]), ...argsOf(options)];
    planned.push({ trial, seed, settings, args, ...(recipe && { recipe }) });
  }
  return planned;
}

/** The options of a trial by name: those of all trials, and those that vary. */
const optionsOf = ({ options }: SweepFile, settings: Settings): Record<string, OptionValue> => ({
  ...options,
  ...(Object.fromEntries(Object.entries(settings).filter(([name]) => !isPath(name))) as Record<string, OptionValue>),
});

/** What a recipe already says. */
const inRecipe = ["preset", "model", "conditional", "window"];

const withoutPreset = (options: Readonly<Record<string, OptionValue>>) =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !inRecipe.includes(name)));

/** Options of which the recipe of a trial is made. */
const ofRecipe = [
  ...[...inRecipe, "data", "count", "columns", "held-out", "kinds"],
  ...["size", "fit", "channels", "background", "stream", "skip-bad"],
];

/** The recipes of the trials; each preset is written out once for the same data. */
class Recipes {
  readonly #made = new Map<string, object>();

  constructor(
    private readonly file: SweepFile,
    private readonly what: string,
    private readonly terminal: Terminal,
  ) {}

  /** The recipe of a trial, with its values; undefined if none of them varies. */
  async of(settings: Settings, options: Readonly<Record<string, OptionValue>>): Promise<object | undefined> {
    const paths = Object.keys(settings).filter(isPath);
    if (paths.length === 0) return undefined;
    const made = Object.fromEntries(Object.entries(options).filter(([name]) => ofRecipe.includes(name)));
    const key = JSON.stringify(made);
    const base = this.#made.get(key) ?? (await this.#base(made));
    this.#made.set(key, base);
    return paths.reduce((recipe, path) => withValue(recipe, path, settings[path], this.what), base);
  }

  async #base(options: Readonly<Record<string, OptionValue>>): Promise<object> {
    if (typeof options.model === "string") return jsonOf(options.model);
    if (typeof options.kinds === "string") await loadKinds(options.kinds);
    const kind = (this.file.train ?? "gan") as FamilyKind;
    const asked = parsedOptions<DataOptions & { readonly conditional?: boolean }>("train", options);
    const { name, preset, source, data, loading, sequences } = await presetData(kind, asked, this.terminal);
    try {
      const images = loading.fitted ?? loading.images;
      return recipeOf(preset, data, {
        ...{ preset: `${kind}/${name}`, data: source, form: { conditional: asked.conditional } },
        ...(images && { images }),
        ...(sequences && { sequences }),
      });
    } finally {
      await closeData(data);
    }
  }
}

/** The JSON of a model file. Throws BadFileError if it cannot be read, or is not an object. */
async function jsonOf(path: string): Promise<object> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw fileError(path, error);
  });
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // The same fault as a value that is no object.
  }
  throw new BadFileError(`${path}: not a recipe or a model in JSON`, {
    code: "ERR_FILE_FORMAT",
    hint: "genloom presets NAME prints a recipe",
  });
}

/** The number of a trial. Throws UsageError if the sweep has none of this number. */
export function trialNumbered({ trials, path }: SweepFolder, number: number) {
  const found = trials[number - 1];
  if (found) return found;
  throw new UsageError(`sweep: --trial must be a number from 1 to ${trials.length} in ${path}, found ${number}`, {
    hint: "the file says how many trials there are",
  });
}
