/** Accumulation of gradients over steps. */
import { makeKind } from "../kinds/kind.js";
import type { Updates } from "../layers/layer.js";
import { add, div, equal, where } from "../ops/elementwise.js";
import { checkOptions } from "../options.js";
import type { Tensor, Variable } from "../graph/tensor.js";
import { presentBy } from "./gradients.js";
import { checkApply, type Minimizer, minimizer, type Optimizer, type OptimizerState, stateOf } from "./optimizer.js";

const memory = { step: "accumulated", kept: ["sum"], inner: true } as const;

/**
 * An optimizer that updates once in `steps` calls, with the mean of their gradients: `steps` batches of n records have the
 * effect of one batch of `steps` n records, in the memory of n. Other variables of the step's program (running
 * statistics, moving averages of parameters) are updated at every step. The inner optimizer clips norms, so `clipNorm`
 * applies to the mean gradient.
 *
 * The sums of gradients are variables, so the program is the same at every step. Micro-batches within one step would all
 * be in one program, whose scratch memory would have to hold them at the same time.
 * @param steps 1 or more
 * @throws TypeError if `optimizer` is not an optimizer, RangeError if `steps` is not an integer of 1 or more
 * @example await descend(accumulate(sgd(0.1), 2), 3) // [0.9]
 */
export const accumulate: (optimizer: Optimizer, steps: number) => Minimizer = /* @__PURE__ */ makeKind(
  "optimizer",
  {
    kind: "accumulate",
    options: { optimizer: { part: "optimizer" }, steps: { whole: true, atLeast: 1, atMost: 2 ** 24 } },
    positional: ["optimizer", "steps"],
    make: ({ optimizer, steps }: { optimizer: Optimizer; steps: number }) => ({
      init: (parameters, name = "optimizer") =>
        stateOf("accumulate", memory, { parameters, name, inner: optimizer.init(parameters, `${name}/inner`) }),
      apply(gradients, state, options = {}) {
        checkOptions("apply", options, ["values"]);
        checkApply("accumulate", memory, gradients, state);
        const present = presentBy(options.values);
        const counter = state.step as Variable;
        const count = add(present(counter), 1);
        const last = equal(count, steps);
        const totals = state.parameters.map((parameter) => {
          const { sum } = state.kept.get(parameter) as { sum: Variable };
          return { parameter, sum, total: add(present(sum), gradients.get(parameter) as Tensor) };
        });
        const means = new Map(totals.map(({ parameter, total }) => [parameter, div(total, steps)]));
        const updates: Updates = new Map([[counter, where(last, 0, count)]]);
        for (const { sum, total } of totals) updates.set(sum, where(last, 0, total));
        const inner = state.inner as OptimizerState;
        for (const [variable, next] of optimizer.apply(means, inner, options))
          updates.set(variable, where(last, next, present(variable)));
        return updates;
      },
    }),
  },
  minimizer,
);
