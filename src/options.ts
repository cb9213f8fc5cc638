/** Checks of what users write into options: unknown names are TypeErrors, numbers outside of their range RangeErrors. */

/** Throws TypeError where `options` holds a name that is not among `known`; `what` begins the message. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${what}: options are an object, found ${JSON.stringify(options)}`);
  }
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const list = known.length > 0 ? `known options: ${known.join(", ")}` : "it has none";
    throw new TypeError(`${what}: unknown option "${option}"; ${list}`);
  }
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
  throw new RangeError(
    `${what}: ${name} is ${rule}, found ${typeof value === "string" ? JSON.stringify(value) : value}`,
  );
}

/**
 * The seed itself, a whole number from 0 to 2^53 - 1: every place that takes one asks here.
 * Throws RangeError, naming `what`, rule and value, where it is none: a fraction, NaN, Infinity, a text, a bigint.
 */
export function checkSeed(what: string, seed: unknown): number {
  if (Number.isSafeInteger(seed) && (seed as number) >= 0) return seed as number;
  const found = typeof seed === "string" ? JSON.stringify(seed) : typeof seed === "bigint" ? `${seed}n` : String(seed);
  throw new RangeError(`${what}: seed is a whole number from 0 to 2^53 - 1, found ${found}`);
}

/** The entry of a table of kinds. Throws TypeError naming the known ones where there is none. */
export function kindOf<T>(what: string, table: Readonly<Record<string, T>>, kind: unknown): T {
  if (typeof kind === "string" && Object.hasOwn(table, kind)) return table[kind];
  throw new TypeError(`${what}: unknown kind ${JSON.stringify(kind)}; known kinds: ${Object.keys(table).join(", ")}`);
}
