/** Layers: functions that return plain values. See `layer.ts`. */
export { type SelfAttentionOptions, selfAttention } from "./attention.js";
export {
  elu,
  gelu,
  gumbelSoftmax,
  leakyRelu,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from "./activations.js";
export {
  type ConditionalBatchNormOptions,
  conditionalBatchNorm,
  type FilmOptions,
  film,
  type JoinLabelOptions,
  joinLabel,
  projection,
} from "./conditional.js";
export {
  type CausalAttentionOptions,
  causalAttention,
  type PositionsOptions,
  positions,
} from "./causal-attention.js";
export { type CausalDecoderOptions, causalDecoder } from "./causal-decoder.js";
export { appended, residual, sequential } from "./containers.js";
export { type Conv1dOptions, conv1d } from "./conv1d.js";
export { type Conv2dOptions, type ConvTranspose2dOptions, conv2d, convTranspose2d } from "./convolution.js";
export { type DenseOptions, dense } from "./dense.js";
export { type AugmentOptions, augment } from "./augment.js";
export { dropout } from "./dropout.js";
export { type EmbeddingOptions, embedding, tokens } from "./embedding.js";
export type { InitializerConfig, InitializerName, InitializerOption } from "./initializer-config.js";
export {
  type ApplyOptions,
  type Layer,
  type LayerConfig,
  Network,
  Scope,
  type ScopeVariable,
  type Updates,
} from "./layer.js";
export { minibatchStd } from "./minibatch.js";
export {
  type BatchNormOptions,
  batchNorm,
  groupNorm,
  instanceNorm,
  type LayerNormOptions,
  layerNorm,
  type NormOptions,
  pixelNorm,
} from "./norm.js";
export { averagePool2d, globalAveragePool, globalMaxPool, maxPool2d } from "./pooling.js";
export { blur2d, downsample2d, pixelShuffle, pixelUnshuffle, upsample2d } from "./resampling.js";
export { gru, lstm } from "./recurrent.js";
export { type ResnetBlockOptions, resnetBlock } from "./resnet.js";
export { flatten, reshape } from "./shape.js";
export { type SpectralNormOptions, spectralNorm } from "./spectral.js";
