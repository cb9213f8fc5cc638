/**
 * A fuzzed program as plain data: calls of public functions by name, whose arguments are earlier results, numbers and
 * options. It can be kept as JSON, made into a graph, cut down and printed as code.
 */
import { gradient } from "#src/ops/gradient";
import { attention } from "#src/ops/attention";
import * as composite from "#src/ops/composite";
import { constant } from "#src/ops/constant";
import * as convolution from "#src/ops/convolution";
import * as elementwise from "#src/ops/elementwise";
import * as indexing from "#src/ops/indexing";
import { literal } from "#src/ops/literal";
import { matmul } from "#src/ops/matmul";
import { minibatchStd } from "#src/ops/minibatch";
import * as movement from "#src/ops/movement";
import * as normalization from "#src/ops/normalization";
import * as pooling from "#src/ops/pooling";
import * as random from "#src/ops/random";
import * as reduction from "#src/ops/reduction";
import * as resampling from "#src/ops/resampling";
import { spectralNorm } from "#src/ops/spectral";
import { stopGradient } from "#src/ops/stop";
import { sizeOf, type Shape } from "#src/graph/shape";
import { type DType, type Tensor, Variable } from "#src/graph/tensor";
import { type Domain, valuesOf } from "./values.js";

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
}

// biome-ignore lint/suspicious/noExplicitAny: arguments come from data
type Callable = (...args: any[]) => Tensor;

const { moments, standardize, ...norms } = normalization;

/** Functions that a recipe may call, by name. Those that take or give records have a wrapper here and in `wrappers`. */
export const functions: Readonly<Record<string, Callable>> = {
  ...(elementwise as unknown as Record<string, Callable>),
  ...(composite as unknown as Record<string, Callable>),
  ...(norms as unknown as Record<string, Callable>),
  ...(resampling as unknown as Record<string, Callable>),
  attention: (queries, keys, values) => attention({ queries, keys, values }),
  argMax: reduction.argMax,
  averagePool2d: pooling.averagePool2d,
  broadcastTo: movement.broadcastTo,
  cast: indexing.cast,
  concat: movement.concat,
  constant,
  conv1d: convolution.conv1d,
  conv2d: convolution.conv2d,
  convTranspose2d: convolution.convTranspose2d,
  flip: movement.flip,
  gather: indexing.gather,
  globalAveragePool: pooling.globalAveragePool,
  globalMaxPool: pooling.globalMaxPool,
  gradient: (y: Tensor, x: Tensor) => gradient(y, [x])[0],
  logSoftmax: reduction.logSoftmax,
  logSumExp: reduction.logSumExp,
  matmul,
  max: reduction.max,
  maxPool2d: pooling.maxPool2d,
  mean: reduction.mean,
  minibatchStd,
  moments: (x, axes) => moments(x, axes).variance,
  oneHot: indexing.oneHot,
  pad: movement.pad,
  randomBernoulli: random.randomBernoulli,
  randomInteger: random.randomInteger,
  randomNormal: random.randomNormal,
  randomPermutation: random.randomPermutation,
  randomUniform: random.randomUniform,
  reshape: movement.reshape,
  scatterAdd: indexing.scatterAdd,
  slice: movement.slice,
  softmax: reduction.softmax,
  spectralNorm: (weight, direction) => spectralNorm(weight, direction).weight,
  standardize: (x, mean, variance) => standardize(x, { mean, variance }),
  stopGradient,
  sum: reduction.sum,
  transpose: movement.transpose,
  variance: reduction.variance,
};

export const isLeaf = ({ call }: Step) => call === "input" || call === "variable" || call === "literal";

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

const isSpecial = (argument: Argument): argument is { readonly n: string } =>
  typeof argument === "object" && !Array.isArray(argument) && "n" in argument;

/** A number as an argument. */
export function numberArgument(value: number): Argument {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : { n: Object.is(value, -0) ? "-0" : String(value) };
}

export const numberOf = ({ n }: { readonly n: string }) => Number(n);

/** Numbers of the steps whose results a step takes. */
export function refsOf(step: Step): number[] {
  if (isLeaf(step)) return [];
  return step.args.flatMap((argument) =>
    isRef(argument) ? [argument.t] : Array.isArray(argument) ? argument.filter(isRef).map(({ t }) => t) : [],
  );
}

/** The step with other steps' results in place of those that it takes. */
export function withRefs(step: Step, other: (t: number) => number): Step {
  if (isLeaf(step)) return step;
  const moved = (argument: Argument): Argument =>
    isRef(argument) ? { t: other(argument.t) } : Array.isArray(argument) ? argument.map(moved) : argument;
  return { ...step, args: step.args.map(moved) };
}

function resolve(argument: Argument, tensors: readonly Tensor[]): unknown {
  if (isRef(argument)) return tensors[argument.t];
  if (isSpecial(argument)) return numberOf(argument);
  if (Array.isArray(argument)) return argument.map((one) => resolve(one, tensors));
  return argument;
}

/** The tensor of one step. */
export function tensorOf(
  step: Step,
  index: number,
  tensors: readonly Tensor[],
  input: (name: string, shape: Shape, dtype: DType) => Tensor,
): Tensor {
  if (!isLeaf(step)) {
    const make = functions[step.call];
    if (!make) throw new Error(`recipe: no function ${step.call}`);
    return make(...step.args.map((argument) => resolve(argument, tensors)));
  }
  const { shape, dtype, domain, seed } = leafOf(step);
  if (step.call === "input") return input(`x${index}`, shape, dtype);
  const data = valuesOf(domain, seed, sizeOf(shape));
  return step.call === "variable"
    ? new Variable({ name: `v${index}`, shape, dtype, data })
    : literal(Float32Array.from(data), shape);
}

export interface Graph {
  readonly tensors: readonly Tensor[];
  /** `o0`, `o1` … */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates: ReadonlyMap<Variable, Tensor>;
  readonly variables: readonly Variable[];
}

/** Makes the graph. Steps that nothing asks for are made too, but no program contains them. */
export function graphOf(
  { steps, outputs, updates }: Recipe,
  input: (name: string, shape: Shape, dtype: DType) => Tensor,
): Graph {
  const tensors: Tensor[] = [];
  steps.forEach((step, index) => {
    tensors.push(tensorOf(step, index, tensors, input));
  });
  return {
    tensors,
    outputs: Object.fromEntries(outputs.map((step, i) => [`o${i}`, tensors[step]])),
    updates: new Map(updates.map(([variable, next]) => [tensors[variable] as Variable, tensors[next]])),
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
