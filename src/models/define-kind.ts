/** Kinds of a user's own: layers, losses, optimizers and so on that are checked, saved and loaded as ours are. */
import type { Binarisation } from "../data/binarisation.js";
import type { Initializer } from "../layers/initializers.js";
import { makeKind } from "../kinds/kind.js";
import { type OptionRule, type OptionRules, typeOf } from "../kinds/option.js";
import { checkRoleName, register } from "../kinds/registry.js";
import { functionsOf, plays, type Role } from "../kinds/roles.js";
import { initializerFrom } from "../layers/initializer-config.js";
import type { Layer } from "../layers/layer.js";
import type { AdversarialLoss } from "../objectives/adversarial.js";
import type { Likelihood } from "../objectives/likelihoods.js";
import type { Objective } from "../objectives/bounds.js";
import { type Minimizer, minimizer } from "../optimizers/optimizer.js";
import { checkOptions, textOf } from "../options.js";
import type { Penalty } from "../objectives/penalties.js";
import type { Schedule } from "../optimizers/schedules.js";
import type { Units } from "./rbm/units.js";

/** What a kind of each role makes. */
export interface RoleValues {
  layer: Layer;
  loss: AdversarialLoss;
  penalty: Penalty;
  likelihood: Likelihood;
  objective: Objective;
  optimizer: Minimizer;
  schedule: Schedule;
  units: Units;
  binarisation: Binarisation;
  initializer: Initializer;
}

/** What `make` gives of it: `defineKind` adds the rest. */
type MadeBy<R extends Role> = R extends "initializer"
  ? Initializer
  : R extends "optimizer"
    ? Omit<Minimizer, "config" | "minimize">
    : Omit<RoleValues[R], "config">;

type Wide<T> = T extends number ? number : T extends string ? string : T extends boolean ? boolean : T;

type One<S extends OptionRule> = S extends { part: infer P extends Role }
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
            : // biome-ignore lint/suspicious/noExplicitAny: an option without a rule may be anything
              any;

type Value<S extends OptionRule> = S extends { list: true } ? readonly One<S>[] : One<S>;
type Left<O extends OptionRules> = {
  [K in keyof O]: O[K] extends { optional: true } | { default: unknown } ? K : never;
}[keyof O];

/** Options as `make` gets them: those that may be left out are undefined then, all others are there. */
export type MadeOf<O extends OptionRules> = {
  readonly [K in keyof O]: Value<O[K]> | (O[K] extends { optional: true } ? undefined : never);
};

/** Options as a user gives them. */
export type GivenOf<O extends OptionRules> = { readonly [K in Exclude<keyof O, Left<O>>]: Value<O[K]> } & {
  readonly [K in Left<O>]?: Value<O[K]>;
};

/** A user's kind: its name, the rules of its options, and what it makes of them. */
export interface KindDefinition<R extends Role, O extends OptionRules> {
  /** Its name in configurations, unlike that of any other kind of the role. */
  readonly kind: string;
  /** Rules of its options, by their names; none where not given. */
  readonly options?: O;
  /** Takes the place of another definition of that name. Without it that is an error, but where both say the same. */
  readonly replace?: boolean;
  /** Throws where options do not fit together; `what` is the kind. */
  check?(options: MadeOf<O>, what: string): void;
  /** The value of checked options: the functions of its role, to which `config` is added. */
  make(options: MadeOf<O>, kind: string): MadeBy<R>;
}

/** Makes a value of a user's kind. */
export type UserKind<R extends Role, O extends OptionRules> =
  Record<string, never> extends GivenOf<O>
    ? (options?: GivenOf<O>) => RoleValues[R]
    : (options: GivenOf<O>) => RoleValues[R];

/** Whether JSON gives the value back as it is. */
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

/** Throws TypeError where a rule says what no rule says. */
function checkRule(what: string, rule: OptionRule): void {
  checkOptions(what, rule, ruleNames);
  if (rule.part !== undefined) checkRoleName(what, rule.part);
}

/** What a value of a role has beside its functions. */
const dataOf: { readonly [R in Role]?: readonly string[] } = {
  likelihood: ["parameters", "range"],
  objective: ["samples", "scheduled"],
  units: ["range"],
};

/** What `make` gave. Throws TypeError where it lacks something; functions of a class are bound, as they will be copied. */
function madeOf(kind: string, role: Role, made: unknown): object {
  const functions = functionsOf(role);
  const data = dataOf[role] ?? [];
  const own = made as Readonly<Record<string, (...values: unknown[]) => unknown>>;
  if (!plays(role, made) || data.some((name) => own[name] === undefined)) {
    const words = functions.length > 0 ? `{ ${[...data, ...functions].join(", ")} }` : "a function of a shape";
    throw new TypeError(`${kind}: make gives ${words} for a kind of ${role}, found ${textOf(made)}`);
  }
  if (functions.length === 0) return own;
  const bound = functions.map((name) => [name, own[name].bind(own)]);
  return { ...own, ...Object.fromEntries([...data.map((name) => [name, own[name]]), ...bound]) };
}

/** A user's rule as it is checked: what has no type must be JSON at least, and initializers are known by name, too. */
function completed(rule: OptionRule): OptionRule {
  if (rule.part === "initializer") return { read: initializerFrom, ...rule } as OptionRule;
  if (rule.oneOf || rule.part || (!rule.check && ["number", "boolean", "string"].includes(typeOf(rule)))) return rule;
  return {
    ...rule,
    check(value: never, what: string, name: string) {
      if (!isJson(value)) throw new TypeError(`${what}: ${name} is a value that JSON keeps, found ${textOf(value)}`);
      rule.check?.(value, what, name);
    },
  };
}

/**
 * A kind of layer, loss, penalty, likelihood, objective, optimizer, schedule, units, binarisation or initializer of one's
 * own: a function of options, which are checked by their rules, kept in the `config` of what it makes, and so in run folders,
 * checkpoints and saved models. Whatever reads those must have called `defineKind` before.
 *
 * A definition may be given again, as a page does that loads its module anew: where it says the same it takes the place of the
 * one before. One that says something else throws, or replaces it with `replace: true`; models that were made before keep theirs.
 * @param role what it is used as
 * @param definition its name, options, and `make`, which gives the functions of its role
 * @returns a function of the options
 * @throws TypeError for an unknown role, a definition that is none, and a name that another definition has
 * @example show(defineKind("layer", { kind: "twice", options: { by: { default: 2 } }, make: ({ by }) => ({ apply: (x) => mul(x, by) }) })({ by: 3 }).apply(t([1]))) // [3]
 * @example defineKind("layer", { kind: "scaled", options: { by: { above: 0 } }, make: ({ by }) => ({ apply: (x) => mul(x, by) }) })({ by: 0 }) // throws scaled: by is a finite number > 0, found 0
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
    throw new TypeError(`defineKind: kind is the name of the ${role}, found ${textOf(kind)}`);
  if (typeof make !== "function")
    throw new TypeError(`defineKind: make is a function of the options of "${kind}", found ${textOf(make)}`);
  if (role === "initializer" ? "name" in options : "kind" in options)
    throw new TypeError(`defineKind: an option of "${kind}" has the name of the kind itself`);
  for (const [name, rule] of Object.entries<OptionRule>(options))
    checkRule(`defineKind: option "${name}" of "${kind}"`, rule);
  const rules = Object.fromEntries(Object.entries<OptionRule>(options).map(([name, rule]) => [name, completed(rule)]));
  const checked = (values: MadeOf<O>): object => madeOf(kind, role, make(values, kind));
  const made = makeKind(
    role,
    { ...definition, options: rules, make: checked },
    role === "optimizer" ? (value) => minimizer(value as Minimizer) : (value: object) => value,
  );
  register(made, JSON.stringify({ ...definition, replace: false }, sourceOf), replace);
  return made as unknown as UserKind<R, O>;
}

const sourceOf = (_: string, value: unknown) => (typeof value === "function" ? String(value) : value);
