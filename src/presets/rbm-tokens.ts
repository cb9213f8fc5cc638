/** Presets of restricted Boltzmann machines on tokens. */
import { keys } from "../data/codecs/roll.js";
import type { Described, TokenDescription } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { type Rbm, rbm } from "../models/rbm/rbm.js";
import { bernoulli, categorical } from "../models/rbm/units.js";
import { adam } from "../optimizers/adam.js";
import { linear } from "../optimizers/schedules.js";
import { conditionalOn } from "./conditional.js";
import { classesFor, type Preset, type PresetForm } from "./preset.js";

/** Numbers of a recipe: persistent chains, Adam with a rate that falls linearly. */
interface Recipe {
  readonly hidden: number;
  readonly sweeps: number;
  readonly learningRate: number;
  readonly finalRate: number;
}

/**
 * Single frames: of 70 to 250 hidden units, rates of 0.003 to 0.05, 5 and 10 sweeps and weight decay of 0 to 3e-3, those with the
 * lowest loss on the validation part, 7.41 nats a frame (one seed each). 150 units at a rate of 0.03 had the same, and weights whose
 * partition function is harder to estimate; 25,000 steps had 7.50. Weight decay made it worse. Plain gradient descent needs more
 * steps, because most keys hardly ever sound.
 */
const frames: Recipe = {
  hidden: 100,
  sweeps: 10,
  learningRate: 0.015,
  finalRate: 1e-5,
};

/**
 * Windows of frames. Not searched: 2,000 steps on 8 frames give 7.48 nats a frame of the validation part, and 6.95 of the training
 * data.
 */
const windows: Recipe = { ...frames, hidden: 300, learningRate: 0.01, sweeps: 5 };

/** Any tokens. Not searched. */
const tokens: Recipe = windows;

const machine = ({ hidden, sweeps, learningRate, finalRate }: Recipe, steps: number) => ({
  ...{ hidden, sweeps, persistent: true },
  optimizer: adam(linear(learningRate, { steps, to: finalRate }), { beta1: 0.5 }),
});

/**
 * Frames of music as bits of the keys of a piano (Boulanger-Lewandowski, Bengio, Vincent 2012, table 1: the log-likelihood of their
 * RBM is -7.43 nats a frame of the JSB chorales' test part).
 */
function chorale(data: Described, steps: number, form?: PresetForm): Rbm {
  const { tokens: found, shape, name } = data;
  if (found?.codec?.kind !== "roll")
    throw new UsageError(`rbm chorale: data must be music, found ${name}`, {
      hint: "give JSB chorales as JSON, or MIDI files",
    });
  const recipe = shape[0] > keys ? windows : frames;
  return rbm({ ...conditionalOn(classesFor(data, form)), ...machine(recipe, steps) });
}

/** Records of any tokens, each with a unit for every token of the vocabulary. */
function oneHot(data: Described, steps: number, form?: PresetForm): Rbm {
  if (!data.tokens)
    throw new UsageError(`rbm tokens: data must be text, molecules, music or levels, found ${data.name}`, {
      hint: "rbm bernoulli accepts images and bits",
    });
  return rbm({
    ...conditionalOn(classesFor(data, form)),
    ...machine(tokens, steps),
    units: { visible: categorical(data.tokens.vocabulary), hidden: bernoulli() },
  });
}

export const tokenPresets: Readonly<Record<string, Preset>> = {
  chorale: {
    summary:
      "frames of music from --data as bits of piano keys: JSB chorales or MIDI files; --window 8: eight at a time",
    data: undefined,
    sequences: { form: "roll" },
    // Of single frames; windows need fewer.
    steps: 40_000,
    batchSize: 100,
    normalisation: () => "tokens",
    make: chorale,
  },
  tokens: {
    summary: "any tokens from --data, a unit for each token of the vocabulary at every position",
    data: undefined,
    steps: 5000,
    batchSize: 100,
    normalisation: () => "tokens",
    make: oneHot,
  },
};

/** Name of the preset for records of tokens. */
export const tokenPresetFor = ({ codec }: TokenDescription): string =>
  codec?.kind === "chorale" || codec?.kind === "roll" ? "chorale" : "tokens";
