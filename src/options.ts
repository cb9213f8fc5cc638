/** Checks of options that users pass: unknown names are TypeErrors, numbers outside their range are RangeErrors. */

/** Throws TypeError if `options` is not an object, or has a name that is not in `known`; `what` begins the message. */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${what}: options must be an object, found ${textOf(options)}`);
  }
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const list = known.length > 0 ? `known options: ${known.join(", ")}` : "it takes no options";
    throw new TypeError(`${what}: unknown option "${option}"; ${meant(option, known)}${list}`);
  }
}

/** The options of a function that takes none. */
export type NoOptions = Readonly<Record<string, never>>;

/**
 * Returns the value. Throws TypeError if it does not have `method`, which objects of its kind have; `kind` tells the
 * user what is needed.
 */
export function checkPart<T>(what: string, name: string, value: T, method: keyof T & string, kind: string): T {
  if (typeof value === "object" && value !== null && typeof value[method] === "function") return value;
  throw new TypeError(`${what}: ${name} must be ${kind}, found ${textOf(value)}`);
}

/** Throws TypeError if the value is not a list. */
export function checkList(what: string, name: string, value: unknown): void {
  if (typeof value === "object" && value !== null && "length" in value) return;
  throw new TypeError(`${what}: ${name} must be an array of numbers, found ${textOf(value)}`);
}

/** Limits of a number. */
export interface Range {
  readonly atLeast?: number;
  readonly above?: number;
  readonly atMost?: number;
  readonly below?: number;
  readonly whole?: boolean;
}

/**
 * Returns the number. Throws RangeError with the rule and the value found if it is not a finite number in the range.
 */
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
  const rule = [whole ? "an integer" : "a finite number", limits.join(" and ")].filter(Boolean).join(" ");
  throw new RangeError(`${what}: ${name} must be ${rule}, found ${textOf(value)}`);
}

/**
 * Throws TypeError if the value is not a list, RangeError if it is not of the given length, or, with its place, if one of its
 * numbers is not in the range.
 */
export function checkNumbers(
  what: string,
  name: string,
  values: ArrayLike<number>,
  { length, ...range }: Range & { readonly length?: number },
): void {
  checkList(what, name, values);
  if (length !== undefined && values.length !== length)
    throw new RangeError(`${what}: ${name} must have ${length} values, found ${values.length}`);
  for (let i = 0; i < values.length; i++) checkNumber(what, `${name}[${i}]`, values[i], range);
}

/** Returns the description. Throws TypeError if it is not an object; `what` begins the message. */
export function described<C extends object>(what: string, config: C): C {
  if (typeof config === "object" && config !== null) return config;
  throw new TypeError(`${what}: a description must be { kind, ...options }, found ${textOf(config)}`);
}

/**
 * Returns the seed, an integer from 0 to 2^53 - 1. Every function that takes a seed checks it here.
 * Throws RangeError with `what`, the rule and the value found for anything else: a fraction, NaN, Infinity, a string, a
 * bigint.
 */
export function checkSeed(what: string, seed: unknown): number {
  if (Number.isSafeInteger(seed) && (seed as number) >= 0) return seed as number;
  throw new RangeError(`${what}: seed must be an integer from 0 to 2^53 - 1, found ${textOf(seed)}`);
}

/** The entry of `kind` in a table of kinds. Throws TypeError with the known kinds if there is none. */
export function kindOf<T>(what: string, table: Readonly<Record<string, T>>, kind: unknown): T {
  if (typeof kind === "string" && Object.hasOwn(table, kind)) return table[kind];
  const known = Object.keys(table);
  const near = typeof kind === "string" ? meant(kind, known) : "";
  throw new TypeError(`${what}: unknown kind ${textOf(kind)}; ${near}known kinds: ${known.join(", ")}`);
}

/** A short text for a value, for use in error messages. */
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

/**
 * Number of insertions, deletions, substitutions and swaps of neighbouring letters that turn one word into the other
 * (Damerau 1964, in the restricted form: no letter is changed twice).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const kept = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, kept));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}

/** The known word with the smallest edit distance, ignoring case; undefined if even that one is too different. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let found: string | undefined;
  let least = Infinity;
  for (const one of known) {
    const distance = editDistance(word.toLowerCase(), one.toLowerCase());
    // Short words are all similar to each other, so the limit depends on the length: one edit for four letters, two for
    // seven.
    if (distance < least && distance <= Math.max(1, Math.floor((one.length - 1) / 3))) [found, least] = [one, distance];
  }
  return found;
}

/** `did you mean "beta1"? `, or nothing. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? "" : `did you mean "${near}"? `;
}
