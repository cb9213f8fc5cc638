/** Samples of classes that are asked for, of models that were trained with classes. */
import type { Values } from "../../graph/values.js";
import type { TrainedModel } from "../../train/trained.js";
import { drawnLike } from "./many-samples.js";

/** A model that samples classes. */
interface Conditional {
  sample(
    count: number,
    options: { readonly seed: number; readonly labels: ArrayLike<number>; readonly means?: boolean },
  ): Promise<Values>;
}

/** The number of classes that a model was trained with; undefined if it was trained without. */
export function classesOfModel({ family }: TrainedModel): number | undefined {
  const { classes } = family.config as { readonly classes?: unknown };
  return typeof classes === "number" ? classes : undefined;
}

/** `count` samples, of each class as often as of the others, with the classes that were asked for. */
export async function samplesAsked(
  model: TrainedModel,
  { count, classes, seed }: { readonly count: number; readonly classes: number; readonly seed: number },
): Promise<{ readonly samples: Values; readonly labels: Int32Array }> {
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  return { samples: await (model as Conditional).sample(count, { seed, labels, ...drawnLike(model) }), labels };
}
