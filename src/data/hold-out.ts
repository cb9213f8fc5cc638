/**
 * Records that a training does not see: a random part of the data, chosen by a seed. In memory and streamed data give the
 * same parts, and the same as `split`.
 */
import { permutation } from "../numbers/philox.js";
import { dataStreams } from "../numbers/streams.js";
import { checkNumber } from "../options.js";
import { split } from "./batches.js";
import type { MaskSource } from "./mask.js";
import { isStreamed, type RecordSource, type StreamedDataset, type TrainingData } from "./training-data.js";

/** Which records are held out: their number, and the seed that chooses them. */
export interface HeldOut {
  readonly count: number;
  readonly seed: number;
}

/** Data in two parts without a common record. */
export interface HeldOutParts {
  readonly train: TrainingData;
  readonly heldOut: TrainingData;
}

/**
 * Holds out `count` records of the data.
 * @throws RangeError if count is not an integer from 1 to one less than the number of records
 */
export function holdOut(data: TrainingData, { count, seed }: HeldOut): HeldOutParts {
  checkNumber(`hold out of ${data.name}`, "count", count, { whole: true, atLeast: 1, atMost: data.count - 1 });
  if (!isStreamed(data)) {
    const { train, valid } = split(data, { train: data.count - count, valid: count }, { seed });
    return { train, heldOut: valid };
  }
  const order = permutation(data.count, data.count, { seed, step: 0, stream: dataStreams.split });
  const first = data.count - count;
  return { train: rowsOf(data, order.subarray(0, first)), heldOut: rowsOf(data, order.subarray(first)) };
}

/** The records with the given indices, in that order, read when they are asked for. Closing one closes the whole source. */
function rowsOf(data: StreamedDataset, kept: Int32Array): StreamedDataset {
  const { stream, mask, labels } = data;
  const reading = <V>(source: { read(indices: Int32Array): Promise<V> }) => ({
    read: (indices: Int32Array) => source.read(indices.map((index) => kept[index])),
  });
  const own: RecordSource = { ...reading(stream), close: async () => stream.close?.() };
  return Object.freeze({
    ...data,
    count: kept.length,
    stream: own,
    ...(labels && { labels: Int32Array.from(kept, (index) => labels[index]) }),
    ...(mask && { mask: reading(mask) as MaskSource }),
  });
}
