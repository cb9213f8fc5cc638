/** The settings of a training, from the options of `genloom train`: for a new run or a resumed one. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "../data/dataset.js";
import { openDataset } from "../data/load.js";
import type { BadImage } from "../data/formats/png-folder.js";
import { fitAll } from "../data/streaming/record-file.js";
import { inMemory, isStreamed, type TrainingData } from "../data/stream.js";
import { BadFileError, UsageError } from "../errors.js";
import { fileError } from "../data/formats/read-file.js";
import { makeFolder } from "../data/formats/safe-file.js";
import type { Family, FamilyConfig, FamilyKind } from "../train/family.js";
import { familyFrom } from "../models/index.js";
import { presetForData, presetForSource, presetNamed } from "../presets/index.js";
import type { Checkpoint } from "../train/checkpoint.js";
import { respan } from "../train/respan.js";
import { RunFolder, type RunSettings } from "../train/run-folder.js";
import { lockRun, type RunLock } from "../train/run-lock.js";
import { configuring, shortList } from "./failure.js";
import { checkSettings, familyOf, reloadData } from "./loaded-run.js";
import { type HostOptions, type ImageFlags, imageOptionsOf, type OutputOptions } from "./options.js";
import { describeData } from "./run-data.js";
import type { Terminal } from "./terminal.js";
import { packageVersion } from "./version.js";

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
  readonly step?: number;
  readonly saveEvery?: number;
  readonly keep?: number;
}

/** Everything that a training needs. */
export interface Plan {
  readonly run: RunFolder;
  /** Keeps other processes out of the folder until the training has ended. */
  readonly lock: RunLock;
  readonly settings: RunSettings;
  readonly family: Family;
  readonly data: TrainingData;
  /** The data for previews and reports, up to `shownBytes`. */
  readonly shown: Dataset;
  readonly resume?: Checkpoint;
}

/** Maximum bytes of records held for previews, reports and measures, if records are read during training. */
export const shownBytes = 2 ** 28;

/** Options that determine the records. */
const imageNames = ["size", "fit", "channels", "background", "skipBad", "stream"] as const;

/** Reports the images that were left out. */
const sayOf = (terminal: Terminal) => (bad: readonly BadImage[]) => {
  terminal.message(`${bad.length} images left out:`);
  for (const line of shortList(bad.map(({ error }) => error.message))) terminal.message(`  ${line}`);
};

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
  const raw = await configuring("check the data given by --data", () =>
    openDataset(source, {
      ...(options.count === undefined ? {} : { count: options.count }),
      ...(asked === undefined ? {} : { images: asked }),
      ...(options.skipBad ? { skipBad: sayOf(terminal) } : {}),
      stream: options.stream,
    }),
  );
  const name = options.preset ?? presetForSource(kind, source) ?? presetForData(kind, raw);
  const preset = presetNamed(kind, name);
  const wanted = asked?.size === undefined ? preset.images?.(raw) : undefined;
  const fitted = wanted && { ...asked, ...wanted };
  const read = fitted === undefined ? raw : fitAll(raw, fitted);
  const data = await configuring("give other data with --data", () => preset.normalise(read));
  const steps = options.steps ?? preset.steps;
  const family =
    options.model === undefined
      ? await configuring("choose another --preset", () => preset.make(data, steps))
      : await familyFromFile(kind, options.model);
  const settings: RunSettings = {
    format: "genloom-run",
    version: 1,
    genloom: packageVersion(),
    model: kind,
    preset: options.model === undefined ? name : "none",
    data: await describeData(data, read, source, {
      ...(asked && { images: asked }),
      ...(fitted && { fitted }),
      ...(options.skipBad && { skipBad: true }),
      ...(isStreamed(data) && { stream: true }),
    }),
    steps,
    batchSize: options.batch ?? preset.batchSize,
    seed: options.seed ?? 0,
    deterministic: options.deterministic ?? false,
    saveEvery: options.saveEvery ?? saveEveryOf(steps),
    keep: options.keep ?? 3,
    config: family.config,
  };
  const path = options.out ?? (await freeFolder(`${kind}-${settings.preset === "none" ? data.name : name}`));
  await makeFolder(path);
  return locked(path, async (lock) => ({
    run: await RunFolder.create(path, settings),
    lock,
    settings,
    family,
    data,
    shown: await inMemory(data, shownBytes),
  }));
}

/** Makes a plan while the folder is locked; if that fails, the lock is released. */
async function locked(path: string, make: (lock: RunLock) => Promise<Plan>): Promise<Plan> {
  const lock = await lockRun(path);
  try {
    return await make(lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A resumed run, from its newest checkpoint or from that of --step. */
export async function planResumed(
  path: string,
  kind: FamilyKind | undefined,
  options: TrainCommandOptions,
  terminal: Terminal,
): Promise<Plan> {
  for (const fixed of ["preset", "model", "batch", "seed", "count", "out", ...imageNames] as const) {
    if (options[fixed] !== undefined)
      throw new UsageError(`train: --${fixed === "skipBad" ? "skip-bad" : fixed} cannot change when a run is resumed`, {
        hint: `leave it out: ${path} holds its settings`,
      });
  }
  const found = await RunFolder.open(path);
  const { model } = found.settings;
  if (kind !== undefined && kind !== model)
    throw new UsageError(`train: ${path} must be a run of ${kind}, found ${model}`, {
      hint: `genloom train ${model} --resume ${path}`,
    });
  // Locked before reading: files that another process is writing would be out of date.
  return locked(path, (lock) => goOn(found, lock, options, terminal));
}

async function goOn(found: RunFolder, lock: RunLock, options: TrainCommandOptions, terminal: Terminal): Promise<Plan> {
  const { path } = found;
  const checkpoint = await found.loadCheckpoint(options.step);
  const steps = options.steps ?? found.settings.steps;
  if (steps < checkpoint.step)
    throw new UsageError(`train: --steps must be at least the step of ${path}, ${checkpoint.step}, found ${steps}`, {
      hint: "--steps is the total number of steps of the run; --step N resumes from an earlier checkpoint",
    });
  const before = checkpoint.steps ?? found.settings.steps;
  const config = respan(checkpoint.config, before, steps);
  const family = familyOf({ ...checkpoint, config }, path);
  checkSettings(found, checkpoint);
  if (config !== checkpoint.config)
    terminal.message(
      `schedules that ended at step ${before} now end at step ${steps}: from step ${checkpoint.step} on they are those of a training of ${steps} steps`,
    );
  const data = await reloadData(found.settings.data, options.data);
  const settings: RunSettings = {
    ...found.settings,
    ...(options.data === undefined ? {} : { data: { ...found.settings.data, source: options.data } }),
    steps,
    config: family.config,
    saveEvery: options.saveEvery ?? found.settings.saveEvery,
    keep: options.keep ?? found.settings.keep,
    deterministic: options.deterministic ?? found.settings.deterministic,
  };
  const run = await found.update(settings);
  await run.sweep();
  await run.rewriteMetrics(checkpoint.history);
  return {
    run,
    lock,
    settings,
    family,
    data,
    shown: await inMemory(data, shownBytes),
    resume: checkpoint,
  };
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
    config = value?.format === "genloom-run" ? value.config : value;
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

/** runs/NAME-1, or the first number that is free. */
async function freeFolder(name: string): Promise<string> {
  const taken = new Set(await readdir("runs").catch(() => []));
  let number = 1;
  while (taken.has(`${name}-${number}`)) number++;
  return join("runs", `${name}-${number}`);
}
