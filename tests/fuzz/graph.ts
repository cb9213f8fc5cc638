/** From a recipe to tensors. */
import { literal } from "#src/ops/literal";
import { scan } from "#src/ops/scan";
import { type Shape, sizeOf } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { Variable } from "#src/graph/variable";
import type { DType } from "#src/graph/dtype";
import { functions } from "./calls.js";
import { type Argument, isLeaf, isRef, isSpecial, leafOf, loopOf, numberOf, type Recipe, type Step } from "./recipe.js";
import { valuesOf } from "./values.js";

export type MakeInput = (name: string, shape: Shape, dtype: DType) => Tensor;

function resolve(argument: Argument, tensors: readonly Tensor[]): unknown {
  if (isRef(argument)) return tensors[argument.t];
  if (isSpecial(argument)) return numberOf(argument);
  if (Array.isArray(argument)) return argument.map((one) => resolve(one, tensors));
  return argument;
}

function leafTensor(step: Step, index: number, input: MakeInput): Tensor {
  const { shape, dtype, domain, seed } = leafOf(step);
  if (step.call === "input") return input(`x${index}`, shape, dtype);
  const data = valuesOf(domain, seed, sizeOf(shape));
  return step.call === "variable"
    ? new Variable({ name: `v${index}`, shape, dtype, data })
    : literal(Float32Array.from(data), shape);
}

/** Carries and outputs of a loop, by the first of them, which is the tensor of its `scan`. */
const results = new WeakMap<Tensor, readonly Tensor[]>();

/** The tensor of a step that is neither a leaf nor a part of a loop. */
function callTensor({ call, args }: Step, tensors: readonly Tensor[]): Tensor {
  const given = args.map((argument) => resolve(argument, tensors));
  if (call === "result") {
    const found = results.get(given[0] as Tensor)?.[given[1] as number];
    if (!found) throw new RangeError(`recipe: no result ${given[1]}`);
    return found;
  }
  const make = functions[call];
  if (!make) throw new Error(`recipe: no function ${call}`);
  return make(...given);
}

/** Makes a loop, its leaves first; the number of its last step. */
function makeLoop(steps: readonly Step[], at: number, tensors: Tensor[], input: MakeInput): number {
  const { scan: end, length, reverse, carries, rows, outputs } = loopOf(steps, at);
  for (let t = at; t < end; t++) if (isLeaf(steps[t])) tensors[t] ??= leafTensor(steps[t], t, input);
  const named = <T>(name: string, list: readonly T[], value: (one: T) => Tensor) =>
    Object.fromEntries(list.map((one, k) => [`${name}${k}`, value(one)]));
  const options = {
    length,
    reverse,
    carries: named("c", carries, ({ first }) => tensors[first]),
    sequences: named("s", rows, ({ sequence }) => tensors[sequence]),
  };
  const found = scan(options, (states, elements) => {
    carries.forEach(({ carry }, k) => {
      tensors[carry] = states[`c${k}`];
    });
    rows.forEach(({ row }, k) => {
      tensors[row] = elements[`s${k}`];
    });
    makeSteps(steps, [at + 1, end], tensors, input);
    return {
      carries: named("c", carries, ({ next }) => tensors[next]),
      outputs: named("o", outputs, (t) => tensors[t]),
    };
  });
  const all = [...Object.values(found.carries), ...Object.values(found.outputs)];
  if (all.length === 0) throw new RangeError(`recipe: loop ${at} has no results`);
  results.set(all[0], all);
  tensors[end] = all[0];
  return end;
}

/** Makes the tensors of steps [from, to) that are not made yet; loops with all that is in them. */
export function makeSteps(
  steps: readonly Step[],
  [from, to]: readonly [number, number],
  tensors: Tensor[],
  input: MakeInput,
): void {
  for (let t = from; t < to; t++) {
    if (steps[t].call === "loop") t = makeLoop(steps, t, tensors, input);
    else if (steps[t].call === "carry" || steps[t].call === "row") continue;
    else if (isLeaf(steps[t])) tensors[t] ??= leafTensor(steps[t], t, input);
    else tensors[t] = callTensor(steps[t], tensors);
  }
}

export interface Graph {
  readonly tensors: readonly Tensor[];
  /** `o0`, `o1` … */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates: ReadonlyMap<Variable, Tensor>;
  readonly checks: readonly Tensor[];
  readonly variables: readonly Variable[];
}

/** Makes the graph. Steps that nothing asks for are made too, but no program contains them. */
export function graphOf({ steps, outputs, updates, checks }: Recipe, input: MakeInput): Graph {
  const tensors: Tensor[] = [];
  makeSteps(steps, [0, steps.length], tensors, input);
  return {
    tensors,
    outputs: Object.fromEntries(outputs.map((step, i) => [`o${i}`, tensors[step]])),
    updates: new Map(updates.map(([variable, next]) => [tensors[variable] as Variable, tensors[next]])),
    checks: checks.map((step) => tensors[step]),
    variables: tensors.filter((one) => one instanceof Variable),
  };
}

/** Values fed to the inputs, by name. */
export function feedsOf({ steps }: Recipe): Record<string, { data: number[]; shape: Shape }> {
  return Object.fromEntries(
    steps.flatMap((step, index) => {
      if (step.call !== "input") return [];
      const { shape, domain, seed } = leafOf(step);
      return [[`x${index}`, { data: [...valuesOf(domain, seed, sizeOf(shape))], shape }]];
    }),
  );
}
