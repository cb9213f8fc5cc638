/** The settings of a training, from the options of `genloom train`, and a new run of them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dataset, isStreamed, type TrainingData } from "../data/training-data.js";
import { openDataset } from "../data/load.js";
import type { BadImage } from "../data/formats/png-folder.js";
import type { ImageOptions } from "../data/images/image-fit.js";
import { normalisedAs } from "../data/scaling.js";
import { fitAll } from "../data/streaming/record-file.js";
import { inMemory } from "../data/stream.js";
import { BadFileError, UsageError } from "../errors.js";
import { fileError } from "../data/formats/read-file.js";
import { makeFolder } from "../data/formats/safe-file.js";
import type { Family } from "../train/family.js";
import type { FamilyConfig, FamilyKind } from "../train/family-config.js";
import { familyFrom } from "../models/index.js";
import { presetForData, presetForSource, presetNamed } from "../presets/index.js";
import type { Checkpoint } from "../train/checkpoint.js";
import type { OnDivergence } from "../train/recovery.js";
import { type RunData, RunFolder, type RunSettings } from "../train/run-folder.js";
import { describedRun, type NewRun, runFormat } from "../train/run-settings.js";
import type { SavedModel } from "../train/saved-model.js";
import { lockRun, type RunLock } from "../train/run-lock.js";
import { checkEvaluations, evaluationSettings } from "./evaluation-settings.js";
import { configuring, shortList } from "./failure.js";
import { partedBy } from "./held-out.js";
import { type HostOptions, type ImageFlags, imageOptionsOf, type OutputOptions } from "./options.js";
import { describeData, type Loading } from "./run-data.js";
import type { Terminal } from "./terminal.js";

export interface TrainCommandOptions extends HostOptions, OutputOptions, ImageFlags {
  readonly preset?: string;
  readonly data?: string;
  readonly count?: number;
  readonly model?: string;
  readonly steps?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly from?: string;
  readonly step?: number | "best";
  readonly saveEvery?: number;
  readonly keep?: number;
  readonly heldOut?: number;
  readonly evalEvery?: number;
  readonly evalSamples?: number;
  readonly evalMetrics?: readonly string[];
  readonly keepBest?: string;
  readonly patience?: number;
  readonly onDivergence?: OnDivergence;
}

/** Everything that a training needs. */
export interface Plan {
  readonly run: RunFolder;
  /** Keeps other processes out of the folder until the training has ended. */
  readonly lock: RunLock;
  readonly settings: RunSettings;
  readonly family: Family;
  readonly data: TrainingData;
  /** Records that the training does not see, if the run holds any out. */
  readonly heldOut?: TrainingData;
  /** The data for previews and reports, up to `shownBytes`. */
  readonly shown: Dataset;
  readonly resume?: Checkpoint;
  /** The saved model whose values the training begins with. */
  readonly start?: SavedModel;
}

/** Maximum bytes of records held for previews, reports and measures, if records are read during training. */
export const shownBytes = 2 ** 28;

/** Reports the images that were left out. */
const sayOf = (terminal: Terminal) => (bad: readonly BadImage[]) => {
  terminal.message(`${bad.length} images left out:`);
  for (const line of shortList(bad.map(({ error }) => error.message))) terminal.message(`  ${line}`);
};

/** The data of --data, as the options say. */
export function openAsked(source: string, options: TrainCommandOptions, terminal: Terminal): Promise<TrainingData> {
  const asked = imageOptionsOf(options);
  return openDataset(source, {
    ...(options.count === undefined ? {} : { count: options.count }),
    ...(asked === undefined ? {} : { images: asked }),
    ...(options.skipBad ? { skipBad: sayOf(terminal) } : {}),
    stream: options.stream,
  });
}

/** About ten checkpoints, at most a thousand steps apart. */
const saveEveryOf = (steps: number) => Math.min(1000, Math.ceil(steps / 10));

/** A new run: its folder is created at once, so that an unwritable one is reported before training. */
export async function planNew(kind: FamilyKind, options: TrainCommandOptions, terminal: Terminal): Promise<Plan> {
  const source = options.data ?? (options.preset === undefined ? "digits" : presetNamed(kind, options.preset).data);
  if (source === undefined)
    throw new UsageError(`train: preset ${options.preset} needs data`, {
      hint: "give them with --data, such as --data path/to/mnist",
    });
  const asked = imageOptionsOf(options);
  const raw = await configuring("check the data given by --data", () => openAsked(source, options, terminal));
  const name = options.preset ?? presetForSource(kind, source) ?? presetForData(kind, raw);
  const preset = presetNamed(kind, name);
  const wanted = asked?.size === undefined ? preset.images?.(raw) : undefined;
  const fitted = wanted && { ...asked, ...wanted };
  const read = fitted === undefined ? raw : fitAll(raw, fitted);
  const { train, heldOut, kept } = await partedBy(options.heldOut, read);
  const data = await configuring("give other data with --data", () => preset.normalise(train));
  const steps = options.steps ?? preset.steps;
  const family =
    options.model === undefined
      ? await configuring("choose another --preset", () => preset.make(data, steps))
      : await familyFromFile(kind, options.model);
  return planFolder(options, {
    preset: options.model === undefined ? name : "none",
    family,
    data,
    described: await describeData(data, read, source, { ...loadingOf(options, data, fitted), ...kept }),
    steps,
    batchSize: options.batch ?? preset.batchSize,
    ...(heldOut && { heldOut }),
  });
}

/** How the data of a run were loaded, to load them alike. */
export const loadingOf = (
  options: TrainCommandOptions,
  data: TrainingData,
  fitted: ImageOptions | undefined,
): Loading => {
  const asked = imageOptionsOf(options);
  return {
    ...(asked && { images: asked }),
    ...(fitted && { fitted }),
    ...(options.skipBad && { skipBad: true }),
    ...(isStreamed(data) && { stream: true }),
  };
};

/** What a new run is made of, besides the options that all runs have. */
interface Parts {
  readonly preset: string;
  readonly family: Family;
  readonly data: TrainingData;
  /** Raw held-out records. */
  readonly heldOut?: TrainingData;
  readonly described: RunData;
  readonly steps: number;
  readonly batchSize: number;
  readonly start?: SavedModel;
  readonly from?: RunSettings["from"];
}

/** Creates the folder of a new run, locked. */
export async function planFolder(options: TrainCommandOptions, parts: Parts): Promise<Plan> {
  const { preset, family, data, described, steps, batchSize, start, from, heldOut } = parts;
  const evaluation = evaluationSettings(options);
  const settings: NewRun = {
    model: family.kind,
    preset,
    data: described,
    steps,
    batchSize,
    seed: options.seed ?? 0,
    deterministic: options.deterministic ?? false,
    saveEvery: options.saveEvery ?? evaluation?.every ?? saveEveryOf(steps),
    keep: options.keep ?? 3,
    config: family.config,
    ...(evaluation && { evaluation }),
    ...(options.onDivergence && { onDivergence: options.onDivergence }),
    ...(from && { from }),
  };
  checkEvaluations(settings);
  const shown = await inMemory(data, shownBytes);
  const make = async (path: string): Promise<Plan> => {
    await makeFolder(path);
    return locked(path, async (lock) => {
      const run = await RunFolder.create(path, settings);
      const others = heldOut && normalisedAs(heldOut, describedRun(described));
      const whole = { run, lock, settings: run.settings, family, data, shown };
      return { ...whole, ...(others && { heldOut: others }), ...(start && { start }) };
    });
  };
  if (options.out !== undefined) return make(options.out);
  const name = `${family.kind}-${preset === "none" ? data.name : preset}`;
  // Another process may take the same name at the same moment.
  for (let number = await freeNumber(name); ; number++) {
    try {
      return await make(join("runs", `${name}-${number}`));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
}

/** Makes a plan while the folder is locked; if that fails, the lock is released. */
export async function locked(path: string, make: (lock: RunLock) => Promise<Plan>): Promise<Plan> {
  const lock = await lockRun(path);
  try {
    return await make(lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * A model's description from a JSON file: a run's config.json with the description in `config`, or the description
 * alone.
 */
async function familyFromFile(kind: FamilyKind, file: string): Promise<Family> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw fileError(file, error);
  });
  let config: FamilyConfig;
  try {
    const value = JSON.parse(text);
    config = value?.format === runFormat ? value.config : value;
  } catch (cause) {
    throw new BadFileError(`${file}: not JSON`, {
      code: "ERR_FILE_FORMAT",
      hint: "the file must describe a model like the config.json of a run",
      cause,
    });
  }
  if (config?.kind !== kind)
    throw new UsageError(`${file}: kind must be "${kind}", found ${JSON.stringify(config?.kind)}`, {
      hint: `it needs "kind": "${kind}"`,
    });
  const hint = `fix ${file}, or give the module that defines its kinds with --kinds FILE`;
  return configuring(hint, () => familyFrom(config));
}

/** The first number of runs/NAME-1, runs/NAME-2 … that is free. */
async function freeNumber(name: string): Promise<number> {
  const taken = new Set(await readdir("runs").catch(() => []));
  let number = 1;
  while (taken.has(`${name}-${number}`)) number++;
  return number;
}
