/** Presets of sequence models: text, molecules, music and levels of games. */
import { groupOf } from "../data/codecs/index.js";
import type { Described } from "../data/training-data.js";
import { positions } from "../layers/causal-attention.js";
import { sequential } from "../layers/containers.js";
import type { Layer } from "../layers/layer.js";
import { type CausalConvOptions, causalConv, gru, transformer } from "../models/sequence/networks.js";
import { sequence, type Sequence } from "../models/sequence/sequence.js";
import { adamw } from "../optimizers/adam.js";
import { cosine } from "../optimizers/schedules.js";
import { conditionalOn } from "./conditional.js";
import { classesFor, type FamilyPresets, type Preset, type PresetForm } from "./preset.js";
import { tokensOf } from "./token-data.js";

interface Recipe {
  readonly network: (length: number) => Layer;
  /** Numbers of a token's vector. */
  readonly width: number;
  /** At first; it falls to a hundredth. */
  readonly learningRate: number;
  readonly weightDecay?: number;
}

function made(data: Described, steps: number, form: PresetForm | undefined, recipe: Recipe): Sequence {
  const { vocabulary, ended } = tokensOf("sequence", data);
  const [length] = data.shape;
  const { network, width, learningRate, weightDecay = 0 } = recipe;
  return sequence({
    ...{ vocabulary, length, ended, width, network: network(length) },
    ...conditionalOn(classesFor(data, form)),
    optimizer: adamw(cosine(learningRate, { steps, to: learningRate / 100 }), { beta2: 0.99, weightDecay }),
  });
}

const preset = (
  rest: Pick<Preset, "summary" | "steps" | "stepsFor" | "batchSize">,
  recipe: (data: Described) => Recipe,
): Preset => ({
  ...rest,
  data: undefined,
  normalisation: () => "tokens",
  make: (data, steps, form) => made(data, steps, form, recipe(data)),
});

/** Convolutions that know the voice of a token in its frame, or the row of a tile in its column, of which there are `cycle`. */
const cyclicConv = (cycle: number, options: CausalConvOptions): Layer =>
  sequential(positions(cycle, { cyclic: true }), causalConv(options));

/**
 * Dilations of three positions that together reach every token of the column, whose height is `rows`: the tile to the left is
 * `rows` - 1 before the token that is seen last. 1, 2, 5 reach 16.
 */
function downColumn(rows: number): number[] {
  const dilations: number[] = [];
  for (let [dilation, reach] = [1, 0]; reach < rows - 1; dilation = 3 * dilation - 1) {
    dilations.push(dilation);
    reach += 2 * dilation;
  }
  return dilations;
}

/** Voices of a frame, or rows of a column; `otherwise` for data without a codec. */
const groupIn = ({ tokens }: Described, otherwise: number): number =>
  tokens?.codec ? groupOf(tokens.codec) : otherwise;

/** Lines are short and of few patterns; a long text needs a wider network. */
const ofLines: Recipe = {
  network: () => causalConv({ width: 128, kernelSize: 3, dilations: [1, 2, 4], dropout: 0.25 }),
  width: 32,
  learningRate: 3e-3,
  weightDecay: 0.2,
};
const ofText: Recipe = { network: () => gru({ width: 256 }), width: 64, learningRate: 3e-3 };

export const sequencePresets: FamilyPresets = {
  presets: {
    characters: preset(
      {
        summary: "lines of text, such as names, or one long text, from --data",
        // A record of a long text is a window of it, of ten times as many tokens as a line.
        ...{ steps: 12_000, stepsFor: ({ tokens }) => (tokens?.ended ? undefined : 1800), batchSize: 64 },
      },
      (data) => (data.tokens?.ended ? ofLines : ofText),
    ),
    smiles: preset({ summary: "molecules as SMILES from --data", steps: 7000, batchSize: 64 }, () => ({
      network: () => gru({ width: 256 }),
      width: 32,
      learningRate: 2e-3,
    })),
    // Few pieces: without so much dropout the network soon knows them by heart.
    chorale: preset(
      { summary: "four voices from --data: JSB chorales or MIDI files", steps: 1500, batchSize: 16 },
      (data) => ({
        network: () =>
          cyclicConv(groupIn(data, 4), {
            ...{ width: 96, kernelSize: 2, dropout: 0.5 },
            dilations: [1, 2, 3, 4, 8, 16, 32],
          }),
        width: 32,
        learningRate: 2e-3,
        weightDecay: 0.3,
      }),
    ),
    // The tokens of a level run down its columns: a dilation of the height looks at the same row of the column before. Six columns are
    // enough to fit parts together; who sees sixteen knows the levels by heart, and copies them.
    level: preset(
      { summary: "levels of games from --data: VGLC folders, grids of tiles", steps: 3500, batchSize: 16 },
      (data) => {
        const rows = groupIn(data, 14);
        return {
          network: () =>
            cyclicConv(rows, {
              ...{ width: 64, kernelSize: 3, dropout: 0.25 },
              dilations: [...downColumn(rows), rows, rows],
            }),
          width: 32,
          learningRate: 2e-3,
          weightDecay: 0.1,
        };
      },
    ),
    transformer: preset(
      { summary: "any tokens from --data, a causal transformer", steps: 3000, batchSize: 16 },
      () => ({
        network: (length) => transformer({ width: 128, layers: 4, heads: 4, positions: length }),
        width: 128,
        learningRate: 1e-3,
        weightDecay: 0.1,
      }),
    ),
  },
  choose: ({ tokens }) => presetOf[String(tokens?.codec?.kind)] ?? "transformer",
};

/** Presets by kind of codec. */
const presetOf: Readonly<Record<string, string>> = {
  characters: "characters",
  smiles: "smiles",
  chorale: "chorale",
  level: "level",
};
