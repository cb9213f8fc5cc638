/** Files that describe the columns of a table, as `genloom inspect DATA` prints them. */
import { readWhole } from "../data/formats/read-file.js";
import type { ColumnWish } from "../domains/tables/infer-columns.js";
import { checkColumnSpecs } from "../data/tables/check-columns.js";
import { BadFileError } from "../errors.js";

/** The columns of a file: a JSON list, or an object with the list `columns`. Throws BadFileError if it is none. */
export async function readColumns(path: string): Promise<readonly ColumnWish[]> {
  const text = new TextDecoder().decode(await readWhole(path));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BadFileError(`${path}: not JSON`, {
      code: "ERR_FILE_FORMAT",
      hint: "genloom inspect DATA prints such a file",
      cause,
    });
  }
  const list = Array.isArray(value) ? value : (value as { columns?: unknown } | null)?.columns;
  checkColumnSpecs(path, list);
  return list;
}
