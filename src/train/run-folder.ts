/**
 * A run on disk: all files of one training. Needs node:fs.
 *
 *     RUN/config.json                              settings and model
 *     RUN/metrics.jsonl                            one line per entry of the history
 *     RUN/checkpoints/step-00000500.safetensors    variables
 *     RUN/checkpoints/step-00000500.json           step, seed, history; names the file above with its size and hash
 *     RUN/samples/step-00000500.png                samples from fixed latents
 *     RUN/report.html                              all of it in one page
 *
 * A checkpoint exists only if its .json does. That is written last, so a crash at any point leaves the earlier
 * checkpoints whole.
 */
import { createHash } from "node:crypto";
import { appendFile, readdir, readFile, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Column } from "../data/columns.js";
import type { ImageOptions } from "../data/images/image-fit.js";
import { BadFileError, UsageError } from "../errors.js";
import { fileError } from "../data/formats/read-file.js";
import { makeFolder, sweepFolder, writeError, writeSafely } from "../data/formats/safe-file.js";
import { readSafetensors, writeSafetensors } from "../data/formats/safetensors.js";
import type { FamilyConfig, FamilyKind } from "./family.js";
import type { Shape } from "../graph/shape.js";
import { type Checkpoint, checkpointVersion, type HistoryEntry } from "./checkpoint.js";
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

/** Contents of a checkpoint's .json. */
type State = Omit<Checkpoint, "tensors" | "version"> & {
  readonly format: "genloom-checkpoint";
  readonly version: typeof checkpointVersion;
  readonly tensors: { readonly file: string; readonly bytes: number; readonly sha256: string };
};

const stepName = (step: number) => `step-${String(step).padStart(8, "0")}`;
const checkpointFile = /^step-(\d+)\.(json|safetensors)$/;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

export class RunFolder {
  private constructor(
    readonly path: string,
    readonly settings: RunSettings,
  ) {}

  /** Creates a run. Throws UsageError if the folder already contains one, BadFileError if it cannot be written. */
  static async create(path: string, settings: RunSettings): Promise<RunFolder> {
    if (await exists(join(path, "config.json"))) {
      throw new UsageError(`${path}: the folder already contains a run`, {
        hint: `continue it with --resume ${path}, or choose another --out`,
      });
    }
    const run = new RunFolder(path, settings);
    for (const folder of [path, run.#checkpoints, join(path, "samples")]) await makeFolder(folder);
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

  get #checkpoints(): string {
    return join(this.path, "checkpoints");
  }

  /** Saves settings that a resumed training changed: more steps, or another path to the same data. */
  async update(settings: RunSettings): Promise<RunFolder> {
    await writeSafely(join(this.path, "config.json"), json(settings));
    return new RunFolder(this.path, settings);
  }

  /** Removes temporary files of a crashed training. */
  async sweep(): Promise<void> {
    for (const folder of [this.path, this.#checkpoints, join(this.path, "samples")]) await sweepFolder(folder);
  }

  /** Steps that have a checkpoint, in ascending order. */
  async steps(): Promise<number[]> {
    const names = await readdir(this.#checkpoints).catch((error: unknown) => {
      throw fileError(this.#checkpoints, error);
    });
    return names
      .flatMap((name) => (checkpointFile.exec(name)?.[2] === "json" ? [Number(checkpointFile.exec(name)?.[1])] : []))
      .sort((a, b) => a - b);
  }

  /** Saves a checkpoint, then removes all but the last `keep`. If saving fails, nothing has been removed. */
  async saveCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const { tensors, version: _version, ...rest } = checkpoint;
    const name = stepName(checkpoint.step);
    const bytes = writeSafetensors(tensors, { step: String(checkpoint.step) });
    const state: State = {
      format: "genloom-checkpoint",
      version: checkpointVersion,
      ...rest,
      tensors: { file: `${name}.safetensors`, bytes: bytes.length, sha256: sha256(bytes) },
    };
    await writeSafely(join(this.#checkpoints, state.tensors.file), bytes);
    await writeSafely(join(this.#checkpoints, `${name}.json`), json(state));
    await this.#prune(checkpoint.step);
  }

  /** Removes old checkpoints, and those of later steps than `newest`: training was resumed from an earlier step. */
  async #prune(newest: number): Promise<void> {
    const kept = (await this.steps()).filter((step) => step <= newest).slice(-this.settings.keep);
    for (const name of await readdir(this.#checkpoints)) {
      const match = checkpointFile.exec(name);
      if (match && !kept.includes(Number(match[1]))) await rm(join(this.#checkpoints, name), { force: true });
    }
  }

  /**
   * Loads the newest checkpoint, or that of the given step.
   * Throws BadFileError if it is missing or corrupt; the hint names the newest earlier checkpoint that is whole.
   */
  async loadCheckpoint(step?: number): Promise<Checkpoint> {
    const steps = await this.steps();
    const wanted = step ?? steps.at(-1);
    if (wanted === undefined) {
      throw new BadFileError(`${this.path}: no checkpoint yet`, {
        code: "ERR_FILE_NOT_FOUND",
        hint: "train again, with a smaller --save-every",
      });
    }
    if (!steps.includes(wanted)) {
      throw new BadFileError(`${this.path}: no checkpoint of step ${wanted}`, {
        code: "ERR_FILE_NOT_FOUND",
        hint: `there are steps ${steps.join(", ") || "none"}`,
      });
    }
    try {
      return await this.#load(wanted);
    } catch (error) {
      // A checkpoint of another version: all others have that version too, so no earlier one is suggested.
      if (!(error instanceof BadFileError) || error.code === "ERR_FILE_FORMAT") throw error;
      const whole = await this.#newestWhole(steps.filter((one) => one < wanted));
      const hint =
        whole === undefined
          ? "no earlier checkpoint is whole: train again"
          : `the checkpoint of step ${whole} is whole: add --step ${whole}`;
      throw new BadFileError(error.message, { code: error.code, hint, cause: error });
    }
  }

  async #newestWhole(steps: readonly number[]): Promise<number | undefined> {
    for (const step of [...steps].reverse()) {
      const whole = await this.#load(step).then(
        () => true,
        () => false,
      );
      if (whole) return step;
    }
    return undefined;
  }

  async #load(step: number): Promise<Checkpoint> {
    const file = join(this.#checkpoints, `${stepName(step)}.json`);
    const state = parse(await read(file), file) as State;
    requireFormat(state, "genloom-checkpoint", checkpointVersion, file);
    const { format: _format, tensors: promised, ...rest } = state;
    const path = join(this.#checkpoints, `${stepName(step)}.safetensors`);
    if (rest.step !== step || promised?.file !== `${stepName(step)}.safetensors`) {
      throw new BadFileError(`${file}: corrupt: it is not the state of step ${step}`, { code: "ERR_FILE_CORRUPT" });
    }
    const bytes = await read(path);
    const { tensors } = readSafetensors(bytes, path);
    if (bytes.length !== promised.bytes || sha256(bytes) !== promised.sha256) {
      throw new BadFileError(`${path}: corrupt: its size or hash differs from that in ${stepName(step)}.json`, {
        code: "ERR_FILE_CORRUPT",
      });
    }
    return { ...rest, tensors };
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

const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
const lines = (entries: readonly HistoryEntry[]) =>
  entries.map(({ step, losses }) => `${JSON.stringify({ step, ...losses })}\n`).join("");

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function read(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
}

function parse(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new BadFileError(`${file}: corrupt: not JSON`, {
      code: "ERR_FILE_CORRUPT",
      hint: "restore the file from a copy",
      cause,
    });
  }
}

function requireFormat(value: unknown, format: string, known: number, file: string): void {
  const found = typeof value === "object" && value !== null ? (value as { format?: unknown; version?: unknown }) : {};
  if (found.format !== format)
    throw new BadFileError(`${file}: corrupt: its format is ${JSON.stringify(found.format)}, not ${format}`, {
      code: "ERR_FILE_CORRUPT",
      hint: "restore the file from a copy",
    });
  if (found.version === known) return;
  const older = typeof found.version === "number" && found.version < known;
  throw new BadFileError(
    `${file}: written by ${older ? "an older" : "a newer"} genloom (version ${JSON.stringify(found.version)} of the format, ${known} is known)`,
    {
      code: "ERR_FILE_FORMAT",
      hint: older ? "random numbers have changed since then: train again, or use the older version" : "update genloom",
    },
  );
}
