/** Layers from their descriptions: the inverse of `layer.config`, for run folders and checkpoints. */
import { checkOptions, kindOf } from "../options.js";
import * as activations from "./activations.js";
import { residual, sequential } from "./containers.js";
import { dense } from "./dense.js";
import { dropout } from "./dropout.js";
import { embedding } from "./embedding.js";
import type { Layer, LayerConfig } from "./layer.js";
import { layerNorm } from "./norm.js";
import { flatten, reshape } from "./shape.js";

type Fields = Readonly<Record<string, unknown>>;

/** A layer whose arguments are `names`, in their order, and which has no options. */
const plain =
  <A extends unknown[]>(kind: string, make: (...values: A) => Layer, ...names: string[]) =>
  (fields: Fields): Layer => {
    checkOptions(kind, fields, names);
    return make(...(names.map((name) => fields[name]) as A));
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
  layerNorm: (options) => layerNorm(options),
  embedding: ({ count, size, ...options }) => embedding(count as number, size as number, options),
  sequential: plain(
    "sequential",
    (layers: LayerConfig[]) => sequential(...listOf("sequential: layers", layers).map(layerFrom)),
    "layers",
  ),
  residual: plain("residual", (layer: LayerConfig) => residual(layerFrom(layer)), "layer"),
};

function listOf<T>(what: string, value: readonly T[]): readonly T[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} is a list, found ${JSON.stringify(value)}`);
  return value;
}

/** Kinds that `layerFrom` knows. */
export const layerKinds: readonly string[] = Object.keys(makers);

/**
 * The layer that a description gives: `layerFrom(layer.config)` is the same layer again.
 * Throws TypeError for an unknown kind or option, RangeError for a value outside of its range.
 */
export function layerFrom(config: LayerConfig): Layer {
  if (typeof config !== "object" || config === null) {
    throw new TypeError(`layerFrom: a description is { kind, ...options }, found ${JSON.stringify(config)}`);
  }
  const { kind, ...fields } = config;
  return kindOf("layerFrom", makers, kind)(fields);
}
