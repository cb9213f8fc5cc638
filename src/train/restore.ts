/** Models read back from checkpoints. */
import type { Family } from "./family.js";
import type { Runtime } from "../host/runtime.js";
import { type Checkpoint, writeVariables } from "./checkpoint.js";
import type { TrainedModel } from "./trained.js";

/**
 * A family with the values of a checkpoint in a runtime.
 * Throws BadFileError where the checkpoint is of another model.
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
