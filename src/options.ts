/** Checks of what users write into options: unknown names are TypeErrors, numbers outside of their range RangeErrors. */
import { meant } from "./nearest.js";

/** Throws TypeError where `options` is no object, or holds a name that is not among `known`; `what` begins the message. */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${what}: options are an object, found ${textOf(options)}`);
  }
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const list = known.length > 0 ? `known options: ${known.join(", ")}` : "it has none";
    throw new TypeError(`${what}: unknown option "${option}"; ${meant(option, known)}${list}`);
  }
}

/** Of a function that takes no options. */
export type NoOptions = Readonly<Record<string, never>>;

/** The value itself. Throws TypeError where it lacks a method by which its kind is known; `kind` says what is needed. */
export function checkPart<T>(what: string, name: string, value: T, method: keyof T & string, kind: string): T {
  if (typeof value === "object" && value !== null && typeof value[method] === "function") return value;
  throw new TypeError(`${what}: ${name} is ${kind}, found ${textOf(value)}`);
}

/** Limits of a number. */
export interface Range {
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
  readonly below?: number;
  readonly whole?: boolean;
}

/** The number itself. Throws RangeError, naming rule and value, where it is not a finite number within the range. */
export function checkNumber(what: string, name: string, value: unknown, range: Range): number {
  const { atLeast = -Infinity, above = -Infinity, atMost = Infinity, below = Infinity, whole = false } = range;
  if (
    typeof value === "number" &&
    Number.isFinite(value) &&
    value >= atLeast &&
    value > above &&
    value <= atMost &&
    value < below &&
    (!whole || Number.isInteger(value))
  ) {
    return value;
  }
  const signs = { atLeast: ">=", above: ">", atMost: "<=", below: "<" } as const;
  const limits = Object.entries(signs).flatMap(([key, sign]) => {
    const limit = range[key as keyof typeof signs];
    return limit === undefined ? [] : [`${sign} ${limit}`];
  });
  const rule = [whole ? "a whole number" : "a finite number", limits.join(" and ")].filter(Boolean).join(" ");
  throw new RangeError(`${what}: ${name} is ${rule}, found ${textOf(value)}`);
}

/** The description itself. Throws TypeError where it is no object; `what` begins the message. */
export function described<C extends object>(what: string, config: C): C {
  if (typeof config === "object" && config !== null) return config;
  throw new TypeError(`${what}: a description is { kind, ...options }, found ${textOf(config)}`);
}

/**
 * The seed itself, a whole number from 0 to 2^53 - 1: every place that takes one asks here.
 * Throws RangeError, naming `what`, rule and value, where it is none: a fraction, NaN, Infinity, a text, a bigint.
 */
export function checkSeed(what: string, seed: unknown): number {
  if (Number.isSafeInteger(seed) && (seed as number) >= 0) return seed as number;
  throw new RangeError(`${what}: seed is a whole number from 0 to 2^53 - 1, found ${textOf(seed)}`);
}

/** The entry of a table of kinds. Throws TypeError naming the known ones where there is none. */
export function kindOf<T>(what: string, table: Readonly<Record<string, T>>, kind: unknown): T {
  if (typeof kind === "string" && Object.hasOwn(table, kind)) return table[kind];
  const known = Object.keys(table);
  const near = typeof kind === "string" ? meant(kind, known) : "";
  throw new TypeError(`${what}: unknown kind ${textOf(kind)}; ${near}known kinds: ${known.join(", ")}`);
}

/** A value as an error message names it, in a few words. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) {
    const more = value.length > 4 ? [`… ${value.length} in all`] : [];
    return `[${[...value.slice(0, 4).map(textOf), ...more].join(", ")}]`;
  }
  if (typeof value !== "object" || value === null) return String(value);
  const name: string = value.constructor?.name ?? "object";
  return `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name === "Object" ? "object" : name}`;
}
