/** Presets of restricted Boltzmann machines. */
import { dynamic } from "../data/binarisation.js";
import { withRange } from "../data/dataset.js";
import { rbm } from "../models/rbm.js";
import { sgd } from "../optimizers/sgd.js";
import { linear } from "../schedules.js";
import { sizeOf } from "../shape.js";
import type { FamilyPresets } from "./preset.js";

export const rbmPresets: FamilyPresets = {
  presets: {
    bernoulli: {
      summary: "images as bits, 500 hidden units, persistent chains (Tieleman 2008)",
      data: "digits",
      steps: 6000,
      batchSize: 100,
      normalise: (data) => withRange(data, 0, 1),
      make: (_data, steps) =>
        rbm({
          hidden: 500,
          persistent: true,
          binarisation: dynamic(),
          optimizer: sgd(linear(0.05, { steps, to: 0.001 })),
        }),
    },
    bars: {
      summary: "bars and stripes, 32 hidden units, ten sweeps: to 0.1 nats of the best likelihood",
      data: "bars",
      steps: 15000,
      batchSize: 30,
      normalise: (data) => withRange(data, 0, 1),
      make: (_data, steps) => rbm({ hidden: 32, sweeps: 10, optimizer: sgd(linear(0.1, { steps, to: 0.001 })) }),
    },
  },
  // Chains that start at the data suit a few patterns; ones that go on and on suit many.
  choose: ({ shape }) => (sizeOf(shape) <= 25 ? "bars" : "bernoulli"),
};
