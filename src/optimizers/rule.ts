/**
 * Makes optimizers from rules. A rule is the arithmetic of one parameter's update; `sgd`, `adam` and `rmsprop` have one
 * each.
 */
import { makeKind } from "../kinds/kind.js";
import type { OptionRules } from "../kinds/option.js";
import type { Updates } from "../layers/layer.js";
import { constant } from "../ops/constant.js";
import { add } from "../ops/elementwise.js";
import { checkOptions } from "../options.js";
import { type Schedule, scheduleOf } from "./schedules.js";
import type { Tensor } from "../graph/tensor.js";
import type { Variable } from "../graph/variable.js";
import { clip, presentBy } from "./gradients.js";
import { checkApply, type Memory, type Minimizer, minimizer, stateOf } from "./optimizer.js";

export interface SharedOptions {
  /** Maximum global norm of the gradients, which are scaled to it: see `clip`. */
  readonly clipNorm?: number;
}

/** Values of one update of one parameter: the argument of its rule. All tensors have the parameter's shape. */
export interface Slot {
  readonly value: Tensor;
  readonly slope: Tensor;
  /** Current value of a state variable of this parameter, initially 0. */
  state(name: string): Tensor;
  /** Sets the next value of such a variable, and returns it. */
  keep(name: string, value: Tensor): Tensor;
}

/** Values of one update that are the same for all parameters. */
export interface Call {
  /** Learning rate of this update. */
  readonly rate: Tensor;
  /** Number of this update, starting at 1; only for rules that count updates. */
  count(): Tensor;
  /** Number of updates before this one; only for rules that count updates. */
  before(): Tensor;
  /** Current value of a scalar of the state, initially 0. */
  shared(name: string): Tensor;
  /** Sets the next value of such a scalar, and returns it. */
  share(name: string, value: Tensor): Tensor;
}

/** The arithmetic of an optimizer: prepared once per update, then applied to each parameter. */
export type Rule = (call: Call) => (slot: Slot) => Tensor;

export interface Recipe {
  /** Names of what the rule keeps for each parameter. */
  readonly kept: readonly string[];
  /** Names of scalars that it keeps for all parameters together; default: none. */
  readonly shared?: readonly string[];
  /** Whether the rule uses the number of the update. */
  readonly counts?: boolean;
  readonly rule: Rule;
}

/** Checked options of an optimizer that is defined by a rule. */
type Checked<O> = Required<Omit<O, "clipNorm">> & SharedOptions & { readonly learningRate: number | Schedule };

/**
 * Makes an optimizer that is defined by a rule, from its name, the rules of its own options, and its arithmetic for given
 * options.
 */
export const ruleKind = <O extends SharedOptions>(
  kind: string,
  options: OptionRules,
  recipe: (options: Checked<O>) => Recipe,
): ((learningRate: number | Schedule, options?: O) => Minimizer) =>
  makeKind(
    "optimizer",
    {
      kind,
      options: {
        learningRate: { part: "schedule", orNumber: true, atLeast: 0 },
        ...options,
        clipNorm: { optional: true, above: 0 },
      },
      positional: ["learningRate"],
      make: (checked: Checked<O>) => updating(kind, checked, recipe(checked)),
    },
    minimizer,
  );

/** The functions of an optimizer that is defined by a rule. */
function updating(
  kind: string,
  { learningRate, clipNorm }: SharedOptions & { readonly learningRate: number | Schedule },
  { kept, shared = [], counts, rule }: Recipe,
): Pick<Minimizer, "init" | "apply"> {
  const schedule = scheduleOf(learningRate, `${kind}: learningRate`);
  const fixed = schedule.config.kind === "constant";
  const memory: Memory = { kept, shared, step: counts || !fixed ? "step" : undefined };
  return {
    init: (parameters, name = "optimizer") => stateOf(kind, memory, { parameters, name }),
    apply(gradients, state, given = {}) {
      checkOptions("apply", given, ["values"]);
      checkApply(kind, memory, gradients, state);
      const present = presentBy(given.values);
      const updates: Updates = new Map();
      const before = memory.step === undefined ? constant(0) : present(state.step as Variable);
      if (memory.step !== undefined) updates.set(state.step as Variable, add(before, 1));
      const scalar = (name: string) => state.shared?.[name] as Variable;
      const set = (variable: Variable, value: Tensor) => {
        updates.set(variable, value);
        return value;
      };
      const next = rule({
        rate: schedule.at(fixed ? constant(0) : before),
        count: () => updates.get(state.step as Variable) as Tensor,
        before: () => before,
        shared: (name) => present(scalar(name)),
        share: (name, value) => set(scalar(name), value),
      });
      const slopes = clipNorm === undefined ? gradients : clip(gradients, clipNorm);
      for (const parameter of state.parameters) {
        const own = state.kept.get(parameter) as Readonly<Record<string, Variable>>;
        const slot: Slot = {
          value: present(parameter),
          slope: slopes.get(parameter) as Tensor,
          state: (name) => present(own[name]),
          keep: (name, value) => set(own[name], value),
        };
        updates.set(parameter, next(slot));
      }
      return updates;
    },
  };
}
