/** Samples of classes that are asked for, of models that were trained with classes. */
import type { Values } from "../../graph/values.js";
import { textOf } from "../../options.js";
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

/** The classes that a classifier knows, or will know when it is trained on data. */
export interface Judge {
  readonly classes?: number | undefined;
  readonly classNames?: readonly string[] | undefined;
}

/** A classifier's class for each class of a model: that of the same name if both have names, or else of the same number. */
export function judgedAs(model: TrainedModel, { classNames: known }: Judge): number[] {
  const { classNames } = model.data;
  return Array.from({ length: classesOfModel(model) ?? 0 }, (_, i) =>
    classNames && known ? known.indexOf(classNames[i]) : i,
  );
}

/** What is found in the place of a classifier of a model's classes, in words; undefined if it knows them all. */
export function otherJudge(model: TrainedModel, judge: Judge): string | undefined {
  const { classNames } = model.data;
  const without = judgedAs(model, judge).indexOf(-1);
  if (without >= 0) return `one without ${textOf(classNames?.[without])}`;
  const isNamed = classNames && judge.classNames;
  return isNamed || judge.classes === classesOfModel(model) ? undefined : `one of ${judge.classes} classes`;
}

/** `count` samples, of each class as often as of the others, with the classes that were asked for. */
export async function samplesAsked(
  model: TrainedModel,
  { count, classes, seed }: { readonly count: number; readonly classes: number; readonly seed: number },
): Promise<{ readonly samples: Values; readonly labels: Int32Array }> {
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  return { samples: await (model as Conditional).sample(count, { seed, labels, ...drawnLike(model) }), labels };
}
