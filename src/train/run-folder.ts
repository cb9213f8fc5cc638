/**
 * A run on disk: all files of one training. Needs node:fs.
 *
 *     RUN/config.json                              settings and model: see run-settings.ts
 *     RUN/metrics.jsonl                            one line per entry of the history, and per evaluation
 *     RUN/checkpoints/step-00000500.safetensors    a saved model, with the state of its training: see saved-model.ts
 *     RUN/best.safetensors, RUN/best.json          the best checkpoint by a score, and which: see best-checkpoint.ts
 *     RUN/samples/step-00000500.png                samples from fixed latents
 *     RUN/evaluations/step-00000500.json           results of `genloom evaluate`, of the last one of that step
 *     RUN/report.html                              all of it in one page
 *
 * Links in the folder are not followed when files are written or removed.
 */
import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { BadFileError, UsageError } from "../errors.js";
import {
  appendSafely,
  checkNoLink,
  makeFolder,
  makeInnerFolder,
  sweepFolder,
  writeSafely,
} from "../data/formats/safe-file.js";
import type { Checkpoint, HistoryEntry } from "./checkpoint.js";
import { BestCheckpoint } from "./best-checkpoint.js";
import { CheckpointFiles } from "./checkpoint-files.js";
import { json, read, stepName, stepOf } from "./run-files.js";
import { evaluationLine, evaluationsIn, type RunEvaluation } from "./run-evaluations.js";
import { lockName } from "./run-lock.js";
import { packageVersion } from "./package-version.js";
import {
  checkSame,
  describedRun,
  type NewRun,
  readSettings,
  runFormat,
  type RunSettings,
  runVersion,
  settingsText,
} from "./run-settings.js";

export type { RunData, RunSettings } from "./run-settings.js";

/** The folder of one training: its settings, checkpoints, metrics and samples. */
export class RunFolder {
  readonly #checkpoints: CheckpointFiles;
  /** The best checkpoint by a score, and its mark. */
  readonly best: BestCheckpoint;
  /** Folders within it that `create` made. */
  readonly #made: string[] = [];

  private constructor(
    readonly path: string,
    readonly settings: RunSettings,
  ) {
    const check = (checkpoint: Checkpoint) => checkSame(settings, checkpoint, join(path, "config.json"));
    this.best = new BestCheckpoint({ run: path, check });
    this.#checkpoints = new CheckpointFiles({
      run: path,
      folder: join(path, "checkpoints"),
      keep: settings.keep,
      pairs: settings.version === 1,
      check,
    });
  }

  /** Creates a run. Throws UsageError if the folder already contains one, BadFileError if it cannot be written. */
  static async create(path: string, created: NewRun): Promise<RunFolder> {
    if (await exists(join(path, "config.json"))) {
      throw new UsageError(`${path}: the folder already contains a run`, {
        hint: `continue it with --resume ${path}, or choose another --out`,
      });
    }
    const settings: RunSettings = { format: runFormat, version: runVersion, genloom: packageVersion, ...created };
    const run = new RunFolder(path, settings);
    await makeFolder(path);
    for (const folder of run.#inner) run.#made.push(...(await makeInnerFolder(folder)));
    await writeSafely(join(path, "config.json"), await settingsText(settings));
    return run;
  }

  /** Opens an existing run. Throws BadFileError if the folder is not a run. */
  static async open(path: string): Promise<RunFolder> {
    const file = join(path, "config.json");
    if ((await exists(path)) && !(await exists(file))) {
      throw new BadFileError(`${path}: not a run: it has no config.json`, {
        code: "ERR_FILE_NOT_FOUND",
        hint: "a run is the folder that `genloom train` was given as --out",
      });
    }
    return new RunFolder(path, await readSettings(await read(file), file));
  }

  /**
   * Takes back what `create` made, unless there is a checkpoint: of a run that failed before, there is nothing to keep. Files of
   * others stay. Returns whether it did.
   */
  async discard(): Promise<boolean> {
    if ((await this.steps()).length > 0) return false;
    for (const folder of this.#made) await rmdir(folder).catch(() => undefined);
    await rm(join(this.path, "config.json"), { force: true });
    return true;
  }

  get #inner(): string[] {
    return [join(this.path, "checkpoints"), join(this.path, "samples")];
  }

  /**
   * Prepares the folder for a training that goes on: removes what a crashed one left, and saves the settings that changed
   * (more steps, or another path to the same data). A folder of version 1 becomes one of the current version; its
   * checkpoints remain as they are.
   */
  async update(settings: RunSettings): Promise<RunFolder> {
    // Copied without them, a folder may lack those that were empty.
    for (const folder of this.#inner) await makeInnerFolder(folder);
    for (const folder of [this.path, ...this.#inner]) await sweepFolder(folder);
    if (this.settings.version === 1) await this.#checkpoints.removeHalves();
    const current: RunSettings = { ...settings, version: runVersion };
    await writeSafely(join(this.path, "config.json"), await settingsText(current));
    return new RunFolder(this.path, current);
  }

  /** Steps that have a checkpoint, in ascending order. */
  steps(): Promise<number[]> {
    return this.#checkpoints.steps();
  }

  /** Saves a checkpoint of the training, then removes all but the last `keep`. If saving fails, nothing has been removed. */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    return this.#checkpoints.save(checkpoint);
  }

  /**
   * Loads the newest checkpoint, or that of the given step, or the best one.
   * Throws BadFileError if it is missing, corrupt or not one of this run; the hint names the newest earlier checkpoint that
   * is whole. What checkpoints of version 1 do not know of their data is that of config.json.
   */
  async loadCheckpoint(step?: number | "best"): Promise<Checkpoint> {
    const { name: _, ...described } = describedRun(this.settings.data);
    const found = await (step === "best" ? this.best.load() : this.#checkpoints.load(step));
    return found.extent ? found : { ...found, ...described };
  }

  /** Adds lines to metrics.jsonl. */
  appendMetrics(entries: readonly HistoryEntry[]): Promise<void> {
    return appendSafely(join(this.path, "metrics.jsonl"), lines(entries));
  }

  /**
   * Rewrites metrics.jsonl from a checkpoint's history, without lines of later steps and incomplete lines. Evaluations up to
   * `step` stay.
   */
  async rewriteMetrics(history: readonly HistoryEntry[], step = history.at(-1)?.step ?? 0): Promise<void> {
    const kept = (await this.evaluations()).filter((one) => one.step <= step);
    await writeSafely(join(this.path, "metrics.jsonl"), lines(history) + kept.map(evaluationLine).join(""));
  }

  /** Adds an evaluation of the training to metrics.jsonl. */
  appendEvaluation(evaluation: RunEvaluation): Promise<void> {
    return appendSafely(join(this.path, "metrics.jsonl"), evaluationLine(evaluation));
  }

  /** The evaluations of the training, in the order of metrics.jsonl. */
  async evaluations(): Promise<RunEvaluation[]> {
    const bytes = await read(join(this.path, "metrics.jsonl")).catch(() => new Uint8Array(0));
    return evaluationsIn(new TextDecoder().decode(bytes));
  }

  writeSample(step: number, png: Uint8Array): Promise<void> {
    return this.writeSampleFile(`${stepName(step)}.png`, png);
  }

  /** Writes samples as text: texts, molecules. */
  writeSampleText(step: number, text: string, ending: "txt" | "csv" = "txt"): Promise<void> {
    return this.writeSampleFile(`${stepName(step)}.${ending}`, text);
  }

  /** Writes a file into the folder of samples. */
  async writeSampleFile(name: string, contents: Uint8Array | string): Promise<void> {
    const folder = join(this.path, "samples");
    await checkNoLink(folder);
    await writeSafely(join(folder, name), contents);
  }

  /** The sample images, in ascending order of steps. */
  async samples(): Promise<{ readonly step: number; readonly png: Uint8Array }[]> {
    const folder = join(this.path, "samples");
    const found: { step: number; png: Uint8Array }[] = [];
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      const file = stepOf(name);
      if (file?.end === "png") found.push({ step: file.step, png: await read(join(folder, name)) });
    }
    return found;
  }

  /** Writes the results of an evaluation; those of an earlier one of the same step are replaced. */
  async writeEvaluation(step: number, results: object): Promise<void> {
    const folder = join(this.path, "evaluations");
    await makeInnerFolder(folder);
    await writeSafely(join(folder, `${stepName(step)}.json`), json(results));
  }

  /** Steps that were evaluated, in ascending order. */
  async evaluated(): Promise<number[]> {
    const names = await readdir(join(this.path, "evaluations")).catch(() => []);
    return names
      .flatMap((name) => (stepOf(name)?.end === "json" ? [stepOf(name)?.step as number] : []))
      .sort((a, b) => a - b);
  }

  /** Paths of all files relative to the folder, sorted. */
  async files(): Promise<string[]> {
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true });
    return entries
      .flatMap((entry) =>
        entry.isFile() && !entry.name.startsWith(lockName)
          ? [relative(this.path, join(entry.parentPath, entry.name)).replaceAll("\\", "/")]
          : [],
      )
      .sort();
  }

  /** The report; undefined if there is none. */
  async report(): Promise<string | undefined> {
    const bytes = await read(join(this.path, "report.html")).catch(() => undefined);
    return bytes && new TextDecoder().decode(bytes);
  }

  writeReport(html: string): Promise<void> {
    return writeSafely(join(this.path, "report.html"), html);
  }
}

const lines = (entries: readonly HistoryEntry[]) =>
  entries
    .map(({ step, losses, signals, alarms }) =>
      JSON.stringify({ step, ...losses, ...signals, ...(alarms && { alarms }) }),
    )
    .map((line) => `${line}\n`)
    .join("");

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
