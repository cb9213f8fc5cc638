/**
 * Data sets from the bytes of a file, whatever their origin: a disk, a fetch, a file dropped on a page. Formats: IDX,
 * NPY, NPZ and CSV, each also gzipped. Portable; load.ts adds paths and folders for Node.
 */
import { BadFileError, UsageError } from "../errors.js";
import type { CsvOptions, CsvTable } from "./formats/csv.js";
import { isIdx, parseUnpackedIdx, refuseLabels } from "./formats/idx.js";
import { isNpy, parseNpy } from "./formats/npy.js";
import type { NpzData } from "./formats/npz.js";
import { isZip } from "./formats/zip-signature.js";
import { checkOptions } from "../options.js";
import { columnsOf } from "./columns.js";
import { dataset, mostClasses, recordLength } from "./dataset.js";
import type { Dataset, DatasetSource } from "./training-data.js";
import { gunzip } from "./formats/gzip.js";
import { checkImageOptions, fitImages, type ImageOptions } from "./images/image-fit.js";
import { emptyFile, type NumericArray, recordShape, recordValues } from "./formats/numeric-array.js";

export interface ParseOptions {
  /** File name: used in messages; its extension gives the format if the bytes do not. */
  name?: string;
  /** Shape of one record, to replace the file's own: [8, 8, 1] for a table of 64 columns. */
  shape?: readonly number[];
  /** Normalised range; see `dataset`. */
  range?: readonly [low: number, high: number];
  /** Bytes of a second file, IDX or NPY, with one label per record. */
  labels?: Uint8Array;
  /** Name used in messages about the labels. */
  labelsName?: string;
  /** Column of the labels in a CSV file; see `CsvOptions`. */
  label?: CsvOptions["label"];
  /** Whether a CSV file's first line names the columns; see `CsvOptions`. */
  header?: boolean;
  /** Size, colours and background of images; by default RGBA is blended over black to RGB. */
  images?: ImageOptions;
  source?: DatasetSource;
}

const names = ["name", "shape", "range", "labels", "labelsName", "label", "header", "images", "source"];

const formatHint = "known formats: IDX, .npy, .npz, .csv (each may be gzipped), or a folder of PNG images";

/**
 * Creates a data set from the bytes of a file. Images [n, h, w] become records [h, w, 1]; u8 and boolean elements stay
 * u8, all others become f32. u8 files that hold only 0 and 1 are treated as binary: their range is 0 to 1, not 0 to
 * 255. f32 records of one axis are a table of features, each column with its own scale (see `standardise`), unless all
 * values are bits, or there are 64 or more columns and all values are integers from 0 to 255: pixels. u8 images
 * [n, h, w, 4] are RGBA and are blended over black to RGB, unless `images` says otherwise. Of the arrays of an NPZ file `parseNpz`
 * tells which are the records and the labels.
 * @throws BadFileError for a file that breaks its format's rules, UsageError for options that do not fit the file
 * @example (await datasets.parse(new TextEncoder().encode("1,2\n3,4\n5,6\n"), { name: "points.csv" })).count // 3
 */
export async function parseDataset(bytes: Uint8Array, options: ParseOptions = {}): Promise<Dataset> {
  checkOptions("datasets.parse", options, names);
  if (options.images !== undefined) checkImageOptions(options.images);
  const name = options.name ?? "data";
  if (options.range !== undefined) checkRange(name, options.range);
  if (bytes.length === 0) throw emptyFile(name);
  const unpacked = await gunzip(bytes, name);
  const format = formatOf(name, unpacked);
  if (format === "csv") return fromCsv(unpacked, name, options);
  const { array, labels: own } = await arraysOf(format, unpacked, name);
  const labels =
    options.labels === undefined ? own : await parseLabels(options.labels, array.shape[0], options.labelsName);
  return fromArray(array, name, options, labels && { labels });
}

async function arraysOf(format: "idx" | "npy" | "npz", bytes: Uint8Array, name: string): Promise<NpzData> {
  if (format === "npz") return (await import("./formats/npz.js")).parseNpz(bytes, name);
  if (format === "npy") return { array: parseNpy(bytes, name) };
  const array = parseUnpackedIdx(bytes, name);
  refuseLabels(array, name);
  return { array };
}

/** Throws a UsageError unless the range is two finite numbers with low < high. */
export function checkRange(name: string, [low, high]: readonly [low: number, high: number]): void {
  if (low < high && high - low < Number.POSITIVE_INFINITY) return;
  throw new UsageError(`${name}: range must be two rising finite numbers, found [${low}, ${high}]`, {
    hint: "[0, 1] suits Bernoulli likelihoods, [-1, 1] generators that end in tanh",
  });
}

/** The format by the file extension, because that is what the user meant; without a known one, by the first bytes. */
function formatOf(name: string, bytes: Uint8Array): "idx" | "npy" | "npz" | "csv" {
  const plain = name.toLowerCase().replace(/\.gz$/, "");
  if (plain.endsWith(".npy")) return "npy";
  if (plain.endsWith(".npz")) return "npz";
  if (/\.(csv|tsv)$/.test(plain)) return "csv";
  if (/idx\d+-\w+$|\.idx\d*$/.test(plain)) return "idx";
  if (isNpy(bytes)) return "npy";
  if (isZip(bytes)) return "npz";
  if (isIdx(bytes)) return "idx";
  if (/\.(txt|data|dat)$/.test(plain)) return "csv";
  throw new BadFileError(`${name}: format not recognised`, { code: "ERR_FILE_FORMAT", hint: formatHint });
}

async function fromCsv(bytes: Uint8Array, name: string, options: ParseOptions): Promise<Dataset> {
  const zero = bytes.subarray(0, 4096).indexOf(0);
  if (zero >= 0) {
    throw new BadFileError(`${name}: not a text file: byte ${zero} is 0`, {
      code: "ERR_FILE_FORMAT",
      hint: formatHint,
    });
  }
  const { label, header } = options;
  const { parseCsv } = await import("./formats/csv.js");
  const table = parseCsv(new TextDecoder().decode(bytes), {
    name,
    ...(label === undefined ? {} : { label }),
    ...(header === undefined ? {} : { header }),
  });
  const { data, rows, columns, ...named } = table;
  return fromArray({ data, shape: [rows, columns] }, name, options, named);
}

/** One label per record, from the bytes of an IDX or NPY file. Throws BadFileError if their number differs. */
export async function parseLabels(bytes: Uint8Array, count: number, name = "labels"): Promise<Int32Array> {
  const unpacked = await gunzip(bytes, name);
  const { data, shape } = isNpy(unpacked) ? parseNpy(unpacked, name) : parseUnpackedIdx(unpacked, name);
  const hint = "give the labels that belong to these images, numbered from 0";
  if (shape.length !== 1 || data.length !== count) {
    throw new BadFileError(`${name}: ${count} records must have ${count} labels, found [${shape.join(", ")}]`, {
      code: "ERR_FILE_LABELS",
      hint,
    });
  }
  const wrong = data.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= mostClasses);
  if (wrong >= 0) {
    throw new BadFileError(
      `${name}: label ${wrong} must be an integer from 0 to ${mostClasses - 1}, found ${data[wrong]}`,
      {
        code: "ERR_FILE_LABELS",
        hint,
      },
    );
  }
  return Int32Array.from(data);
}

function fromArray(
  array: NumericArray,
  name: string,
  options: ParseOptions,
  { labels, classNames, names }: Pick<CsvTable, "labels" | "classNames" | "names"> = {},
): Dataset {
  const [count = 1] = array.shape;
  const { range, source } = options;
  const shape = recordShape(array.shape, name, options.shape);
  const records = recordValues(array.data, recordLength(shape), name);
  const binary = records instanceof Uint8Array && records.every((value) => value <= 1);
  const data = dataset({
    name,
    records,
    count,
    shape,
    columns: columnsOf(records, shape, names),
    ...(binary ? { extent: [0, 1], range: [0, 1] } : {}),
    ...(range === undefined ? {} : { range }),
    ...(labels === undefined ? {} : { labels }),
    ...(classNames === undefined ? {} : { classNames }),
    ...(source === undefined ? {} : { source }),
  });
  const rgba = records instanceof Uint8Array && shape.length === 3 && shape[2] === 4;
  const { images = rgba ? {} : undefined } = options;
  return images === undefined ? data : fitImages(data, images);
}
