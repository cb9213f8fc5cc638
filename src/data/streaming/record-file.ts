/**
 * Records of an uncompressed IDX or .npy file by index, from any source of bytes: a Blob (a file dropped on a page), an
 * open file, ranges of a URL. Reads are in the order of the file; records close to each other are read together.
 */
import { BadFileError, UsageError } from "../../errors.js";
import { idxLayout, isIdx, refuseLabels } from "../formats/idx.js";
import { isNpy, npyLayout } from "../formats/npy.js";
import { checkOptions } from "../../options.js";
import { ColumnSums } from "../columns.js";
import { recordLength } from "../dataset.js";
import { isGzip } from "../formats/gzip.js";
import { checkImageOptions, fitImages, type ImageOptions, recordFit } from "../images/image-fit.js";
import { type ArrayLayout, emptyFile, promisedCount, recordShape, recordValues } from "../formats/numeric-array.js";
import { type ByteSource, blobBytes, readPieces } from "./pieces.js";
import { eachBlock, mapRecords, type StreamOptions, streamed } from "../stream.js";
import { isStreamed, type RecordSource, type StreamedDataset, type TrainingData } from "../training-data.js";
import type { WebBlob } from "../../web-types.js";

export interface RecordFileOptions
  extends Pick<StreamOptions, "name" | "range" | "labels" | "classes" | "source" | "bufferBytes"> {
  /** Shape of one record, to replace the file's own. */
  readonly shape?: readonly number[] | undefined;
  /** Size, colours and background of images; by default RGBA is blended over black to RGB. */
  readonly images?: ImageOptions | undefined;
}

const names = ["name", "range", "labels", "classes", "source", "bufferBytes", "shape", "images"];

/** Maximum length of a header: that of a .npy file has some hundred bytes. */
const headerBytes = 65_536;

/**
 * A data set whose records are read from a file during training; `parseDataset` describes the conversion of its
 * elements.
 * @param bytes a Blob (a File), or anything that reads bytes by offset
 * @throws BadFileError (as a rejection) for a file that breaks its format's rules, UsageError if it is compressed or in
 * Fortran order
 * @example (await datasets.streamFile(new Blob([Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 7, 9)]))).count // 2
 */
export async function streamFile(
  bytes: WebBlob | ByteSource,
  options: RecordFileOptions = {},
): Promise<StreamedDataset> {
  checkOptions("datasets.streamFile", options, names);
  if (options.images !== undefined) checkImageOptions(options.images);
  const from = bytes instanceof Blob ? blobBytes(bytes) : bytes;
  const { name = "data", images, range, labels, classes, source, bufferBytes } = options;
  const layout = layoutOf(await from.read(0, Math.min(headerBytes, from.size)), from.size, name);
  const { dtype } = layout;
  const shape = recordShape(layout.shape, name, options.shape);
  const described = {
    name,
    stream: recordsOf(from, layout, name),
    count: layout.shape[0] ?? 1,
    shape,
    dtype,
    ...(labels && { labels }),
    ...(classes !== undefined && { classes }),
    ...(source && { source }),
    ...(bufferBytes !== undefined && { bufferBytes }),
  };
  const { extent, columns } = await extentOf(streamed(described));
  const usual = dtype === "u8" && extent[1] === 1 ? ([0, 1] as const) : undefined;
  const wanted = range ?? usual;
  const data = streamed({ ...described, extent, columns, ...(wanted && { range: wanted }) });
  const rgba = dtype === "u8" && shape.length === 3 && shape[2] === 4;
  return images === undefined && !rgba ? data : fitStream(data, images ?? {});
}

/** The header, checked against the file's size. */
function layoutOf(head: Uint8Array, size: number, name: string): ArrayLayout {
  if (size === 0) throw emptyFile(name);
  if (isGzip(head))
    throw new UsageError(`${name}: a compressed file cannot be read in pieces`, {
      hint: "decompress it first: gunzip -k",
    });
  if (!isNpy(head) && !isIdx(head))
    throw new BadFileError(`${name}: only IDX and .npy files can be read in pieces`, {
      code: "ERR_FILE_FORMAT",
      hint: "save the records as one .npy array",
    });
  const layout = isNpy(head) ? npyLayout(head, name) : idxLayout(head, name);
  promisedCount(layout.shape, layout.elementBytes, size - layout.offset, name);
  if (isIdx(head)) refuseLabels(layout, name);
  if (layout.rowMajor) return layout;
  throw new UsageError(`${name}: records that are read in pieces must be in C order, found Fortran order`, {
    hint: "save the array in C order: numpy.save(path, numpy.ascontiguousarray(array))",
  });
}

/** Reads records and converts their elements to values. */
function recordsOf(from: ByteSource, layout: ArrayLayout, name: string): RecordSource {
  const { shape, offset, elementBytes, elements } = layout;
  const length = recordLength(shape.slice(1));
  const recordBytes = length * elementBytes;
  const read = async (indices: Int32Array) => {
    const raw = new Uint8Array(indices.length * recordBytes);
    const pieces = {
      count: indices.length,
      startOf: (i: number) => offset + indices[i] * recordBytes,
      lengthOf: () => recordBytes,
    };
    await readPieces(from, pieces, (i, piece) => raw.set(piece, i * recordBytes));
    const numberOf = (i: number) => indices[Math.floor(i / length)] * length + (i % length);
    return recordValues(elements(raw, numberOf), length, name, numberOf);
  };
  return { read, close: async () => from.close?.() };
}

/**
 * Lowest and highest raw value: the limits of the format for bytes, unless all are bits; the values that occur for f32.
 */
async function extentOf(data: StreamedDataset): Promise<Pick<StreamedDataset, "extent" | "columns">> {
  const sums = data.dtype === "f32" && data.shape.length === 1 ? new ColumnSums(data.shape[0]) : undefined;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  await eachBlock(data, (values) => {
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    sums?.add(values);
    // One byte above 1 is enough to know that the records are not bits.
    return data.dtype === "f32" || high <= 1;
  });
  const columns = sums?.columns();
  return {
    extent: data.dtype === "f32" ? [low, high] : high <= 1 ? [0, 1] : [0, 255],
    ...(columns && { columns }),
  };
}

/** `fitImages` for records that are read during training. */
export function fitStream(data: StreamedDataset, options: ImageOptions): StreamedDataset {
  const fit = recordFit(data, data.dtype === "u8", options);
  if (fit === undefined) return data;
  return mapRecords(data, { ...data, shape: fit.shape }, (record) => fit.apply(record as Uint8Array));
}

/** `fitImages` for any training data. */
export const fitAll = (data: TrainingData, options: ImageOptions): TrainingData =>
  isStreamed(data) ? fitStream(data, options) : fitImages(data, options);
