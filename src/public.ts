/** The public names of genloom; each host's file in bindings/ adds `createRuntime` to them. */

export type { Capabilities } from "./host/capabilities.js";
export * as augmentations from "./objectives/augmentations.js";
export * as binarisation from "./data/binarisation.js";
export {
  alphabetOf,
  type CharacterOptions,
  type CodecConfig,
  characterCodec,
  codecFrom,
  datasets,
  type EvaluationWindow,
  evaluationWindows,
  lengthsOf,
  normalisedAs,
  ownUnits,
  type SplitSizes,
  select,
  shuffled,
  split,
  standardise,
  type TokenCodec,
  type TokenDescription,
  type TokenOptions,
  take,
  type WindowOptions,
  withRange,
} from "./data/index.js";
export type { KindConfig } from "./kinds/kind.js";
export type { OptionRule, OptionRules } from "./kinds/option.js";
export type { Role } from "./kinds/roles.js";
export { gradient } from "./ops/differentiate.js";
export * as initializers from "./layers/initializers.js";
export { readSafetensors, type Safetensors, writeSafetensors } from "./data/formats/safetensors.js";
export type { BuildName } from "./host/kernels.js";
export * as layers from "./layers/index.js";
export * as losses from "./objectives/losses.js";
export * as likelihoods from "./objectives/likelihoods.js";
export * as metrics from "./metrics/index.js";
export { defineKind, type KindDefinition, type UserKind } from "./models/define-kind.js";
export { fromConfig, kindNames } from "./models/from-config.js";
export { familyFrom } from "./models/index.js";
export { type LoadOptions, load, type SavedSource } from "./models/load.js";
export { type Gan, type GanOptions, gan } from "./models/gan/gan.js";
export { type Rbm, type RbmOptions, rbm } from "./models/rbm/rbm.js";
export type { DataDescription, DataRange } from "./train/data-description.js";
export type { Ability } from "./train/abilities.js";
export type { SampleOptions } from "./train/sample-options.js";
export type { RowFunction, RowInput, Sampler, SamplerInput } from "./train/sampler.js";
export type { Summary } from "./train/summary.js";
export type { VaeOptions } from "./models/vae/autoencoder.js";
export * as networks from "./models/sequence/networks.js";
export { type Sequence, type SequenceOptions, sequence } from "./models/sequence/sequence.js";
export { type Vae, vae } from "./models/vae/vae.js";
export * as objectives from "./objectives/bounds.js";
export { allReduce, type AllReduceOptions } from "./ops/all-reduce.js";
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
export {
  crossEntropy,
  type CrossEntropyOptions,
  type CategoricalOptions,
  randomCategorical,
} from "./ops/categorical.js";
export { elu, gelu, selu, silu } from "./ops/composite.js";
export { gumbelSoftmax, type GumbelSoftmaxOptions } from "./ops/gumbel.js";
export * from "./ops/elementwise.js";
export { cast, gather, oneHot, scatterAdd } from "./ops/indexing.js";
export type { AxesArgument, AxesOptions } from "./graph/axes.js";
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
export { every } from "./ops/every-nth-step.js";
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
export * as penalties from "./objectives/penalties.js";
export { type Dcgan, type DcganOptions, dcgan } from "./models/gan/dcgan.js";
export { type TableRowOptions, type TableRows, tableRows } from "./models/gan/table-rows.js";
export { type TokenImageOptions, type TokenImages, tokenImages } from "./models/gan/token-images.js";
export { type R3gan, type R3ganOptions, r3gan } from "./models/gan/r3gan.js";
export type { Group } from "./host/group.js";
export { localGroup, type LocalGroupOptions } from "./host/local-group.js";
export type { ProfileEntry } from "./host/profile.js";
export type { Program, ProgramOptions, RunOptions } from "./host/program.js";
export type { Trace, Traced } from "./host/traced.js";
export type { Runtime } from "./host/runtime.js";
export * as schedules from "./optimizers/schedules.js";
export type { RuntimeInfo, RuntimeOptions } from "./host/choose-engine.js";
export { Tensor } from "./graph/tensor.js";
export { Variable, variable } from "./graph/variable.js";
export type { DType } from "./graph/dtype.js";
export * as units from "./models/rbm/units.js";
export { Values } from "./graph/values.js";
export type { WasmSource } from "./host/wasm-source.js";
export type { Shape } from "./graph/shape.js";
export type { Feed } from "./graph/values.js";
export type { Dataset, StreamedDataset, TrainingData } from "./data/training-data.js";
export type { Checkpoint } from "./train/checkpoint.js";
export type { TrainEvent, TrainingTask, TrainOptions, TrainResult } from "./train/train-options.js";
export type { TrainedModel } from "./train/trained.js";
export type { Training } from "./train/training.js";
export type { TrainedRbm } from "./models/rbm/trained-rbm.js";
export type { TrainedSequence } from "./models/sequence/trained-sequence.js";
export type { TrainedVae } from "./models/vae/trained-vae.js";
export type * as types from "./types.js";
