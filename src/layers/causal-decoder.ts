/** The decoder of a variational autoencoder on tokens that sees, besides the latents, the tokens before each position. */
import { makeKind } from "../kinds/kind.js";
import { less, mul, where } from "../ops/elementwise.js";
import { cast } from "../ops/indexing.js";
import { broadcastTo, concat, reshape } from "../ops/movement.js";
import { randomBernoulli } from "../ops/random.js";
import type { Tensor } from "../graph/tensor.js";
import { checkCausal } from "./causal.js";
import { dense } from "./dense.js";
import { embedding } from "./embedding.js";
import { requireInput } from "./input-rule.js";
import type { Layer } from "./layer.js";

export interface CausalDecoderOptions {
  /** A causal layer from [batch, positions, width + latents] to [batch, positions, features], such as `networks.gru()`. */
  readonly network: Layer;
  /** Number of tokens, as in the data's description, 2 to 65,536. */
  readonly vocabulary: number;
  /** Numbers of the vector that stands for a token; default 64. */
  readonly width?: number;
  /**
   * Probability in [0, 1] with which a token before is replaced by an unknown one in training, so that the decoder has to read
   * the latents (Bowman et al. 2016, section 3.1); default 0.
   */
  readonly wordDropout?: number;
}

/** Tokens before, some of which are replaced by the unknown token, the second number after the vocabulary. */
function dropped(before: Tensor, rate: number, vocabulary: number): Tensor {
  const known = cast(before, "f32");
  // What stands before the first position is not a token of the record: it stays.
  const drops = mul(randomBernoulli(rate, before.shape), less(known, vocabulary));
  return cast(where(drops, vocabulary + 1, known), "i32");
}

/**
 * Latents [batch, latents] to logits [batch, positions, vocabulary] of every token, given the latents and the tokens before it
 * (Bowman et al. 2016, section 3). The tokens come from the model: those of the record in training, those that were drawn in
 * sampling, which is a loop over positions. The latents stand beside every token's vector.
 * Variables: `tokens/table` [vocabulary + 2, width], whose last rows are the start and the unknown token; those of `network`; and
 * `logits/weight`, `logits/bias`.
 * @throws TypeError for an unknown option, or a network with a layer that is not causal; RangeError for a number outside of its
 *   range; `apply` throws UsageError if the network is applied without tokens
 * @example fromConfig("layer", layers.causalDecoder({ network: networks.gru({ width: 8 }), vocabulary: 5 }).config).config.width // 64
 * @example layers.causalDecoder({ network: layers.selfAttention(), vocabulary: 5 }) // throws causalDecoder: every layer of the network must be causal, found selfAttention
 */
export const causalDecoder: (options: CausalDecoderOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "causalDecoder",
  options: {
    network: { part: "layer" },
    vocabulary: { atLeast: 2, atMost: 65_536, whole: true },
    width: { default: 64, atLeast: 1, whole: true },
    wordDropout: { default: 0, atLeast: 0, atMost: 1 },
  },
  check: ({ network }: Required<CausalDecoderOptions>, what) => checkCausal(what, network),
  make({ network, vocabulary, width, wordDropout }: Required<CausalDecoderOptions>) {
    const table = embedding(vocabulary + 2, width, { initializer: { name: "normal", deviation: 0.05 } });
    const logits = dense(vocabulary);
    return {
      readsTokens: true,
      apply(x, scope) {
        requireInput(x.rank === 2, "causalDecoder", "have shape [batch, latents]", x, scope);
        const given = scope.tokensFor("causalDecoder");
        const [batch, latents] = x.shape;
        const positions = given.shape[1];
        const before = scope.training && wordDropout > 0 ? dropped(given, wordDropout, vocabulary) : given;
        const beside = broadcastTo(reshape(x, [batch, 1, latents]), [batch, positions, latents]);
        const joined = concat([table.apply(before, scope.child("tokens")), beside], { axes: 2 });
        return logits.apply(network.apply(joined, scope.child("network")), scope.child("logits"));
      },
    };
  },
});
