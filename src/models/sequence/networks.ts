/**
 * Networks of sequence models: causal layers from [batch, positions, width] to [batch, positions, features]. Each is composed of
 * layers that are public, so a network can be taken apart and changed.
 */
import { gelu } from "../../layers/activations.js";
import { causalAttention, positions } from "../../layers/causal-attention.js";
import { residual, sequential } from "../../layers/containers.js";
import { conv1d } from "../../layers/conv1d.js";
import { dense } from "../../layers/dense.js";
import { dropout } from "../../layers/dropout.js";
import type { Layer } from "../../layers/layer.js";
import { layerNorm } from "../../layers/norm.js";
import { gru as gruLayer, lstm as lstmLayer } from "../../layers/recurrent.js";
import { checkNumber, checkOptions } from "../../options.js";

/** Options that all networks have. */
export interface NetworkOptions {
  /** Numbers per position; default 128. */
  readonly width?: number;
  /** Probability that a number is dropped in training, in [0, 1); default 0. */
  readonly dropout?: number;
}

/** Throws for an unknown option, or one outside of its range. */
function checked(what: string, options: NetworkOptions & Readonly<Record<string, unknown>>, more: readonly string[]) {
  checkOptions(what, options, ["width", "dropout", ...more]);
  const { width = 128, dropout: rate = 0 } = options;
  checkNumber(what, "width", width, { whole: true, atLeast: 1 });
  checkNumber(what, "dropout", rate, { atLeast: 0, below: 1 });
  return { width, drops: (): Layer[] => (rate === 0 ? [] : [dropout(rate)]) };
}

export interface CausalConvOptions extends NetworkOptions {
  /** Positions that a convolution sees; default 3. */
  readonly kernelSize?: number;
  /** Distance of these positions, for every block; default [1, 2, 4, 8]. */
  readonly dilations?: readonly number[];
}

/**
 * Dilated causal convolutions in residual blocks (van den Oord et al. 2016, section 2.1, with normalisation before each block as
 * in Kalchbrenner et al. 2016, section 3.5): norm, convolution, gelu, product. The last positions that a block sees are its
 * dilation apart, so the whole network sees 1 + (kernelSize - 1) times the sum of the dilations.
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example shape(networks.causalConv({ width: 8, dilations: [1, 2] }), 5, 10, 4) // [5, 10, 8]
 */
export function causalConv(options: CausalConvOptions = {}): Layer {
  const { width, drops } = checked("causalConv", { ...options }, ["kernelSize", "dilations"]);
  const { kernelSize = 3, dilations = [1, 2, 4, 8] } = options;
  const initializer = "heNormal";
  const block = (dilation: number) =>
    residual(
      sequential(
        layerNorm(),
        conv1d(width, kernelSize, { padding: "causal", dilation, initializer }),
        gelu(),
        ...drops(),
        dense(width),
      ),
    );
  return sequential(dense(width), ...dilations.map(block), layerNorm(), gelu());
}

export interface TransformerOptions extends NetworkOptions {
  /** Number of blocks; default 4. */
  readonly layers?: number;
  /** Number of heads, which divides the width; default 4. */
  readonly heads?: number;
  /** Units between the two products of a block; default 4 times the width. */
  readonly hidden?: number;
  /**
   * Maximum number of positions of trained positions, or "rotary" for angles that need no maximum: see `causalAttention`. Default
   * "rotary".
   */
  readonly positions?: number | "rotary";
}

/**
 * A causal transformer with normalisation before each part (Radford et al. 2019, section 2.3).
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example shape(networks.transformer({ width: 8, layers: 1, heads: 2 }), 5, 10, 4) // [5, 10, 8]
 */
export function transformer(options: TransformerOptions = {}): Layer {
  const { width, drops } = checked("transformer", { ...options }, ["layers", "heads", "hidden", "positions"]);
  const { layers = 4, heads = 4, hidden = 4 * width, positions: placed = "rotary" } = options;
  checkNumber("transformer", "layers", layers, { whole: true, atLeast: 1 });
  checkNumber("transformer", "heads", heads, { whole: true, atLeast: 1 });
  if (width % heads !== 0) throw new RangeError(`transformer: heads must divide the width ${width}, found ${heads}`);
  const rotary = placed === "rotary";
  const initializer = { name: "normal", deviation: 0.02 } as const;
  const block = () => [
    residual(sequential(layerNorm(), causalAttention(heads, { rotary, initializer }), ...drops())),
    residual(
      sequential(layerNorm(), dense(hidden, { initializer }), gelu(), dense(width, { initializer }), ...drops()),
    ),
  ];
  return sequential(
    dense(width),
    ...(placed === "rotary" ? [] : [positions(placed)]),
    ...Array.from({ length: layers }, block).flat(),
    layerNorm(),
  );
}

export interface RecurrentOptions extends NetworkOptions {
  /** Number of recurrent layers, one above the other; default 1. */
  readonly layers?: number;
}

/** Recurrent layers, with dropout after each. */
function stacked(kind: string, layer: (units: number) => Layer, options: RecurrentOptions): Layer {
  const { width, drops } = checked(kind, { ...options }, ["layers"]);
  const { layers = 1 } = options;
  checkNumber(kind, "layers", layers, { whole: true, atLeast: 1 });
  return sequential(...Array.from({ length: layers }, () => [layer(width), ...drops()]).flat());
}

/**
 * Gated recurrent units (Cho et al. 2014): see `layers.gru`.
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example shape(networks.gru({ width: 8 }), 5, 10, 4) // [5, 10, 8]
 */
export const gru = (options: RecurrentOptions = {}): Layer => stacked("gru", gruLayer, options);

/**
 * Long short-term memory (Hochreiter, Schmidhuber 1997): see `layers.lstm`.
 * @throws TypeError for an unknown option, RangeError for a number outside of its range
 * @example shape(networks.lstm({ width: 8, layers: 2 }), 5, 10, 4) // [5, 10, 8]
 */
export const lstm = (options: RecurrentOptions = {}): Layer => stacked("lstm", lstmLayer, options);
