/** Data that a model can be trained on: a data set in memory, or one whose records are read during training. */
import type { CodecConfig } from "./codecs/codec.js";
import type { Column } from "./columns.js";
import type { LearnedColumn } from "./tables/column-spec.js";
import type { MaskSource } from "./mask.js";

/** Origin of the records, for evaluation. */
export type DatasetSource =
  | {
      readonly kind: "gaussianMixture";
      readonly seed: number;
      readonly modes: readonly (readonly [x: number, y: number])[];
      readonly sigma: number;
    }
  | { readonly kind: "bars"; readonly height: number; readonly width: number; readonly patterns: number }
  | { readonly kind: "generated"; readonly seed: number; readonly formula: string }
  | { readonly kind: "file"; readonly path: string };

/** What the numbers in records of tokens are. */
export interface TokenDescription {
  /** Number of tokens; they are 0 to vocabulary - 1. */
  readonly vocabulary: number;
  /** Whether token 0 is the end of a record, filled up with more of it; otherwise records are pieces of one length. */
  readonly ended: boolean;
  /** What the tokens stand for: `codecFrom` makes the codec. */
  readonly codec?: CodecConfig;
}

/** What the numbers in records of a table's rows are: see tables/spans.ts. */
export interface TableDescription {
  readonly columns: readonly LearnedColumn[];
}

/** A description of a data set without its records. */
export interface Described {
  readonly name: string;
  readonly count: number;
  /** Shape of one record: [28, 28, 1] (height, width, channels) or [2]. */
  readonly shape: readonly number[];
  /** Normalised value = raw * scale + shift. */
  readonly scale: number;
  readonly shift: number;
  /** Lowest and highest raw value: for u8 the limits of the format (0, 255) or of bits (0, 1), for f32 the values that occur. */
  readonly extent: readonly [low: number, high: number];
  /** Columns of a table of features, each with its own units and scale; `extent` and the records use these scales. */
  readonly columns?: readonly Column[];
  /** Of records of tokens: shape [length], scale 1, shift 0, extent [0, vocabulary - 1]. */
  readonly tokens?: TokenDescription;
  /** Of rows of a table with columns of different kinds: shape [width], scale 1, shift 0. */
  readonly table?: TableDescription;
  /** One class from 0 to classes - 1 per record. */
  readonly labels?: Int32Array;
  readonly classes?: number;
  /** Names of the classes, if they have any. */
  readonly classNames?: readonly string[];
  readonly source?: DatasetSource;
}

export interface Dataset extends Described {
  /** count x (product of shape) raw values, row-major. */
  readonly records: Uint8Array | Float32Array;
  /** Mask of records with unknown values: 1 for each known value, else 0, in the layout of the records. */
  readonly mask?: Uint8Array;
}

/** Source of the records of a data set that is read during training. */
export interface RecordSource {
  /** Raw values of these records, in this order, row-major: u8 or f32, always the same. There may be many indices. */
  read(indices: Int32Array): Promise<Uint8Array | Float32Array>;
  /** Releases resources (an open file). */
  close?(): Promise<void>;
}

/** Where the records of a data set of windows lie in sequences of tokens. */
export interface Windows {
  /** Tokens of all sequences, one sequence after the other. */
  readonly tokens: Uint8Array | Uint16Array;
  /** Position of the first token of each sequence, and the number of all tokens. */
  readonly bounds: Int32Array;
  /** Position of the first token of each record. */
  readonly starts: Int32Array;
}

export interface StreamedDataset extends Described {
  readonly dtype: "u8" | "f32";
  readonly stream: RecordSource;
  /** Masks of the records, if they have unknown values. */
  readonly mask?: MaskSource;
  /** For records that are windows of sequences, which overlap: `split` holds out windows that share no token. */
  readonly windows?: Windows;
  /** Bytes of records that are prefetched at a time, while as many again are used for training. */
  readonly bufferBytes: number;
}

/** Data accepted by training. */
export type TrainingData = Dataset | StreamedDataset;

/** Whether the records are read during training. */
export const isStreamed = (data: TrainingData): data is StreamedDataset => "stream" in data;

/** Releases the resources for reading the records. */
export const closeData = async (data: TrainingData): Promise<void> =>
  isStreamed(data) ? data.stream.close?.() : undefined;
