/**
 * The axes argument of an operation: a number, a list, or options that name the axes. Every operation with axes reads
 * its argument here, so all of them accept the same forms and reject the same errors.
 */
import { checkOptions, textOf } from "../options.js";
import { normalizeAxis } from "./shape.js";

export interface AxesOptions {
  /** Axes; negative ones count from the end. */
  readonly axes?: number | readonly number[];
  /** Another name for `axes`; only one of the two may be given. */
  readonly axis?: number | readonly number[];
  /** Keeps reduced axes, with length 1. */
  readonly keepAxes?: boolean;
}

/** One axis, several, or options with them. */
export type AxesArgument<Options extends AxesOptions = AxesOptions> = number | readonly number[] | Options;

/** Reads an argument without checking it against a rank: the axes as written, and whether reduced axes are kept. */
function readAxes(what: string, argument: unknown, known: readonly string[]) {
  if (argument === undefined || typeof argument === "number" || Array.isArray(argument))
    return { written: argument as number | readonly number[] | undefined, keepAxes: false };
  checkOptions(what, argument as object, known);
  const { axes, axis, keepAxes = false } = argument as AxesOptions;
  if (axes !== undefined && axis !== undefined)
    throw new TypeError(`${what}: axes and axis must not both be given, found both`);
  if (typeof keepAxes !== "boolean")
    throw new TypeError(`${what}: keepAxes must be true or false, found ${textOf(keepAxes)}`);
  const written = axes ?? axis;
  if (written !== undefined && typeof written !== "number" && !Array.isArray(written))
    throw new TypeError(`${what}: axes must be integers, found ${textOf(written)}`);
  return { written, keepAxes };
}

/**
 * The axes of an argument in the order in which they are written, none negative; `fallback` if the argument names none.
 * Throws TypeError for an argument of another form, and RangeError for an axis that the tensor does not have or that is
 * repeated.
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
    throw new RangeError(`${what}: axes must differ, found [${list.join(", ")}] for rank ${rank}`);
  return { axes, keepAxes };
}

/** The only axis of an argument. Throws like `axesOf`, and RangeError if there are several. */
export function axisOf(what: string, argument: unknown, rank: number, fallback: number): number {
  const { axes } = axesOf(what, argument, rank, { fallback: [fallback] });
  if (axes.length !== 1) throw new RangeError(`${what}: axis must be one axis, found [${axes.join(", ")}]`);
  return axes[0];
}
