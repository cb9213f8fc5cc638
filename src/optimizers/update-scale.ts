/**
 * A factor for the updates of all parameters while a step is traced: half the learning rate without another optimizer. It
 * holds for every optimizer, also a user's own: p + factor (next - p) is the update with factor times the learning rate,
 * because no rule of an optimizer reads the learning rate but in the change of the parameter.
 */
import type { Updates } from "../layers/layer.js";
import { add, mul, sub } from "../ops/elementwise.js";
import type { Tensor } from "../graph/tensor.js";
import type { Variable } from "../graph/variable.js";

let scale = 1;

/** Runs a function in which the changes of all parameters are multiplied by `factor`. */
export function withUpdateScale<T>(factor: number, task: () => T): T {
  const before = scale;
  scale = factor;
  try {
    return task();
  } finally {
    scale = before;
  }
}

/**
 * The updates of an optimizer, with the changes of its parameters scaled. An optimizer inside of this one computes its own
 * without the factor, which would otherwise apply twice.
 * @param values values of variables that were changed earlier in the step
 */
export function scaledUpdates(
  parameters: readonly Variable[],
  values: ReadonlyMap<Variable, Tensor> | undefined,
  apply: () => Updates,
): Updates {
  const factor = scale;
  if (factor === 1) return apply();
  const updates = new Map(withUpdateScale(1, apply));
  for (const parameter of parameters) {
    const next = updates.get(parameter);
    const now = values?.get(parameter) ?? parameter;
    if (next) updates.set(parameter, add(now, mul(sub(next, now), factor)));
  }
  return updates;
}
