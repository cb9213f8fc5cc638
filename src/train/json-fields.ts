/** Checks of objects that were read from JSON: known fields only, each by its rule. */
import { BadFileError, type ErrorCode } from "../errors.js";
import { checkNumber, type Range, textOf } from "../options.js";

export type Json = Readonly<Record<string, unknown>>;

/** Whether a value of JSON is an object, not a list. */
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a field must be, in words, and the test of a value. */
export type FieldRule = readonly [words: string, holds: (value: unknown) => boolean];

/** An error about a damaged file. */
export function corrupt(what: string, rule: string, details: { cause?: unknown; code?: ErrorCode } = {}): BadFileError {
  return new BadFileError(`${what}: corrupt: ${rule}`, {
    code: "ERR_FILE_CORRUPT",
    hint: "restore the file from a copy",
    ...details,
  });
}

function fits(value: unknown, range: Range): boolean {
  try {
    checkNumber("", "", value, range);
    return true;
  } catch {
    return false;
  }
}

const every = (holds: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(holds);
const { isFinite: finite } = Number;

/** Rules of fields that several files have. */
export const rules = {
  text: ["a string", (value) => typeof value === "string"],
  flag: ["true or false", (value) => typeof value === "boolean"],
  number: ["a finite number", finite],
  count: ["an integer >= 1", (value) => fits(value, { whole: true, atLeast: 1 })],
  /** Steps and seeds. */
  natural: ["an integer from 0 to 2^53 - 1", (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  shape: [
    "a list of integers >= 1",
    every((one) => fits(one, { whole: true, atLeast: 1, atMost: Number.MAX_SAFE_INTEGER })),
  ],
  extent: ["two finite numbers", (value) => every(finite)(value) && (value as unknown[]).length === 2],
  /** Numbers of records. */
  counts: ["a list of integers >= 0", every((one) => fits(one, { whole: true, atLeast: 0 }))],
  texts: ["a list of strings", every((one) => typeof one === "string")],
  object: ["an object", isObject],
  list: ["a list", Array.isArray],
} as const satisfies Readonly<Record<string, FieldRule>>;

/** Rules of an object's fields; optional ones may be left out. */
export interface Fields {
  readonly required?: Readonly<Record<string, FieldRule>>;
  readonly optional?: Readonly<Record<string, FieldRule>>;
}

/**
 * Throws BadFileError if a value is not an object with these fields and no others. `what` is the file, `where` the path
 * of the object in it, with a dot at its end, or empty.
 */
export function checkFields(what: string, where: string, value: unknown, fields: Fields): asserts value is Json {
  const { required = {}, optional = {} } = fields;
  if (!isObject(value)) throw corrupt(what, `${where.slice(0, -1) || "it"} must be an object, found ${textOf(value)}`);
  for (const name of Object.keys(value))
    if (!Object.hasOwn(required, name) && !Object.hasOwn(optional, name))
      throw corrupt(what, `unknown field ${JSON.stringify(where + name)}`);
  for (const [name, [words, holds]] of Object.entries({ ...required, ...optional })) {
    if (!Object.hasOwn(value, name)) {
      if (Object.hasOwn(required, name)) throw corrupt(what, `${where}${name} is missing`);
    } else if (!holds(value[name]))
      throw corrupt(what, `${where}${name} must be ${words}, found ${textOf(value[name])}`);
  }
}

/**
 * Path of the first difference of two values of JSON, such as `config.optimizer.beta1`; undefined if they are equal.
 * Fields that are undefined count as missing.
 */
export function differenceOf(a: unknown, b: unknown, path: string): string | undefined {
  if (a === b) return undefined;
  const both = (Array.isArray(a) && Array.isArray(b)) || (isObject(a) && isObject(b));
  if (!both) return path;
  const [left, right] = [a as Json, b as Json];
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = differenceOf(left[name], right[name], Array.isArray(a) ? `${path}[${name}]` : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
