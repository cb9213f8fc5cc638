/** Checks of what users write into options: unknown names are TypeErrors, numbers outside of their range RangeErrors. */

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

/**
 * Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other (Damerau 1964, in the
 * restricted form: no letter is touched twice).
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

/** The known word that is fewest edits away, whatever the case of letters: undefined where that is a third of it or more. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let found: string | undefined;
  let least = Infinity;
  for (const one of known) {
    const distance = editDistance(word.toLowerCase(), one.toLowerCase());
    // Words of few letters are all near to each other: of four letters one may be wrong, of seven two.
    if (distance < least && distance <= Math.max(1, Math.floor((one.length - 1) / 3))) [found, least] = [one, distance];
  }
  return found;
}

/** `did you mean "beta1"? `, or nothing. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? "" : `did you mean "${near}"? `;
}
