/** Optimizers: functions that give plain values. */
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
