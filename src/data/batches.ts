/** Orders of records on the host: shuffling, splitting, and iteration in batches. Training does not use these. */
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import { permutation } from "../numbers/philox.js";
import { recordLength, select } from "./dataset.js";
import { type Dataset, isStreamed, type TrainingData } from "./training-data.js";
import { maskRows } from "./mask.js";
import { dataStreams } from "../numbers/streams.js";
import { windowParts } from "./window-parts.js";

/** Numbers of records, or the share used for training, between 0 and 1. */
export type SplitSizes = number | { readonly train: number; readonly valid: number };

export interface BatchOptions {
  /** Seed of a random order; default: the stored order. */
  seed?: number;
  /** Each epoch has another order with the same seed; default 0. */
  epoch?: number;
  /** Treatment of records that do not fill a batch; default "drop". */
  partial?: "drop" | "keep";
}

export interface Batch {
  /** Normalised values, [size, ...shape]. */
  readonly values: Float32Array;
  /** [records in this batch, ...shape of a record]. */
  readonly shape: readonly number[];
  /** Indices of the records in the data set. */
  readonly indices: Int32Array;
  readonly labels?: Int32Array;
  /** 1 for each known value, else 0, [size, ...shape]; if the data have a mask. */
  readonly mask?: Float32Array;
}

/**
 * All records in the random order of `seed`: copied, or read in this order if they are read during training.
 * @throws RangeError if the seed is not an integer >= 0
 * @example [...shuffled(datasets.from({ records: Uint8Array.of(7, 8, 9), shape: [1] })).records].sort() // [7, 8, 9]
 */
export function shuffled<D extends TrainingData>(data: D, options: { seed?: number } = {}): D {
  checkOptions("shuffled", options, ["seed"]);
  const { seed = 0 } = options;
  return select(data, order(data, checkSeed("shuffled", seed), dataStreams.shuffle));
}

/**
 * Two disjoint random parts. Windows of sequences overlap, so that a random choice of windows would train on most tokens of
 * those for validation: of these, whole sequences are kept for validation, as many as fit, or the end of the longest sequence
 * if these are less than half of what is asked for; and windows for training that share a token with one for validation are
 * left out. Both parts may then have fewer windows than asked for.
 * @param sizes the share for training (0.9: nine tenths for training, the rest for validation), or the two counts
 * @throws RangeError if a part would be empty or both need more records than there are
 * @example split(datasets.ring({ count: 100 }), 0.9).valid.count // 10
 */
export function split<D extends TrainingData>(
  data: D,
  sizes: SplitSizes,
  options: { seed?: number } = {},
): { train: D; valid: D } {
  checkOptions("split", options, ["seed"]);
  const { seed = 0 } = options;
  if (typeof sizes !== "number") checkOptions("split: sizes", sizes, ["train", "valid"]);
  const train = typeof sizes === "number" ? Math.floor(data.count * sizes + 0.5) : sizes.train;
  const valid = typeof sizes === "number" ? data.count - train : sizes.valid;
  if (typeof sizes === "number" && !(sizes > 0 && sizes < 1)) {
    throw new RangeError(`split ${data.name}: the share for training must be between 0 and 1, found ${sizes}`);
  }
  if (!(Number.isInteger(train) && Number.isInteger(valid) && train >= 1 && valid >= 1)) {
    throw new RangeError(`split ${data.name}: both counts must be integers >= 1, found ${train} and ${valid}`);
  }
  if (train + valid > data.count) {
    throw new RangeError(
      `split ${data.name}: the data must have at least ${train} + ${valid} records, found ${data.count}`,
    );
  }
  const parts = partsOf(data, { train, valid }, checkSeed("split", seed));
  // All that are left are for training if only their share was given.
  const most = typeof sizes === "number" ? parts.train.length : train;
  return { train: select(data, parts.train.subarray(0, most)), valid: select(data, parts.valid) };
}

/**
 * Indices of the records of two parts that the seed chooses. Of windows, all that may be used for training are in `train`, and
 * those for validation may be fewer than `valid`.
 */
export function partsOf(
  data: TrainingData,
  { train, valid }: { readonly train: number; readonly valid: number },
  seed: number,
): { train: Int32Array; valid: Int32Array } {
  if (isStreamed(data) && data.windows)
    return windowParts(data.name, data.windows, { length: data.shape[0], valid, seed });
  const indices = order(data, seed, dataStreams.split);
  return { train: indices.subarray(0, train), valid: indices.subarray(train, train + valid) };
}

/**
 * One epoch of normalised batches on the host, for evaluation and for custom loops. The order for a seed differs from
 * that of training, which the kernels compute (see dataset.ts).
 * @param size records in a batch, 1 or more
 * @throws RangeError if size is not a positive integer or `partial` is neither "drop" nor "keep"
 * @example [...batches(datasets.ring({ count: 10 }), 4, { partial: "keep" })].map(({ shape }) => shape) // [[4, 2], [4, 2], [2, 2]]
 */
export function batches(data: Dataset, size: number, options: BatchOptions = {}): Generator<Batch, void> {
  checkOptions("batches", options, ["seed", "epoch", "partial"]);
  const { seed, epoch = 0, partial = "drop" } = options;
  if (!(Number.isInteger(size) && size >= 1))
    throw new RangeError(`batches ${data.name}: size must be an integer >= 1, found ${size}`);
  if (partial !== "drop" && partial !== "keep")
    throw new RangeError(`batches ${data.name}: partial must be "drop" or "keep", found ${JSON.stringify(partial)}`);
  checkNumber("batches", "epoch", epoch, { whole: true, atLeast: 0, below: 2 ** 53 });
  const indices =
    seed === undefined
      ? Int32Array.from({ length: data.count }, (_, i) => i)
      : order(data, checkSeed("batches", seed), dataStreams.batch, epoch);
  const end = partial === "keep" ? data.count : Math.floor(data.count / size) * size;
  return inBatches(data, size, indices, end);
}

/** A separate generator, so that `batches` throws for wrong options when it is called, not at the first iteration. */
function* inBatches(data: Dataset, size: number, indices: Int32Array, end: number): Generator<Batch, void> {
  for (let start = 0; start < end; start += size) yield batch(data, indices.slice(start, Math.min(start + size, end)));
}

/** The same keyed permutation as in training, with its own stream. */
function order(data: TrainingData, seed: number, stream: number, epoch = 0): Int32Array {
  return permutation(data.count, data.count, { seed, step: epoch, stream });
}

function batch(data: Dataset, indices: Int32Array): Batch {
  const length = recordLength(data.shape);
  const values = new Float32Array(indices.length * length);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] * length;
    for (let i = 0; i < length; i++) values[row * length + i] = data.records[from + i] * data.scale + data.shift;
  }
  const { labels, mask } = data;
  return {
    values,
    shape: [indices.length, ...data.shape],
    indices,
    ...(labels === undefined ? {} : { labels: Int32Array.from(indices, (index) => labels[index]) }),
    ...(mask && { mask: Float32Array.from(maskRows(mask, indices, length)) }),
  };
}
