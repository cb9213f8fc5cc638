/** Classes that a user asks for: their checks, and the classes of records. */
import type { Described } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { textOf } from "../options.js";
import type { DataDescription } from "./data-description.js";
import { isDataset, type Records } from "./records.js";

/** One class for all, or one for each: its number, or its name if the data have names. */
export type Labels = number | string | ArrayLike<number | string>;

export interface LabelsOption {
  /**
   * Of a conditional model, the classes of samples or records: one for all, or one for each; numbers, or names if the data
   * have them. Default of samples: drawn by the shares of the data's classes; of a data set: its own labels,
   * by the names of classes if data and model have them.
   */
  readonly labels?: Labels;
}

/** Maximum number of classes of a model: reports, sheets and lists of classes have a row for each. */
export const mostModelClasses = 1000;

/** What is asked of a model: its classes, if it is conditional, and what is known of them. */
export interface Labelled {
  readonly family: { readonly classes?: number | undefined };
  readonly data: Pick<DataDescription, "classNames" | "classCounts">;
}

/** Names in a hint. */
const mostNamed = 20;

/** A list of names for a message, shortened if it is long. */
export function namesText(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed).join(", ");
  return names.length > mostNamed ? `${shown} … ${names.length} in all` : shown;
}

function labelOf(what: string, label: unknown, { family: { classes = 0 }, data: { classNames } }: Labelled): number {
  if (typeof label === "string") {
    const index = classNames?.indexOf(label) ?? -1;
    if (index >= 0) return index;
    throw new UsageError(`${what}: a label must be the name or the number of a class, found ${textOf(label)}`, {
      hint: classNames
        ? `classes: ${namesText(classNames)}`
        : `the classes of this model have no names: give a number from 0 to ${classes - 1}`,
    });
  }
  if (Number.isInteger(label) && (label as number) >= 0 && (label as number) < classes) return label as number;
  const names = classNames ? " or the name of a class" : "";
  throw new RangeError(`${what}: a label must be an integer from 0 to ${classes - 1}${names}, found ${textOf(label)}`);
}

/**
 * The classes of `count` samples or records, i32 [count].
 * @throws UsageError if the model has no classes, or no class has a name that is asked for; RangeError if a label is outside of
 *   its range, or the labels are neither one nor `count`
 */
export function labelsOf(what: string, labels: Labels, count: number, model: Labelled): Int32Array {
  if (model.family.classes === undefined)
    throw new UsageError(`${what}: this model was not trained with labels`, { hint: "leave out the labels" });
  if (typeof labels === "number" || typeof labels === "string")
    return new Int32Array(count).fill(labelOf(what, labels, model));
  if (typeof labels !== "object" || labels === null || !("length" in labels))
    throw new TypeError(`${what}: labels must be a class, or a list of classes, found ${textOf(labels)}`);
  if (labels.length !== count)
    throw new RangeError(`${what}: labels must be one class, or ${count}, found ${labels.length}`);
  return Int32Array.from(Array.from(labels as ArrayLike<unknown>), (one) => labelOf(what, one, model));
}

/**
 * The further classes that all samples should have, 1 for each, i32 [classes]; undefined if none are asked for.
 * @throws UsageError if the model cannot be asked for several, or no class has a name that is asked for; RangeError if a label is
 *   outside of its range; TypeError if they are no list
 */
export function furtherClasses(
  what: string,
  also: readonly (number | string)[],
  { inputs }: { readonly inputs: object },
  model: Labelled,
): Int32Array | undefined {
  if (!Array.isArray(also)) throw new TypeError(`${what}: also must be a list of classes, found ${textOf(also)}`);
  if (also.length === 0) return undefined;
  if (!("also" in inputs))
    throw new UsageError(`${what}: this model was not trained to be asked for several classes at once`, {
      hint: "leave out also, or train a model of a table with tableRows({ several: 0.5, … })",
    });
  const weights = new Int32Array(model.family.classes ?? 0);
  for (const one of also) weights[labelOf(what, one, model)] = 1;
  return weights;
}

/**
 * The labels of data as classes of a model: by name if both have names, as they are if not. Undefined for data
 * without labels.
 * @throws UsageError if the data have a record of a class with another name
 */
export function labelsIn(
  what: string,
  { name, labels, classNames }: Pick<Described, "name" | "labels" | "classNames">,
  { classNames: known }: Pick<Described, "classNames">,
): Int32Array | undefined {
  if (!labels || !classNames || !known) return labels;
  const places = classNames.map((one) => known.indexOf(one));
  const other = labels.find((label) => places[label] < 0);
  if (other === undefined) return labels.map((label) => places[label]);
  throw new UsageError(
    `${what}: records of ${name} must be of classes of the model, found ${textOf(classNames[other])}`,
    { hint: `classes of the model: ${namesText(known)}` },
  );
}

/**
 * The classes of records: those that are asked for, or those of the data set, by name if both they and the model's have names;
 * undefined if the model has no classes.
 * @throws UsageError if the model has classes, and the records have none, or one of another name
 */
export function labelsOfRecords(
  what: string,
  {
    records,
    count,
    labels,
  }: { readonly records: Records; readonly count: number; readonly labels?: Labels | undefined },
  model: Labelled,
): Int32Array | undefined {
  const isOwn = labels === undefined && model.family.classes !== undefined && isDataset(records);
  const asked = isOwn ? labelsIn(what, records, model.data) : labels;
  if (asked !== undefined) return labelsOf(what, asked, count, model);
  return refuseNone(what, "the records have no labels", "give the option labels, or a data set with labels", model);
}

/** The classes that are asked for; undefined if the model has no classes. Throws UsageError if it has, and none are asked for. */
export function labelsAsked(
  what: string,
  { count, labels }: { readonly count: number; readonly labels?: Labels | undefined },
  model: Labelled,
): Int32Array | undefined {
  if (labels !== undefined) return labelsOf(what, labels, count, model);
  return refuseNone(what, "no labels are given", "give the option labels: one class, or one for each result", model);
}

function refuseNone(what: string, found: string, hint: string, { family }: Labelled): undefined {
  if (family.classes === undefined) return undefined;
  throw new UsageError(`${what}: this model has classes, and ${found}`, { hint });
}
