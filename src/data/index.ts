/**
 * Public names of the data side. All of it is portable; `loadDataset`, which reads paths, is in load.ts and needs Node.
 */
import { builtin } from "./builtin.js";
import { dataset } from "./dataset.js";
import { parseDataset } from "./parse.js";
import { streamFile } from "./streaming/record-file.js";
import { streamed } from "./stream.js";
import { tokens } from "./tokens.js";
import { windows } from "./windows.js";

/**
 * Built-in data sets by name, `from` for arrays in memory, `tokens` for lists of tokens, `windows` for pieces of longer ones,
 * `stream` for records that are read during training, `parse` for the bytes of a file and `streamFile` for a file too large for
 * memory. Built-in ones return a Dataset directly; awaiting it is harmless. Tables of mixed columns are in `genloom/tables`.
 * @example datasets.digits({ count: 100, seed: 1 }).shape // [28, 28, 1]
 */
export const datasets = Object.freeze({
  ...builtin,
  ...{ from: dataset, tokens, windows, parse: parseDataset, stream: streamed, streamFile },
});

export type { BarsOptions } from "./generated/bars.js";
export { type Batch, type BatchOptions, batches, type SplitSizes, shuffled, split } from "./batches.js";
export { type BuiltinName, type BuiltinOptions, builtinNames } from "./builtin.js";
export type { Column } from "./columns.js";
export { normalisedAs, ownUnits, standardise } from "./scaling.js";
export { type DatasetOptions, dataset, recordLength, select, take, withRange } from "./dataset.js";
export type {
  Dataset,
  DatasetSource,
  RecordSource,
  StreamedDataset,
  TableDescription,
  TokenDescription,
  TrainingData,
} from "./training-data.js";
export * from "./codecs/index.js";
export type { DigitOptions } from "./generated/digits.js";
export { type ParseOptions, parseDataset } from "./parse.js";
export type { ByteSource } from "./streaming/pieces.js";
export type { PointOptions } from "./generated/points.js";
export type { RecordFileOptions } from "./streaming/record-file.js";
export type { StreamOptions } from "./stream.js";
export type { CategoryColumn, ColumnSpec, LearnedColumn, Mode, NumberColumn } from "./tables/column-spec.js";
export type { Table } from "./tables/table.js";
export type { TokenLists, TokenMeaning } from "./token-lists.js";
export { lengthsOf, type TokenOptions } from "./tokens.js";
export { type EvaluationWindow, evaluationWindows, type WindowOptions } from "./windows.js";
