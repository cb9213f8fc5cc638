/** A family's options out of its description: the values that parts of JSON stand for. */
import type { KindConfig } from "../kinds/kind.js";
import type { Role } from "../kinds/roles.js";
import { checkOptions, textOf } from "../options.js";
import type { FamilyConfig } from "../train/family.js";
import { fromConfig } from "./from-config.js";

/** Where a description has parts: one of a role, a list of them, or some by name. */
export type Parts = Role | readonly [Role] | { readonly [name: string]: Parts };

function readPart(what: string, parts: Parts, config: unknown): unknown {
  if (typeof parts === "string") {
    if (typeof config !== "object" || config === null)
      throw new TypeError(`${what} must be a description, { kind, ...options }, found ${textOf(config)}`);
    return fromConfig(parts, config as KindConfig);
  }
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

/** The options that a description holds: parts are read, all else is as it is. Throws TypeError where a part is none. */
export function optionsFrom<O>({ kind, ...rest }: FamilyConfig, parts: { readonly [name: string]: Parts }): O {
  const options: Record<string, unknown> = rest;
  for (const [name, part] of Object.entries(parts))
    if (options[name] !== undefined) options[name] = readPart(`${kind}: ${name}`, part, options[name]);
  return options as O;
}
