/**
 * Checkpoints on disk: one file for each, a saved model with the state of its training, written whole or not at all. So a
 * checkpoint exists as soon as its file has its name, and a crash at any point leaves the earlier ones whole.
 */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { BadFileError } from "../errors.js";
import { codeOf, fileError } from "../data/formats/read-file.js";
import { checkNoLink, writeSafely } from "../data/formats/safe-file.js";
import type { Checkpoint } from "./checkpoint.js";
import { checkpointOf, savedOf } from "./checkpoint-form.js";
import { corrupt } from "./json-fields.js";
import { read, stepName, stepOf } from "./run-files.js";
import { readVersion1 } from "./run-version-1.js";
import { readModel, writeModel } from "./saved-model.js";

/** The step of a checkpoint's file, of this version or of version 1. */
function fileOf(name: string): { readonly step: number; readonly end: string } | undefined {
  const found = stepOf(name);
  return found && ["json", "safetensors"].includes(found.end) ? found : undefined;
}

export interface CheckpointFolder {
  /** Path of the run, for messages. */
  readonly run: string;
  /** Folder of the checkpoints. */
  readonly folder: string;
  /** Number of checkpoints that are kept. */
  readonly keep: number;
  /** Whether the run is of version 1: a checkpoint then is a pair of files. */
  readonly pairs: boolean;
  /** Throws BadFileError if a checkpoint is not one of this run. */
  check(checkpoint: Checkpoint): void;
}

/** The checkpoints in the folder of a run: checked by their digests when read. */
export class CheckpointFiles {
  constructor(private readonly of: CheckpointFolder) {}

  /** Steps that have a checkpoint, in ascending order. */
  async steps(): Promise<number[]> {
    return [...(await this.#ends()).keys()].sort((a, b) => a - b);
  }

  /** For each step that has a checkpoint, whether it is a pair of files. */
  async #ends(): Promise<Map<number, "pair" | "one">> {
    const found = new Map<number, "pair" | "one">();
    for (const name of await this.#names()) {
      const { step = -1, end } = fileOf(name) ?? {};
      if (end === "json") found.set(step, "pair");
      else if (end !== undefined && !this.of.pairs && !found.has(step)) found.set(step, "one");
    }
    return found;
  }

  async #names(): Promise<string[]> {
    const { folder } = this.of;
    return readdir(folder).catch((error: unknown) => {
      // Copied without its empty folders, a run has none for checkpoints.
      if (codeOf(error) === "ENOENT") return [];
      throw fileError(folder, error);
    });
  }

  /** Saves a checkpoint, then removes all but the last `keep`. If saving fails, nothing has been removed. */
  async save(checkpoint: Checkpoint): Promise<void> {
    const { folder } = this.of;
    await checkNoLink(folder);
    const { step } = checkpoint;
    const bytes = await writeModel(savedOf(checkpoint));
    // The other half of a pair of version 1 would make this one a pair.
    await rm(join(folder, `${stepName(step)}.json`), { force: true });
    await writeSafely(join(folder, `${stepName(step)}.safetensors`), bytes);
    await this.#prune(step);
  }

  /** Removes old checkpoints, and those of later steps than `newest`: training was resumed from an earlier step. */
  async #prune(newest: number): Promise<void> {
    const kept = (await this.steps()).filter((step) => step <= newest).slice(-this.of.keep);
    for (const name of await this.#names()) {
      const file = fileOf(name);
      if (file && !kept.includes(file.step)) await rm(join(this.of.folder, name), { force: true });
    }
  }

  /** Removes arrays of version 1 whose state was never written, which would look like a checkpoint of version 2. */
  async removeHalves(): Promise<void> {
    const whole = await this.#ends();
    for (const name of await this.#names()) {
      const file = fileOf(name);
      if (file && !whole.has(file.step)) await rm(join(this.of.folder, name), { force: true });
    }
  }

  /**
   * Loads the newest checkpoint, or that of the given step.
   * Throws BadFileError if it is missing or corrupt; the hint names the newest earlier checkpoint that is whole.
   */
  async load(step?: number): Promise<Checkpoint> {
    const { run } = this.of;
    const steps = await this.steps();
    const wanted = step ?? steps.at(-1);
    if (wanted === undefined) {
      throw new BadFileError(`${run}: no checkpoint yet`, {
        code: "ERR_FILE_NOT_FOUND",
        hint: `its training ended before the first one: genloom train --resume ${run} begins it again`,
      });
    }
    if (!steps.includes(wanted)) {
      throw new BadFileError(`${run}: no checkpoint of step ${wanted}`, {
        code: "ERR_FILE_NOT_FOUND",
        hint: `there are steps ${steps.join(", ") || "none"}`,
      });
    }
    try {
      return await this.#read(wanted);
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
      const whole = await this.#read(step).then(
        () => true,
        () => false,
      );
      if (whole) return step;
    }
    return undefined;
  }

  async #read(step: number): Promise<Checkpoint> {
    const { folder } = this.of;
    const file = join(folder, `${stepName(step)}.safetensors`);
    const pair = (await this.#ends()).get(step) === "pair";
    const checkpoint = pair
      ? await readVersion1(folder, step)
      : checkpointOf(await readModel(await read(file), file), file);
    if (checkpoint.step !== step) throw corrupt(file, `it is the checkpoint of step ${checkpoint.step}`);
    this.of.check(checkpoint);
    return checkpoint;
  }
}
