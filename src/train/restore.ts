/** Puts the values of a saved model into a runtime. */
import type { Runtime } from "../host/runtime.js";
import { checkTensors, writeVariables } from "./checkpoint.js";
import type { Family } from "./family.js";
import { corrupt } from "./json-fields.js";
import type { SavedModel } from "./saved-model.js";
import type { TrainedModel } from "./trained.js";

/**
 * Writes a saved model's values into a runtime; returns the trained model. If that fails, nothing in the runtime has
 * changed.
 * @param file for messages
 * @throws BadFileError if the values do not belong to the family's model, OutOfMemoryError if the runtime has no room
 */
export async function restoreModel<M extends TrainedModel>(
  family: Family<M>,
  runtime: Runtime,
  { data, tensors, training }: SavedModel,
  file = "saved model",
): Promise<M> {
  try {
    family.init(data.shape);
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    throw corrupt(file, `its model does not fit its records: ${cause.message}`, { cause });
  }
  const counts = data.classCounts;
  if (counts && (counts.length !== family.classes || counts.every((count) => count === 0)))
    throw corrupt(file, `data.classCounts must be records of each of ${family.classes ?? "no"} classes`);
  const variables = family.variables;
  checkTensors(file, variables, tensors);
  // A checkpoint also has the variables of the optimizer.
  const left = training ? undefined : [...tensors.keys()].find((name) => !variables.some((one) => one.name === name));
  if (left !== undefined) throw corrupt(file, `its model has no variable ${left}`);
  try {
    await writeVariables(runtime, variables, tensors);
    return family.trained(runtime, data);
  } catch (error) {
    runtime.release(variables);
    throw error;
  }
}
