/**
 * Sampling from a sequence model: a loop over positions inside one program. Its carries are the states of the network and the last
 * token. What is drawn are uniform quantiles [length] of a record, so equal quantiles give equal records, on any lanes.
 */
import type { Tensor } from "../../graph/tensor.js";
import { type CategoricalOptions, categoryAt } from "../../ops/categorical/draw.js";
import { equal, greater, maximum, mul, sub, where } from "../../ops/elementwise.js";
import { cast } from "../../ops/indexing.js";
import { literal } from "../../ops/literal.js";
import { broadcastTo, reshape, transpose } from "../../ops/movement.js";
import { randomUniform } from "../../ops/random.js";
import { scan } from "../../ops/scan.js";
import { checkNumber, checkOptions } from "../../options.js";
import { labelInput } from "../../train/class-draw.js";
import type { Sampler } from "../../train/sampler.js";
import type { SequenceSamplerOptions, TokenFamily } from "./token-family.js";

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
  const start = reshape(network.start(count), [count]);
  const { outputs } = scan(
    {
      carries: { ...prefixed(network.firstStates(count, length, conditions)), token: start },
      sequences: {
        position: literal(
          Float32Array.from({ length }, (_, i) => i),
          [length],
        ),
        quantile: transpose(quantiles, [1, 0]),
        ...(prompt && { prompt: transpose(prompt, [1, 0]) }),
      },
    },
    ({ token, ...carried }, row) => {
      const at = { position: row.position, length, states: unprefixed(carried) };
      const { result: logits, states } = network.step(token, at, conditions);
      const fresh = categoryAt("sample", logits, row.quantile, drawing);
      const open = ended ? ifOpen(token, fresh) : fresh;
      const next = row.prompt ? ifGiven(row.prompt, open) : open;
      return { carries: { ...prefixed(states), token: next }, outputs: { tokens: next } };
    },
  );
  return transpose(cast(outputs.tokens, "f32"), [1, 0]);
}

/** Names of states are paths, which may be those of other carries. */
const prefixed = (states: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(states).map(([name, state]) => [`state ${name}`, state]));
const unprefixed = (carries: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(carries).map(([name, state]) => [name.slice("state ".length), state]));

/** The fresh token, i32 [count], or the end again after an end. */
const ifOpen = (before: Tensor, fresh: Tensor): Tensor =>
  cast(mul(cast(fresh, "f32"), sub(1, equal(cast(before, "f32"), 0))), "i32");

/** The given token where there is one, else the drawn one; i32 [count]. */
function ifGiven(given: Tensor, drawnToken: Tensor): Tensor {
  const known = cast(given, "f32");
  return cast(where(greater(known, -1), maximum(known, 0), cast(drawnToken, "f32")), "i32");
}
