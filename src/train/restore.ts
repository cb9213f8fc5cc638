/** Loading models from checkpoints. */
import type { Family } from "./family.js";
import type { Runtime } from "../host/runtime.js";
import { type Checkpoint, writeVariables } from "./checkpoint.js";
import type { TrainedModel } from "./trained.js";

/**
 * Writes a checkpoint's values into a runtime; returns the trained model.
 * Throws BadFileError if the checkpoint belongs to another model.
 */
export async function restoreModel<M extends TrainedModel>(
  family: Family<M>,
  runtime: Runtime,
  { shape, tensors }: Checkpoint,
): Promise<M> {
  family.init(shape);
  await writeVariables(runtime, family.variables, tensors);
  return family.trained(runtime, shape);
}
