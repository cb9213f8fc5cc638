/**
 * Checkpoints: everything that training needs to resume with the same bits, as plain values. `checkpoint-files.ts`
 * writes them to files.
 */
import { BadFileError } from "../errors.js";
import type { Runtime } from "../host/runtime.js";
import { sha256OfAll } from "../numbers/sha256.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Variable } from "../graph/variable.js";
import { arrayTypes, bytesOf, type TypedArray, Values } from "../graph/values.js";
import type { DataDescription } from "./data-description.js";
import type { WatchState } from "./alarms.js";
import type { FamilyConfig } from "./family-config.js";
import type { Recovery } from "./recovery.js";

/** Losses of a step, and what was known then. */
export interface HistoryEntry {
  readonly step: number;
  readonly losses: Readonly<Record<string, number>>;
  /** The last measured signals, if the family has any. */
  readonly signals?: Readonly<Record<string, number>>;
  /** Names of the alarms that were not over. */
  readonly alarms?: readonly string[];
}

/** Named values of variables. */
export type TensorMap = ReadonlyMap<string, Values<TypedArray>>;

/**
 * Version of the checkpoint format and of the random numbers that a resumed training draws. 2: orders of up to 256
 * records are shuffled, and initial values are keyed by 53 bits of a variable's name.
 */
export const checkpointVersion = 2;

export interface Checkpoint extends Omit<DataDescription, "name"> {
  /** `checkpointVersion`; default 1. */
  readonly version?: number;
  /** The model's configuration; `familyFrom` makes the model from it. */
  readonly config: FamilyConfig;
  /** Name of the data set; the other fields of its description are fields of the checkpoint. */
  readonly data: string;
  readonly batchSize: number;
  readonly seed: number;
  /** Completed steps. Random numbers and the position in the data are functions of seed and step. */
  readonly step: number;
  /** Planned total of steps; absent in older checkpoints. */
  readonly steps?: number;
  readonly history: readonly HistoryEntry[];
  /** Measurements and alarms, if there are any. */
  readonly watch?: WatchState;
  /** The divergence that the training has gone on after. */
  readonly recovery?: Recovery;
  readonly tensors: TensorMap;
}

/** Current values of variables by name. */
export async function readVariables(runtime: Runtime, variables: readonly Variable[]): Promise<TensorMap> {
  const tensors = new Map<string, Values<TypedArray>>();
  for (const variable of variables) {
    if (tensors.has(variable.name)) throw new Error(`checkpoint: two variables are named ${variable.name}`);
    tensors.set(variable.name, await runtime.read(variable));
  }
  return tensors;
}

/** A deep copy. */
export function copyOf(tensors: TensorMap): TensorMap {
  return new Map([...tensors].map(([name, { data, shape }]) => [name, new Values(data.slice(), shape)]));
}

/** Throws BadFileError if the values of a variable are missing, or have another shape or element type. */
export function checkTensors(what: string, variables: readonly Variable[], tensors: TensorMap): void {
  for (const { name, shape, dtype } of variables) {
    const found = tensors.get(name);
    if (!found) {
      throw new BadFileError(`${what}: ${name} is missing`, {
        hint: "the values belong to another model or version",
      });
    }
    if (!sameShape(found.shape, shape)) {
      throw new BadFileError(`${what}: ${name} must have shape ${shapeText(shape)}, found ${shapeText(found.shape)}`);
    }
    const array = arrayTypes[dtype].name;
    if (found.data[Symbol.toStringTag] !== array)
      throw new BadFileError(`${what}: ${name} must be a ${array}, found a ${found.data[Symbol.toStringTag]}`);
  }
}

/** Sets variables from named values: all of them, or none if `checkTensors` finds a fault. */
export async function writeVariables(
  runtime: Runtime,
  variables: readonly Variable[],
  tensors: TensorMap,
): Promise<void> {
  checkTensors("checkpoint", variables, tensors);
  for (const variable of variables)
    await runtime.write(variable, (tensors.get(variable.name) as Values<TypedArray>).data);
}

/** SHA-256, in hexadecimal, of all values (name, shape and bytes of each), sorted by name. */
export async function weightHash(tensors: TensorMap): Promise<string> {
  const parts: Uint8Array[] = [];
  for (const name of [...tensors.keys()].sort()) {
    const { data, shape } = tensors.get(name) as Values<TypedArray>;
    parts.push(new TextEncoder().encode(`${name} ${shapeText(shape)}\n`), bytesOf(data));
  }
  return sha256OfAll(parts);
}
