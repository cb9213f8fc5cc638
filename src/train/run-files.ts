/** The files of a run as such: reading them, their JSON, the versions of their formats. Needs node:fs. */
import { readFile } from "node:fs/promises";
import { BadFileError } from "../errors.js";
import { fileError } from "../data/formats/read-file.js";

/** A value as the text of a JSON file. */
export const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;

/** `step-00000500` */
export const stepName = (step: number) => `step-${String(step).padStart(8, "0")}`;

/** The bytes of a file. Throws BadFileError if it cannot be read. */
export async function read(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
}

/** The value of a JSON file. Throws BadFileError if it is not JSON. */
export function parse(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new BadFileError(`${file}: corrupt: not JSON`, {
      code: "ERR_FILE_CORRUPT",
      hint: "restore the file from a copy",
      cause,
    });
  }
}

/** Throws BadFileError if the value is of another format than `format`, or of another version than `known`. */
export function requireFormat(value: unknown, format: string, known: number, file: string): void {
  const found = typeof value === "object" && value !== null ? (value as { format?: unknown; version?: unknown }) : {};
  if (found.format !== format)
    throw new BadFileError(
      `${file}: corrupt: its format must be ${JSON.stringify(format)}, found ${JSON.stringify(found.format)}`,
      {
        code: "ERR_FILE_CORRUPT",
        hint: "restore the file from a copy",
      },
    );
  if (found.version === known) return;
  const older = typeof found.version === "number" && found.version < known;
  throw new BadFileError(
    `${file}: written by ${older ? "an older" : "a newer"} genloom (version ${JSON.stringify(found.version)} of the format, ${known} is known)`,
    {
      code: "ERR_FILE_FORMAT",
      hint: older ? "random numbers have changed since then: train again, or use the older version" : "update genloom",
    },
  );
}
