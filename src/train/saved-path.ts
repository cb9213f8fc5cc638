/** Saved models on disk: a file, or the newest checkpoint of a run folder. Needs node:fs. */
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fileError } from "../data/formats/read-file.js";
import { savedOf } from "./checkpoint-form.js";
import { read } from "./run-files.js";
import { RunFolder } from "./run-folder.js";
import { writeModel } from "./saved-model.js";

/**
 * The bytes of a saved model; those of a run folder are the newest checkpoint's, whatever version the folder is of.
 * Throws BadFileError if the path cannot be read, or the folder is not a run or damaged.
 */
export async function readSaved(path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const place = path instanceof URL ? fileURLToPath(path) : path;
  const status = await stat(place).catch((error: unknown) => {
    throw fileError(place, error);
  });
  if (!status.isDirectory()) return read(place);
  return writeModel(savedOf(await (await RunFolder.open(place)).loadCheckpoint()));
}
