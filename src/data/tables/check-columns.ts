/** Checks of columns that were written out and edited. */
import { BadFileError } from "../../errors.js";
import { textOf } from "../../options.js";
import { mostModes } from "./modes.js";

const kinds = ["number", "integer", "date", "category", "boolean", "identifier"];
const numberFields = ["low", "high", "decimals", "decimalSign", "thousands", "format", "modes"];
const fields: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ["number", "integer", "date"].map((kind) => [kind, ["name", "kind", "missing", ...numberFields]]),
  ),
  ...Object.fromEntries(["category", "boolean"].map((kind) => [kind, ["name", "kind", "missing", "values"]])),
  identifier: ["name", "kind"],
};

type Unchecked = Readonly<Record<string, unknown>>;

/** Throws BadFileError, which names the column and the rule, unless the value is a list of columns. */
export function checkColumnSpecs(
  file: string,
  list: unknown,
): asserts list is readonly { readonly name: string; readonly kind?: never }[] {
  const fail = (rule: string, value: unknown): never => {
    throw new BadFileError([`${file}: ${rule}`, `found ${textOf(value)}`].join(", "), {
      code: "ERR_FILE_FORMAT",
      hint: "genloom inspect DATA prints the columns of a table in this form",
    });
  };
  if (!Array.isArray(list) || list.length === 0) return fail("columns must be a list of one or more", list);
  const names = new Set<string>();
  for (const [i, column] of (list as Unchecked[]).entries()) {
    if (typeof column !== "object" || column === null) return fail(`column ${i + 1} must be an object`, column);
    const { name, kind } = column;
    if (typeof name !== "string") return fail(`column ${i + 1} must have a name`, name);
    if (names.has(name)) return fail(`names of columns must differ`, name);
    names.add(name);
    const where = `column ${JSON.stringify(name)}`;
    if (kind === undefined) continue;
    if (!kinds.includes(kind as string)) return fail(`${where}: kind must be one of ${kinds.join(", ")}`, kind);
    const unknown = Object.keys(column).find((key) => !fields[kind as string].includes(key));
    if (unknown !== undefined)
      return fail(`${where}: a ${kind} must have the fields ${fields[kind as string].join(", ")}`, unknown);
    if (column.missing !== undefined && typeof column.missing !== "string")
      return fail(`${where}: missing must be a text`, column.missing);
    if (column.values !== undefined) checkValues(where, column.values, fail);
    if (column.modes !== undefined) checkNumbers(where, column, fail);
  }
}

type Fail = (rule: string, found: unknown) => never;

function checkValues(where: string, values: unknown, fail: Fail): void {
  if (!Array.isArray(values) || values.length === 0 || !values.every((one) => typeof one === "string"))
    fail(`${where}: values must be a list of texts`, values);
  const list = values as string[];
  const twice = list.find((one, i) => list.indexOf(one) !== i);
  if (twice !== undefined) fail(`${where}: values must differ`, twice);
}

function checkNumbers(where: string, { low, high, decimals, format, kind, modes }: Unchecked, fail: Fail): void {
  if (!(Number.isFinite(low) && Number.isFinite(high) && (low as number) <= (high as number)))
    fail(`${where}: low and high must be rising numbers`, [low, high]);
  if (!(Number.isInteger(decimals) && (decimals as number) >= 0 && (decimals as number) <= 15))
    fail(`${where}: decimals must be an integer from 0 to 15`, decimals);
  if (kind === "date" && typeof format !== "string")
    fail(`${where}: a date must have a format such as YYYY-MM-DD`, format);
  if (!Array.isArray(modes) || modes.length === 0 || modes.length > mostModes)
    fail(`${where}: modes must be a list of 1 to ${mostModes}`, modes);
  for (const mode of modes as Unchecked[]) {
    const { mean, deviation, weight } = mode ?? {};
    if (Number.isFinite(mean) && (deviation as number) >= 0 && (weight as number) > 0) continue;
    fail(`${where}: a mode must have a mean, a deviation of 0 or more and a weight above 0`, mode);
  }
}
