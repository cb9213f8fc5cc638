/**
 * Checkpoints on disk: a .safetensors file of the variables and a .json file of the state for each. A checkpoint exists only
 * if its .json does. That is written last, so a crash at any point leaves the earlier checkpoints whole.
 */
import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { BadFileError } from "../errors.js";
import { fileError } from "../data/formats/read-file.js";
import { writeSafely } from "../data/formats/safe-file.js";
import { readSafetensors, writeSafetensors } from "../data/formats/safetensors.js";
import { type Checkpoint, checkpointVersion } from "./checkpoint.js";
import { json, parse, read, requireFormat, stepName } from "./run-files.js";

/** Contents of a checkpoint's .json. */
type State = Omit<Checkpoint, "tensors" | "version"> & {
  readonly format: "genloom-checkpoint";
  readonly version: typeof checkpointVersion;
  readonly tensors: { readonly file: string; readonly bytes: number; readonly sha256: string };
};

const checkpointFile = /^step-(\d+)\.(json|safetensors)$/;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The checkpoints in the folder of a run: written whole or not at all, checked by their hashes when read. */
export class CheckpointFiles {
  /**
   * @param run path of the run, for messages
   * @param folder folder of the checkpoints
   * @param keep number of checkpoints that are kept
   */
  constructor(
    private readonly run: string,
    private readonly folder: string,
    private readonly keep: number,
  ) {}

  /** Steps that have a checkpoint, in ascending order. */
  async steps(): Promise<number[]> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      throw fileError(this.folder, error);
    });
    return names
      .flatMap((name) => (checkpointFile.exec(name)?.[2] === "json" ? [Number(checkpointFile.exec(name)?.[1])] : []))
      .sort((a, b) => a - b);
  }

  /** Saves a checkpoint, then removes all but the last `keep`. If saving fails, nothing has been removed. */
  async save(checkpoint: Checkpoint): Promise<void> {
    const { tensors, version: _version, ...rest } = checkpoint;
    const name = stepName(checkpoint.step);
    const bytes = writeSafetensors(tensors, { step: String(checkpoint.step) });
    const state: State = {
      format: "genloom-checkpoint",
      version: checkpointVersion,
      ...rest,
      tensors: { file: `${name}.safetensors`, bytes: bytes.length, sha256: sha256(bytes) },
    };
    await writeSafely(join(this.folder, state.tensors.file), bytes);
    await writeSafely(join(this.folder, `${name}.json`), json(state));
    await this.#prune(checkpoint.step);
  }

  /** Removes old checkpoints, and those of later steps than `newest`: training was resumed from an earlier step. */
  async #prune(newest: number): Promise<void> {
    const kept = (await this.steps()).filter((step) => step <= newest).slice(-this.keep);
    for (const name of await readdir(this.folder)) {
      const match = checkpointFile.exec(name);
      if (match && !kept.includes(Number(match[1]))) await rm(join(this.folder, name), { force: true });
    }
  }

  /**
   * Loads the newest checkpoint, or that of the given step.
   * Throws BadFileError if it is missing or corrupt; the hint names the newest earlier checkpoint that is whole.
   */
  async load(step?: number): Promise<Checkpoint> {
    const steps = await this.steps();
    const wanted = step ?? steps.at(-1);
    if (wanted === undefined) {
      throw new BadFileError(`${this.run}: no checkpoint yet`, {
        code: "ERR_FILE_NOT_FOUND",
        hint: "train again, with a smaller --save-every",
      });
    }
    if (!steps.includes(wanted)) {
      throw new BadFileError(`${this.run}: no checkpoint of step ${wanted}`, {
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
    const file = join(this.folder, `${stepName(step)}.json`);
    const state = parse(await read(file), file) as State;
    requireFormat(state, "genloom-checkpoint", checkpointVersion, file);
    const { format: _format, tensors: promised, ...rest } = state;
    const path = join(this.folder, `${stepName(step)}.safetensors`);
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
}
