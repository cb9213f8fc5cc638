/**
 * The file of `genloom sweep FILE`: which training is repeated, what varies, and how many trials there are.
 *
 *     {
 *       "train": "gan",
 *       "options": { "preset": "ring", "steps": 500 },
 *       "vary": { "batch": [64, 128], "config.optimizers.*.beta1": { "from": 0, "to": 0.9 } },
 *       "method": "random", "trials": 8, "metric": "fid"
 *     }
 */
import { checkNumber, checkOptions, checkSeed, meant, textOf } from "../options.js";

export const methods = ["grid", "random", "halving"] as const;
export type Method = (typeof methods)[number];

/** Which values of a metric are better: the least, the greatest, or those nearest to the metric's floor. */
export const goals = ["least", "greatest", "floor"] as const;
export type Goal = (typeof goals)[number];

/** Numbers between two ends, both included. */
export interface Interval {
  readonly from: number;
  readonly to: number;
  /** Whether equal steps or equal ratios are equally likely; default "linear". */
  readonly scale?: "linear" | "log";
  /** Integers only. */
  readonly whole?: boolean;
  /** How many values a grid takes of it. */
  readonly count?: number;
}

/** A value of an option of the command line; lists are joined by commas. */
export type OptionValue = string | number | boolean | readonly (string | number)[];
export type Options = Readonly<Record<string, OptionValue>>;

export interface SweepFile {
  /** The family that is trained, as in `genloom train gan`. */
  readonly train?: string;
  /** Options of `genloom train` that all trials share. */
  readonly options: Options;
  /** Values by option, or by path in the recipe: a list, or an interval. */
  readonly vary: Readonly<Record<string, readonly unknown[] | Interval>>;
  readonly method: Method;
  readonly trials?: number;
  readonly seed: number;
  readonly metric?: string;
  readonly goal?: Goal;
  /** Options of `genloom evaluate`, for metrics that the training itself does not measure. */
  readonly evaluate: Options;
  /** Of successive halving: one of `eta` trials goes on to the next rung, with `eta` times the steps. */
  readonly eta: number;
  /** Of successive halving: fewest steps of the first rung. */
  readonly least?: number;
  /** Words before the command of a training, such as those of a program that starts several ranks. */
  readonly launch: readonly string[];
  /** Options of sbatch, and "at-once". */
  readonly slurm: Options;
}

const fields = [
  ...["train", "options", "vary", "method", "trials", "seed", "metric", "goal", "evaluate"],
  ...["eta", "least", "launch", "slurm"],
];

/** Most trials of a sweep. */
export const mostTrials = 10_000;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value that varies is given as an interval. */
export const isInterval = (value: unknown): value is Interval => isObject(value);

/** Checks a value of JSON; `what` begins messages. Throws TypeError or RangeError if it breaks a rule. */
export function checkedSweep(value: unknown, what: string): SweepFile {
  if (!isObject(value)) throw new TypeError(`${what}: a sweep must be an object, found ${textOf(value)}`);
  checkOptions(what, value, fields);
  const { train, metric, goal, trials, eta = 3, least, method = "grid", seed = 0, vary = {}, launch = [] } = value;
  for (const [name, text] of Object.entries({ train, metric }))
    if (text !== undefined && (typeof text !== "string" || text === ""))
      throw new TypeError(`${what}: ${name} must be a name, found ${textOf(text)}`);
  checkChoice(what, "method", method, methods);
  if (goal !== undefined) checkChoice(what, "goal", goal, goals);
  if (trials !== undefined) checkNumber(what, "trials", trials, { whole: true, atLeast: 1, atMost: mostTrials });
  checkNumber(what, "eta", eta, { whole: true, atLeast: 2 });
  if (least !== undefined) checkNumber(what, "least", least, { whole: true, atLeast: 1 });
  if (!Array.isArray(launch) || !launch.every((word) => typeof word === "string"))
    throw new TypeError(`${what}: launch must be a list of words, found ${textOf(launch)}`);
  const checked = {
    ...{ options: {}, evaluate: {}, slurm: {}, ...value },
    ...{ method, eta, vary, launch, seed: checkSeed(what, seed) },
  } as SweepFile;
  for (const name of ["options", "evaluate", "slurm"] as const) checkValues(what, name, checked[name]);
  checkVaried(what, checked);
  checkMethod(what, checked);
  return checked;
}

function checkChoice(what: string, name: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return;
  const near = typeof value === "string" ? meant(value, known) : "";
  const list = known.map((one) => JSON.stringify(one)).join(", ");
  throw new TypeError(
    `${what}: ${name} must be one of ${list}, found ${textOf(value)}${near && `; ${near.trimEnd()}`}`,
  );
}

/** Whether a value can stand on the command line. */
export const isOptionValue = (value: unknown): value is OptionValue =>
  ["string", "boolean"].includes(typeof value) ||
  Number.isFinite(value) ||
  (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string" || Number.isFinite(one)));

function checkValues(what: string, name: string, options: unknown): void {
  if (!isObject(options)) throw new TypeError(`${what}: ${name} must be an object, found ${textOf(options)}`);
  for (const [option, value] of Object.entries(options))
    if (!isOptionValue(value))
      throw new TypeError(
        `${what}: ${name}.${option} must be a string, a number, true, false or a list of them, found ${textOf(value)}`,
      );
}

function checkVaried(what: string, { vary, options, method, trials }: SweepFile): void {
  if (!isObject(vary)) throw new TypeError(`${what}: vary must be an object, found ${textOf(vary)}`);
  for (const [name, values] of Object.entries(vary)) {
    const where = `vary.${name}`;
    if (Object.hasOwn(options, name))
      throw new TypeError(`${what}: ${name} must be in options or in vary, found in both`);
    if (Array.isArray(values)) {
      if (values.length === 0) throw new TypeError(`${what}: ${where} must have at least one value, found none`);
    } else if (isInterval(values)) checkInterval(what, where, values, isGrid({ method, trials }));
    else throw new TypeError(`${what}: ${where} must be a list or { "from", "to" }, found ${textOf(values)}`);
  }
}

/** Whether the trials are all combinations of values, not random ones. */
export const isGrid = ({
  method,
  trials,
}: {
  readonly method: Method;
  readonly trials?: number | undefined;
}): boolean => method === "grid" || (method === "halving" && trials === undefined);

function checkInterval(what: string, where: string, interval: Interval, grid: boolean): void {
  checkOptions(`${what}: ${where}`, interval, ["from", "to", "scale", "whole", "count"]);
  const { from, to, scale = "linear", whole = false, count } = interval;
  checkChoice(what, `${where}.scale`, scale, ["linear", "log"]);
  if (typeof whole !== "boolean")
    throw new TypeError(`${what}: ${where}.whole must be true or false, found ${textOf(whole)}`);
  checkNumber(what, `${where}.from`, from, { whole, ...(scale === "log" && { above: 0 }) });
  checkNumber(what, `${where}.to`, to, { whole, above: from });
  if (grid && count === undefined)
    throw new TypeError(`${what}: ${where} must have a count of values in a grid, found none`);
  if (!grid && count !== undefined)
    throw new TypeError(`${what}: ${where} must have no count where values are random, found ${textOf(count)}`);
  if (count !== undefined)
    checkNumber(what, `${where}.count`, count, { whole: true, atLeast: 2, atMost: whole ? to - from + 1 : mostTrials });
}

function checkMethod(what: string, { method, trials, metric, least, options, vary }: SweepFile): void {
  if (method === "grid" && trials !== undefined)
    throw new TypeError(`${what}: trials must be left out of a grid, which has one per combination, found ${trials}`);
  if (method === "random" && trials === undefined)
    throw new TypeError(`${what}: trials must be an integer >= 1 for the method "random", found none`);
  if (method !== "halving") {
    if (least === undefined) return;
    throw new TypeError(`${what}: least must be left out unless the method is "halving", found ${least}`);
  }
  if (metric === undefined) throw new TypeError(`${what}: metric must be given for the method "halving", found none`);
  if (Object.hasOwn(vary, "steps"))
    throw new TypeError(`${what}: steps must be the same for all trials of the method "halving", found vary.steps`);
  checkNumber(what, "options.steps", options.steps, { whole: true, atLeast: 1 });
  checkNumber(what, "least", least, { whole: true, atLeast: 1, atMost: options.steps as number });
}
