/** Data sets by built-in name or by path: files and folders of a disk. Needs Node (or Deno, or Bun): node:fs. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { BadFileError, type ErrorCode, GenloomError, UsageError } from "../errors.js";
import { type BuiltinName, type BuiltinOptions, builtin, builtinNames, isBuiltinName } from "./builtin.js";
import { type Dataset, take, withRange } from "./dataset.js";
import { fitImages } from "./image-fit.js";
import { openFile } from "../io/open-file.js";
import { checkRange, type ParseOptions, parseDataset, parseLabels } from "./parse.js";
import { fromPngFolder, type PngFolderOptions } from "./png-folder.js";
import { streamFile } from "./record-file.js";
import { takeStream, type TrainingData } from "./stream.js";

export interface LoadOptions
  extends BuiltinOptions,
    Pick<ParseOptions, "shape" | "range" | "label" | "header" | "images"> {
  /** Which half of a folder of MNIST files; default "train". */
  part?: "train" | "test";
  /** Leaves out images of a folder that cannot be used, and is told of them; without it they are an error. */
  skipBad?: PngFolderOptions["skipBad"];
}

/** Names of the MNIST family, with a hyphen or a dot before "idx", gzipped or not. */
const imageFile = { train: /^train-images[-.]idx3-ubyte(\.gz)?$/, test: /^t(est|10k)-images[-.]idx3-ubyte(\.gz)?$/ };
/** Arrays of records; IDX of one dimension holds labels. */
const arrayFile = /(\.(npy|csv|tsv)|[-.]idx([2-9]|\d\d)(-\w+)?|\.idx)(\.gz)?$/i;
const known = `known data sets: ${builtinNames.join(", ")}; or a path: IDX, .npy or .csv file, MNIST or PNG folder`;

/**
 * Loads a data set.
 * @param source a built-in name (which wins over a file of that name: write ./digits for the file), a file (IDX, .npy, .csv, each also .gz) or a folder (MNIST files, PNG images, or one
 * IDX, .npy or .csv file)
 * @param options `count` keeps the first records of a file, or makes as many of a built-in set
 * @throws UsageError for an unknown name, BadFileError for everything that a file or folder can do wrong
 * @example (await loadDataset("bars", { count: 5 })).count // 5
 */
export async function loadDataset(source: string, options: LoadOptions = {}): Promise<Dataset> {
  const { count } = options;
  if (count !== undefined && !(Number.isInteger(count) && count >= 1)) {
    throw new UsageError(`data set ${source}: count must be a positive integer, got ${count}`, {
      hint: "leave count out to take all records",
    });
  }
  if (options.range !== undefined) checkRange(source, options.range);
  if (isBuiltinName(source)) return make(source, options);
  const status = await stat(source).catch((error: unknown) => {
    throw codeOf(error) === "ENOENT" ? notFound(source) : fileError(source, error);
  });
  const data = status.isDirectory() ? await fromFolder(source, options) : await fromFile(source, options);
  return count === undefined ? data : take(data, count);
}

/** From this size on a file is streamed without being asked: larger ones do not fit beside a model for long. */
const largeFile = 2 ** 30;

/**
 * Loads a data set, or opens it to be read during training: where `stream` asks for it, or where its file is larger than
 * a gibibyte and not packed. Labels are loaded in any case.
 * @throws as `loadDataset`; UsageError where what was asked to be streamed cannot be
 */
export async function openDataset(
  source: string,
  options: LoadOptions & { readonly stream?: boolean | undefined } = {},
): Promise<TrainingData> {
  const { stream, count, range, images } = options;
  const path = isBuiltinName(source) ? undefined : await onlyFile(source, options.part ?? "train");
  const size = path === undefined ? 0 : (await stat(path)).size;
  if (!stream && (size <= largeFile || path?.endsWith(".gz"))) return loadDataset(source, options);
  if (path === undefined)
    throw new UsageError(`${source}: only a file of records can be streamed`, {
      hint: "--stream is for an IDX or .npy file, or a folder with one",
    });
  const bytes = await openFile(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const labelsPath = await labelsBeside(path);
  const own = { name: path, images, source: { kind: "file", path } as const, ...(range && { range }) };
  const data = await streamFile(bytes, own);
  const labels = labelsPath && (await parseLabels(await read(labelsPath), data.count, labelsPath));
  const classes = labels && { labels, classes: labels.reduce((most, label) => Math.max(most, label), 0) + 1 };
  return takeStream(Object.freeze({ ...data, ...(classes || {}) }), count ?? data.count);
}

/** The file that a path stands for: itself, or the only one of a folder's that is taken; undefined where there is none. */
async function onlyFile(path: string, part: "train" | "test"): Promise<string | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isDirectory()) return status && path;
  const { images, arrays } = await contents(path, part);
  const file = images ?? (arrays.length === 1 ? arrays[0] : undefined);
  return file && join(path, file);
}

/** Options come from a command line or a configuration here, so what breaks their rules is a matter of usage. */
function make(name: BuiltinName, options: LoadOptions): Dataset {
  try {
    const made = builtin[name](options);
    const data = options.images === undefined ? made : fitImages(made, options.images);
    return options.range === undefined ? data : withRange(data, ...options.range);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(cause.message, {
      hint: "see the options of built-in data sets: count, seed, size, range",
      cause,
    });
  }
}

/** What the host said about a file, as one line with code and hint. */
export function fileError(path: string, error: unknown): BadFileError {
  const code = codeOf(error);
  const [rule, name, hint]: [string, ErrorCode, string] =
    code === "EACCES" || code === "EPERM"
      ? ["permission denied", "ERR_FILE_UNREADABLE", "make the file readable (chmod u+r), or a copy of your own"]
      : code === "ENOENT"
        ? ["no such file or directory", "ERR_FILE_NOT_FOUND", "check the path"]
        : code === "ERR_FS_FILE_TOO_LARGE"
          ? ["larger than 2 GiB", "ERR_FILE_TOO_LARGE", "split the file, or keep fewer records"]
          : [`cannot be read (${code || String(error)})`, "ERR_FILE_UNREADABLE", "check the path and the disk"];
  return new BadFileError(`${path}: ${rule}`, { code: name, hint, cause: error });
}

async function read(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
}

async function fromFile(path: string, options: LoadOptions): Promise<Dataset> {
  const bytes = await read(path);
  const labelsPath = await labelsBeside(path);
  const labels = labelsPath === undefined ? {} : { labels: await read(labelsPath), labelsName: labelsPath };
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

/** train-images-idx3-ubyte goes with train-labels-idx1-ubyte, either of them gzipped or not. */
async function labelsBeside(path: string): Promise<string | undefined> {
  const match = /^(.*?)([^/\\]*)images([-.])idx3-ubyte(\.gz)?$/.exec(path);
  if (match === null) return undefined;
  const plain = `${match[1]}${match[2]}labels${match[3]}idx1-ubyte`;
  for (const candidate of [plain, `${plain}.gz`]) {
    const found = await stat(candidate).then(
      (status) => status.isFile(),
      () => false,
    );
    if (found) return candidate;
  }
  return undefined;
}

/** What a folder holds: its images of the MNIST family, and its arrays of records. */
async function contents(
  folder: string,
  part: "train" | "test",
): Promise<{ names: string[]; images: string | undefined; arrays: string[] }> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fileError(folder, error);
  });
  return {
    names: names.sort(),
    images: names.find((name) => imageFile[part].test(name)),
    arrays: names.filter((name) => arrayFile.test(name) && !imageFile.test.test(name)),
  };
}

async function fromFolder(folder: string, options: LoadOptions): Promise<Dataset> {
  const part = options.part ?? "train";
  const { names, images, arrays } = await contents(folder, part);
  if (images !== undefined) return fromFile(join(folder, images), options);
  if (arrays.length === 1) return fromFile(join(folder, arrays[0]), options);
  if (arrays.length > 1) {
    throw new BadFileError(`${folder}: holds ${arrays.length} data files, needs one`, {
      code: "ERR_DIRECTORY_WITHOUT_DATA",
      hint: `name the file: ${arrays.slice(0, 5).join(", ")}${arrays.length > 5 ? ", …" : ""}`,
    });
  }
  const pictures = await fromPngFolder(folder, read, options).catch((error: unknown) => {
    throw error instanceof GenloomError ? error : fileError(folder, error);
  });
  if (pictures !== undefined) return pictures;
  throw new BadFileError(`${folder}: directory without data (${names.length} entries, no ${part} set among them)`, {
    code: "ERR_DIRECTORY_WITHOUT_DATA",
    hint: "needs train-images-idx3-ubyte(.gz), one IDX, .npy or .csv file, or PNG images, in folders by class or not",
  });
}

/** A word is taken for a misspelt name, anything with a separator or an ending for a path. */
function notFound(source: string): BadFileError | UsageError {
  const near = builtinNames.find((name) => editDistance(name, source.toLowerCase()) <= (name.length > 4 ? 2 : 1));
  const hint = near === undefined ? known : `did you mean ${near}? ${known}`;
  if (/[/\\.]/.test(source)) {
    return new BadFileError(`${source}: no such file or directory`, { code: "ERR_FILE_NOT_FOUND", hint });
  }
  return new UsageError(`no data set and no file is named ${JSON.stringify(source)}`, {
    code: "ERR_UNKNOWN_DATA",
    hint,
  });
}

/** Insertions, deletions and substitutions between two words (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}
