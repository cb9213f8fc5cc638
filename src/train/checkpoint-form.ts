/** Checkpoints as saved models, and back: the same contents in two forms. */
import type { Checkpoint } from "./checkpoint.js";
import type { DataDescription } from "./data-description.js";
import { corrupt } from "./json-fields.js";
import type { SavedModel } from "./saved-model.js";

/** The description of the data in a checkpoint. */
export function dataOf(checkpoint: Checkpoint): DataDescription {
  const { data: name, shape, range, extent, tokens, table, classes, classNames, classCounts, preset } = checkpoint;
  return {
    ...{ name, shape, range },
    ...(extent && { extent }),
    ...(tokens && { tokens }),
    ...(table && { table }),
    ...(classes !== undefined && { classes }),
    ...(classNames && { classNames }),
    ...(classCounts && { classCounts }),
    ...(preset !== undefined && { preset }),
  };
}

/** A checkpoint as the contents of a saved model's file. */
export function savedOf(checkpoint: Checkpoint): SavedModel {
  const { config, tensors, version = 1, step, steps, seed, batchSize, history, watch, recovery } = checkpoint;
  return {
    ...{ config, tensors, data: dataOf(checkpoint) },
    training: {
      ...{ version, step, ...(steps !== undefined && { steps }), seed, batchSize, history },
      ...{ ...(watch && { watch }), ...(recovery && { recovery }) },
    },
  };
}

/** The checkpoint in a saved model's file. Throws BadFileError if it holds a model without its training. */
export function checkpointOf({ config, data, tensors, training }: SavedModel, file: string): Checkpoint {
  if (!training) throw corrupt(file, "it is a saved model without the state of its training");
  const { name, ...described } = data;
  return { ...described, data: name, config, tensors, ...training };
}
