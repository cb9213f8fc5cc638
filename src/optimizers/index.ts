/** Optimizers: functions that give plain values, and `optimizerFrom`, which reads their descriptions back. */
import { described, kindOf } from "../options.js";
import { type ScheduleConfig, scheduleFrom } from "../schedules.js";
import { adam, adamw } from "./adam.js";
import type { Optimizer, OptimizerConfig } from "./optimizer.js";
import { rmsprop } from "./rmsprop.js";
import { sgd } from "./sgd.js";

export { type AdamOptions, adam, adamw } from "./adam.js";
export type { MinimizeOptions, Optimizer, OptimizerConfig } from "./optimizer.js";
export { type RmspropOptions, rmsprop } from "./rmsprop.js";
export { type SgdOptions, sgd } from "./sgd.js";

const makers = { sgd, rmsprop, adam, adamw };

/** Kinds that `optimizerFrom` knows. @example optimizerKinds // ["sgd", "rmsprop", "adam", "adamw"] */
export const optimizerKinds: readonly string[] = Object.keys(makers);

/**
 * The optimizer that a description gives: `optimizerFrom(optimizer.config)` is the same optimizer again.
 * @throws TypeError for an unknown kind or option, RangeError for a value outside of its range
 * @example await descend(optimizerFrom({ kind: "sgd", learningRate: 0.1 })) // [0.9]
 */
export function optimizerFrom(config: OptimizerConfig): Optimizer {
  const { kind, learningRate, ...options } = described("optimizerFrom", config);
  const rate =
    typeof learningRate === "object" && learningRate !== null
      ? scheduleFrom(learningRate as ScheduleConfig)
      : learningRate;
  return kindOf("optimizerFrom", makers, kind)(rate as number, options);
}
