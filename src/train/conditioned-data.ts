/**
 * The data of a conditional model's training: they must have labels, of as many classes as the model, or be a table, whose values of
 * categories are the classes.
 */
import { classNamesOf, layoutOf } from "../data/tables/spans.js";
import { strataOf } from "../data/tables/strata.js";
import type { TrainingData } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { countsOf } from "./class-draw.js";
import { type DataDescription, descriptionOf } from "./data-description.js";

/** The number of classes of a model; none if it is not conditional. */
interface Conditional {
  readonly classes?: number | undefined;
}

/**
 * The description of a training's data; of a conditional model's also the number of records of each class.
 * @throws UsageError if the model has classes, and the data have no labels, or another number of classes
 */
export function conditionedOn(data: TrainingData, { classes }: Conditional): DataDescription {
  const described = descriptionOf(data);
  if (classes === undefined) return described;
  const strata = strataOf(data);
  if (strata && data.table) {
    checkClasses(data.name, strata.counts.length, classes);
    return {
      ...described,
      classes,
      classNames: classNamesOf(layoutOf(data.table.columns)),
      classCounts: strata.counts,
    };
  }
  const { name, labels } = data;
  if (!labels)
    throw new UsageError(`train: a model with classes needs data with labels, and ${name} has none`, {
      hint: "give the data labels, or leave out the model's option classes",
    });
  checkClasses(name, data.classes, classes);
  return { ...described, classCounts: countsOf(labels, classes) };
}

function checkClasses(name: string, found: number | undefined, classes: number): void {
  if (found === classes) return;
  throw new UsageError(`train: ${name} must have ${classes} classes like the model, found ${found}`, {
    hint: "give the data set its number of classes, or the model that of the data",
  });
}
