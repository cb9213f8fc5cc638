/**
 * The distribution of records of tokens whose decoder reads the tokens before each position: p(x | z) is the product of
 * p(token | z, the tokens before it) (Bowman et al. 2016, section 3). Its probability is computed at once, with the record's own
 * tokens before each position; a sample is written token after token.
 */
import { type Shape, sameShape, shapeText } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { ApplyOptions, Network } from "../../layers/layer.js";
import { firstStates, oneStep, type Stepping } from "../../layers/stepping.js";
import { startTokens, tokensBefore } from "../../layers/tokens-before.js";
import { logProbabilitiesOf, type Observation } from "../../objectives/likelihood.js";
import { categoryAt } from "../../ops/categorical/draw.js";
import { cast } from "../../ops/indexing.js";
import { broadcastTo, reshape } from "../../ops/movement.js";
import { randomUniform } from "../../ops/random.js";
import { argMax } from "../../ops/reduction.js";
import { ifOpen, writtenTokens } from "../sequence/token-loop.js";

export interface CausalDecoding {
  readonly network: Network;
  /** [rows, latent]; the rows are those of `lead`. */
  readonly latents: Tensor;
  /** [..., batch] */
  readonly lead: Shape;
  /** Tokens of a record. */
  readonly length: number;
  readonly vocabulary: number;
  readonly ended: boolean;
  /** Options of the network, with the classes of all rows. */
  readonly options: ApplyOptions;
  /** The distribution of records, given the network's result for all of their tokens, [rows, length, vocabulary]. */
  observe(logits: Tensor): Observation;
}

/** Records of a decoder that reads tokens. */
export function causalObservation(decoding: CausalDecoding): Observation {
  const { network, latents, lead, length, vocabulary, options, observe } = decoding;
  const [rows] = latents.shape;
  /** The distribution given the record's own tokens before each position. */
  const given = (x: Tensor): Observation => {
    const records = reshape(broadcastTo(cast(x, "i32"), [...lead, length]), [rows, length]);
    return observe(network.apply(latents, { ...options, tokens: tokensBefore(records, vocabulary) }));
  };
  return {
    logProbability: (x) => given(x).logProbability(x),
    logProbabilities: (x) => logProbabilitiesOf(given(x), x),
    get mean() {
      return written(decoding, {}, (logits) => argMax(logits));
    },
    sample: () =>
      written(decoding, { quantile: randomUniform([rows, length]) }, (logits, { quantile }) =>
        categoryAt("sample", logits, quantile, {}),
      ),
  };
}

/** Records f32 [..., batch, length], whose tokens `choose` gives from the logits [rows, vocabulary] of each position. */
function written(
  { network, latents, lead, length, vocabulary, ended, options }: CausalDecoding,
  each: Readonly<Record<string, Tensor>>,
  choose: (logits: Tensor, parts: Readonly<Record<string, Tensor>>) => Tensor,
): Tensor {
  const [rows] = latents.shape;
  const logitsAt = (tokens: Tensor, stepping: Stepping): Tensor => {
    const logits = network.apply(latents, { ...options, tokens, stepping });
    if (!sameShape(logits.shape, [rows, 1, vocabulary]))
      throw new RangeError(
        `vae: the decoder must give logits ${shapeText([rows, 1, vocabulary])} of the likelihood's ${vocabulary} tokens for a position, found ${shapeText(logits.shape)}`,
      );
    return reshape(logits, [rows, vocabulary]);
  };
  const start = startTokens(vocabulary, rows);
  const tokens = writtenTokens({
    length,
    start: reshape(start, [rows]),
    states: firstStates(length, (stepping) => void logitsAt(start, stepping)),
    each,
    step: (before, position) => oneStep(position, (stepping) => logitsAt(reshape(before, [rows, 1]), stepping)),
    choose(logits, parts, before) {
      const fresh = choose(logits, parts);
      return ended ? ifOpen(before, fresh) : fresh;
    },
  });
  return reshape(tokens, [...lead, length]);
}
