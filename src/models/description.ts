/** Turns a family's description into its options: parts that are given as JSON become layers, losses and so on. */
import type { KindConfig } from "../kinds/kind.js";
import type { Role } from "../kinds/roles.js";
import { checkOptions, textOf } from "../options.js";
import type { FamilyConfig } from "../train/family.js";
import { fromConfig } from "./from-config.js";

/**
 * The parts in a field of a description: one part of a role, a list of parts, parts by name, or a function that reads the
 * field.
 */
export type Parts = Role | readonly [Role] | ((config: unknown) => unknown) | { readonly [name: string]: Parts };

function readPart(what: string, parts: Parts, config: unknown): unknown {
  if (typeof parts === "string") {
    if (typeof config !== "object" || config === null)
      throw new TypeError(`${what} must be a description, { kind, ...options }, found ${textOf(config)}`);
    return fromConfig(parts, config as KindConfig);
  }
  if (typeof parts === "function") return parts(config);
  if (Array.isArray(parts)) {
    if (!Array.isArray(config)) throw new TypeError(`${what} must be an array, found ${textOf(config)}`);
    return config.map((one, index) => readPart(`${what}[${index}]`, (parts as readonly [Role])[0], one));
  }
  checkOptions(what, config, Object.keys(parts));
  return Object.fromEntries(
    Object.entries(parts as { readonly [name: string]: Parts }).map(([name, part]) => [
      name,
      readPart(`${what}.${name}`, part, (config as Readonly<Record<string, unknown>>)[name]),
    ]),
  );
}

/** The options in a description, with parts converted to values. Throws TypeError if a part is not a description. */
export function optionsFrom<O>({ kind, ...rest }: FamilyConfig, parts: { readonly [name: string]: Parts }): O {
  const options: Record<string, unknown> = rest;
  for (const [name, part] of Object.entries(parts))
    if (options[name] !== undefined) options[name] = readPart(`${kind}: ${name}`, part, options[name]);
  return options as O;
}

/** Reads a number or a schedule from a description. */
export const numberOrSchedule = (config: unknown): unknown =>
  typeof config === "object" && config !== null ? fromConfig("schedule", config as KindConfig) : config;
