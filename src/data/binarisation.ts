/**
 * Binarisation: how grey values in [0, 1] become bits for a Bernoulli likelihood, as plain values. A value v becomes 1
 * with probability v (Salakhutdinov, Murray 2008).
 */
import { randomBernoulli } from "../ops/random.js";
import { checkOptions, checkSeed, described, kindOf, type NoOptions } from "../options.js";
import { uniforms } from "../numbers/philox.js";
import type { Tensor } from "../graph/tensor.js";
import { type Dataset, type Described, dataset, recordLength } from "./dataset.js";
import { isStreamed, mapRecords, type StreamedDataset, type TrainingData } from "./stream.js";
import { bitStream } from "../numbers/streams.js";

export type BinarisationConfig = { readonly kind: string; readonly [option: string]: unknown };

export interface Binarisation {
  /** As JSON; `binarisationFrom` reads it back. */
  readonly config: BinarisationConfig;
  /** What training draws batches from. */
  records(data: TrainingData): TrainingData;
  /** What a batch of the step's program becomes. */
  batch(x: Tensor): Tensor;
  /** Records to evaluate: bits are drawn by `seed`, where the binarisation has none of its own. */
  evaluated(data: Dataset, seed: number): Dataset;
}

/**
 * The records as bits, fixed by seed and record index: counter-based, so record i has the same bits in any selection
 * that keeps its index.
 * @param data values that are normalised to [0, 1]: the probabilities
 * @returns u8 records 0 and 1, normalised to [0, 1]
 * @throws RangeError where the seed is not a whole number of 0 or more
 * @example [...binarisation.binarised(datasets.from({ records: Uint8Array.of(0, 255), shape: [1], range: [0, 1] })).records] // [0, 1]
 */
export function binarised(data: Dataset, seed = 0): Dataset {
  checkSeed("binarised", seed);
  const length = recordLength(data.shape);
  const bits = new Uint8Array(data.records.length);
  for (let first = 0; first < bits.length; first += length)
    bits.set(bitsOf(data, data.records.subarray(first, first + length), first / length, seed), first);
  const { name, shape, labels, classes, classNames, mask } = data;
  return dataset({
    name,
    shape,
    records: bits,
    extent: [0, 1],
    range: [0, 1],
    ...(labels ? { labels } : {}),
    ...(classes === undefined ? {} : { classes }),
    ...(classNames && { classNames }),
    ...(mask && { mask }),
  });
}

/** A record's bits, by its index. */
function bitsOf(
  { scale, shift }: Described,
  record: Uint8Array | Float32Array,
  index: number,
  seed: number,
): Uint8Array {
  const draws = uniforms(record.length, { seed, step: index, stream: bitStream });
  return Uint8Array.from(record, (raw, i) => (draws[i] < raw * scale + shift ? 1 : 0));
}

/** The same of records that are streamed: bits are drawn whenever a record is read. */
function binarisedStream(data: StreamedDataset, seed: number): StreamedDataset {
  const described = { shape: data.shape, extent: [0, 1], scale: 1, shift: 0, dtype: "u8" } as const;
  return mapRecords(data, described, (record, index) => bitsOf(data, record, index, seed));
}

/** Values stay as they are. @example show(binarisation.none().batch(t([0.5]))) // [0.5] */
export function none(options: NoOptions = {}): Binarisation {
  checkOptions("binarisation none", options, []);
  return { config: { kind: "none" }, records: (data) => data, batch: (x) => x, evaluated: (data) => data };
}

/**
 * New bits every time a record is seen, drawn in the step's program (Salakhutdinov, Murray 2008).
 * @example show(binarisation.dynamic().batch(t([0, 1]))) // [0, 1]
 */
export function dynamic(options: NoOptions = {}): Binarisation {
  checkOptions("binarisation dynamic", options, []);
  return {
    config: { kind: "dynamic" },
    records: (data) => data,
    batch: (x) => randomBernoulli(x),
    evaluated: binarised,
  };
}

/**
 * The same bits every time a record is seen (Larochelle, Murray 2011); public as `binarisation.static`.
 * @throws RangeError where the seed is not a whole number of 0 or more
 * @example binarisation.static({ seed: 1 }).records(withRange(datasets.digits({ count: 2 }), 0, 1)).extent // [0, 1]
 */
export function fixed(options: { readonly seed?: number } = {}): Binarisation {
  checkOptions("static binarisation", options, ["seed"]);
  const { seed = 0 } = options;
  checkSeed("static binarisation", seed);
  return {
    config: { kind: "static", seed },
    records: (data) => (isStreamed(data) ? binarisedStream(data, seed) : binarised(data, seed)),
    batch: (x) => x,
    evaluated: (data) => binarised(data, seed),
  };
}

// As users and descriptions call it; the word is reserved for a function's own name.
export { fixed as static };

const makers: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Binarisation>> = {
  none: (options) => none(options as NoOptions),
  dynamic: (options) => dynamic(options as NoOptions),
  static: fixed,
};

/**
 * The binarisation that a description gives: `binarisationFrom(binarisation.config)` is the same one again.
 * @throws TypeError for an unknown kind or option, RangeError for a seed below 0
 * @example binarisation.binarisationFrom({ kind: "static", seed: 1 }).config.seed // 1
 */
export function binarisationFrom(config: BinarisationConfig): Binarisation {
  const { kind, ...options } = described("binarisationFrom", config);
  return kindOf("binarisationFrom", makers, kind)(options);
}
