/** Presets of restricted Boltzmann machines. */
import { dynamic } from "../data/binarisation.js";
import { fewestPixels, rescaled } from "../data/columns.js";
import { withRange } from "../data/dataset.js";
import { isStreamed, type TrainingData } from "../data/stream.js";
import { rbm } from "../models/rbm/rbm.js";
import { sgd } from "../optimizers/sgd.js";
import { linear } from "../optimizers/schedules.js";
import { sizeOf } from "../graph/shape.js";
import type { FamilyPresets } from "./preset.js";

/**
 * Maps values to 0 to 1. Numbers without bounds are rejected: they would be treated as probabilities, and samples would
 * be only 0 and 1.
 */
function bits<D extends TrainingData>(data: D): D {
  const { name, extent, shape } = data;
  const bytes = isStreamed(data) ? data.dtype === "u8" : data.records instanceof Uint8Array;
  const images = bytes || shape.length !== 1 || (!data.columns && shape[0] >= fewestPixels);
  if (images || (extent[0] >= 0 && extent[1] <= 1)) {
    // Probabilities are kept: 0.3 stays 0.3 whatever other columns the table has.
    return data.columns
      ? rescaled(
          data,
          data.columns.map((one) => ({ ...one, scale: 1, offset: 0 })),
        )
      : withRange(data, 0, 1);
  }
  throw new RangeError(
    `rbm: records of ${name} must be bits, probabilities from 0 to 1 or images, found ${shape[0]} numbers from ${extent[0]} to ${extent[1]}; gan and vae accept tables of numbers`,
  );
}

export const rbmPresets: FamilyPresets = {
  presets: {
    bernoulli: {
      summary: "images as bits, 500 hidden units, persistent chains (Tieleman 2008)",
      data: "digits",
      steps: 6000,
      batchSize: 100,
      normalise: bits,
      make: (_data, steps) =>
        rbm({
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
      normalise: bits,
      make: (_data, steps) => rbm({ hidden: 32, sweeps: 10, optimizer: sgd(linear(0.1, { steps, to: 0.001 })) }),
    },
  },
  // Chains that start at the data suit data with few patterns; persistent chains suit data with many.
  choose: ({ shape }) => (sizeOf(shape) <= 25 ? "bars" : "bernoulli"),
};
