/** Options of a kind: rules for their values, the check of a value, and how it is stored in a configuration. */
import { checkNumber, type Range, textOf } from "../options.js";
import { checkRole, type Role } from "./roles.js";

/**
 * The rule of one option. An empty rule allows any value, in `defineKind` only values that survive conversion to JSON.
 * An option without a `default` is required, unless it is `optional`.
 */
export interface OptionRule extends Range {
  /** Value if the option is not given. If it is a number, boolean or string, given values must have the same type. */
  readonly default?: unknown;
  /** Whether the option may be left out. It is then missing in the options of `make` and in the configuration. */
  readonly optional?: boolean;
  /** Type of the value; needed only if neither `default` nor limits of a number determine it. */
  readonly type?: "number" | "boolean" | "string";
  /** The allowed values. */
  readonly oneOf?: readonly unknown[];
  /**
   * The value must be of this role; its `config` is stored as part of this one. Limits of a number hold for the values of a
   * schedule, too, if its `ends` are known.
   */
  readonly part?: Role;
  /** Whether a number within the limits is allowed in place of the part. */
  readonly orNumber?: boolean;
  /** Whether the option is an array of such values. */
  readonly list?: boolean;
  /** Check in place of a type: throws if the value of option `name` of the kind `what` is not allowed. */
  check?(value: never, what: string, name: string): void;
  /** Converts the value for `make`; the configuration stores it unconverted. */
  read?(value: never, what: string): unknown;
}

export type OptionRules = Readonly<Record<string, OptionRule>>;

/** An option's value as `make` gets it, and as the configuration stores it. */
export interface Taken {
  readonly value: unknown;
  readonly config: unknown;
}

const limits = ["atLeast", "above", "atMost", "below", "whole"];

/** The type that a rule requires, as `typeof` names it; "undefined" if any type is allowed. */
export const typeOf = (rule: OptionRule): string =>
  rule.type ?? (limits.some((limit) => limit in rule) ? "number" : typeof rule.default);

/** Throws if a value that is not a part breaks its rule. */
function checkValue(what: string, name: string, rule: OptionRule, value: unknown): void {
  const type = typeOf(rule);
  const wrong = (words: string) => `${what}: ${name} must be ${words}, found ${textOf(value)}`;
  if (rule.check) rule.check(value as never, what, name);
  else if (rule.oneOf) {
    const names = rule.oneOf.map(textOf);
    const last = names.pop();
    if (!rule.oneOf.includes(value)) throw new RangeError(wrong(`${names.join(", ")} or ${last}`));
  } else if (type === "number") checkNumber(what, name, value, rule);
  else if ((type === "boolean" || type === "string") && typeof value !== type)
    throw new TypeError(wrong(type === "boolean" ? "true or false" : "a string"));
}

/** Throws RangeError if values of a schedule are known and not in the range. */
export function checkEnds(what: string, name: string, { ends = [] }: { ends?: readonly number[] }, range: Range): void {
  for (const end of ends) checkNumber(what, `every value of ${name}`, end, range);
}

/** Checks and converts one value: an element of a list, or the option's only value. */
function takeOne(what: string, name: string, rule: OptionRule, value: unknown): Taken {
  const { part } = rule;
  const isPart = part !== undefined && !(rule.orNumber && typeof value === "number");
  // An initializer may also be given as a description or a name, which `read` converts and checks.
  const described = typeof value !== "function" && part === "initializer";
  if (!isPart) checkValue(what, name, rule, value);
  else if (!described) checkRole(what, name, part, value, rule.orNumber ? "a number or " : "");
  if (isPart && part === "schedule") checkEnds(what, name, value as { ends?: readonly number[] }, rule);
  return {
    value: rule.read ? rule.read(value as never, what) : value,
    config: isPart && !described ? (value as { config?: unknown }).config : value,
  };
}

/**
 * Checks an option's value by its rule; returns undefined if it is optional and was not given. Throws TypeError or
 * RangeError if it breaks the rule; the message has kind, option, rule and the value found.
 */
export function take(what: string, name: string, rule: OptionRule, given: unknown): Taken | undefined {
  const value = given === undefined ? rule.default : given;
  if (value === undefined && rule.optional) return undefined;
  if (!rule.list) return takeOne(what, name, rule, value);
  if (!Array.isArray(value)) throw new TypeError(`${what}: ${name} must be a list, found ${textOf(value)}`);
  const taken = value.map((one, index) => takeOne(what, `${name}[${index}]`, rule, one));
  return { value: taken.map((one) => one.value), config: taken.map((one) => one.config) };
}
