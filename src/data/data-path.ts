/**
 * Finds the data file for a path (the file itself, or the only one in a folder) and the file of its labels. Needs
 * node:fs.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { BadFileError, UsageError } from "../errors.js";
import { codeOf, fileError, readFolder } from "./formats/read-file.js";
import { nearest } from "../options.js";
import { builtinNames } from "./builtin.js";

/** Names of the MNIST family, with a hyphen or a dot before "idx", gzipped or not. */
const imageFile = { train: /^train-images[-.]idx3-ubyte(\.gz)?$/, test: /^t(est|10k)-images[-.]idx3-ubyte(\.gz)?$/ };
/** Arrays of records; one-dimensional IDX files hold labels. */
const arrayFile = /(\.(npy|npz|csv|tsv)|[-.]idx([2-9]|\d\d)(-\w+)?|\.idx)(\.gz)?$/i;

/** Whether a path ends like a file of records that `loadDataset` reads. */
export const isArrayFile = (path: string): boolean => arrayFile.test(path);

const known = `known data sets: ${builtinNames.join(", ")}; or a path: IDX, .npy, .npz, .csv or .parquet file, MNIST or PNG folder`;

/** The training or the test half of a folder of MNIST files. */
export type Part = keyof typeof imageFile;

/**
 * The data file for a path: the file itself, or the only one in a folder; undefined for a folder without one, which may
 * hold images.
 * @throws BadFileError if there is no such path, or more than one file
 */
export async function dataFile(path: string, part: Part): Promise<string | undefined> {
  const status = await stat(path).catch((error: unknown) => {
    throw codeOf(error) === "ENOENT" ? notFound(path) : fileError(path, error);
  });
  if (!status.isDirectory()) return path;
  const names = (await readFolder(path)).map(({ name }) => name);
  const images = names.find((name) => imageFile[part].test(name));
  if (images !== undefined) return join(path, images);
  const isHalf = (name: string) => Object.values(imageFile).some((half) => half.test(name));
  const arrays = names.filter((name) => arrayFile.test(name) && !isHalf(name));
  const pictures = names.filter((name) => /\.png$/i.test(name) && !name.startsWith("."));
  if (arrays.length === 1 && pictures.length > 0)
    throw new BadFileError(
      `${path}: the folder must contain either a data file or PNG images, found ${arrays[0]} and ${pictures.length} PNG images`,
      {
        code: "ERR_DIRECTORY_WITHOUT_DATA",
        hint: `give the path of the file, ${join(path, arrays[0])}, or move the images into a separate folder`,
      },
    );
  if (arrays.length <= 1) return arrays[0] && join(path, arrays[0]);
  throw new BadFileError(`${path}: the folder must contain one data file, found ${arrays.length}`, {
    code: "ERR_DIRECTORY_WITHOUT_DATA",
    hint: `give the path of one file: ${arrays.slice(0, 5).join(", ")}${arrays.length > 5 ? ", …" : ""}`,
  });
}

/**
 * The file of labels: train-labels-idx1-ubyte for train-images-idx3-ubyte, or for idx4 with a dimension of channels, either one
 * gzipped or not.
 */
export async function labelsBeside(path: string): Promise<string | undefined> {
  const match = /^(.*?)([^/\\]*)images([-.])idx[34]-ubyte(\.gz)?$/.exec(path);
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

/** The error for a folder without training data. */
export async function withoutData(folder: string, part: Part): Promise<BadFileError> {
  const { length } = await readFolder(folder);
  return new BadFileError(`${folder}: directory without data (${length} entries, no ${part} set among them)`, {
    code: "ERR_DIRECTORY_WITHOUT_DATA",
    hint: "it needs train-images-idx3-ubyte(.gz), one IDX, .npy, .npz or .csv file, or PNG images, with or without class folders",
  });
}

/**
 * The error for a missing source: a single word is treated as a misspelt name; anything with a separator or a file
 * extension as a path.
 */
function notFound(source: string): BadFileError | UsageError {
  const near = nearest(source, builtinNames);
  const hint = near === undefined ? known : `did you mean ${near}? ${known}`;
  if (/[/\\.]/.test(source)) {
    return new BadFileError(`${source}: no such file or directory`, { code: "ERR_FILE_NOT_FOUND", hint });
  }
  return new UsageError(`data: no data set or file is named ${JSON.stringify(source)}`, {
    code: "ERR_UNKNOWN_DATA",
    hint,
  });
}
