/**
 * NPZ, NumPy's file of several arrays: a zip file whose members are .npy files (numpy.savez, numpy.savez_compressed). Portable.
 */
import { BadFileError } from "../../errors.js";
import { mostClasses } from "../dataset.js";
import { elementCount, type NumericArray } from "./numeric-array.js";
import { parseNpy } from "./npy.js";
import { readMember, type ZipMember, zipMembers } from "./zip.js";

/** Names of the array of records, of which the first one that there is counts. */
const recordNames = ["x", "x_train", "images", "data", "arr_0"];
/** Names of the array of labels; likewise. */
const labelNames = ["y", "y_train", "labels", "arr_1"];

/** The labels that belong to records of a name. */
const partners: Readonly<Record<string, string>> = { x: "y", x_train: "y_train", images: "labels", data: "labels" };

/** Members that a message lists. */
const mostListed = 10;

/** What a file holds to learn from. */
export interface NpzData {
  readonly array: NumericArray;
  /** A class per record; undefined if no member has them. */
  readonly labels?: Int32Array;
}

/**
 * Reads the records of an NPZ file, and their labels if there are any. The records are its only array, or else the first of `x`,
 * `x_train`, `images`, `data` and `arr_0`. The labels are those that belong to them by name (`y_train` to `x_train`), otherwise the
 * first of `y`, `y_train`, `labels` and `arr_1` that has an integer from 0 for each record; others of these are no labels.
 * @param bytes the whole file
 * @param name used in messages
 * @throws BadFileError if the file is damaged, no zip file, or has no array of such a name, or the array cannot be read, or the labels
 *   that belong to the records are of another number
 */
export async function parseNpz(bytes: Uint8Array, name = "NPZ data"): Promise<NpzData> {
  const members = zipMembers(bytes, name);
  const arrays = new Map(
    members.filter((member) => /\.npy$/i.test(member.name)).map((member) => [member.name.slice(0, -4), member]),
  );
  const read = async (member: ZipMember) => parseNpy(await readMember(bytes, member, name), `${name}/${member.name}`);
  const records = arrays.size === 1 ? [...arrays.values()][0] : firstOf(recordNames, arrays);
  if (records === undefined) throw withoutRecords(name, members, [...arrays.keys()]);
  const array = await read(records);
  const partner = partners[records.name.slice(0, -4)];
  for (const label of partner === undefined ? labelNames : new Set([partner, ...labelNames])) {
    const member = arrays.get(label);
    if (member === undefined || member === records) continue;
    const found = await read(member);
    if (label === partner && found.shape[0] !== array.shape[0])
      throw new BadFileError(
        `${name}: ${label} must have ${array.shape[0]} labels like the records, found ${found.shape[0]}`,
        { code: "ERR_FILE_LABELS", hint: "give a label for each record, or leave the array out" },
      );
    const labels = labelsOf(found, array.shape[0]);
    if (labels !== undefined) return { array, labels };
  }
  return { array };
}

const firstOf = (names: readonly string[], arrays: ReadonlyMap<string, ZipMember>) =>
  arrays.get(names.find((one) => arrays.has(one)) ?? "");

/** The classes in an array [count] or [count, 1]; undefined if it holds something else. */
function labelsOf({ data, shape }: NumericArray, count: number): Int32Array | undefined {
  if (shape[0] !== count || elementCount(shape) !== count) return undefined;
  const isClass = (value: number) => Number.isInteger(value) && value >= 0 && value < mostClasses;
  return data.every(isClass) ? Int32Array.from(data) : undefined;
}

function withoutRecords(name: string, members: readonly ZipMember[], arrays: readonly string[]): BadFileError {
  const listed = (all: readonly string[]) =>
    `${all.slice(0, mostListed).join(", ") || "none"}${all.length > mostListed ? `, … (${all.length} in all)` : ""}`;
  if (arrays.length === 0)
    return new BadFileError(
      `${name}: an .npz file must have .npy members, found ${listed(members.map((member) => member.name))}`,
      { code: "ERR_FILE_FORMAT", hint: "save the arrays with numpy.savez or numpy.savez_compressed" },
    );
  return new BadFileError(`${name}: one array must be named ${recordNames.join(", ")}, found ${listed(arrays)}`, {
    code: "ERR_FILE_FORMAT",
    hint: "save the records alone, or under such a name: numpy.savez(path, x=records, y=labels)",
  });
}
