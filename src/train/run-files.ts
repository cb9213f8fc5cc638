/** The files of a run as such: reading them, their JSON, the versions of their formats. Needs node:fs. */
import { readFile } from "node:fs/promises";
import { BadFileError } from "../errors.js";
import { fileError } from "../data/formats/read-file.js";
import { textOf } from "../options.js";
import { corrupt, isObject } from "./json-fields.js";

/** A value as the text of a JSON file. */
export const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;

/** `step-00000500` */
export const stepName = (step: number) => `step-${String(step).padStart(8, "0")}`;

/** Step and ending of a file of a checkpoint or sample; undefined for any other name. */
export function stepOf(name: string): { readonly step: number; readonly end: string } | undefined {
  const [, digits, end] = /^step-(\d+)\.(\w+)$/.exec(name) ?? [];
  const step = Number(digits);
  return name === `${stepName(step)}.${end}` ? { step, end } : undefined;
}

/** The bytes of a file. Throws BadFileError if it cannot be read. */
export async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  return bytes as Uint8Array as Uint8Array<ArrayBuffer>;
}

/** The value of a JSON file. Throws BadFileError if it is not JSON. */
export function parse(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw corrupt(file, "not JSON", { cause });
  }
}

/**
 * The version of a value. Throws BadFileError if it is of another format than `format`, or of a version that is not
 * `known`.
 */
export function requireFormat(value: unknown, format: string, known: readonly number[], file: string): number {
  const found = isObject(value) ? value : {};
  if (found.format !== format)
    throw corrupt(file, `its format must be ${JSON.stringify(format)}, found ${JSON.stringify(found.format)}`);
  const { version } = found;
  if (known.includes(version as number)) return version as number;
  const older = typeof version === "number" && version < known[0];
  const by = typeof found.genloom === "string" ? `, genloom ${found.genloom}` : "";
  throw new BadFileError(
    `${file}: written by ${older ? "an older" : "a newer"} genloom (version ${textOf(version)} of the format${by}; ${known.join(" and ")} ${known.length > 1 ? "are" : "is"} known)`,
    {
      code: "ERR_FILE_FORMAT",
      hint: older ? "random numbers have changed since then: train again, or use the older version" : "update genloom",
    },
  );
}
