/** Data sets of sequences that were read. */
import type { TokenCodec } from "../data/codecs/codec.js";
import { datasets } from "../data/index.js";
import type { DatasetSource, TrainingData } from "../data/training-data.js";
import type { SequenceForm, Sequences } from "./domain.js";

/** How a model reads sequences: with its own codec and length of records. */
export interface SequenceReading {
  readonly codec?: TokenCodec;
  /** Tokens of a record; default: see `Sequences`. */
  readonly length?: number;
  /** Another form than that of the sequences' kind; a codec says the form too. */
  readonly form?: SequenceForm;
}

/** The data set of sequences: a record for each if they end, otherwise the windows in them. */
export function dataOf(found: Sequences, path: string, { length = found.length }: SequenceReading = {}): TrainingData {
  const { name, codec, sequences, stride, labels, classNames } = found;
  const source: DatasetSource = { kind: "file", path };
  const common = { name, codec, source, ...(labels && { labels }), ...(classNames && { classNames }) };
  if (codec.ended) return datasets.tokens({ ...common, records: sequences, ...(length !== undefined && { length }) });
  const longest = sequences.reduce((most, one) => Math.max(most, one.length), 0);
  return datasets.windows({ ...common, sequences, length: length ?? longest, ...(stride !== undefined && { stride }) });
}
