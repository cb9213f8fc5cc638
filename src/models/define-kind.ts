/** Kinds that users define: layers, losses, optimizers and so on, checked, saved and loaded as built-in ones are. */
import type { Binarisation } from "../data/binarisation.js";
import type { Initializer } from "../layers/initializers.js";
import { makeKind } from "../kinds/kind.js";
import { type OptionRule, type OptionRules, typeOf } from "../kinds/option.js";
import { checkRoleName, register } from "../kinds/registry.js";
import { functionsOf, plays, type Role } from "../kinds/roles.js";
import { initializerFrom } from "../layers/initializer-config.js";
import type { Layer } from "../layers/layer.js";
import type { AdversarialLoss } from "../objectives/adversarial.js";
import { type Augmentation, augmentation, type Changes } from "../objectives/augmentation.js";
import type { Likelihood } from "../objectives/likelihoods.js";
import type { Objective } from "../objectives/bounds.js";
import { type Minimizer, minimizer } from "../optimizers/optimizer.js";
import { checkOptions, textOf } from "../options.js";
import type { Penalty } from "../objectives/penalties.js";
import type { Schedule } from "../optimizers/schedules.js";
import type { Units } from "./rbm/units.js";

/** Type of the values of each role. */
export interface RoleValues {
  layer: Layer;
  loss: AdversarialLoss;
  penalty: Penalty;
  augmentation: Augmentation;
  likelihood: Likelihood;
  objective: Objective;
  optimizer: Minimizer;
  schedule: Schedule;
  units: Units;
  binarisation: Binarisation;
  initializer: Initializer;
}

/** What `make` returns for a role; `defineKind` adds the rest. */
export type MadeBy<R extends Role> = R extends "initializer"
  ? Initializer
  : R extends "optimizer"
    ? Omit<Minimizer, "config" | "minimize">
    : R extends "augmentation"
      ? Changes
      : Omit<RoleValues[R], "config">;

export type Wide<T> = T extends number ? number : T extends string ? string : T extends boolean ? boolean : T;

export type One<S extends OptionRule> = S extends { part: infer P extends Role }
  ? RoleValues[P] | (S extends { orNumber: true } ? number : never)
  : S extends { oneOf: readonly (infer T)[] }
    ? T
    : S extends { type: "string" }
      ? string
      : S extends { type: "boolean" }
        ? boolean
        : S extends
              | { type: "number" }
              | { atLeast: number }
              | { above: number }
              | { atMost: number }
              | { below: number }
          ? number
          : S extends { default: infer D }
            ? Wide<D>
            : // biome-ignore lint/suspicious/noExplicitAny: an option without a rule may have any type
              any;

export type Value<S extends OptionRule> = S extends { list: true } ? readonly One<S>[] : One<S>;
export type Left<O extends OptionRules> = {
  [K in keyof O]: O[K] extends { optional: true } | { default: unknown } ? K : never;
}[keyof O];

/** Options as `make` gets them: an optional one that was not given is undefined; all others have a value. */
export type MadeOf<O extends OptionRules> = {
  readonly [K in keyof O]: Value<O[K]> | (O[K] extends { optional: true } ? undefined : never);
};

/** Options as a user gives them. */
export type GivenOf<O extends OptionRules> = { readonly [K in Exclude<keyof O, Left<O>>]: Value<O[K]> } & {
  readonly [K in Left<O>]?: Value<O[K]>;
};

/** The definition of a user's kind: its name, the rules of its options, and how a value is made from them. */
export interface KindDefinition<R extends Role, O extends OptionRules> {
  /** Its name in configurations; no other kind of the role may have it. */
  readonly kind: string;
  /** Rules of its options, by name; default: no options. */
  readonly options?: O;
  /**
   * Replaces an earlier definition of the same name. Without it, a different definition of that name is an error; an
   * equal one is allowed.
   */
  readonly replace?: boolean;
  /** Throws if options contradict each other; `what` is the kind. */
  check?(options: MadeOf<O>, what: string): void;
  /** Makes the value from checked options: the functions of its role. `config` is added to it. */
  make(options: MadeOf<O>, kind: string): MadeBy<R>;
}

/** The function of a user's kind, which makes a value from options. */
export type UserKind<R extends Role, O extends OptionRules> =
  Record<string, never> extends GivenOf<O>
    ? (options?: GivenOf<O>) => RoleValues[R]
    : (options: GivenOf<O>) => RoleValues[R];

/** Whether the value survives conversion to JSON and back. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== "object") return false;
  const prototype = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJson);
}

const ruleNames = [
  ...["default", "optional", "type", "oneOf", "part", "orNumber", "list", "check", "read"],
  ...["atLeast", "above", "atMost", "below", "whole"],
];

/** Throws TypeError if a rule has an unknown field or names an unknown role. */
function checkRule(what: string, rule: OptionRule): void {
  checkOptions(what, rule, ruleNames);
  if (rule.part !== undefined) checkRoleName(what, rule.part);
}

/** Properties, besides functions, that a value of a role has. */
const dataOf: { readonly [R in Role]?: readonly string[] } = {
  likelihood: ["parameters", "range"],
  objective: ["samples", "scheduled"],
  units: ["range"],
};

/**
 * Checks what `make` returned. Throws TypeError if something is missing. Methods are bound, because they are copied.
 */
function madeOf(kind: string, role: Role, made: unknown): object {
  const functions = functionsOf(role);
  const data = dataOf[role] ?? [];
  const own = made as Readonly<Record<string, (...values: unknown[]) => unknown>>;
  if (!plays(role, made) || data.some((name) => own[name] === undefined)) {
    const words = functions.length > 0 ? `{ ${[...data, ...functions].join(", ")} }` : "a function of a shape";
    throw new TypeError(`${kind}: make must return ${words} for a kind of ${role}, found ${textOf(made)}`);
  }
  if (functions.length === 0) return own;
  const bound = functions.map((name) => [name, own[name].bind(own)]);
  return { ...own, ...Object.fromEntries([...data.map((name) => [name, own[name]]), ...bound]) };
}

/** Completes a user's rule: an option without a type must be JSON, and an initializer may also be given by name. */
function completed(rule: OptionRule): OptionRule {
  if (rule.part === "initializer") return { read: initializerFrom, ...rule } as OptionRule;
  if (rule.oneOf || rule.part || (!rule.check && ["number", "boolean", "string"].includes(typeOf(rule)))) return rule;
  return {
    ...rule,
    check(value: never, what: string, name: string) {
      if (!isJson(value))
        throw new TypeError(
          `${what}: ${name} must be a value that survives conversion to JSON, found ${textOf(value)}`,
        );
      rule.check?.(value, what, name);
    },
  };
}

/**
 * Defines a kind of layer, loss, penalty, augmentation, likelihood, objective, optimizer, schedule, units, binarisation or
 * initializer. Returns a function that takes the options, checks them, and makes the value. The options are stored in
 * the value's `config`, hence in run folders, checkpoints and saved models; call `defineKind` before reading those.
 *
 * An equal definition may be repeated, as when a page reloads its module. A different one throws unless `replace` is
 * true; values made before keep the old one.
 * @param role the use of the kind
 * @param definition its name, its options, and `make`, which returns the functions of its role
 * @returns a function of the options
 * @throws TypeError for an unknown role, an invalid definition, or a name that is taken
 * @example show(defineKind("layer", { kind: "twice", options: { by: { default: 2 } }, make: ({ by }) => ({ apply: (x) => mul(x, by) }) })({ by: 3 }).apply(t([1]))) // [3]
 * @example defineKind("layer", { kind: "scaled", options: { by: { above: 0 } }, make: ({ by }) => ({ apply: (x) => mul(x, by) }) })({ by: 0 }) // throws scaled: by must be a finite number > 0, found 0
 * @example defineKind("layer", { kind: "dense", make: () => ({ apply: (x) => x }) }) // throws defineKind: the layer "dense" is one of genloom's: choose another name
 */
export function defineKind<R extends Role, const O extends OptionRules = Record<never, never>>(
  role: R,
  definition: KindDefinition<R, O>,
): UserKind<R, O> {
  checkRoleName("defineKind", role);
  checkOptions("defineKind", definition, ["kind", "options", "replace", "check", "make"]);
  const { kind, options = {}, replace, make } = definition;
  if (typeof kind !== "string" || kind === "")
    throw new TypeError(`defineKind: kind must be the name of the ${role}, found ${textOf(kind)}`);
  if (typeof make !== "function")
    throw new TypeError(`defineKind: make must be a function of the options of "${kind}", found ${textOf(make)}`);
  if (role === "initializer" ? "name" in options : "kind" in options)
    throw new TypeError(`defineKind: an option of "${kind}" has the name of the kind itself`);
  for (const [name, rule] of Object.entries<OptionRule>(options))
    checkRule(`defineKind: option "${name}" of "${kind}"`, rule);
  const rules = Object.fromEntries(Object.entries<OptionRule>(options).map(([name, rule]) => [name, completed(rule)]));
  const checked = (values: MadeOf<O>): object => madeOf(kind, role, make(values, kind));
  const made = makeKind(
    role,
    { ...definition, options: rules, make: checked },
    finishing[role as string] ?? ((value: object) => value),
  );
  register(made, JSON.stringify({ ...definition, replace: false }, sourceOf), replace);
  return made as unknown as UserKind<R, O>;
}

/** What is added to the values of some roles. */
const finishing: Readonly<Record<string, (value: object) => object>> = {
  optimizer: (value) => minimizer(value as Minimizer),
  augmentation: (value) => augmentation(value as Augmentation),
};

const sourceOf = (_: string, value: unknown) => (typeof value === "function" ? String(value) : value);
