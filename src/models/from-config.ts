/** Makes values from configurations: the value that a `config` describes, by the table of all kinds. */
import * as binarisations from "../data/binarisation.js";
import { isKind, type Kind, type KindConfig } from "../kinds/kind.js";
import type { OptionRule, OptionRules } from "../kinds/option.js";
import { checkRoleName, reserve, unknownKind, userKind, userKindNames } from "../kinds/registry.js";
import type { Role } from "../kinds/roles.js";
import { initializerFrom, initializerNames } from "../layers/initializer-config.js";
import * as layers from "../layers/index.js";
import * as losses from "../objectives/losses.js";
import * as augmentations from "../objectives/augmentations.js";
import * as likelihoods from "../objectives/likelihoods.js";
import * as objectives from "../objectives/bounds.js";
import * as optimizers from "../optimizers/index.js";
import { checkOptions, described } from "../options.js";
import * as penalties from "../objectives/penalties.js";
import * as schedules from "../optimizers/schedules.js";
import * as units from "./rbm/units.js";
import type { RoleValues } from "./define-kind.js";

/** The built-in kinds, by `role name`: every kind that these modules export. */
const ours: ReadonlyMap<string, Kind<unknown>> = new Map(
  [binarisations, augmentations, layers, losses, likelihoods, objectives, optimizers, penalties, schedules, units]
    .flatMap((module) => Object.values(module as Readonly<Record<string, unknown>>))
    .filter(isKind)
    .map((kind) => [`${kind.role} ${kind.definition.kind}`, kind]),
);

reserve((role, name) => (role === "initializer" ? initializerNames.includes(name) : ours.has(`${role} ${name}`)));

/**
 * Names of the kinds of a role: built-in ones, then those that `defineKind` added.
 * @throws TypeError for an unknown role
 * @example kindNames("loss").slice(0, 2) // ["hinge", "leastSquares"]
 */
export function kindNames(role: Role): string[] {
  checkRoleName("kindNames", role);
  const own =
    role === "initializer"
      ? initializerNames
      : [...ours.values()].filter((kind) => kind.role === role).map(({ definition }) => definition.kind);
  return [...own, ...userKindNames(role)];
}

/** Converts an option's value in a configuration to the value that the kind takes. */
function readOption(rule: OptionRule, value: unknown): unknown {
  const { part } = rule;
  if (part === undefined || part === "initializer") return value;
  if (rule.list) return Array.isArray(value) ? value.map((one) => readPart(part, one)) : value;
  return readPart(part, value);
}

/**
 * Reads a part that is given as a description. Any other value is returned unchanged; the option's rule then rejects it
 * if it is wrong.
 */
const readPart = (part: Role, value: unknown) =>
  typeof value === "object" && value !== null ? fromConfig(part, value as KindConfig) : value;

/**
 * Makes the value that a configuration describes: `fromConfig("layer", layer.config)` is an equal layer. `config` may
 * come from JSON.
 * @param role role of the value
 * @param config the value's `config`
 * @throws TypeError for an unknown role, kind or option, RangeError for a value outside of its range
 * @example shape(fromConfig("layer", { kind: "dense", units: 8 }), 5, 3) // [5, 8]
 * @example fromConfig("penalty", { kind: "r1", weight: 2 }).config.weight // 2
 * @example fromConfig("layer", { kind: "dens", units: 8 }) // throws layer: unknown kind "dens"; did you mean "dense"?
 */
export function fromConfig<R extends Role>(role: R, config: Readonly<Record<string, unknown>> | string): RoleValues[R] {
  checkRoleName("fromConfig", role);
  if (role === "initializer") return initializerFrom(config as never, "initializer") as RoleValues[R];
  const { kind, ...rest } = described(role, config as KindConfig);
  const fields: Record<string, unknown> = rest;
  const found = ours.get(`${role} ${kind}`) ?? userKind(role, kind);
  if (found === undefined) throw unknownKind(role, kind, kindNames(role));
  const rules: OptionRules = found.definition.options ?? {};
  checkOptions(kind, fields, Object.keys(rules));
  for (const [name, rule] of Object.entries(rules))
    if (fields[name] !== undefined) fields[name] = readOption(rule, fields[name]);
  return found.build(fields) as RoleValues[R];
}
