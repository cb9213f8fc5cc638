/**
 * A data set: typed records in memory with the shape of one record and the mapping from raw values to the model's
 * values.
 *
 * It is a frozen plain value; every function here returns a new one. Records stay as they are stored (u8 images stay u8
 * until a kernel gathers a batch) and `normalised = raw * scale + shift`.
 *
 * Batches, and the last partial one. In training, the kernels draw record indices by a stateless keyed permutation, a
 * new one each epoch. Positions continue from step to step, so a batch may cover the end of one epoch and the start of
 * the next, every batch is full, and each record is drawn exactly once per epoch. Iteration on the host (`batches` in
 * batches.ts) covers one epoch and keeps or drops the partial batch at its end.
 */

import { checkOptions, textOf } from "../options.js";
import { type Column, rangedColumns } from "./columns.js";
import { checkedMask, type MaskSource, maskRows } from "./mask.js";
import {
  type Dataset,
  type DatasetSource,
  type Described,
  isStreamed,
  type RecordSource,
  type StreamedDataset,
  type TrainingData,
} from "./training-data.js";
import { rescaled } from "./scaling.js";

export interface DatasetOptions {
  name?: string;
  records: Uint8Array | Float32Array;
  /** Shape of one record; its product divides the number of values. */
  shape: readonly number[];
  /** Default: records.length / product of shape. */
  count?: number;
  /**
   * Raw values that `range` maps from; default: the smallest and largest value for f32, [0, 1] for u8 of bits (some are 1, none
   * is more), otherwise [0, 255] for u8.
   */
  extent?: readonly [low: number, high: number];
  /** Range that the extent is mapped to; default [-1, 1] for u8, raw values unchanged for f32. */
  range?: readonly [low: number, high: number];
  /** Columns of a table of features: see `Column`. A range then applies to each column separately. */
  columns?: readonly Column[] | undefined;
  labels?: Int32Array | Uint8Array | readonly number[];
  /** Default: the number of names, or the largest label + 1. */
  classes?: number;
  /** One name per class. */
  classNames?: readonly string[];
  /** Mask of known values: 1 for each known value, else 0; unknown values may be any finite number in the records. */
  mask?: Uint8Array;
  source?: DatasetSource;
}

const names = [
  "name",
  "records",
  "shape",
  "count",
  "extent",
  "range",
  "columns",
  "labels",
  "classes",
  "classNames",
  "mask",
  "source",
];

/**
 * Creates a data set from records in memory; the arrays are kept, not copied.
 * @returns a frozen Dataset
 * @throws RangeError if counts, shape, labels or values break a rule (the message names the first NaN or infinite
 * value), TypeError if the records are neither u8 nor f32
 * @example datasets.from({ name: "noise", records: new Float32Array(200), shape: [2] }).count // 100
 */
export function dataset(options: DatasetOptions): Dataset {
  checkOptions("dataset", options, names);
  const { name = "data", records, shape } = options;
  if (!(records instanceof Uint8Array || records instanceof Float32Array)) {
    throw new TypeError(`dataset ${name}: records must be a Uint8Array or Float32Array, found ${typeName(records)}`);
  }
  if (!Array.isArray(shape))
    throw new TypeError(
      `dataset ${name}: the shape of a record must be an array such as [28, 28, 1], found ${textOf(shape)}`,
    );
  if (shape.length === 0 || !shape.every((size) => Number.isInteger(size) && size >= 1)) {
    throw new RangeError(
      `dataset ${name}: the shape of a record must consist of integers >= 1, found [${shape.join(", ")}]`,
    );
  }
  const length = recordLength(shape);
  const count = options.count ?? records.length / length;
  if (records.length === 0 || count === 0)
    throw new RangeError(`dataset ${name}: must have at least one record, found none`);
  if (!Number.isInteger(count) || count * length !== records.length) {
    const wanted = options.count === undefined ? `a multiple of ${length}` : options.count * length;
    throw new RangeError(
      `dataset ${name}: records must have ${wanted} values for shape [${shape.join(", ")}], found ${records.length}`,
    );
  }
  const occurring = extentOf(name, records, length);
  const extent = options.extent ?? (records instanceof Uint8Array ? [0, occurring[1] === 1 ? 1 : 255] : occurring);
  if (!(extent[0] <= occurring[0] && occurring[1] <= extent[1])) {
    throw new RangeError(
      `dataset ${name}: values must lie in the extent [${extent[0]}, ${extent[1]}], found [${occurring[0]}, ${occurring[1]}]`,
    );
  }
  const { columns } = options;
  if (columns !== undefined && columns.length !== length)
    throw new RangeError(
      `dataset ${name}: records of ${length} values must have ${length} columns, found ${columns.length}`,
    );
  const range = columns ? undefined : (options.range ?? (records instanceof Uint8Array ? [-1, 1] : undefined));
  const data: Dataset = Object.freeze({
    name,
    records,
    count,
    shape: Object.freeze([...shape]),
    ...(range === undefined ? { scale: 1, shift: 0 } : affine(name, extent, range)),
    extent: Object.freeze([extent[0], extent[1]] as const),
    ...(columns === undefined ? {} : { columns: Object.freeze([...columns]) }),
    ...labelling(name, count, options),
    ...(options.mask === undefined ? {} : { mask: checkedMask(name, options.mask, records.length) }),
    ...(options.source === undefined ? {} : { source: options.source }),
  });
  return columns && options.range ? withRange(data, ...options.range) : data;
}

/** The classes of `count` records, if they have labels; throws a RangeError if the labels break a rule. */
export function labelling(
  name: string,
  count: number,
  {
    labels: given,
    classNames,
    classes = classNames?.length,
  }: Pick<DatasetOptions, "labels" | "classes" | "classNames">,
): Pick<Described, "labels" | "classes" | "classNames"> {
  if (classNames !== undefined && classNames.length !== classes)
    throw new RangeError(`dataset ${name}: ${classes} classes must have ${classes} names, found ${classNames.length}`);
  const labels = given && checkedLabels(name, given, count, classes);
  return {
    ...(labels && { labels, classes: classes ?? largest(labels) + 1 }),
    ...(classNames && { classNames: Object.freeze([...classNames]) }),
  };
}

/** Values in one record. @example recordLength([28, 28, 1]) // 784 */
export function recordLength(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Sets the normalised range: [0, 1] for Bernoulli likelihoods, [-1, 1] for generators that end in tanh. The lowest raw
 * value of the data set's extent maps to `low`, the highest to `high`; in a table of features this applies to each
 * column.
 * @returns a data set that shares the records, except for a table
 * @throws RangeError if low and high are not finite numbers with low < high, TypeError if the records are tokens
 * @example withRange(datasets.digits({ count: 1 }), 0, 1).shift // 0
 * @example withRange(datasets.ring({ count: 1 }), 1, 0) // throws dataset ring: range must be two rising finite numbers, found [1, 0]
 */
export function withRange<D extends Described>(data: D, low: number, high: number): D {
  if (!Array.isArray(data?.extent)) throw new TypeError(`withRange: data must be a data set, found ${textOf(data)}`);
  if (data.tokens) throw new TypeError(`withRange: the records of ${data.name} are tokens, which have no range`);
  if (data.table)
    throw new TypeError(`withRange: the records of ${data.name} are rows of a table, which have a range of their own`);
  const scaling = affine(data.name, data.extent, [low, high]);
  if (data.columns) return rescaled(data, rangedColumns(data.columns, [low, high]));
  return Object.freeze({ ...data, ...scaling });
}

/**
 * The records with the given indices, in that order, as a new data set: with copied records, or read when they are asked
 * for if those of `data` are read during training. Closing such a data set closes the whole source.
 * @throws RangeError if there is no index, or one is not an integer from 0 to count - 1
 * @example [...select(datasets.from({ records: Uint8Array.of(7, 8, 9), shape: [1] }), [2, 0]).records] // [9, 7]
 */
export function select<D extends TrainingData>(data: D, indices: ArrayLike<number>): D {
  const { name, count } = data;
  if (indices.length === 0) throw new RangeError(`select ${name}: at least one record must be kept, found none`);
  for (let i = 0; i < indices.length; i++) {
    if (Number.isInteger(indices[i]) && indices[i] >= 0 && indices[i] < count) continue;
    throw new RangeError(`select ${name}: index must be an integer from 0 to ${count - 1}, found ${indices[i]}`);
  }
  const labels = data.labels && Int32Array.from(indices, (index) => (data.labels as Int32Array)[index]);
  const rows = isStreamed(data) ? streamedRows(data, Int32Array.from(indices)) : heldRows(data, indices);
  return Object.freeze({ ...data, ...rows, count: indices.length, ...(labels && { labels }) }) as unknown as D;
}

/** Copies of records in memory. */
function heldRows({ records, mask, shape }: Dataset, indices: ArrayLike<number>): Pick<Dataset, "records" | "mask"> {
  const length = recordLength(shape);
  const Type = records instanceof Uint8Array ? Uint8Array : Float32Array;
  const rows = new Type(indices.length * length);
  for (let i = 0; i < indices.length; i++)
    rows.set(records.subarray(indices[i] * length, (indices[i] + 1) * length), i * length);
  return { records: rows, ...(mask && { mask: maskRows(mask, indices, length) }) };
}

/** Sources that read the records at these indices. */
function streamedRows(
  { stream, mask, windows }: StreamedDataset,
  kept: Int32Array,
): Pick<StreamedDataset, "stream" | "mask" | "windows"> {
  const reading = <V>(source: { read(indices: Int32Array): Promise<V> }) => ({
    read: (indices: Int32Array) => source.read(indices.map((index) => kept[index])),
  });
  const own: RecordSource = { ...reading(stream), close: async () => stream.close?.() };
  return {
    stream: own,
    ...(mask && { mask: reading(mask) as MaskSource }),
    ...(windows && { windows: { ...windows, starts: kept.map((index) => windows.starts[index]) } }),
  };
}

/**
 * The first `count` records, or all if there are fewer; a view, not a copy.
 * @throws RangeError if count is not a positive integer
 * @example take(datasets.ring({ count: 100 }), 10).count // 10
 */
export function take<D extends TrainingData>(data: D, count: number): D {
  if (!(Number.isInteger(count) && count >= 1))
    throw new RangeError(`take ${data.name}: count must be an integer >= 1, found ${count}`);
  const kept = Math.min(count, data.count);
  return Object.freeze({
    ...data,
    ...(isStreamed(data) ? firstWindows(data, kept) : firstRows(data, kept * recordLength(data.shape))),
    count: kept,
    ...(data.labels && { labels: data.labels.subarray(0, kept) }),
  }) as unknown as D;
}

const firstRows = ({ records, mask }: Dataset, values: number): Partial<Dataset> => ({
  records: records.subarray(0, values),
  ...(mask && { mask: mask.subarray(0, values) }),
});

const firstWindows = ({ windows }: StreamedDataset, count: number): Partial<StreamedDataset> =>
  windows ? { windows: { ...windows, starts: windows.starts.subarray(0, count) } } : {};

/** Scale and shift that map extent to range. */
function affine(
  name: string,
  extent: readonly [number, number],
  range: readonly [number, number],
): { scale: number; shift: number } {
  const [low, high] = range;
  if (!(Number.isFinite(low) && Number.isFinite(high) && high > low)) {
    throw new RangeError(`dataset ${name}: range must be two rising finite numbers, found [${low}, ${high}]`);
  }
  // The extent of constant data has length 0: they map to the low end of the range.
  if (extent[1] === extent[0]) return { scale: 1, shift: low - extent[0] };
  const scale = (high - low) / (extent[1] - extent[0]);
  return { scale, shift: low - extent[0] * scale };
}

/** Lowest and highest value; throws at the first value that is not finite. */
function extentOf(name: string, records: Uint8Array | Float32Array, length: number): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < records.length; i++) {
    const value = records[i];
    // x - x is 0 for finite numbers only.
    if (value - value !== 0) {
      throw new RangeError(
        `dataset ${name}: values must be finite, found ${value} in record ${Math.floor(i / length)} at index ${i % length}`,
      );
    }
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Maximum number of classes: networks and reports need space for each. */
export const mostClasses = 2 ** 16;

function checkedLabels(name: string, labels: ArrayLike<number>, count: number, classes = mostClasses): Int32Array {
  if (labels.length !== count)
    throw new RangeError(`dataset ${name}: ${count} records must have ${count} labels, found ${labels.length}`);
  if (!(Number.isInteger(classes) && classes >= 1 && classes <= mostClasses))
    throw new RangeError(`dataset ${name}: classes must be an integer from 1 to ${mostClasses}, found ${classes}`);
  for (let i = 0; i < count; i++) {
    if (Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes) continue;
    throw new RangeError(
      `dataset ${name}: labels must be integers from 0 to ${classes - 1}, found ${labels[i]} for record ${i}`,
    );
  }
  return labels instanceof Int32Array ? labels : Int32Array.from(labels);
}

function largest(labels: Int32Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

function typeName(value: unknown): string {
  return value === null || value === undefined ? String(value) : (Object(value).constructor?.name ?? typeof value);
}
