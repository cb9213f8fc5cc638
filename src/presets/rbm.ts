/** Presets of restricted Boltzmann machines. */
import { dynamic } from "../data/binarisation.js";
import { rbm } from "../models/rbm/rbm.js";
import { sgd } from "../optimizers/sgd.js";
import { linear } from "../optimizers/schedules.js";
import { sizeOf } from "../graph/shape.js";
import { conditionalOn } from "./conditional.js";
import { classesFor, type FamilyPresets } from "./preset.js";
import { tokenPresetFor, tokenPresets } from "./rbm-tokens.js";

/** Data that are worth more steps, such as MNIST. */
const manyRecords = 20_000;

export const rbmPresets: FamilyPresets = {
  presets: {
    bernoulli: {
      summary: "images as bits, 500 hidden units, persistent chains (Tieleman 2008)",
      data: "digits",
      steps: 6000,
      // Digits asked for by class are right 79% of the time after 6,000 steps on MNIST, and 91% after 24,000.
      stepsFor: ({ count }) => (count >= manyRecords ? 24_000 : undefined),
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
    ...tokenPresets,
  },
  // Chains that start at the data suit data with few patterns; persistent chains suit data with many.
  choose: ({ shape, tokens }) => (tokens ? tokenPresetFor(tokens) : sizeOf(shape) <= 25 ? "bars" : "bernoulli"),
};
