/**
 * A fuzzed program as plain data: calls of public functions by name, whose arguments are earlier results, numbers and
 * options. It can be kept as JSON, made into a graph, cut down and printed as code.
 *
 * A loop is two steps with its body between them: `loop` (options), then within the body `carry` (loop, first value) and
 * `row` (loop, sequence), which stand for what each iteration gets, then `scan` (loop, [carry, next value] of each carry,
 * outputs). `result` (scan, index) is one of its values: carries first. Leaves between the two are made outside.
 */
import type { Shape } from "#src/graph/shape";
import type { DType } from "#src/graph/dtype";
import type { Domain } from "./values.js";

/** An earlier result, by the number of its step. */
export interface Ref {
  readonly t: number;
}

/** Arguments of a call; `{ n: "NaN" }` stands for a number that JSON does not have. */
export type Argument =
  | Ref
  | { readonly n: string }
  | number
  | string
  | boolean
  | readonly Argument[]
  | { readonly [option: string]: Argument };

export interface Step {
  readonly call: string;
  /** Of leaves ("input", "variable", "literal"): shape, dtype, domain, seed. */
  readonly args: readonly Argument[];
}

export interface Recipe {
  readonly seed: number;
  readonly relaxed: boolean;
  /** Lanes of the first run; `others` are compared with it. */
  readonly lanes: number;
  readonly others: number;
  readonly steps: readonly Step[];
  readonly outputs: readonly number[];
  /** Variable and its next value, as numbers of steps. */
  readonly updates: readonly (readonly [variable: number, next: number])[];
  /** Steps of each call of `run`, one after the other on the same state. */
  readonly runs: readonly number[];
  /** The step at which they begin. */
  readonly first: number;
  /** Whether all lengths of inputs are free. */
  readonly free: boolean;
  /** Results that must stay finite: a run ends with the step in which one does not. */
  readonly checks: readonly number[];
}

export const isLeaf = ({ call }: Step) => call === "input" || call === "variable" || call === "literal";

/** Steps that are a part of a loop rather than a call. */
export const isOfLoop = ({ call }: Step) => ["loop", "carry", "row", "scan"].includes(call);

export interface LeafArguments {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly domain: Domain;
  readonly seed: number;
}

export function leafOf({ args }: Step): LeafArguments {
  const [shape, dtype, domain, seed] = args as unknown as [Shape, DType, Domain, number];
  return { shape, dtype, domain, seed };
}

export const isRef = (argument: Argument): argument is Ref =>
  typeof argument === "object" && !Array.isArray(argument) && "t" in argument;

export const isSpecial = (argument: Argument): argument is { readonly n: string } =>
  typeof argument === "object" && !Array.isArray(argument) && "n" in argument;

/** A number as an argument. */
export function numberArgument(value: number): Argument {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : { n: Object.is(value, -0) ? "-0" : String(value) };
}

export const numberOf = ({ n }: { readonly n: string }) => Number(n);

const refsIn = (argument: Argument): number[] =>
  Array.isArray(argument) ? argument.flatMap(refsIn) : isRef(argument) ? [argument.t] : [];

/** Numbers of the steps whose results a step takes. */
export const refsOf = (step: Step): number[] => (isLeaf(step) ? [] : step.args.flatMap(refsIn));

/** The step with other steps' results in place of those that it takes. */
export function withRefs(step: Step, other: (t: number) => number): Step {
  if (isLeaf(step)) return step;
  const moved = (argument: Argument): Argument =>
    isRef(argument) ? { t: other(argument.t) } : Array.isArray(argument) ? argument.map(moved) : argument;
  return { ...step, args: step.args.map(moved) };
}

/** A loop of a recipe, by the numbers of its steps. */
export interface LoopSteps {
  readonly loop: number;
  readonly scan: number;
  readonly length: number;
  readonly reverse: boolean;
  readonly carries: readonly { readonly carry: number; readonly first: number; readonly next: number }[];
  readonly rows: readonly { readonly row: number; readonly sequence: number }[];
  readonly outputs: readonly number[];
}

const first = ({ args: [argument] }: Step): number | undefined => (argument as Ref | undefined)?.t;

/** The loop that begins with a step. Throws RangeError where it does not end, or a carry of it has no next value. */
export function loopOf(steps: readonly Step[], loop: number): LoopSteps {
  const belongs = (call: string, t: number) => steps[t].call === call && first(steps[t]) === loop;
  const scan = steps.findIndex((_, t) => t > loop && belongs("scan", t));
  if (scan < 0) throw new RangeError(`recipe: loop ${loop} does not end`);
  const { length, reverse } = steps[loop].args[0] as { length: number; reverse: boolean };
  const [, pairs = [], outputs = []] = steps[scan].args as readonly [Ref, (readonly [Ref, Ref])[]?, Ref[]?];
  const within = steps.slice(0, scan).flatMap((_, t) => (t > loop ? [t] : []));
  const given = (t: number) => (steps[t].args[1] as Ref).t;
  const carries = pairs.map(([{ t: carry }, { t: next }]) => {
    if (!belongs("carry", carry)) throw new RangeError(`recipe: step ${carry} is no carry of loop ${loop}`);
    return { carry, first: given(carry), next };
  });
  if (within.some((t) => belongs("carry", t) && !carries.some(({ carry }) => carry === t)))
    throw new RangeError(`recipe: a carry of loop ${loop} has no next value`);
  return {
    loop,
    scan,
    length,
    reverse,
    carries,
    rows: within.filter((t) => belongs("row", t)).map((row) => ({ row, sequence: given(row) })),
    outputs: outputs.map(({ t }) => t),
  };
}
