/** Optimizers: functions that return plain values, and `optimizerFrom`, which makes them from their descriptions. */
import { checkOptions, described, kindOf } from "../options.js";
import { type ScheduleConfig, scheduleFrom } from "./schedules.js";
import { accumulate } from "./accumulate.js";
import { adam, adamw } from "./adam.js";
import type { Minimizer, OptimizerConfig } from "./optimizer.js";
import { rmsprop } from "./rmsprop.js";
import { sgd } from "./sgd.js";

export { accumulate } from "./accumulate.js";
export { type AdamOptions, adam, adamw } from "./adam.js";
export { clip, type Gradients, type GradientsOptions, gradientsOf } from "./gradients.js";
export {
  type ApplyOptions,
  type MinimizeOptions,
  type Minimizer,
  minimize,
  type Optimizer,
  type OptimizerConfig,
  type OptimizerState,
} from "./optimizer.js";
export { type RmspropOptions, rmsprop } from "./rmsprop.js";
export { type SgdOptions, sgd } from "./sgd.js";

const makers = { sgd, rmsprop, adam, adamw };

/** Kinds that `optimizerFrom` knows. @example optimizerKinds // ["sgd", "rmsprop", "adam", "adamw", "accumulate"] */
export const optimizerKinds: readonly string[] = [...Object.keys(makers), "accumulate"];

/**
 * An optimizer from its description: `optimizerFrom(optimizer.config)` is an equal optimizer.
 * @throws TypeError for an unknown kind or option, RangeError for a value outside of its range
 * @example await descend(optimizerFrom({ kind: "sgd", learningRate: 0.1 })) // [0.9]
 */
export function optimizerFrom(config: OptimizerConfig): Minimizer {
  const { kind, ...given } = described("optimizerFrom", config);
  if (kind === "accumulate") {
    checkOptions("accumulate", given, ["optimizer", "steps"]);
    return accumulate(optimizerFrom(given.optimizer as OptimizerConfig), given.steps as number);
  }
  const { learningRate, ...options } = given;
  const rate =
    typeof learningRate === "object" && learningRate !== null
      ? scheduleFrom(learningRate as ScheduleConfig)
      : learningRate;
  return kindOf("optimizerFrom", makers, kind)(rate as number, options);
}
