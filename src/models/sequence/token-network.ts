/**
 * The network of a sequence model: from the tokens before each position to the logits of the token there. It has two forms with the
 * same variables: over whole sequences, for training and likelihoods, and one position after the other, for sampling.
 */
import { type Shape, shapeText } from "../../graph/shape.js";
import { Input, type Tensor } from "../../graph/tensor.js";
import type { Variable } from "../../graph/variable.js";
import { film } from "../../layers/conditional.js";
import { sequential } from "../../layers/containers.js";
import { dense } from "../../layers/dense.js";
import { embedding } from "../../layers/embedding.js";
import { type ApplyOptions, type Layer, type LayerSummary, Network } from "../../layers/layer.js";
import { firstStates, oneStep, type States, type Stepping } from "../../layers/stepping.js";
import { startTokens, tokensBefore } from "../../layers/tokens-before.js";
import { cast } from "../../ops/indexing.js";
import { reshape } from "../../ops/movement.js";
import type { Position } from "./token-loop.js";

export interface TokenNetworkOptions {
  readonly vocabulary: number;
  /** Numbers of a token's vector. */
  readonly width: number;
  /** [batch, positions, width] to [batch, positions, features]; causal. */
  readonly network: Layer;
  readonly classes?: number | undefined;
}

/** The network of a sequence model: embedding, the given layers, logits. */
export class TokenNetwork {
  readonly #network: Network;

  constructor(private readonly options: TokenNetworkOptions) {
    const { vocabulary, width, network, classes } = options;
    this.#network = new Network(
      "network",
      sequential(
        // The last row is what stands before the first position.
        embedding(vocabulary + 1, width, { initializer: { name: "normal", deviation: 0.05 } }),
        ...(classes === undefined ? [] : [film(classes, { initializer: { name: "normal", deviation: 0.05 } })]),
        network,
        dense(vocabulary),
      ),
    );
  }

  get variables(): readonly Variable[] {
    return this.#network.variables;
  }

  get parameters(): readonly Variable[] {
    return this.#network.parameters;
  }

  /** The layers for sequences of `length` tokens. */
  layers(length: number): LayerSummary[] {
    return this.#network.layers([length], this.options.classes, { dtype: "i32" });
  }

  /**
   * Logits [batch, length, vocabulary] of every token, given those before it.
   * @param tokens i32 [batch, length]
   */
  logits(tokens: Tensor, options: ApplyOptions = {}): Tensor {
    return this.#applied(tokensBefore(tokens, this.options.vocabulary), options);
  }

  /** What stands before the first position: i32 [batch, 1]. */
  start(batch: number): Tensor {
    return startTokens(this.options.vocabulary, batch);
  }

  /** The states before the first position, for `batch` sequences of `length` positions. */
  firstStates(batch: number, length: number, options: ApplyOptions = {}): States {
    return firstStates(length, (stepping) => void this.#step(this.start(batch), stepping, options));
  }

  /** Logits [batch, vocabulary] of the token after `before`, i32 [batch], and the states for the next position. */
  step(before: Tensor, position: Position, options: ApplyOptions = {}): { result: Tensor; states: States } {
    const [batch] = before.shape;
    return oneStep(position, (stepping) => this.#step(reshape(before, [batch, 1]), stepping, options));
  }

  #step(before: Tensor, stepping: Stepping, options: ApplyOptions): Tensor {
    const logits = this.#applied(before, { ...options, stepping });
    return reshape(logits, [before.shape[0], this.options.vocabulary]);
  }

  #applied(before: Tensor, options: ApplyOptions): Tensor {
    const logits = this.#network.apply(before, options);
    const wanted: Shape = [...before.shape, this.options.vocabulary];
    if (logits.rank === 3 && logits.shape.every((size, axis) => size === wanted[axis])) return logits;
    throw new RangeError(
      `sequence: the network must keep batch and positions, ${shapeText([...before.shape, "width" as never])}, found a result of ${shapeText(logits.shape)}`,
    );
  }

  /** Creates the variables, for sequences of `length` tokens. Throws RangeError if a layer does not accept them. */
  init(length: number, conditioned: ApplyOptions): void {
    this.logits(cast(new Input("tokens", [1, length]), "i32"), conditioned);
  }
}
