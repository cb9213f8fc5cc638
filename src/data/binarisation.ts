/**
 * Binarisation: ways to turn grey values in [0, 1] into bits for a Bernoulli likelihood, as plain values. A value v
 * becomes 1 with probability v (Salakhutdinov, Murray 2008).
 */
import { type KindConfig, makeKind } from "../kinds/kind.js";
import { randomBernoulli } from "../ops/random.js";
import { checkSeed, type NoOptions } from "../options.js";
import { uniforms } from "../numbers/philox.js";
import type { Tensor } from "../graph/tensor.js";
import { dataset, recordLength } from "./dataset.js";
import { type Dataset, type Described, isStreamed, type StreamedDataset, type TrainingData } from "./training-data.js";
import { mapRecords } from "./stream.js";
import { bitStream } from "../numbers/streams.js";

export interface Binarisation {
  /** As JSON; `fromConfig("binarisation", config)` reads it back. */
  readonly config: KindConfig;
  /** What training draws batches from. */
  records(data: TrainingData): TrainingData;
  /** Converts a batch in the step's program. */
  batch(x: Tensor): Tensor;
  /** Records for evaluation: bits are drawn with `seed`, unless the binarisation has a seed of its own. */
  evaluated(data: Dataset, seed: number): Dataset;
}

/**
 * The records as bits, determined by seed and record index: record i has the same bits in any selection that keeps its
 * index.
 * @param data values normalised to [0, 1]: the probabilities
 * @returns u8 records 0 and 1, normalised to [0, 1]
 * @throws RangeError if the seed is not an integer >= 0
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

/** The bits of a record, by its index. */
function bitsOf(
  { scale, shift }: Described,
  record: Uint8Array | Float32Array,
  index: number,
  seed: number,
): Uint8Array {
  const draws = uniforms(record.length, { seed, step: index, stream: bitStream });
  return Uint8Array.from(record, (raw, i) => (draws[i] < raw * scale + shift ? 1 : 0));
}

/** `binarised` for records that are read from disk during training: bits are drawn whenever a record is read. */
function binarisedStream(data: StreamedDataset, seed: number): StreamedDataset {
  const described = { shape: data.shape, extent: [0, 1], scale: 1, shift: 0, dtype: "u8" } as const;
  return mapRecords(data, described, (record, index) => bitsOf(data, record, index, seed));
}

/** Values stay as they are. @example show(binarisation.none().batch(t([0.5]))) // [0.5] */
export const none: (options?: NoOptions) => Binarisation = /* @__PURE__ */ makeKind("binarisation", {
  kind: "none",
  make: () => ({ records: (data) => data, batch: (x) => x, evaluated: (data) => data }),
});

/**
 * Draws new bits every time a record is used, in the step's program (Salakhutdinov, Murray 2008).
 * @example show(binarisation.dynamic().batch(t([0, 1]))) // [0, 1]
 */
export const dynamic: (options?: NoOptions) => Binarisation = /* @__PURE__ */ makeKind("binarisation", {
  kind: "dynamic",
  make: () => ({ records: (data) => data, batch: (x) => randomBernoulli(x), evaluated: binarised }),
});

/**
 * Uses the same bits every time a record is used (Larochelle, Murray 2011); public as `binarisation.static`.
 * @throws RangeError if the seed is not an integer >= 0
 * @example binarisation.static({ seed: 1 }).records(withRange(datasets.digits({ count: 2 }), 0, 1)).extent // [0, 1]
 */
export const fixed: (options?: { readonly seed?: number }) => Binarisation = /* @__PURE__ */ makeKind("binarisation", {
  kind: "static",
  options: {
    seed: {
      default: 0,
      check: (seed: unknown) => checkSeed("static binarisation", seed),
    },
  },
  make: ({ seed }: { seed: number }) => ({
    records: (data) => (isStreamed(data) ? binarisedStream(data, seed) : binarised(data, seed)),
    batch: (x) => x,
    evaluated: (data) => binarised(data, seed),
  }),
});

// The public name; `static` is a reserved word, so the function itself needs another.
export { fixed as static };
