/** The data sets that need no file, by their names on the command line. */
import { type BarsOptions, bars } from "./generated/bars.js";
import type { Dataset } from "./training-data.js";
import { digits } from "./generated/digits.js";
import { checkerboard, grid, moons, ring, spiral } from "./generated/points.js";

/** Options of all built-in data sets; each rejects options that it does not have. */
export interface BuiltinOptions {
  count?: number;
  seed?: number;
  /** `bars` only. */
  size?: NonNullable<BarsOptions["size"]>;
}

export const builtin = { digits, ring, grid, moons, spiral, checkerboard, bars } satisfies Record<
  string,
  (options?: BuiltinOptions) => Dataset
>;

export type BuiltinName = keyof typeof builtin;

export const builtinNames = Object.freeze(Object.keys(builtin)) as readonly BuiltinName[];

/** Whether a built-in data set has the name. */
export function isBuiltinName(name: string): name is BuiltinName {
  return Object.hasOwn(builtin, name);
}
