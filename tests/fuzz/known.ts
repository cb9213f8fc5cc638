/** Values with bounds, and what a rule of error is. */
import type { EvaluationContext, Tensor } from "#src/graph/tensor";

/** Values and the most that an f32 result may differ from each. */
export interface Known {
  readonly value: Float64Array;
  readonly error: Float64Array;
}

export type Rule = (node: Tensor, inputs: readonly Known[], context: EvaluationContext) => Known;

/** Values that are known exactly. */
export const exactly = (value: Float64Array): Known => ({ value, error: new Float64Array(value.length) });
