/** What samplers, beam searches and trained models need of a sequence model. */
import type { Shape } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { ApplyOptions } from "../../layers/layer.js";
import type { CategoricalOptions } from "../../ops/categorical.js";
import type { Sampler, SamplerOptions } from "../../train/sampler.js";
import type { SampledFamily } from "../../train/trained.js";
import type { TokenNetwork } from "./token-network.js";

/** Options of the sampler of a sequence model. */
export interface SequenceSamplerOptions extends SamplerOptions, Pick<CategoricalOptions, "topK" | "topP"> {
  /** Tokens of a sample; default: those of a record. */
  readonly length?: number | undefined;
  /** Whether the sampler has an input `prompt`, i32 [length]: tokens that are given, and -1 where they are drawn. Default false. */
  readonly prompted?: boolean;
}

/** A sequence model without its training. */
export interface TokenFamily extends SampledFamily {
  readonly options: { readonly vocabulary: number; readonly length: number; readonly ended: boolean };
  readonly network: TokenNetwork;
  /** Options of the network for records of these classes, if the model is conditional. */
  conditioned(labels: Tensor | undefined): ApplyOptions;
  /** log p of every token in nats, given those before it, [batch, length]; 0 after the end. */
  logProbabilities(tokens: Tensor, conditions?: ApplyOptions): Tensor;
  sampler(shape: Shape, options?: SequenceSamplerOptions): Sampler;
}
