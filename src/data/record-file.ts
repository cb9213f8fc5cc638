/**
 * Records of an uncompressed IDX or .npy file by index, wherever its bytes can be read in pieces: a Blob (a file that was
 * dropped on a page), an open file, ranges of a URL. Reads come in the order of the file, close ones together.
 */
import { BadFileError, UsageError } from "../errors.js";
import { idxLayout, isIdx } from "../io/idx.js";
import { isNpy, npyLayout } from "../io/npy.js";
import { recordLength } from "./dataset.js";
import { isGzip } from "./gzip.js";
import { fitImages, type ImageOptions, recordFit } from "./image-fit.js";
import { type ArrayLayout, elementCount, emptyFile, promisedCount } from "./numeric-array.js";
import {
  eachBlock,
  isStreamed,
  mapRecords,
  type RecordSource,
  type StreamedDataset,
  streamed,
  type StreamOptions,
  type TrainingData,
} from "./stream.js";

/** Bytes that can be read in pieces. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  close?(): Promise<void>;
}

export interface RecordFileOptions
  extends Pick<StreamOptions, "name" | "range" | "labels" | "classes" | "source" | "bufferBytes"> {
  /** Size, colours and background of images; RGBA becomes RGB over black where not given. */
  readonly images?: ImageOptions | undefined;
}

/** Longest header that is looked for: that of a .npy file is some hundred bytes. */
const headerBytes = 65_536;
/** Reading this much in vain costs no more than another read. */
const mostGap = 16_384;
const mostRun = 2 ** 20;

/** A Blob's bytes in pieces. */
export const blobBytes = (blob: Blob): ByteSource => ({
  size: blob.size,
  read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
});

/**
 * A streamed data set of a file's records; see `parseDataset` for what its elements become.
 * @param bytes a Blob (a File), or anything that reads bytes by offset
 * @throws BadFileError (as a rejection) for a file that breaks its format's rules, UsageError where it is packed or its
 * elements are neither bytes nor f32 in the order of this machine
 * @example (await datasets.streamFile(new Blob([Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 7, 9)]))).count // 2
 */
export async function streamFile(bytes: Blob | ByteSource, options: RecordFileOptions = {}): Promise<StreamedDataset> {
  const from = bytes instanceof Blob ? blobBytes(bytes) : bytes;
  const { name = "data", images, range, labels, classes, source, bufferBytes } = options;
  const { dtype, shape, offset } = layoutOf(await from.read(0, Math.min(headerBytes, from.size)), from.size, name);
  const [count, ...rest] = shape;
  const own = rest.length === 0 ? [1] : rest.length === 2 ? [...rest, 1] : rest;
  const stream = recordsOf(from, offset, elementCount(own), dtype);
  const described = {
    name,
    stream,
    count,
    shape: own,
    dtype,
    ...(labels && { labels }),
    ...(classes !== undefined && { classes }),
    ...(source && { source }),
    ...(bufferBytes !== undefined && { bufferBytes }),
  };
  const extent = await extentOf(streamed(described), name);
  const usual = dtype === "u8" && extent[1] === 1 ? ([0, 1] as const) : undefined;
  const wanted = range ?? usual;
  const data = streamed({ ...described, extent, ...(wanted && { range: wanted }) });
  const rgba = dtype === "u8" && own.length === 3 && own[2] === 4;
  return images === undefined && !rgba ? data : fitStream(data, images ?? {});
}

/** The header, checked against the file's size. */
function layoutOf(head: Uint8Array, size: number, name: string): ArrayLayout & { readonly dtype: "u8" | "f32" } {
  if (size === 0) throw emptyFile(name);
  if (isGzip(head))
    throw new UsageError(`${name}: a packed file cannot be read in pieces`, { hint: "unpack it first: gunzip -k" });
  if (!isNpy(head) && !isIdx(head))
    throw new BadFileError(`${name}: only IDX and .npy files are read in pieces`, {
      code: "ERR_FILE_FORMAT",
      hint: "save the records as one .npy array",
    });
  const layout = isNpy(head) ? npyLayout(head, name) : idxLayout(head, name);
  const { dtype, shape, offset, elementBytes } = layout;
  promisedCount(shape, elementBytes, size - offset, name);
  if (dtype !== undefined) return { ...layout, dtype };
  throw new UsageError(`${name}: records that are read in pieces are bytes or little-endian f32, row by row`, {
    hint: "save the array as uint8 or <f4, in C order",
  });
}

/** Reads records, close ones in one piece. */
function recordsOf(from: ByteSource, offset: number, length: number, dtype: "u8" | "f32"): RecordSource {
  const recordBytes = length * (dtype === "u8" ? 1 : 4);
  const read = async (indices: Int32Array) => {
    const out = new Uint8Array(indices.length * recordBytes);
    const byPlace = Uint32Array.from(indices.keys()).sort((a, b) => indices[a] - indices[b]);
    const pieces: Promise<void>[] = [];
    for (let first = 0, end = 0; first < byPlace.length; first = end) {
      const start = indices[byPlace[first]];
      for (end = first + 1; end < byPlace.length; end++) {
        const gap = (indices[byPlace[end]] - indices[byPlace[end - 1]] - 1) * recordBytes;
        if (gap > mostGap || (indices[byPlace[end]] + 1 - start) * recordBytes > mostRun) break;
      }
      const run = byPlace.subarray(first, end);
      const bytes = (indices[run[run.length - 1]] + 1 - start) * recordBytes;
      pieces.push(
        from.read(offset + start * recordBytes, bytes).then((piece) => {
          for (const i of run) {
            const at = (indices[i] - start) * recordBytes;
            out.set(piece.subarray(at, at + recordBytes), i * recordBytes);
          }
        }),
      );
    }
    await Promise.all(pieces);
    return dtype === "u8" ? out : new Float32Array(out.buffer);
  };
  return { read, close: async () => from.close?.() };
}

/** What the format allows for bytes, unless they are bits; what occurs for f32, all of it finite. */
async function extentOf(data: StreamedDataset, name: string): Promise<readonly [low: number, high: number]> {
  const length = recordLength(data.shape);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  await eachBlock(data, (values, first) => {
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value - value !== 0)
        throw new BadFileError(
          `${name}: record ${first + Math.floor(i / length)}, index ${i % length}: ${value} is not a finite number`,
          {
            code: "ERR_FILE_VALUE",
            hint: "replace or drop records with such values",
          },
        );
      if (value < low) low = value;
      if (value > high) high = value;
    }
    // Bytes above 1 tell all there is to know.
    return data.dtype === "f32" || high <= 1;
  });
  return data.dtype === "f32" ? [low, high] : high <= 1 ? [0, 1] : [0, 255];
}

/** `fitImages` for records on their way. */
export function fitStream(data: StreamedDataset, options: ImageOptions): StreamedDataset {
  const fit = recordFit(data, data.dtype === "u8", options);
  if (fit === undefined) return data;
  return mapRecords(data, { ...data, shape: fit.shape }, (record) => fit.apply(record as Uint8Array));
}

/** The same for records wherever they are. */
export const fitAll = (data: TrainingData, options: ImageOptions): TrainingData =>
  isStreamed(data) ? fitStream(data, options) : fitImages(data, options);
