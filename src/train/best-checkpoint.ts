/**
 * The best checkpoint of a run by a score, kept besides the newest ones: a copy of its file, and a mark that says which it
 * is. Each file is written whole or not at all, the checkpoint first, so that a mark never promises more than there is.
 *
 *     RUN/best.safetensors    the checkpoint, a saved model
 *     RUN/best.json           { step, metric, value }
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeSafely } from "../data/formats/safe-file.js";
import { BadFileError } from "../errors.js";
import type { Checkpoint } from "./checkpoint.js";
import { checkpointOf, savedOf } from "./checkpoint-form.js";
import { checkFields, corrupt, rules } from "./json-fields.js";
import { json, parse, read } from "./run-files.js";
import { readModel, writeModel } from "./saved-model.js";

/** Which checkpoint is the best, by which score. */
export interface BestMark {
  readonly step: number;
  /** Name of the score. */
  readonly metric: string;
  readonly value: number;
}

const fields = { required: { step: rules.natural, metric: rules.text, value: rules.number } };

/** The best checkpoint of a run, on disk. */
export class BestCheckpoint {
  readonly #file: string;
  readonly #mark: string;

  constructor(private readonly of: { readonly run: string; readonly check: (checkpoint: Checkpoint) => void }) {
    this.#file = join(of.run, "best.safetensors");
    this.#mark = join(of.run, "best.json");
  }

  /** Keeps a checkpoint in the place of the one before. */
  async keep(checkpoint: Checkpoint, { metric, value }: Omit<BestMark, "step">): Promise<void> {
    await writeSafely(this.#file, await writeModel(savedOf(checkpoint)));
    await writeSafely(this.#mark, json({ step: checkpoint.step, metric, value }));
  }

  /** Removes it: a training that goes on from an earlier step may not reach it again. */
  async remove(): Promise<void> {
    await rm(this.#mark, { force: true });
    await rm(this.#file, { force: true });
  }

  /** Its mark; undefined if there is none. Throws BadFileError if it is damaged. */
  async mark(): Promise<BestMark | undefined> {
    const bytes = await read(this.#mark).catch((error: unknown) => {
      if (error instanceof BadFileError && error.code === "ERR_FILE_NOT_FOUND") return undefined;
      throw error;
    });
    if (!bytes) return undefined;
    const mark = parse(bytes, this.#mark);
    checkFields(this.#mark, "", mark, fields);
    return mark as unknown as BestMark;
  }

  /** The checkpoint. Throws BadFileError if there is none, or if it is damaged or of another run. */
  async load(): Promise<Checkpoint> {
    const { run, check } = this.of;
    const mark = await this.mark();
    if (!mark)
      throw new BadFileError(`${run}: no best checkpoint`, {
        code: "ERR_FILE_NOT_FOUND",
        hint: "train with --eval-every N --keep-best fid to keep one; without --step the newest checkpoint is used",
      });
    const checkpoint = checkpointOf(await readModel(await read(this.#file), this.#file), this.#file);
    check(checkpoint);
    // Written before its mark: a crash in between leaves the mark of the one before.
    if (checkpoint.step < mark.step)
      throw corrupt(this.#file, `it is the checkpoint of step ${checkpoint.step}, not ${mark.step}`);
    return checkpoint;
  }
}
