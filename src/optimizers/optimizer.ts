/**
 * The interface of optimizers: plain values that create a state (`init`) and compute the next values of parameters and
 * state from gradients (`apply`), as an ordinary graph. An optimizer has no state itself: its caller keeps the state.
 */
import { zeros } from "../layers/initializers.js";
import type { Updates } from "../layers/layer.js";
import { checkOptions } from "../options.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { Variable } from "../graph/variable.js";
import { traceMemory } from "../host/trace-memory.js";
import { scaledUpdates } from "./update-scale.js";
import { checkLoss, checkParameters, type Gradients, gradientsOf } from "./gradients.js";

export type OptimizerConfig = { readonly kind: string; readonly [option: string]: unknown };

/** The variables of an optimizer for some parameters, initially 0. Plain data. */
export interface OptimizerState {
  /** The optimizer's kind. */
  readonly kind: string;
  /** Prefix of the variables' names: `${name}/step`, `${name}/${parameter}/m`. */
  readonly name: string;
  readonly parameters: readonly Variable[];
  /** Number of updates so far, a scalar, if the optimizer counts them. */
  readonly step?: Variable;
  /** Scalars by name that are the same for all parameters, if the optimizer keeps any. */
  readonly shared?: Readonly<Record<string, Variable>>;
  /** For each parameter, variables of its shape by name, such as `m` and `v` of Adam. */
  readonly kept: ReadonlyMap<Variable, Readonly<Record<string, Variable>>>;
  /** The state of an inner optimizer. */
  readonly inner?: OptimizerState;
  /** All variables of the state, to be saved with the parameters. */
  readonly variables: readonly Variable[];
}

export interface ApplyOptions {
  /**
   * Values of parameters and state to update, if an earlier update in the same step has changed them. The gradients must
   * be those with respect to these values.
   */
  readonly values?: ReadonlyMap<Variable, Tensor>;
}

export interface Optimizer {
  /** As JSON; `fromConfig("optimizer", config)` reads it back. */
  readonly config: OptimizerConfig;
  /**
   * Creates the state for some parameters; default `name`: "optimizer".
   * Throws RangeError if there are no parameters, or two have the same name.
   */
  init(parameters: readonly Variable[], name?: string): OptimizerState;
  /**
   * Next values of the parameters and of the state after one update. `gradients` must have one for every parameter of the
   * state. Throws RangeError if one is missing, unknown or of another shape, or the state belongs to another optimizer.
   */
  apply(gradients: Gradients, state: OptimizerState, options?: ApplyOptions): Updates;
}

export interface MinimizeOptions extends ApplyOptions {
  /** Prefix of the names of the optimizer's variables; default "optimizer". */
  readonly name?: string;
  /** The state to use, from `init` with the same parameters. */
  readonly state?: OptimizerState;
}

/** An optimizer with `minimize` as a method. */
export interface Minimizer extends Optimizer {
  /** `minimize(optimizer, loss, parameters, options)`. */
  minimize(loss: Tensor, parameters: readonly Variable[], options?: MinimizeOptions): Updates;
}

/**
 * Next values of parameters, and of an optimizer's state, after one update that reduces a scalar loss.
 *
 * In a traced function the state belongs to the program: it is created at the first trace and found again by name and
 * parameters at later ones. Each program has its own state. Outside of a traced function every call creates a new state,
 * unless `state` is given.
 * @param loss a scalar
 * @param parameters one or more variables
 * @throws RangeError if the loss is not a scalar, there are no parameters, or the state is of other parameters
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

/** Adds `minimize` to an optimizer, and the factor of `withUpdateScale` to its `apply`. */
export function minimizer(optimizer: Optimizer): Minimizer {
  const made: Minimizer = {
    ...optimizer,
    apply: (gradients, state, options) =>
      scaledUpdates(state.parameters, options?.values, () => optimizer.apply(gradients, state, options)),
    minimize: (loss, parameters, options) => minimize(made, loss, parameters, options),
  };
  return made;
}

/**
 * Description of an optimizer's state: the name of its update counter, if any, of its scalars, and of the variables per
 * parameter.
 */
export interface Memory {
  readonly step?: string | undefined;
  readonly shared?: readonly string[];
  readonly kept: readonly string[];
  /** Whether the state contains that of an inner optimizer. */
  readonly inner?: boolean;
}

/** Creates a state with these variables. Throws RangeError if there are no parameters or two have the same name. */
export function stateOf(
  kind: string,
  { step, shared = [], kept }: Memory,
  { parameters, name, inner }: Pick<OptimizerState, "parameters" | "name" | "inner">,
): OptimizerState {
  checkParameters(kind, parameters);
  const zero = (suffix: string, shape: readonly number[]) =>
    new Variable({ name: `${name}/${suffix}`, shape, initializer: zeros });
  const counter = step === undefined ? [] : [zero(step, [])];
  const scalars = Object.fromEntries(shared.map((one) => [one, zero(one, [])]));
  const entries = parameters.map((parameter): [Variable, Record<string, Variable>] => [
    parameter,
    Object.fromEntries(kept.map((one) => [one, zero(`${parameter.name}/${one}`, parameter.shape)])),
  ]);
  return {
    kind,
    name,
    parameters: [...parameters],
    ...(counter.length > 0 && { step: counter[0] }),
    ...(shared.length > 0 && { shared: scalars }),
    kept: new Map(entries),
    ...(inner && { inner }),
    variables: [
      ...counter,
      ...Object.values(scalars),
      ...entries.flatMap(([, own]) => Object.values(own)),
      ...(inner?.variables ?? []),
    ],
  };
}

/** Throws RangeError if gradients or state are not valid for `apply`. */
export function checkApply(kind: string, memory: Memory, gradients: Gradients, state: OptimizerState): void {
  const lacks = (own: Readonly<Record<string, Variable>>) => memory.kept.some((name) => !own[name]);
  if (
    state.kind !== kind ||
    (memory.step && !state.step) ||
    (memory.inner && !state.inner) ||
    (memory.shared ?? []).some((name) => !state.shared?.[name]) ||
    [...state.kept.values()].some(lacks)
  )
    throw new RangeError(`${kind}: the state "${state.name}" was created by ${state.kind}, or with other options`);
  for (const parameter of state.parameters) {
    const slope = gradients.get(parameter);
    if (!slope || !sameShape(slope.shape, parameter.shape))
      throw new RangeError(
        `${kind}: the gradient of ${parameter.name} must have shape ${shapeText(parameter.shape)}, found ${slope ? shapeText(slope.shape) : "none"}`,
      );
  }
  if (gradients.size > state.parameters.length) throw otherParameters(kind, state, [...gradients.keys()]);
}

function otherParameters(kind: string, state: OptimizerState, found: readonly Variable[]): RangeError {
  const names = (of: readonly Variable[]) => of.map(({ name }) => name).join(", ");
  return new RangeError(
    `${kind}: the parameters of the state "${state.name}" must be ${names(state.parameters)}, found ${names(found)}`,
  );
}
