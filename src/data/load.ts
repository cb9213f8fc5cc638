/** Data sets by built-in name or by path: files and folders on disk. Needs Node (or Deno, or Bun): node:fs. */
import { stat } from "node:fs/promises";
import { UsageError } from "../errors.js";
import { checkOptions, textOf } from "../options.js";
import { openFile, readWhole } from "./formats/read-file.js";
import { type BuiltinName, type BuiltinOptions, builtin, isBuiltinName } from "./builtin.js";
import { dataFile, labelsBeside, type Part, withoutData } from "./data-path.js";
import { labelling, take, withRange } from "./dataset.js";
import type { Dataset, StreamedDataset, TrainingData } from "./training-data.js";
import { checkImageOptions, fitImages } from "./images/image-fit.js";
import { checkRange, type ParseOptions, parseDataset, parseLabels } from "./parse.js";
import { fromPngFolder, type PngFolderOptions } from "./formats/png-folder.js";
import { streamFile } from "./streaming/record-file.js";
import { inMemory } from "./stream.js";

export interface LoadOptions
  extends BuiltinOptions,
    Pick<ParseOptions, "shape" | "range" | "label" | "header" | "images"> {
  /** The training or the test half of a folder of MNIST files; default "train". */
  part?: Part;
  /** Called with the images of a folder that cannot be used, which are then left out; without it they are an error. */
  skipBad?: PngFolderOptions["skipBad"];
}

const names = ["count", "seed", "size", "shape", "range", "label", "header", "images", "part", "skipBad"];

/**
 * Loads a data set.
 * @param source a built-in name (which takes precedence over a file of that name: write ./digits for the file), a file
 * (IDX, .npy, .npz, .csv, each also .gz) or a folder (MNIST files, PNG images, or one IDX, .npy, .npz or .csv file)
 * @param options `count` limits the records of a file, or sets the number of records of a built-in set
 * @throws UsageError for an unknown name, BadFileError for any fault of a file or folder
 * @example (await loadDataset("bars", { count: 5 })).count // 5
 */
export async function loadDataset(source: string, options: LoadOptions = {}): Promise<Dataset> {
  checkOptions("loadDataset", options, names);
  return inMemory(await open(source, options, Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
}

/** Records of more bytes than this are read from disk during training by default, to leave memory for the model. */
const mostInMemory = 2 ** 30;

/**
 * Loads a data set, or opens it to be read during training: if `stream` says so, or if its file (unless compressed or a
 * table) or the images of its folder exceed a gibibyte. Images are first converted to records in a temporary file,
 * which is deleted when the data set is closed. Labels are always loaded.
 * @throws as `loadDataset`; UsageError if `stream` is set for a built-in data set or a compressed file; BadFileError if
 * its format cannot be read during training (tables; .npy in Fortran order, even without `stream`) or the disk has no
 * space for the images' records
 */
export async function openDataset(
  source: string,
  options: LoadOptions & { readonly stream?: boolean | undefined } = {},
): Promise<TrainingData> {
  checkOptions("openDataset", options, [...names, "stream"]);
  const { stream, ...rest } = options;
  return open(source, rest, stream ? 0 : mostInMemory);
}

/** Reads data of more than `most` bytes during training; all data if `most` is 0. */
async function open(source: string, options: LoadOptions, most: number): Promise<TrainingData> {
  const { count, range, images, part = "train" } = options;
  if (typeof source !== "string")
    throw new TypeError(`loadDataset: source must be a name or a path, found ${textOf(source)}`);
  if (images !== undefined) checkImageOptions(images);
  if (count !== undefined && !(Number.isInteger(count) && count >= 1)) {
    throw new UsageError(`data set ${source}: count must be an integer >= 1, found ${count}`, {
      hint: "leave out count to take all records",
    });
  }
  if (range !== undefined) checkRange(source, range);
  if (isBuiltinName(source)) {
    if (most > 0) return make(source, options);
    throw new UsageError(`${source}: only a file of records can be streamed`, {
      hint: "--stream needs an IDX or .npy file, or a folder with one or with PNG images",
    });
  }
  const file = await dataFile(source, part);
  const data =
    file === undefined
      ? await fromPngFolder(source, { ...options, mostInMemory: most })
      : (await isForDisk(file, most))
        ? await streamedFile(file, options)
        : await fromFile(file, options);
  if (data === undefined) throw await withoutData(source, part);
  return count === undefined ? data : take(data, count);
}

/**
 * Compressed files and tables cannot be read in pieces: they are tried only if `stream` asks for it, which gives an
 * error.
 */
const isForDisk = async (file: string, most: number): Promise<boolean> =>
  most === 0 || (!/\.(gz|npz|csv|tsv)$/i.test(file) && (await stat(file)).size > most);

async function streamedFile(path: string, { shape, range, images }: LoadOptions): Promise<StreamedDataset> {
  const bytes = await openFile(path);
  try {
    const data = await streamFile(bytes, {
      name: path,
      shape,
      images,
      ...(range && { range }),
      source: { kind: "file", path },
    });
    const labelsPath = await labelsBeside(path);
    if (labelsPath === undefined) return data;
    const labels = await parseLabels(await readWhole(labelsPath), data.count, labelsPath);
    return Object.freeze({ ...data, ...labelling(path, data.count, { labels }) });
  } catch (error) {
    await bytes.close?.();
    throw error;
  }
}

/** Options come from a command line or a configuration, so an invalid one is a usage error. */
function make(name: BuiltinName, options: LoadOptions): Dataset {
  try {
    // Options for folders are ignored; options for tables are rejected as unknown.
    const { images, range, part: _part, skipBad: _skipBad, ...own } = options;
    const made = builtin[name](own);
    const data = images === undefined ? made : fitImages(made, images);
    return range === undefined ? data : withRange(data, ...range);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(cause.message, {
      hint: "see the options of built-in data sets: count, seed, size, range",
      cause,
    });
  }
}

async function fromFile(path: string, options: LoadOptions): Promise<Dataset> {
  const bytes = await readWhole(path);
  const labelsPath = await labelsBeside(path);
  const labels = labelsPath === undefined ? {} : { labels: await readWhole(labelsPath), labelsName: labelsPath };
  const { shape, range, label, header, images } = options;
  return parseDataset(bytes, {
    name: path,
    ...labels,
    ...(shape === undefined ? {} : { shape }),
    ...(range === undefined ? {} : { range }),
    ...(label === undefined ? {} : { label }),
    ...(header === undefined ? {} : { header }),
    ...(images === undefined ? {} : { images }),
    source: { kind: "file", path },
  });
}
