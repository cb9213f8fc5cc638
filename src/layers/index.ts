/** Layers: functions that give plain values. See `layer.ts`. */
export { elu, gelu, leakyRelu, relu, selu, sigmoid, silu, softmax, softplus, tanh } from "./activations.js";
export { residual, sequential } from "./containers.js";
export { type DenseOptions, dense } from "./dense.js";
export { dropout } from "./dropout.js";
export { type EmbeddingOptions, embedding } from "./embedding.js";
export type { InitializerConfig, InitializerName } from "./initializer-config.js";
export {
  type ApplyOptions,
  type Layer,
  type LayerConfig,
  Network,
  Scope,
  type ScopeVariable,
  type Updates,
} from "./layer.js";
export { type LayerNormOptions, layerNorm } from "./norm.js";
export { layerFrom, layerKinds } from "./registry.js";
export { flatten, reshape } from "./shape.js";
