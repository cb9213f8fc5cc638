/** Presets of restricted Boltzmann machines. */
import { dynamic } from "../data/binarisation.js";
import type { Described } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { type Rbm, rbm } from "../models/rbm/rbm.js";
import { sgd } from "../optimizers/sgd.js";
import { linear } from "../optimizers/schedules.js";
import { sizeOf } from "../graph/shape.js";
import { keys } from "../data/codecs/roll.js";
import { conditionalOn } from "./conditional.js";
import { classesFor, type FamilyPresets, type PresetForm } from "./preset.js";

/** Numbers of the recipe of frames of music, of single frames and of windows. */
const frameRecipe = { hidden: 150, sweeps: 10, learningRate: 0.05, finalRate: 5e-4, weightDecay: 1e-4 };
const windowRecipe = { ...frameRecipe, hidden: 400 };

/**
 * Frames of music as bits of the keys of a piano (Boulanger-Lewandowski, Bengio, Vincent 2012, whose RBM has -7.43 nats a frame of
 * the JSB chorales' test part).
 */
function chorale(data: Described, steps: number, form?: PresetForm): Rbm {
  const { tokens, shape, name } = data;
  if (tokens?.codec?.kind !== "roll")
    throw new UsageError(`rbm chorale: data must be music, found ${name}`, {
      hint: "give JSB chorales as JSON, or MIDI files",
    });
  const { hidden, sweeps, learningRate, finalRate, weightDecay } = shape[0] > keys ? windowRecipe : frameRecipe;
  return rbm({
    ...conditionalOn(classesFor(data, form)),
    ...{ hidden, sweeps, weightDecay, persistent: true },
    optimizer: sgd(linear(learningRate, { steps, to: finalRate }), { momentum: 0.5 }),
  });
}

export const rbmPresets: FamilyPresets = {
  presets: {
    bernoulli: {
      summary: "images as bits, 500 hidden units, persistent chains (Tieleman 2008)",
      data: "digits",
      steps: 6000,
      batchSize: 100,
      normalisation: () => "bits",
      make: (data, steps, form) =>
        rbm({
          ...conditionalOn(classesFor(data, form)),
          hidden: 500,
          persistent: true,
          binarisation: dynamic(),
          optimizer: sgd(linear(0.05, { steps, to: 0.001 })),
        }),
    },
    bars: {
      summary: "bars and stripes, 32 hidden units, ten sweeps: within 0.1 nats of the best likelihood",
      data: "bars",
      steps: 15000,
      batchSize: 30,
      normalisation: () => "bits",
      make: (data, steps, form) =>
        rbm({
          ...conditionalOn(classesFor(data, form)),
          hidden: 32,
          sweeps: 10,
          optimizer: sgd(linear(0.1, { steps, to: 0.001 })),
        }),
    },
    chorale: {
      summary:
        "frames of music from --data as bits of piano keys: JSB chorales or MIDI files; --window 8: eight at a time",
      data: undefined,
      sequences: { form: "roll" },
      steps: 10_000,
      batchSize: 100,
      normalisation: () => "tokens",
      make: chorale,
    },
  },
  // Chains that start at the data suit data with few patterns; persistent chains suit data with many.
  choose: ({ shape, tokens }) =>
    tokens?.codec?.kind === "chorale" ? "chorale" : sizeOf(shape) <= 25 ? "bars" : "bernoulli",
};
