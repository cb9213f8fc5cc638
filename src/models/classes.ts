/** The options of conditional models: `classes`, and `auxiliary` of a GAN. */
import { checkNumber } from "../options.js";
import { mostModelClasses } from "../train/labels.js";

/** As in the options of a model. */
export interface ClassOptions {
  readonly classes?: number | undefined;
  readonly auxiliary?: number | undefined;
}

/** Throws RangeError if an option is outside of its range, TypeError for an auxiliary classifier without classes. */
export function checkClasses(what: string, { classes, auxiliary }: ClassOptions): void {
  if (classes !== undefined)
    checkNumber(what, "classes", classes, { whole: true, atLeast: 2, atMost: mostModelClasses });
  if (auxiliary === undefined) return;
  checkNumber(what, "auxiliary", auxiliary, { above: 0 });
  if (classes === undefined) throw new TypeError(`${what}: auxiliary needs classes, the number of the data's classes`);
}
