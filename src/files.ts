/** `genloom/files`: data sets from disk, and samples as images, for hosts with `node:fs`: Node, Deno, Bun. */
import type { Dataset } from "./data/training-data.js";
import { encodePng } from "./data/formats/png.js";
import { isImage, sheet } from "./report/preview.js";
import { shapeText } from "./graph/shape.js";
import type { Values } from "./graph/values.js";

export type { LoadOptions } from "./data/load.js";
export { loadSource as loadDataset, openSource as openDataset } from "./domains/load.js";
export { closeData, type Dataset, type StreamedDataset, type TrainingData } from "./data/training-data.js";
export type { SequenceReading } from "./domains/data-of.js";
export type { SequenceForm } from "./domains/domain.js";
export type { OpenOptions, TableReading } from "./domains/load.js";
export type { DataPart } from "./domains/part-name.js";
export type { ColumnWish } from "./domains/tables/infer-columns.js";
export type * as types from "./types.js";

/**
 * Samples as the bytes of a PNG file: all on one sheet, small ones enlarged.
 * @param samples [n, height, width] or [n, height, width, 1, 3 or 4], in the normalised values of `data`
 * @param data the training data of the model: its range of values is mapped to black and white
 * @throws RangeError if samples are not images
 * @example [...samplesPng(new Values(new Float32Array(2 * 64), [2, 8, 8, 1]), datasets.from({ records: new Uint8Array(64), shape: [8, 8, 1] })).subarray(1, 4)] // [80, 78, 71]
 * @example samplesPng(new Values(new Float32Array(4), [2, 2]), datasets.ring({ count: 10 })) // throws samplesPng: images must have shape [n, height, width] or [n, height, width, 1, 3 or 4], found [2, 2]
 */
export function samplesPng(
  { data: values, shape }: Values,
  { extent, scale, shift }: Pick<Dataset, "extent" | "scale" | "shift">,
): Uint8Array {
  const record = shape.slice(1);
  if (!isImage(record))
    throw new RangeError(
      `samplesPng: images must have shape [n, height, width] or [n, height, width, 1, 3 or 4], found ${shapeText(shape)}`,
    );
  return encodePng(sheet(values, record, { extent, scale, shift }));
}
