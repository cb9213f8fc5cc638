/**
 * What optimizers are: plain values that make their state (`init`) and from gradients the next values of parameters and
 * state (`apply`), as ordinary graph. An optimizer remembers nothing: whoever trains holds the state.
 */
import { zeros } from "../layers/initializers.js";
import type { Updates } from "../layers/layer.js";
import { checkOptions } from "../options.js";
import { sameShape, shapeText } from "../graph/shape.js";
import { type Tensor, Variable } from "../graph/tensor.js";
import { traceMemory } from "../host/trace-memory.js";
import { checkLoss, checkParameters, type Gradients, gradientsOf } from "./gradients.js";

export type OptimizerConfig = { readonly kind: string; readonly [option: string]: unknown };

/** The variables that an optimizer keeps for some parameters; all start at 0. Plain data. */
export interface OptimizerState {
  /** The optimizer's kind. */
  readonly kind: string;
  /** First part of the variables' names: `${name}/step`, `${name}/${parameter}/m`. */
  readonly name: string;
  readonly parameters: readonly Variable[];
  /** Updates done, a scalar, where the optimizer counts them. */
  readonly step?: Variable;
  /** What is kept for each parameter, of its shape, by name. */
  readonly kept: ReadonlyMap<Variable, Readonly<Record<string, Variable>>>;
  /** The state of an optimizer within this one. */
  readonly inner?: OptimizerState;
  /** All variables of the state: what is to be saved with the parameters. */
  readonly variables: readonly Variable[];
}

export interface ApplyOptions {
  /**
   * Values of parameters and state to go on from, where an update made earlier in the same step is to be followed by
   * another; the gradients must have been taken by them.
   */
  readonly values?: ReadonlyMap<Variable, Tensor>;
}

export interface Optimizer {
  /** As JSON; `fromConfig("optimizer", config)` reads it back. */
  readonly config: OptimizerConfig;
  /**
   * The state for some parameters; `name` is "optimizer" where not given.
   * Throws RangeError where there are no parameters, or two have one name.
   */
  init(parameters: readonly Variable[], name?: string): OptimizerState;
  /**
   * Next values of the parameters and of the state after one update. `gradients` has one for every parameter of the state.
   * Throws RangeError where one is missing, unknown or of another shape, or the state is of another optimizer.
   */
  apply(gradients: Gradients, state: OptimizerState, options?: ApplyOptions): Updates;
}

export interface MinimizeOptions extends ApplyOptions {
  /** First part of the names of the optimizer's variables; "optimizer" by default. */
  readonly name?: string;
  /** The state to use: what `init` gave for these parameters. */
  readonly state?: OptimizerState;
}

/** An optimizer with `minimize` at hand. */
export interface Minimizer extends Optimizer {
  /** `minimize(optimizer, loss, parameters, options)`. */
  minimize(loss: Tensor, parameters: readonly Variable[], options?: MinimizeOptions): Updates;
}

/**
 * Next values of parameters, and of an optimizer's state, after one step downhill on a scalar loss.
 *
 * Within a traced function the state is the program's: made at the first trace, found again by name and parameters at every
 * other one. Two programs have two states. Outside of one every call makes a new state, unless `state` is given.
 * @param loss a scalar
 * @param parameters one or more variables
 * @throws RangeError where the loss is not a scalar, there is nothing to train, or the state is of other parameters
 * @throws TypeError for an unknown option
 * @example ((w) => [...minimize(adam(0.1), mean(square(w)), [w]).keys()].map(({ name }) => name))(variable({ name: "w", shape: [2] })) // ["optimizer/step", "optimizer/w/m", "optimizer/w/v", "w"]
 */
export function minimize(
  optimizer: Optimizer,
  loss: Tensor,
  parameters: readonly Variable[],
  options: MinimizeOptions = {},
): Updates {
  checkOptions("minimize", options, ["values", "name", "state"]);
  const { values, name = "optimizer", state: given } = options;
  const { kind } = optimizer.config;
  checkLoss(kind, loss, parameters);
  const own = ({ parameters: of }: OptimizerState) =>
    of.length === parameters.length && of.every((one, i) => one === parameters[i]);
  const make = () => optimizer.init(parameters, name);
  const found = () => traceMemory()?.find(`${kind} ${name}`, own, make) ?? make();
  const state = given ?? found();
  if (!own(state)) throw otherParameters(kind, state, parameters);
  const also = values ? { values } : {};
  return optimizer.apply(gradientsOf(loss, parameters, also), state, also);
}

/** An optimizer with its `minimize`. */
export function minimizer(optimizer: Optimizer): Minimizer {
  const made: Minimizer = {
    ...optimizer,
    minimize: (loss, parameters, options) => minimize(optimizer, loss, parameters, options),
  };
  return made;
}

/** What an optimizer keeps: whether it counts its updates, and the names of what each parameter has. */
export interface Memory {
  readonly step?: string | undefined;
  readonly kept: readonly string[];
  /** Whether there is the state of an optimizer within. */
  readonly inner?: boolean;
}

/** The state of so much memory. Throws RangeError where there are no parameters or two of them have one name. */
export function stateOf(
  kind: string,
  { step, kept }: Memory,
  { parameters, name, inner }: Pick<OptimizerState, "parameters" | "name" | "inner">,
): OptimizerState {
  checkParameters(kind, parameters);
  const zero = (suffix: string, shape: readonly number[]) =>
    new Variable({ name: `${name}/${suffix}`, shape, initializer: zeros });
  const counter = step === undefined ? [] : [zero(step, [])];
  const entries = parameters.map((parameter): [Variable, Record<string, Variable>] => [
    parameter,
    Object.fromEntries(kept.map((one) => [one, zero(`${parameter.name}/${one}`, parameter.shape)])),
  ]);
  return {
    kind,
    name,
    parameters: [...parameters],
    ...(counter.length > 0 && { step: counter[0] }),
    kept: new Map(entries),
    ...(inner && { inner }),
    variables: [...counter, ...entries.flatMap(([, own]) => Object.values(own)), ...(inner?.variables ?? [])],
  };
}

/** Throws RangeError where gradients or state are not what `apply` takes. */
export function checkApply(kind: string, memory: Memory, gradients: Gradients, state: OptimizerState): void {
  const lacks = (own: Readonly<Record<string, Variable>>) => memory.kept.some((name) => !own[name]);
  if (
    state.kind !== kind ||
    (memory.step && !state.step) ||
    (memory.inner && !state.inner) ||
    [...state.kept.values()].some(lacks)
  )
    throw new RangeError(`${kind}: the state "${state.name}" was made by ${state.kind}, or with other options`);
  for (const parameter of state.parameters) {
    const slope = gradients.get(parameter);
    if (!slope || !sameShape(slope.shape, parameter.shape))
      throw new RangeError(
        `${kind}: the gradient of ${parameter.name} has shape ${shapeText(parameter.shape)}, found ${slope ? shapeText(slope.shape) : "none"}`,
      );
  }
  if (gradients.size > state.parameters.length) throw otherParameters(kind, state, [...gradients.keys()]);
}

function otherParameters(kind: string, state: OptimizerState, found: readonly Variable[]): RangeError {
  const names = (of: readonly Variable[]) => of.map(({ name }) => name).join(", ");
  return new RangeError(`${kind}: the state "${state.name}" is of ${names(state.parameters)}, found ${names(found)}`);
}
