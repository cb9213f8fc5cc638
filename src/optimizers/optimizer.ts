/**
 * What optimizers share: an optimizer is a plain value whose `minimize` gives the next values of parameters, and of
 * the variables that it keeps beside them, as ordinary graph. A rule, one per file, is the arithmetic of one parameter.
 */
import { gradient } from "../gradient.js";
import { zeros } from "../initializers.js";
import type { Updates } from "../layers/layer.js";
import { constant } from "../ops/constant.js";
import { add, div, minimum, mul, sqrt, square } from "../ops/elementwise.js";
import { sum } from "../ops/reduction.js";
import { checkNumber, checkOptions, textOf } from "../options.js";
import { type Schedule, scheduleOf } from "../schedules.js";
import { type Shape, shapeText } from "../shape.js";
import { type Tensor, Variable } from "../tensor.js";

export type OptimizerConfig = { readonly kind: string; readonly [option: string]: unknown };

export interface MinimizeOptions {
  /**
   * Updates made earlier in the same step, of parameters and of this optimizer's own variables. The loss must have been
   * built from these values; it is differentiated by them and they are updated further.
   */
  readonly values?: ReadonlyMap<Variable, Tensor>;
  /** First part of the names of the optimizer's variables: `${name}/step`, `${name}/${parameter}/m`. */
  readonly name?: string;
}

export interface Optimizer {
  /** As JSON; `optimizerFrom` reads it back. */
  readonly config: OptimizerConfig;
  /**
   * Next values of the parameters, and of the optimizer's own variables, after one step downhill on a scalar loss. The
   * optimizer's variables start at 0; the same optimizer, name and parameters give the same ones on every call.
   * Throws RangeError where the loss is not a scalar or there is nothing to train.
   */
  minimize(loss: Tensor, parameters: readonly Variable[], options?: MinimizeOptions): Updates;
}

export interface SharedOptions {
  /** Scales all gradients down so that their joint norm is at most this (Pascanu, Mikolov, Bengio 2013). */
  readonly clipNorm?: number;
}

/** One update of one parameter, as its rule sees it. All tensors but scalars have the parameter's shape. */
export interface Slot {
  readonly value: Tensor;
  readonly slope: Tensor;
  /** Present value of a variable kept beside the parameter, 0 at first. */
  state(name: string): Tensor;
  /** Gives such a variable its next value, and returns it. */
  keep(name: string, value: Tensor): Tensor;
}

/** One call of `minimize`, before any parameter. */
export interface Call {
  /** Learning rate of this update. */
  readonly rate: Tensor;
  /** Number of this update, from 1; asking for it makes the step counter. */
  count(): Tensor;
}

/** The arithmetic of an optimizer: prepared once per call, then applied to each parameter for its next value. */
export type Rule = (call: Call) => (slot: Slot) => Tensor;

/** Variables kept for the parameters of one call site. */
class Site {
  readonly #variables = new Map<string, Variable>();

  variable(name: string, shape: Shape): Variable {
    const known = this.#variables.get(name);
    if (known) return known;
    const made = new Variable({ name, shape, initializer: zeros });
    this.#variables.set(name, made);
    return made;
  }
}

/**
 * Factor that holds the joint norm of gradients at `limit`. The 1e-6 is PyTorch's (`clip_grad_norm_`), and keeps a
 * norm of 0 from dividing by it.
 */
function clipFactor(slopes: readonly Tensor[], limit: number): Tensor {
  const total = slopes.map((slope) => sum(square(slope))).reduce((a, b) => add(a, b));
  return minimum(div(limit, add(sqrt(total), 1e-6)), 1);
}

export interface Recipe {
  readonly kind: string;
  readonly learningRate: number | Schedule;
  /** The rule's own numbers, for the description. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly clipNorm?: number | undefined;
  readonly rule: Rule;
}

/** An optimizer from its rule. Throws RangeError or TypeError for the learning rate or `clipNorm`. */
export function makeOptimizer({ kind, learningRate, options, clipNorm, rule }: Recipe): Optimizer {
  if (typeof learningRate === "number") checkNumber(kind, "learningRate", learningRate, { atLeast: 0 });
  if (clipNorm !== undefined) checkNumber(kind, "clipNorm", clipNorm, { above: 0 });
  const schedule = scheduleOf(learningRate, `${kind}: learningRate`);
  // Two models may be trained by one optimizer value: what is kept goes by the first parameter, and by the name.
  const sites = new WeakMap<Variable, Map<string, Site>>();

  const siteOf = (first: Variable, name: string): Site => {
    const named = sites.get(first) ?? new Map<string, Site>();
    sites.set(first, named);
    const site = named.get(name) ?? new Site();
    named.set(name, site);
    return site;
  };

  return {
    config: {
      kind,
      learningRate: typeof learningRate === "number" ? learningRate : schedule.config,
      ...options,
      ...(clipNorm === undefined ? {} : { clipNorm }),
    },
    minimize(loss, parameters, given = {}) {
      checkOptions("minimize", given, ["values", "name"]);
      const { values = new Map(), name = "optimizer" } = given;
      if (!Array.isArray(parameters))
        throw new TypeError(`${kind}: parameters are an array of variables, found ${textOf(parameters)}`);
      if (loss.size !== 1) throw new RangeError(`${kind}: the loss is a scalar, found ${shapeText(loss.shape)}`);
      if (parameters.length === 0) throw new RangeError(`${kind}: no parameters to train`);
      const site = siteOf(parameters[0], name);
      const updates: Updates = new Map();
      const present = (variable: Variable) => values.get(variable) ?? variable;
      const now = parameters.map(present);
      const raw = gradient(loss, now);
      const factor = clipNorm === undefined ? undefined : clipFactor(raw, clipNorm);
      const slopes = factor ? raw.map((slope) => mul(slope, factor)) : raw;

      const counter = () => site.variable(`${name}/step`, []);
      const count = () => {
        const next = updates.get(counter()) ?? add(present(counter()), 1);
        updates.set(counter(), next);
        return next;
      };
      const stepsBefore = () => {
        count();
        return present(counter());
      };
      const fixed = schedule.config.kind === "constant";
      const apply = rule({ rate: schedule.at(fixed ? constant(0) : stepsBefore()), count });

      parameters.forEach((parameter, i) => {
        const stateOf = (state: string) => site.variable(`${name}/${parameter.name}/${state}`, parameter.shape);
        const slot: Slot = {
          value: now[i],
          slope: slopes[i],
          state: (state) => present(stateOf(state)),
          keep: (state, value) => {
            updates.set(stateOf(state), value);
            return value;
          },
        };
        updates.set(parameter, apply(slot));
      });
      return updates;
    },
  };
}
