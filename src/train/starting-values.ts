/** The values that a training begins with: initial ones, or those that a trained model has in the runtime. */
import type { TrainingData } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import type { Variable } from "../graph/variable.js";
import type { Runtime } from "../host/runtime.js";
import { checkAlike, type DataDescription } from "./data-description.js";
import type { StartingValues } from "./train-options.js";
import type { Family } from "./family.js";
import { namesText } from "./labels.js";
import type { SampledFamily } from "./trained.js";

/**
 * Throws RangeError if data have another shape or scaling than those of the model that a training goes on from, UsageError if they
 * have classes of other names: they would be taken for those of the model.
 */
export function checkStart(from: StartingValues, found: DataDescription, { classes }: Pick<Family, "classes">): void {
  if (from.values === "initial") return;
  const { data: before } = from;
  // Of a model that was made from a plain shape, the scaling is not known.
  checkAlike("train", "the model's", before.extent ? before : { ...found, shape: before.shape }, found);
  const [known, names] = [before.classNames, found.classNames];
  if (classes === undefined || !known || !names || known.every((name, i) => name === names[i])) return;
  throw new UsageError(
    `train: ${found.name} must have the classes ${namesText(known)} of the model, in this order, found ${namesText(names)}`,
    { hint: "name and number the classes as those of the data before, or train a new model" },
  );
}

/**
 * The variables of `state` that a training must initialize: all of them, or those that are not the model's if it goes on
 * from the model's values. Throws UsageError if one of these has no value.
 */
function freshOf(
  from: StartingValues,
  state: readonly Variable[],
  { heap }: Runtime,
  { variables, trainingOnly = [] }: SampledFamily,
): readonly Variable[] {
  if (from.values === "initial") return state;
  const missing = variables.find((one) => !trainingOnly.includes(one) && !heap.has(one));
  if (missing)
    throw new UsageError(`train: ${missing.name} has no value to go on from`, {
      hint: "train the model by gan(…).train, vae(…).train or rbm(…).train first, or load a saved one",
    });
  return state.filter((one) => !variables.includes(one) || !heap.has(one));
}

/** A training that is about to begin. */
interface Beginning {
  readonly family: Family;
  readonly runtime: Runtime;
  /** Every variable that the training keeps. */
  readonly state: readonly Variable[];
  readonly data: TrainingData;
  readonly seed: number;
}

/** Gives a training's variables the values that it begins with. Throws UsageError if the model's have none to go on from. */
export async function beginFrom(
  from: StartingValues,
  { family, runtime, state, data, seed }: Beginning,
): Promise<void> {
  const fresh = freshOf(from, state, runtime, family);
  // Again if the kernels that drew the values are given up at once.
  for (let build = ""; build !== runtime.info.build; await runtime.verify()) {
    build = runtime.info.build;
    await runtime.initialize(fresh, { seed });
  }
  if (from.values === "current") return;
  for (const [one, values] of (await family.prepare?.(data)) ?? []) await runtime.write(one, values);
}
