/**
 * A sweep on disk. Needs node:fs.
 *
 *     SWEEP/sweep.json                the file of the sweep, and every trial with its settings
 *     SWEEP/trial-0001/               the run folder of a trial, and in it:
 *     SWEEP/trial-0001/trial.json     its settings, its seed and the arguments of its training
 *     SWEEP/trial-0001/recipe.json    its model, if values of the recipe vary
 *     SWEEP/trial-0001/train.log      messages of its training
 *     SWEEP/trial-0001/result.json    how it ended
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, makeInnerFolder, writeSafely } from "../data/formats/safe-file.js";
import { BadFileError, UsageError } from "../errors.js";
import { checkFields, differenceOf, rules } from "../train/json-fields.js";
import { packageVersion } from "../train/package-version.js";
import { json, parse, read, requireFormat } from "../train/run-files.js";
import type { Settings } from "./settings.js";
import type { SweepFile } from "./sweep-file.js";

const sweepFormat = "genloom-sweep";
const sweepVersion = 1;

export interface Trial {
  /** Number of the trial, from 1 on. */
  readonly trial: number;
  readonly seed: number;
  readonly settings: Settings;
  /** Arguments of `genloom`, without the folder and the recipe. */
  readonly args: readonly string[];
  /** Whether its folder has a recipe. */
  readonly recipe: boolean;
}

/** What a trial is, before its folder is made. */
export interface PlannedTrial extends Omit<Trial, "recipe"> {
  readonly recipe?: object;
}

/** How a trial ended, or how far it has come. */
export interface TrialResult {
  readonly state: "finished" | "failed";
  /** Completed steps. */
  readonly steps: number;
  readonly metric?: string;
  readonly value?: number;
  readonly floor?: number;
  readonly seconds: number;
  readonly weightHash?: string;
  /** The exit code of the command that failed, and what it said. */
  readonly exitCode: number;
  readonly error?: string;
  readonly hint?: string;
  /** The value at the end of every rung. */
  readonly rungs?: readonly { readonly steps: number; readonly value?: number; readonly floor?: number }[];
}

const resultFields = {
  required: { state: rules.text, steps: rules.natural, seconds: rules.number, exitCode: rules.natural },
  optional: {
    ...{ metric: rules.text, value: rules.number, floor: rules.number, weightHash: rules.text },
    ...{ error: rules.text, hint: rules.text, rungs: rules.list },
  },
};
const sweepFields = {
  required: { format: rules.text, version: rules.count, genloom: rules.text, file: rules.object, trials: rules.list },
};
const trialFields = {
  required: {
    ...{ trial: rules.count, seed: rules.natural, settings: rules.object, args: rules.texts, recipe: rules.flag },
  },
};

/** What of a file may change when its sweep goes on: how trials are compared and run, and how many there are. */
const freeFields: readonly string[] = ["slurm", "launch", "metric", "goal", "evaluate", "trials", "vary"];

/** Name of a trial's folder: `trial-0001`. */
export const trialName = (trial: number): string => `trial-${String(trial).padStart(4, "0")}`;

const missing = (error: unknown): undefined => {
  if (error instanceof BadFileError && error.code === "ERR_FILE_NOT_FOUND") return undefined;
  throw error;
};

/** The folder of one sweep. */
export class SweepFolder {
  private constructor(
    readonly path: string,
    readonly file: SweepFile,
    readonly trials: readonly Trial[],
  ) {}

  /** Opens a sweep; undefined if there is none. Throws BadFileError if sweep.json is damaged. */
  static async open(path: string): Promise<SweepFolder | undefined> {
    const name = join(path, "sweep.json");
    const bytes = await read(name).catch(missing);
    if (!bytes) return undefined;
    const value = parse(bytes, name);
    requireFormat(value, sweepFormat, [sweepVersion], name);
    checkFields(name, "", value, sweepFields);
    const { file, trials } = value as unknown as { file: SweepFile; trials: Trial[] };
    for (const [i, trial] of trials.entries()) checkFields(name, `trials[${i}].`, trial, trialFields);
    return new SweepFolder(path, file, trials);
  }

  /**
   * Creates a sweep, or adds trials to one. Folders of trials come first, so that sweep.json never promises more than there
   * is. Throws UsageError if the folder holds another sweep.
   */
  static async create(path: string, file: SweepFile, planned: readonly PlannedTrial[]): Promise<SweepFolder> {
    const before = await SweepFolder.open(path);
    const trials = planned.map((one) => ({ ...one, recipe: one.recipe !== undefined }));
    if (before) checkGoesOn(before, file, trials);
    await makeFolder(path);
    for (const [i, { recipe }] of planned.entries()) {
      if (before && i < before.trials.length) continue;
      const folder = join(path, trialName(trials[i].trial));
      await checkFree(folder);
      await makeInnerFolder(folder);
      if (recipe) await writeSafely(join(folder, "recipe.json"), json(recipe));
      await writeSafely(join(folder, "trial.json"), json(trials[i]));
    }
    const text = { format: sweepFormat, version: sweepVersion, genloom: packageVersion, file, trials };
    await writeSafely(join(path, "sweep.json"), json(text));
    return new SweepFolder(path, file, trials);
  }

  /** The run folder of a trial. */
  folder({ trial }: Pick<Trial, "trial">): string {
    return join(this.path, trialName(trial));
  }

  /** How a trial ended; undefined if it has not. Throws BadFileError if the file is damaged. */
  async result(trial: Pick<Trial, "trial">): Promise<TrialResult | undefined> {
    const name = join(this.folder(trial), "result.json");
    const bytes = await read(name).catch(missing);
    if (!bytes) return undefined;
    const value = parse(bytes, name);
    checkFields(name, "", value, resultFields);
    return value as unknown as TrialResult;
  }

  writeResult(trial: Pick<Trial, "trial">, result: TrialResult): Promise<void> {
    return writeSafely(join(this.folder(trial), "result.json"), json(result));
  }

  forgetResult(trial: Pick<Trial, "trial">): Promise<void> {
    return rm(join(this.folder(trial), "result.json"), { force: true });
  }
}

/** Throws UsageError if the folder of a new trial holds a run, which the trial would take for its own. */
async function checkFree(folder: string): Promise<void> {
  if (!(await read(join(folder, "config.json")).catch(missing))) return;
  throw new UsageError(`${folder}: the folder already contains a run`, { hint: "choose another --out, or remove it" });
}

/** Throws UsageError unless a file describes the same sweep as before, or one of more trials. */
function checkGoesOn(before: SweepFolder, file: SweepFile, trials: readonly Trial[]): void {
  const free = file.method === "halving" ? ["slurm", "launch"] : freeFields;
  const fixed = (of: SweepFile) => Object.fromEntries(Object.entries(of).filter(([name]) => !free.includes(name)));
  const other =
    differenceOf(fixed(before.file), fixed(file), "file") ??
    differenceOf(before.trials, trials.slice(0, before.trials.length), "trials");
  if (other === undefined) return;
  throw new UsageError(`${before.path}: it holds another sweep, of which ${other} differs`, {
    hint: "choose another --out, or remove the folder; trials may be added at the end",
  });
}
