/**
 * Records and samples in the form in which they are compared: images in [-1, 1], limited to the range of the data as a
 * picture would be; other records as the model sees them. So scores of models that were trained in [0, 1] and in [-1, 1]
 * have the same units.
 */
import { select, withRange } from "../../data/dataset.js";
import type { Dataset } from "../../data/training-data.js";
import { isImage } from "../../graph/shape.js";
import { Values } from "../../graph/values.js";
import { permutation } from "../../numbers/philox.js";
import { dataStreams } from "../../numbers/streams.js";
import { finiteSamples } from "../../train/finite-samples.js";
import { valuesOf } from "../../train/records.js";

/** A random choice of at most `most` records. */
export function someOf(data: Dataset, most: number, seed: number): Dataset {
  if (data.count <= most) return data;
  return select(data, permutation(most, data.count, { seed, step: 0, stream: dataStreams.evaluation }));
}

/** Data whose values are in the form in which they are compared. */
export const inComparedRange = (data: Dataset): Dataset => (isImage(data.shape) ? withRange(data, -1, 1) : data);

/** The records of a data set, compared. */
export function comparedRecords(data: Dataset): Values {
  const { shape, count } = data;
  return new Values(valuesOf("evaluate", inComparedRange(data), shape), [count, ...shape]);
}

/** Samples of a model that was trained on `data`, compared. Throws DivergedError if a value is not finite. */
export function comparedSamples(samples: Values, data: Dataset): Values {
  finiteSamples("evaluate", samples);
  if (!isImage(data.shape)) return samples;
  const { scale, shift } = inComparedRange(data);
  const [factor, offset] = [scale / data.scale, shift - (data.shift * scale) / data.scale];
  const values = samples.data.map((value) => Math.min(1, Math.max(-1, value * factor + offset)));
  return new Values(values, samples.shape);
}
