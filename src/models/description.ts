/** A family's options out of its description: the values that parts of JSON stand for. */
import { textOf } from "../options.js";
import type { FamilyConfig } from "../train/family.js";

/**
 * Throws TypeError where options are a description, `{ kind, ...options }`: only what reads descriptions needs every kind
 * of layer and loss, so it is apart, and pages that make a model of code do without.
 */
export function refuseDescription(family: string, options: unknown): void {
  if (typeof options === "object" && options !== null && typeof (options as { kind?: unknown }).kind === "string")
    throw new TypeError(`${family}: this is a model's description; familyFrom(config) makes a model of it`);
}

/** Reads the description of one part. */
// biome-ignore lint/suspicious/noExplicitAny: each part has a description of a type of its own, out of JSON
type Reader = (config: any) => unknown;

/**
 * The options that a description holds: parts by their readers, all else as it is. Throws TypeError where it is of another
 * family, or a part is none.
 */
export function optionsFrom<O>(family: string, config: FamilyConfig, readers: Readonly<Record<string, Reader>>): O {
  const { kind, ...rest } = config;
  const options: Record<string, unknown> = rest;
  if (kind !== family) throw new TypeError(`${family}: the description is of ${textOf(kind)}, not of "${family}"`);
  for (const [name, read] of Object.entries(readers)) {
    const part = options[name];
    if (part === undefined) continue;
    if (typeof part !== "object" || part === null)
      throw new TypeError(`${family}: ${name} is a description, { kind, ...options }, found ${textOf(part)}`);
    options[name] = read(part);
  }
  return options as O;
}

/** A reader of a list. Throws TypeError, beginning with `what`, where it is none. */
export const listFrom =
  <C, T>(what: string, read: (config: C) => T) =>
  (list: readonly C[]): T[] => {
    if (!Array.isArray(list)) throw new TypeError(`${what} are an array, found ${textOf(list)}`);
    return list.map((one) => read(one));
  };
