/** Options of a kind: what each may be, checked by one function, and how it is written into a configuration. */
import { checkNumber, type Range, textOf } from "../options.js";
import { checkRole, type Role } from "./roles.js";

/**
 * What one option may be. Without a rule of its own it takes any value that JSON keeps. An option without a `default` is
 * needed, unless it is `optional`.
 */
export interface OptionRule extends Range {
  /** The value where none is given. Its type is a rule too: a number or boolean is only replaced by another one. */
  readonly default?: unknown;
  /** May be left out: `make` then finds no such option, nor does the configuration. */
  readonly optional?: boolean;
  /** Needed only where neither `default` nor limits of a number say so. */
  readonly type?: "number" | "boolean" | "string";
  /** The only values that it may have. */
  readonly oneOf?: readonly unknown[];
  /** A kind of this role: its own configuration is kept within this one. */
  readonly part?: Role;
  /** Beside a part a number is taken as well, within the limits. */
  readonly orNumber?: boolean;
  /** An array of such values. */
  readonly list?: boolean;
  /** In place of a type: throws where the value, named `name` of the kind `what`, breaks a rule of its own. */
  check?(value: never, what: string, name: string): void;
  /** What `make` gets of a value, where that is not what the configuration keeps. */
  read?(value: never, what: string): unknown;
}

export type OptionRules = Readonly<Record<string, OptionRule>>;

/** An option as `make` gets it, and as the configuration keeps it. */
export interface Taken {
  readonly value: unknown;
  readonly config: unknown;
}

const limits = ["atLeast", "above", "atMost", "below", "whole"];

/** The type that a rule asks for, as `typeof` names it; "undefined" for any. */
export const typeOf = (rule: OptionRule): string =>
  rule.type ?? (limits.some((limit) => limit in rule) ? "number" : typeof rule.default);

/** Throws where a value that is no part breaks its rule. */
function checkValue(what: string, name: string, rule: OptionRule, value: unknown): void {
  const type = typeOf(rule);
  const wrong = (words: string) => `${what}: ${name} is ${words}, found ${textOf(value)}`;
  if (rule.check) rule.check(value as never, what, name);
  else if (rule.oneOf) {
    const names = rule.oneOf.map(textOf);
    const last = names.pop();
    if (!rule.oneOf.includes(value)) throw new RangeError(wrong(`${names.join(", ")} or ${last}`));
  } else if (type === "number") checkNumber(what, name, value, rule);
  else if ((type === "boolean" || type === "string") && typeof value !== type)
    throw new TypeError(wrong(type === "boolean" ? "true or false" : "a text"));
}

/** A value of the list, or the only one. */
function takeOne(what: string, name: string, rule: OptionRule, value: unknown): Taken {
  const { part } = rule;
  const isPart = part !== undefined && !(rule.orNumber && typeof value === "number");
  // An initializer is described by its name alone too: `read` knows.
  const described = typeof value !== "function" && part === "initializer";
  if (!isPart) checkValue(what, name, rule, value);
  else if (!described) checkRole(what, name, part, value, rule.orNumber ? "a number or " : "");
  return {
    value: rule.read ? rule.read(value as never, what) : value,
    config: isPart && !described ? (value as { config?: unknown }).config : value,
  };
}

/** An option's value by its rule. Throws TypeError or RangeError, naming kind, option, rule and what was found. */
export function take(what: string, name: string, rule: OptionRule, given: unknown): Taken | undefined {
  const value = given === undefined ? rule.default : given;
  if (value === undefined && rule.optional) return undefined;
  if (!rule.list) return takeOne(what, name, rule, value);
  if (!Array.isArray(value)) throw new TypeError(`${what}: ${name} is a list, found ${textOf(value)}`);
  const taken = value.map((one, index) => takeOne(what, `${name}[${index}]`, rule, one));
  return { value: taken.map((one) => one.value), config: taken.map((one) => one.config) };
}
