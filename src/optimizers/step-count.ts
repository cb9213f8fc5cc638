/**
 * The number of training steps as a variable of a step's program, for schedules. It is among the program's updates, so
 * checkpoints keep it, and a resumed training continues with the same values.
 */
import { zeros } from "../layers/initializers.js";
import type { Updates } from "../layers/layer.js";
import { add } from "../ops/elementwise.js";
import type { Tensor } from "../graph/tensor.js";
import { Variable } from "../graph/variable.js";

/** The number of steps before this one, a scalar. Adds the next number to the step's updates. */
export type StepCount = (updates: Updates) => Tensor;

/** Creates a count that is kept in a variable of the given name, initially 0. Counts up to 2^24 are exact. */
export function stepCount(name: string): StepCount {
  const count = new Variable({ name, shape: [], initializer: zeros });
  return (updates) => {
    updates.set(count, add(count, 1));
    return count;
  };
}
