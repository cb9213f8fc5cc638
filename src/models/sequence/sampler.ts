/**
 * Sampling from a sequence model: a loop over positions inside one program. What is drawn are uniform quantiles [length] of a
 * record, so equal quantiles give equal records, on any lanes.
 */
import type { Tensor } from "../../graph/tensor.js";
import { type CategoricalOptions, categoryAt } from "../../ops/categorical/draw.js";
import { greater, maximum, where } from "../../ops/elementwise.js";
import { cast } from "../../ops/indexing.js";
import { literal } from "../../ops/literal.js";
import { broadcastTo, reshape } from "../../ops/movement.js";
import { randomUniform } from "../../ops/random.js";
import { checkNumber, checkOptions } from "../../options.js";
import { labelInput } from "../../train/class-draw.js";
import type { Sampler } from "../../train/sampler.js";
import type { SequenceSamplerOptions, TokenFamily } from "./token-family.js";
import { ifOpen, writtenTokens } from "./token-loop.js";

const names = ["temperature", "classCounts", "topK", "topP", "length", "prompted"];

/** The sampler of a sequence model: quantiles [length] to tokens [length]. */
export function sequenceSampler(model: TokenFamily, options: SequenceSamplerOptions): Sampler {
  checkOptions("sampler", options, names);
  const { classes } = model;
  const { length = model.options.length, prompted = false, classCounts, ...drawing } = options;
  checkNumber("sampler", "length", length, { whole: true, atLeast: 1 });
  return {
    inputs: {
      quantiles: { shape: [length], draw: (count) => randomUniform([count, length]) },
      ...(prompted && { prompt: { shape: [length], dtype: "i32" as const, draw: (count) => nothing(count, length) } }),
      ...(classes !== undefined && { labels: labelInput(classes, classCounts) }),
    },
    graph: ({ quantiles, prompt, labels }) => drawn(model, { quantiles, prompt, labels, drawing }),
    variables: model.variables,
  };
}

/** A prompt without tokens, i32 [count, length]. */
const nothing = (count: number, length: number): Tensor =>
  broadcastTo(literal(Int32Array.of(-1), [1, 1]), [count, length]);

interface Drawing {
  readonly quantiles: Tensor;
  readonly prompt: Tensor | undefined;
  readonly labels: Tensor | undefined;
  readonly drawing: CategoricalOptions;
}

/** Tokens f32 [count, length]. */
function drawn(model: TokenFamily, { quantiles, prompt, labels, drawing }: Drawing): Tensor {
  const [count, length] = quantiles.shape;
  const { network } = model;
  const conditions = model.conditioned(labels);
  const { ended } = model.options;
  return writtenTokens({
    length,
    start: reshape(network.start(count), [count]),
    states: network.firstStates(count, length, conditions),
    each: { quantile: quantiles, ...(prompt && { prompt }) },
    step: (before, position) => network.step(before, position, conditions),
    choose(logits, part, before) {
      const fresh = categoryAt("sample", logits, part.quantile, drawing);
      const open = ended ? ifOpen(before, fresh) : fresh;
      return part.prompt ? ifGiven(part.prompt, open) : open;
    },
  });
}

/** The given token where there is one, else the drawn one; i32 [count]. */
function ifGiven(given: Tensor, drawnToken: Tensor): Tensor {
  const known = cast(given, "f32");
  return cast(where(greater(known, -1), maximum(known, 0), cast(drawnToken, "f32")), "i32");
}
