/**
 * Which axes an operation works along, as a user writes it: a number, a list, or options that name them. Every operation
 * with axes reads its argument here, so that all take the same forms and refuse the rest.
 */
import { checkOptions, textOf } from "../options.js";
import { normalizeAxis } from "./shape.js";

export interface AxesOptions {
  /** Axes, counted from the end where negative. */
  readonly axes?: number | readonly number[];
  /** The same as `axes`; only one of the two is given. */
  readonly axis?: number | readonly number[];
  /** Leaves reduced axes as length 1. */
  readonly keepAxes?: boolean;
}

/** One axis, several, or options with them. */
export type AxesArgument<Options extends AxesOptions = AxesOptions> = number | readonly number[] | Options;

/** What stands in an argument: axes as they are written, and whether reduced ones stay. */
function readAxes(what: string, argument: unknown, known: readonly string[]) {
  if (argument === undefined || typeof argument === "number" || Array.isArray(argument))
    return { written: argument as number | readonly number[] | undefined, keepAxes: false };
  checkOptions(what, argument as object, known);
  const { axes, axis, keepAxes = false } = argument as AxesOptions;
  if (axes !== undefined && axis !== undefined)
    throw new TypeError(`${what}: axes and axis are the same option, found both`);
  if (typeof keepAxes !== "boolean")
    throw new TypeError(`${what}: keepAxes is true or false, found ${textOf(keepAxes)}`);
  const written = axes ?? axis;
  if (written !== undefined && typeof written !== "number" && !Array.isArray(written))
    throw new TypeError(`${what}: axes are whole numbers, found ${textOf(written)}`);
  return { written, keepAxes };
}

/**
 * The axes of an argument in the order in which they are written, none negative; `fallback` where none are given.
 * Throws TypeError for an argument of another form, RangeError for an axis that the tensor has not, or that comes twice.
 */
export function axesOf(
  what: string,
  argument: unknown,
  rank: number,
  { fallback, known = ["axes", "axis"] }: { fallback?: readonly number[]; known?: readonly string[] } = {},
): { axes: number[]; keepAxes: boolean } {
  const { written, keepAxes } = readAxes(what, argument, known);
  const all = fallback ?? Array.from({ length: rank }, (_, axis) => axis);
  const list = written === undefined ? all : typeof written === "number" ? [written] : written;
  const axes = list.map((axis) => normalizeAxis(axis, rank, what));
  if (new Set(axes).size < axes.length)
    throw new RangeError(`${what}: each axis comes once, found [${list.join(", ")}] for rank ${rank}`);
  return { axes, keepAxes };
}

/** The only axis of an argument. Throws like `axesOf`, and RangeError where there are several. */
export function axisOf(what: string, argument: unknown, rank: number, fallback: number): number {
  const { axes } = axesOf(what, argument, rank, { fallback: [fallback] });
  if (axes.length !== 1) throw new RangeError(`${what}: one axis, found [${axes.join(", ")}]`);
  return axes[0];
}
