/** The public names of genloom; each host's file in bindings/ adds `createRuntime` to them. */

export type { Program, ProfileEntry, ProgramOptions, RunOptions, Trace, Traced } from "./program.js";
export type { Capabilities } from "./capabilities.js";
export type { BuildName } from "./kernels.js";
export type { Runtime } from "./runtime.js";
export type { RuntimeInfo, RuntimeOptions } from "./start.js";
export type { WasmSource } from "./wasm-source.js";
export { type DType, Tensor, Variable, variable } from "./tensor.js";
export { Values } from "./values.js";
export { gradient } from "./gradient.js";
export * as initializers from "./initializers.js";
export { constant, type TensorLike } from "./ops/constant.js";
export * from "./ops/elementwise.js";
export { cast, gather, oneHot, scatterAdd } from "./ops/indexing.js";
export { literal } from "./ops/literal.js";
export { matmul } from "./ops/matmul.js";
export { broadcastTo, concat, flip, pad, reshape, slice, transpose } from "./ops/movement.js";
export { randomBernoulli, randomInteger, randomNormal, randomPermutation, randomUniform } from "./ops/random.js";
export { argMax, logSoftmax, logSumExp, max, mean, softmax, sum, variance } from "./ops/reduction.js";
export { stopGradient } from "./ops/stop.js";
export { datasets } from "./data/index.js";
export * as layers from "./layers/index.js";
export * as losses from "./losses/index.js";
export * as penalties from "./penalties.js";
export * as schedules from "./schedules.js";
export { adam, adamw, rmsprop, sgd } from "./optimizers/index.js";
export { type Gan, type GanOptions, gan } from "./models/gan.js";
