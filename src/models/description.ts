/** Reading a family's options from its JSON description. */
import { textOf } from "../options.js";
import type { FamilyConfig } from "../train/family.js";

/**
 * Throws TypeError if options are a description, `{ kind, ...options }`. Reading descriptions is separate from `gan`, `vae`
 * and `rbm` because it imports every kind of layer and loss, which bundles of models written in code do not need.
 */
export function refuseDescription(family: string, options: unknown): void {
  if (typeof options === "object" && options !== null && typeof (options as { kind?: unknown }).kind === "string")
    throw new TypeError(`${family}: the options are a model's description; use familyFrom(config) for these`);
}

/** Reads the description of one part. */
// biome-ignore lint/suspicious/noExplicitAny: each part's description has its own type, read from JSON
type Reader = (config: any) => unknown;

/**
 * The options in a description: parts are converted by their readers, other values are unchanged. Throws TypeError if it
 * describes another family, or a part is not a description.
 */
export function optionsFrom<O>(family: string, config: FamilyConfig, readers: Readonly<Record<string, Reader>>): O {
  const { kind, ...rest } = config;
  const options: Record<string, unknown> = rest;
  if (kind !== family)
    throw new TypeError(`${family}: the description's kind must be "${family}", found ${textOf(kind)}`);
  for (const [name, read] of Object.entries(readers)) {
    const part = options[name];
    if (part === undefined) continue;
    if (typeof part !== "object" || part === null)
      throw new TypeError(`${family}: ${name} must be a description, { kind, ...options }, found ${textOf(part)}`);
    options[name] = read(part);
  }
  return options as O;
}

/** A reader of a list of parts. It throws a TypeError that begins with `what` if the value is not an array. */
export const listFrom =
  <C, T>(what: string, read: (config: C) => T) =>
  (list: readonly C[]): T[] => {
    if (!Array.isArray(list)) throw new TypeError(`${what} must be an array, found ${textOf(list)}`);
    return list.map((one) => read(one));
  };
