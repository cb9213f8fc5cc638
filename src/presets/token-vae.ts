/** Presets of variational autoencoders of tokens: molecules and other lines of text, and levels of games. */
import type { Described } from "../data/training-data.js";
import {
  causalDecoder,
  conv1d,
  conv2d,
  dense,
  flatten,
  type Layer,
  relu,
  reshape,
  sequential,
  tokens as tokenVectors,
  upsample2d,
} from "../layers/index.js";
import { gru } from "../models/sequence/networks.js";
import { type Vae, vae } from "../models/vae/vae.js";
import { elbo } from "../objectives/bounds.js";
import { categorical } from "../objectives/likelihoods.js";
import { adam } from "../optimizers/adam.js";
import { cosine, linear } from "../optimizers/schedules.js";
import { conditionalOn, joined, modulated } from "./conditional.js";
import { classesFor, type Preset, type PresetForm } from "./preset.js";
import { tokensOf } from "./token-data.js";

/** Numbers of a class's vector. */
const labelSize = 32;

/** All numbers of the preset `smiles`. */
const ofLines = {
  steps: 8000,
  batchSize: 64,
  latent: 48,
  /** Numbers of a token's vector. */
  width: 32,
  /** Channels of the encoder's convolutions, and units of its hidden layer. */
  channels: 64,
  hidden: 256,
  /** Units of the decoder's GRU. */
  units: 128,
  /** With a weight of the divergence below 1 the latents are used without it. */
  wordDropout: 0,
  /** Weight of the divergence at the end, to which it rises from 0; below 1, latents tell more of a record. */
  klWeight: 0.7,
  learningRate: 3e-3,
};

/** All numbers of the preset `level`. */
const ofLevels = {
  steps: 3000,
  batchSize: 32,
  latent: 32,
  width: 8,
  channels: 32,
  hidden: 256,
  klWeight: 0.3,
  learningRate: 3e-3,
};

interface Parts {
  readonly encoder: Layer;
  readonly decoder: Layer;
}

type Numbers = Pick<typeof ofLines, "latent" | "klWeight" | "learningRate">;

function made(data: Described, steps: number, classes: number | undefined, numbers: Numbers, parts: Parts): Vae {
  const { vocabulary, ended } = tokensOf("vae", data);
  const { latent, klWeight, learningRate } = numbers;
  return vae({
    latent,
    ...parts,
    ...conditionalOn(classes),
    likelihood: categorical({ vocabulary, ended }),
    objective: elbo({ klWeight: linear(0, { to: klWeight, steps }) }),
    optimizer: adam(cosine(learningRate, { steps, to: learningRate / 100 }), { beta2: 0.99 }),
  });
}

const weights = { initializer: "heNormal" } as const;

/** Convolutions see pieces of the record wherever they are; the decoder writes from left to right (Bowman et al. 2016). */
function linesVae(data: Described, steps: number, form: PresetForm | undefined): Vae {
  const { latent, width, channels, hidden, units, wordDropout } = ofLines;
  const { vocabulary } = tokensOf("vae", data);
  const classes = classesFor(data, form);
  const conv = () => conv1d(channels, 5, { padding: "same", ...weights });
  return made(data, steps, classes, ofLines, {
    encoder: sequential(
      ...[tokenVectors(vocabulary, width), conv(), relu(), conv(), relu(), flatten()],
      ...[...joined(classes, labelSize), dense(hidden, weights), relu(), dense(2 * latent)],
    ),
    decoder: sequential(
      ...joined(classes, labelSize),
      causalDecoder({ network: gru({ width: units }), vocabulary, width, wordDropout }),
    ),
  });
}

/** Rows and columns of a level's window: its tokens run down the columns. */
function gridOf({ shape: [length], tokens }: Described): { readonly rows: number; readonly columns: number } {
  const rows = Number((tokens?.codec as { rows?: number } | undefined)?.rows ?? 1);
  // Data that are not levels are one row.
  return length % rows === 0 ? { rows, columns: length / rows } : { rows: 1, columns: length };
}

/** Every tile of a level at once, from its latents: tiles are independent given these. */
function levelVae(data: Described, steps: number, form: PresetForm | undefined): Vae {
  const { latent, width, channels, hidden } = ofLevels;
  const { vocabulary } = tokensOf("vae", data);
  const { rows, columns } = gridOf(data);
  const classes = classesFor(data, form);
  const factor = rows % 2 === 0 && columns % 2 === 0 ? 2 : 1;
  const [high, wide] = [columns / factor, rows / factor];
  const conv = (features: number, stride = 1) => conv2d(features, 3, { padding: "same", stride, ...weights });
  return made(data, steps, classes, ofLevels, {
    encoder: sequential(
      ...[tokenVectors(vocabulary, width), reshape(columns, rows, width)],
      ...[conv(channels), relu(), conv(2 * channels, factor), relu(), flatten()],
      ...[...joined(classes, labelSize), dense(hidden, weights), relu(), dense(2 * latent)],
    ),
    decoder: sequential(
      ...[...joined(classes, labelSize), dense(hidden, weights), ...modulated(classes), relu()],
      ...[dense(high * wide * channels, weights), relu(), reshape(high, wide, channels)],
      ...(factor === 1 ? [] : [upsample2d(factor)]),
      ...[conv(channels), relu(), conv2d(vocabulary, 3, { padding: "same" })],
    ),
  });
}

/** Presets of tokens, by name. */
export const tokenVaePresets: Readonly<Record<"smiles" | "level", Preset>> = {
  smiles: {
    summary: "molecules as SMILES or other lines from --data, a decoder that sees the record (Bowman et al. 2016)",
    data: undefined,
    ...{ steps: ofLines.steps, batchSize: ofLines.batchSize },
    normalisation: () => "tokens",
    make: linesVae,
  },
  level: {
    summary: "levels of games from --data, all tiles at once: for blending and walks between levels",
    data: undefined,
    ...{ steps: ofLevels.steps, batchSize: ofLevels.batchSize },
    normalisation: () => "tokens",
    make: levelVae,
  },
};
