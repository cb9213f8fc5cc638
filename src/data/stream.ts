/**
 * Data sets whose records are read during training, from a disk, a URL or a dropped file. Training gives the same bits
 * as with the records in memory. Portable: any object that reads records by index is a source.
 */
import { checkNumber, checkOptions, checkPart } from "../options.js";
import type { MaskSource } from "./mask.js";
import { type DatasetOptions, dataset, labelling, recordLength, take, withRange } from "./dataset.js";
import {
  type Dataset,
  isStreamed,
  type RecordSource,
  type StreamedDataset,
  type TrainingData,
} from "./training-data.js";

export interface StreamOptions
  extends Pick<
    DatasetOptions,
    "name" | "shape" | "extent" | "range" | "columns" | "labels" | "classes" | "classNames" | "source"
  > {
  readonly stream: RecordSource;
  /** Masks of known values; unknown values may be any finite number in the records. */
  readonly mask?: MaskSource;
  readonly count: number;
  /** Default `u8`. */
  readonly dtype?: "u8" | "f32";
  /** Default 8 MiB; at least the records of one step are held. */
  readonly bufferBytes?: number;
}

const usualBuffer = 2 ** 23;

const names = [
  ...[
    "name",
    "stream",
    "count",
    "shape",
    "dtype",
    "extent",
    "range",
    "columns",
    "labels",
    "classes",
    "classNames",
    "source",
  ],
  ...["mask", "bufferBytes"],
];

/**
 * A data set whose records are read during training.
 * @param options as those of `dataset`, with a `stream` instead of the records; f32 values with a `range` need their
 * `extent`, because it cannot be computed without reading them all
 * @throws RangeError if counts, shape or labels break a rule
 * @example datasets.stream({ stream: { read: async (indices) => new Uint8Array(2 * indices.length) }, count: 1000, shape: [2] }).count // 1000
 */
export function streamed(options: StreamOptions): StreamedDataset {
  checkOptions("datasets.stream", options, names);
  checkPart("datasets.stream", "stream", options.stream, "read", "an object with the method read(indices)");
  const { stream, count, dtype = "u8", bufferBytes = usualBuffer, shape, labels: _labels, mask, ...rest } = options;
  if (mask !== undefined) checkPart("datasets.stream", "mask", mask, "read", "an object with the method read(indices)");
  const name = options.name ?? "data";
  checkNumber(`dataset ${name}`, "count", count, { atLeast: 1, atMost: 2 ** 31 - 1, whole: true });
  checkNumber(`dataset ${name}`, "bufferBytes", bufferBytes, { atLeast: 0, whole: true });
  if (dtype === "f32" && options.range !== undefined && options.extent === undefined)
    throw new RangeError(`dataset ${name}: f32 values with a range must have an extent, found none`);
  // Validates the description with one record of the lowest raw value.
  const [low] = options.extent ?? [0];
  const one = new (dtype === "u8" ? Uint8Array : Float32Array)(recordLength(shape)).fill(low);
  const { range, ...plain } = rest;
  const {
    records: _records,
    mask: _none,
    ...described
  } = dataset({ ...(rest.columns ? plain : rest), name, shape, records: one });
  const data = Object.freeze({
    ...described,
    count,
    dtype,
    stream,
    bufferBytes,
    ...labelling(name, count, options),
    ...(mask && { mask }),
  });
  return rest.columns && range ? withRange(data, ...range) : data;
}

/** Bytes of records that `eachBlock` reads at a time. */
const blockBytes = 2 ** 23;

/**
 * Calls `visit` with all records in order, in blocks, until it returns false; `first` is the index of the block's first
 * record.
 */
export function eachBlock(
  data: StreamedDataset,
  visit: (values: Uint8Array | Float32Array, first: number) => unknown,
): Promise<void> {
  return each(data, data.stream, visit);
}

/** Calls `visit` with the masks of all records in order, in blocks, if there are any. */
export async function eachMask(data: StreamedDataset, visit: (mask: Uint8Array) => unknown): Promise<void> {
  if (data.mask) await each(data, data.mask, visit);
}

async function each<V>(
  { count, shape, dtype }: StreamedDataset,
  source: { read(indices: Int32Array): Promise<V> },
  visit: (values: V, first: number) => unknown,
): Promise<void> {
  const block = Math.max(1, Math.floor(blockBytes / (recordLength(shape) * (dtype === "u8" ? 1 : 4))));
  for (let first = 0; first < count; first += block) {
    const indices = Int32Array.from({ length: Math.min(block, count - first) }, (_, i) => first + i);
    if (visit(await source.read(indices), first) === false) return;
  }
}

/** The same data in memory, or only the first records, up to `mostBytes`. */
export async function inMemory(data: TrainingData, mostBytes: number): Promise<Dataset> {
  if (!isStreamed(data)) return data;
  const recordBytes = recordLength(data.shape) * (data.dtype === "u8" ? 1 : 4);
  const most = Math.min(data.count, Math.max(1, Math.floor(mostBytes / recordBytes)));
  const { dtype: _dtype, stream, bufferBytes: _bufferBytes, windows: _windows, mask, ...described } = take(data, most);
  const indices = Int32Array.from({ length: described.count }, (_, i) => i);
  const known = mask && { mask: await mask.read(indices) };
  return Object.freeze({ ...described, records: await stream.read(indices), ...known });
}

/** Applies `change` to each record when it is read; it returns the new raw values. */
export function mapRecords(
  data: StreamedDataset,
  described: Pick<StreamedDataset, "shape" | "extent" | "scale" | "shift" | "dtype">,
  change: (record: Uint8Array | Float32Array, index: number) => ArrayLike<number>,
): StreamedDataset {
  const [from, to] = [recordLength(data.shape), recordLength(described.shape)];
  const Type = described.dtype === "u8" ? Uint8Array : Float32Array;
  const read = async (indices: Int32Array) => {
    const raw = await data.stream.read(indices);
    const out = new Type(indices.length * to);
    indices.forEach((index, i) => {
      out.set(change(raw.subarray(i * from, (i + 1) * from), index), i * to);
    });
    return out;
  };
  const close = async () => data.stream.close?.();
  return Object.freeze({ ...data, ...described, stream: { read, close } });
}
