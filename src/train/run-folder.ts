/**
 * A run on disk: all files of one training. Needs node:fs.
 *
 *     RUN/config.json                              settings and model
 *     RUN/metrics.jsonl                            one line per entry of the history
 *     RUN/checkpoints/step-00000500.safetensors    variables
 *     RUN/checkpoints/step-00000500.json           step, seed, history; names the file above with its size and hash
 *     RUN/samples/step-00000500.png                samples from fixed latents
 *     RUN/report.html                              all of it in one page
 */
import { appendFile, readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Column } from "../data/columns.js";
import type { ImageOptions } from "../data/images/image-fit.js";
import { BadFileError, UsageError } from "../errors.js";
import { makeFolder, sweepFolder, writeError, writeSafely } from "../data/formats/safe-file.js";
import type { FamilyConfig, FamilyKind } from "./family.js";
import type { Shape } from "../graph/shape.js";
import type { Checkpoint, HistoryEntry } from "./checkpoint.js";
import { CheckpointFiles } from "./checkpoint-files.js";
import { json, parse, read, requireFormat, stepName } from "./run-files.js";
import { lockName } from "./run-lock.js";

/** The data of a run: the argument of `--data`, and properties of the loaded data set. */
export interface RunData {
  readonly source: string;
  readonly name: string;
  readonly count: number;
  readonly shape: Shape;
  /** normalised = raw * scale + shift */
  readonly scale: number;
  readonly shift: number;
  /** Lowest and highest raw value. */
  readonly extent: readonly [low: number, high: number];
  /** For a table of features: name and scaling of each column. */
  readonly columns?: readonly Column[];
  /** Hash of the records, because batches are the same only if the data are. */
  readonly sha256: string;
  /** Conversion of images to records while loading. */
  readonly images?: ImageOptions;
  /** Conversion by the preset after loading. */
  readonly fitted?: ImageOptions;
  /** Whether unusable images were skipped. */
  readonly skipBad?: true;
  /** Whether records were read during training instead of before it. */
  readonly stream?: true;
}

/** Contents of config.json. */
export interface RunSettings {
  readonly format: "genloom-run";
  readonly version: 1;
  readonly genloom: string;
  readonly model: FamilyKind;
  readonly preset: string;
  readonly data: RunData;
  readonly steps: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly deterministic: boolean;
  readonly saveEvery: number;
  readonly keep: number;
  readonly config: FamilyConfig;
}

/** The folder of one training: its settings, checkpoints, metrics and samples. */
export class RunFolder {
  readonly #checkpoints: CheckpointFiles;

  private constructor(
    readonly path: string,
    readonly settings: RunSettings,
  ) {
    this.#checkpoints = new CheckpointFiles(path, join(path, "checkpoints"), settings.keep);
  }

  /** Creates a run. Throws UsageError if the folder already contains one, BadFileError if it cannot be written. */
  static async create(path: string, settings: RunSettings): Promise<RunFolder> {
    if (await exists(join(path, "config.json"))) {
      throw new UsageError(`${path}: the folder already contains a run`, {
        hint: `continue it with --resume ${path}, or choose another --out`,
      });
    }
    const run = new RunFolder(path, settings);
    for (const folder of run.#folders) await makeFolder(folder);
    await writeSafely(join(path, "config.json"), json(settings));
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
    const settings = parse(await read(file), file) as RunSettings;
    requireFormat(settings, "genloom-run", 1, file);
    return new RunFolder(path, settings);
  }

  get #folders(): string[] {
    return [this.path, join(this.path, "checkpoints"), join(this.path, "samples")];
  }

  /** Saves settings that a resumed training changed: more steps, or another path to the same data. */
  async update(settings: RunSettings): Promise<RunFolder> {
    await writeSafely(join(this.path, "config.json"), json(settings));
    return new RunFolder(this.path, settings);
  }

  /** Removes temporary files of a crashed training. */
  async sweep(): Promise<void> {
    for (const folder of this.#folders) await sweepFolder(folder);
  }

  /** Steps that have a checkpoint, in ascending order. */
  steps(): Promise<number[]> {
    return this.#checkpoints.steps();
  }

  /** Saves a checkpoint, then removes all but the last `keep`. If saving fails, nothing has been removed. */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    return this.#checkpoints.save(checkpoint);
  }

  /**
   * Loads the newest checkpoint, or that of the given step.
   * Throws BadFileError if it is missing or corrupt; the hint names the newest earlier checkpoint that is whole.
   */
  loadCheckpoint(step?: number): Promise<Checkpoint> {
    return this.#checkpoints.load(step);
  }

  /** Adds lines to metrics.jsonl. */
  async appendMetrics(entries: readonly HistoryEntry[]): Promise<void> {
    const file = join(this.path, "metrics.jsonl");
    await appendFile(file, lines(entries)).catch((error: unknown) => {
      throw writeError(file, error);
    });
  }

  /** Rewrites metrics.jsonl from a checkpoint's history, without lines of later steps and incomplete lines. */
  rewriteMetrics(history: readonly HistoryEntry[]): Promise<void> {
    return writeSafely(join(this.path, "metrics.jsonl"), lines(history));
  }

  writeSample(step: number, png: Uint8Array): Promise<void> {
    return writeSafely(join(this.path, "samples", `${stepName(step)}.png`), png);
  }

  /** The sample images, in ascending order of steps. */
  async samples(): Promise<{ readonly step: number; readonly png: Uint8Array }[]> {
    const folder = join(this.path, "samples");
    const found: { step: number; png: Uint8Array }[] = [];
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      const match = /^step-(\d+)\.png$/.exec(name);
      if (match) found.push({ step: Number(match[1]), png: await read(join(folder, name)) });
    }
    return found;
  }

  /** Paths of all files relative to the folder, sorted. */
  async files(): Promise<string[]> {
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true });
    return entries
      .flatMap((entry) =>
        entry.isFile() && entry.name !== lockName
          ? [relative(this.path, join(entry.parentPath, entry.name)).replaceAll("\\", "/")]
          : [],
      )
      .sort();
  }

  writeReport(html: string): Promise<void> {
    return writeSafely(join(this.path, "report.html"), html);
  }
}

const lines = (entries: readonly HistoryEntry[]) =>
  entries.map(({ step, losses }) => `${JSON.stringify({ step, ...losses })}\n`).join("");

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
