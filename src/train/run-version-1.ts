/**
 * Checkpoints of run folders of version 1, from genloom 0.1.0 before saved models: `step-00000500.safetensors` with the
 * variables, and `step-00000500.json` with the state, written last, which has size and SHA-256 of the first. They are read,
 * never written.
 */
import { join } from "node:path";
import { readSafetensors } from "../data/formats/safetensors.js";
import { sha256 } from "../numbers/sha256.js";
import { type Checkpoint, checkpointVersion } from "./checkpoint.js";
import { checkFields, corrupt, type Fields, rules } from "./json-fields.js";
import { parse, read, requireFormat, stepName } from "./run-files.js";
import { checkHistory } from "./saved-model.js";

const { text, natural, number, count, object } = rules;
const stateFields: Fields = {
  required: {
    ...{ format: text, version: count, config: object, shape: rules.shape, data: text, range: object },
    ...{ batchSize: count, seed: natural, step: natural, history: rules.list, tensors: object },
  },
  optional: { steps: count },
};
const rangeFields: Fields = { required: { scale: number, shift: number }, optional: { columns: rules.list } };
const columnFields: Fields = { required: { scale: number, offset: number } };
const tensorFields: Fields = { required: { file: text, bytes: natural, sha256: text } };

/** Reads the checkpoint of a step in the folder of checkpoints. Throws BadFileError if it is damaged. */
export async function readVersion1(folder: string, step: number): Promise<Checkpoint> {
  const name = stepName(step);
  const file = join(folder, `${name}.json`);
  const state = parse(await read(file), file);
  requireFormat(state, "genloom-checkpoint", [checkpointVersion], file);
  checkFields(file, "", state, stateFields);
  checkFields(file, "range.", state.range, rangeFields);
  const { columns = [] } = state.range as { columns?: readonly unknown[] };
  columns.forEach((column, i) => {
    checkFields(file, `range.columns[${i}].`, column, columnFields);
  });
  checkHistory(file, "history", state.history as readonly unknown[]);
  checkFields(file, "tensors.", state.tensors, tensorFields);
  const { format: _format, tensors: promised, ...rest } = state;
  const { file: promisedFile, bytes: length, sha256: digest } = promised as Record<string, unknown>;
  if (rest.step !== step || promisedFile !== `${name}.safetensors`)
    throw corrupt(file, `it is not the state of step ${step}`);
  const path = join(folder, `${name}.safetensors`);
  const bytes = await read(path);
  const { tensors } = readSafetensors(bytes, path);
  if (bytes.length !== length || (await sha256(bytes)) !== digest)
    throw corrupt(path, `its size or hash differs from that in ${name}.json`);
  return { ...(rest as unknown as Omit<Checkpoint, "tensors">), tensors };
}
