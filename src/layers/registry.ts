/** Layers from their descriptions: the inverse of `layer.config`, for run folders and checkpoints. */
import { checkOptions, described, kindOf } from "../options.js";
import * as activations from "./activations.js";
import { selfAttention } from "./attention.js";
import { augment } from "./augment.js";
import { residual, sequential } from "./containers.js";
import { conv1d, conv2d, convTranspose2d } from "./convolution.js";
import { dense } from "./dense.js";
import { dropout } from "./dropout.js";
import { embedding } from "./embedding.js";
import type { Layer, LayerConfig } from "./layer.js";
import { minibatchStd } from "./minibatch.js";
import { batchNorm, groupNorm, instanceNorm, layerNorm, pixelNorm } from "./norm.js";
import * as pooling from "./pooling.js";
import * as resampling from "./resampling.js";
import { resnetBlock } from "./resnet.js";
import { flatten, reshape } from "./shape.js";
import { spectralNorm } from "./spectral.js";
import type { Pair } from "../ops/convolution/window.js";

type Fields = Readonly<Record<string, unknown>>;

/** A layer whose arguments are `names`, in their order, and which has no options. */
const plain =
  <A extends unknown[]>(kind: string, make: (...values: A) => Layer, ...names: string[]) =>
  (fields: Fields): Layer => {
    checkOptions(kind, fields, names);
    return make(...(names.map((name) => fields[name]) as A));
  };

/** A layer whose first arguments are `names` and whose last one is the options. */
const withOptions =
  <A extends unknown[]>(make: (...values: [...A, object]) => Layer, ...names: string[]) =>
  (fields: Fields): Layer => {
    const options = Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
    return make(...(names.map((name) => fields[name]) as A), options);
  };

const makers: Readonly<Record<string, (fields: Fields) => Layer>> = {
  dense: ({ units, ...options }) => dense(units as number, options),
  relu: plain("relu", activations.relu),
  leakyRelu: plain("leakyRelu", activations.leakyRelu, "slope"),
  elu: plain("elu", activations.elu, "alpha"),
  selu: plain("selu", activations.selu),
  gelu: plain("gelu", activations.gelu),
  silu: plain("silu", activations.silu),
  tanh: plain("tanh", activations.tanh),
  sigmoid: plain("sigmoid", activations.sigmoid),
  softplus: plain("softplus", activations.softplus),
  softmax: plain("softmax", activations.softmax),
  flatten: plain("flatten", flatten),
  reshape: plain("reshape", (shape: number[]) => reshape(...listOf("reshape: shape", shape)), "shape"),
  dropout: plain("dropout", dropout, "rate"),
  conv2d: withOptions<[number, number | Pair]>(conv2d, "features", "kernelSize"),
  convTranspose2d: withOptions<[number, number | Pair]>(convTranspose2d, "features", "kernelSize"),
  conv1d: withOptions<[number, number]>(conv1d, "features", "kernelSize"),
  maxPool2d: withOptions<[number | Pair]>(pooling.maxPool2d, "size"),
  averagePool2d: withOptions<[number | Pair]>(pooling.averagePool2d, "size"),
  globalAveragePool: plain("globalAveragePool", pooling.globalAveragePool),
  globalMaxPool: plain("globalMaxPool", pooling.globalMaxPool),
  upsample2d: withOptions<[number | Pair]>(resampling.upsample2d, "factor"),
  downsample2d: withOptions<[number | Pair]>(resampling.downsample2d, "factor"),
  blur2d: (options) => resampling.blur2d(options),
  pixelShuffle: plain("pixelShuffle", resampling.pixelShuffle, "factor"),
  pixelUnshuffle: plain("pixelUnshuffle", resampling.pixelUnshuffle, "factor"),
  batchNorm: (options) => batchNorm(options),
  layerNorm: (options) => layerNorm(options),
  instanceNorm: (options) => instanceNorm(options),
  groupNorm: withOptions<[number]>(groupNorm, "groups"),
  pixelNorm: (options) => pixelNorm(options),
  augment: (options) => augment(options),
  minibatchStd: (options) => minibatchStd(options),
  selfAttention: (options) => selfAttention(options),
  resnetBlock: withOptions<[number]>(resnetBlock, "features"),
  embedding: ({ count, size, ...options }) => embedding(count as number, size as number, options),
  sequential: plain(
    "sequential",
    (layers: LayerConfig[]) => sequential(...listOf("sequential: layers", layers).map(layerFrom)),
    "layers",
  ),
  spectralNorm: ({ layer, ...options }) => spectralNorm(layerFrom(layer as LayerConfig), options),
  residual: plain("residual", (layer: LayerConfig) => residual(layerFrom(layer)), "layer"),
};

function listOf<T>(what: string, value: readonly T[]): readonly T[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} is a list, found ${JSON.stringify(value)}`);
  return value;
}

/** Kinds that `layerFrom` knows. @example layers.layerKinds.includes("dense") // true */
export const layerKinds: readonly string[] = Object.keys(makers);

/**
 * The layer that a description gives: `layerFrom(layer.config)` is the same layer again.
 * @throws TypeError for an unknown kind or option, RangeError for a value outside of its range
 * @example shape(layers.layerFrom({ kind: "dense", units: 8 }), 5, 3) // [5, 8]
 */
export function layerFrom(config: LayerConfig): Layer {
  const { kind, ...fields } = described("layerFrom", config);
  return kindOf("layerFrom", makers, kind)(fields);
}
