/** The options of conditional models: `classes`, and `auxiliary` of a GAN. */
import { checkNumber } from "../options.js";
import { mostModelClasses } from "../train/labels.js";

/** As in the options of a model. */
export interface ClassOptions {
  readonly classes?: number | undefined;
  readonly auxiliary?: number | undefined;
}

/** The options. Throws RangeError if one is outside of its range, TypeError for an auxiliary classifier without classes. */
export function checkedClasses(what: string, { classes, auxiliary }: ClassOptions): ClassOptions {
  if (classes !== undefined)
    checkNumber(what, "classes", classes, { whole: true, atLeast: 2, atMost: mostModelClasses });
  if (auxiliary === undefined) return { classes };
  checkNumber(what, "auxiliary", auxiliary, { above: 0 });
  if (classes === undefined) throw new TypeError(`${what}: auxiliary needs classes, the number of the data's classes`);
  return { classes, auxiliary };
}
