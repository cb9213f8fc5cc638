/** The cells of a table file as texts: CSV in its many forms, parsed by Papa Parse. */
import Papa from "papaparse";
import { emptyFile } from "../../data/formats/numeric-array.js";
import { BadFileError } from "../../errors.js";
import { checkOptions } from "../../options.js";

export interface CellOptions {
  /** Name for messages. */
  readonly name: string;
  /** Whether the first row names the columns; default: if none of its cells is a number. */
  readonly header?: boolean | undefined;
}

/** A table as texts. */
export interface Cells {
  readonly name: string;
  /** Names of the columns, which differ. */
  readonly header: readonly string[];
  /** Trimmed cells of every row, as many as the header has. */
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: string;
}

const delimiters = ["\t", ";", "|", ","] as const;

/** Lines that are looked at to tell the delimiter. */
const firstLines = 20;

/**
 * Reads the cells of a table.
 * @param bytes UTF-8 with or without a byte order mark, UTF-16, or Windows-1252 if they are no UTF-8
 * @throws TypeError for an unknown option; BadFileError if there is no row, or one has another number of cells than the header
 */
export function readCells(bytes: Uint8Array, options: CellOptions): Cells {
  checkOptions("readCells", options, ["name", "header"]);
  const { name, header: hasHeader } = options;
  if (bytes.length === 0) throw emptyFile(name);
  const text = decoded(bytes);
  const delimiter = delimiterOf(text);
  const { data } = Papa.parse<string[]>(text, { delimiter, skipEmptyLines: true });
  const all = withoutComments(data.map((row) => row.map((cell) => cell.trim())));
  if (all.length === 0)
    throw new BadFileError(`${name}: holds no rows`, {
      code: "ERR_FILE_EMPTY",
      hint: "give a table with a row of names and rows of cells",
    });
  const named = hasHeader ?? !all[0].some((cell) => /^[+-]?\d[\d.,' ]*(e[+-]?\d+)?$/i.test(cell));
  const header = named ? distinct(all[0]) : all[0].map((_, i) => `column ${i + 1}`);
  const rows = named ? all.slice(1) : all;
  if (rows.length === 0)
    throw new BadFileError(`${name}: holds names of columns but no rows`, {
      code: "ERR_FILE_EMPTY",
      hint: "give at least two rows",
    });
  const wrong = rows.findIndex((row) => row.length !== header.length);
  if (wrong >= 0)
    throw new BadFileError(
      `${name}: row ${wrong + 1} has ${rows[wrong].length} cells, and the ${named ? "header" : "first row"} ${header.length}`,
      {
        code: "ERR_FILE_FORMAT",
        hint: `the cells are separated by ${JSON.stringify(delimiter)}; quote cells that contain it`,
      },
    );
  return { name, header, rows, delimiter };
}

/**
 * Whether a table file can have other cells than numbers: after its first line there is a sign that numbers do not have, or an empty
 * cell. A look that costs a fraction of parsing the file.
 */
export function mayBeMixed(bytes: Uint8Array): boolean {
  const text = decoded(bytes);
  const rows = text.slice(Math.max(0, text.search(/[\r\n]/)));
  const sign = /[^\d.,;\t\r\n +\-eE"]|\d-|\.\d+\./;
  const empty = /(^|[,;\t])[ "]*([,;\t]|$)/m;
  return sign.test(rows) || empty.test(rows.trim());
}

/** The text of a file. */
function decoded(bytes: Uint8Array): string {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  // Without a mark, the bytes of UTF-16 are 0 at every other place for Latin letters.
  const head = bytes.subarray(0, 200);
  const zeros = [0, 1].map((from) => head.filter((byte, i) => i % 2 === from && byte === 0).length);
  if (zeros[1] > head.length / 4) return new TextDecoder("utf-16le").decode(bytes);
  if (zeros[0] > head.length / 4) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** The delimiter that every one of the first lines has as often; otherwise the most frequent one of the first line. */
function delimiterOf(text: string): string {
  const lines = text
    .slice(0, 100_000)
    .replace(/"[^"]*"/g, "")
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .slice(0, firstLines);
  const counts = (line: string) => delimiters.map((one) => line.split(one).length - 1);
  const [first = [0, 0, 0, 0], ...others] = lines.map(counts);
  // The last of the lines may be cut.
  const even = delimiters.findIndex(
    (_, i) => first[i] > 0 && others.slice(0, Math.max(1, others.length - 1)).every((line) => line[i] === first[i]),
  );
  return delimiters[even >= 0 ? even : first.indexOf(Math.max(...first))];
}

/** Rows without those that are comments: their first cell begins with #, and they have another number of cells than the table. */
function withoutComments(rows: readonly string[][]): string[][] {
  const width = rows.find(([first]) => !first.startsWith("#"))?.length;
  return rows.filter((row) => !(row[0].startsWith("#") && row.length !== width));
}

/** Names of columns, each once: an empty one gets a number, one that was there before a number behind it. */
export function distinct(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name, i) => {
    const own = name === "" ? `column ${i + 1}` : name;
    let found = own;
    for (let again = 2; seen.has(found); again++) found = `${own} ${again}`;
    seen.add(found);
    return found;
  });
}
