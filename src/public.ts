/** The public names of genloom; each host's file in bindings/ adds `createRuntime` to them. */

export type { Capabilities } from "./capabilities.js";
export * as binarisation from "./data/binarisation.js";
export { datasets, ownUnits, standardise, withRange } from "./data/index.js";
export { gradient } from "./gradient.js";
export * as initializers from "./initializers.js";
export { readSafetensors, type Safetensors, writeSafetensors } from "./io/safetensors.js";
export type { BuildName } from "./kernels.js";
export * as layers from "./layers/index.js";
export * as losses from "./losses/index.js";
export * as likelihoods from "./losses/likelihoods.js";
export * as metrics from "./metrics/index.js";
export { familyFrom } from "./models/index.js";
export { type Gan, type GanOptions, gan } from "./models/gan.js";
export { type Rbm, type RbmOptions, rbm } from "./models/rbm.js";
export type { Sampler, SamplerInput } from "./models/sampler.js";
export { type Vae, type VaeOptions, vae } from "./models/vae.js";
export * as objectives from "./objectives.js";
export { attention } from "./ops/attention.js";
export { constant, type TensorLike } from "./ops/constant.js";
export {
  type Conv1dOptions,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv1d,
  conv2d,
  convTranspose2d,
} from "./ops/convolution.js";
export * from "./ops/elementwise.js";
export { cast, gather, oneHot, scatterAdd } from "./ops/indexing.js";
export type { AxesArgument, AxesOptions } from "./axes.js";
export { literal, type LiteralOptions } from "./ops/literal.js";
export { matmul } from "./ops/matmul.js";
export { minibatchStd } from "./ops/minibatch.js";
export { broadcastTo, concat, flip, pad, reshape, slice, transpose } from "./ops/movement.js";
export {
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  moments,
  pixelNorm,
  standardize,
} from "./ops/normalization.js";
export { every } from "./ops/every.js";
export { averagePool2d, globalAveragePool, globalMaxPool, maxPool2d } from "./ops/pooling.js";
export { randomBernoulli, randomInteger, randomNormal, randomPermutation, randomUniform } from "./ops/random.js";
export { argMax, logSoftmax, logSumExp, max, mean, softmax, sum, variance } from "./ops/reduction.js";
export { blur2d, downsample2d, pixelShuffle, pixelUnshuffle, upsample2d } from "./ops/resampling.js";
export { type ScanIteration, type ScanOptions, type ScanResult, scan } from "./ops/scan.js";
export { spectralNorm } from "./ops/spectral.js";
export { stopGradient } from "./ops/stop.js";
export {
  accumulate,
  adam,
  adamw,
  clip,
  type Gradients,
  type Minimizer,
  gradientsOf,
  minimize,
  type Optimizer,
  type OptimizerState,
  rmsprop,
  sgd,
} from "./optimizers/index.js";
export * as penalties from "./penalties.js";
export { type Dcgan, type DcganOptions, dcgan } from "./presets/dcgan.js";
export type { ProfileEntry } from "./profile.js";
export type { Program, ProgramOptions, RunOptions, Trace, Traced } from "./program.js";
export type { Runtime } from "./runtime.js";
export * as schedules from "./schedules.js";
export type { RuntimeInfo, RuntimeOptions } from "./start.js";
export { type DType, Tensor, Variable, variable } from "./tensor.js";
export * as units from "./units.js";
export { Values } from "./values.js";
export type { WasmSource } from "./wasm-source.js";
