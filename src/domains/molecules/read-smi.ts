/**
 * Reader of `.smi` files, also gzipped: one SMILES a line, and after a blank a name or other columns, which are ignored. Lines
 * that are blank or begin with # are skipped, and so is a first line that says "smiles".
 */
import type { Sequences } from "../domain.js";
import { gunzip } from "../../data/formats/gzip.js";
import { type SmilesCodec, smilesCodecOf } from "../../data/codecs/smiles.js";
import { smilesTokens } from "../../data/codecs/smiles-tokens.js";
import { BadFileError, type ErrorCode } from "../../errors.js";

export interface ReadSmiOptions {
  /** The codec of a model that the molecules are for; default: one of all tokens in the file. */
  readonly codec?: SmilesCodec;
}

interface Line {
  readonly smiles: string;
  /** From 1. */
  readonly row: number;
  /** Characters before the SMILES. */
  readonly before: number;
}

const hint = "each line must begin with a SMILES, such as CC(=O)O; a name may follow after a blank";

/**
 * Reads a file of SMILES.
 * @param bytes the file, as it is or gzipped: of a disk, or of a page's File by `new Uint8Array(await file.arrayBuffer())`
 * @param name file name, used in messages
 * @returns one sequence for each molecule, in the file's order
 * @throws BadFileError that names row and column, from 1, of what is not part of SMILES or not in the codec's vocabulary; or
 * that no line holds a molecule. Whether molecules are possible is not checked.
 * @example (await readSmi(new TextEncoder().encode("CCO ethanol\n# more\n\nC1CC1\n"), "a.smi")).sequences // [[2, 2, 3], [2, 1, 2, 2, 1]]
 * @example await readSmi(new TextEncoder().encode("CC\nC?\n"), "a.smi") // throws a.smi: row 2, column 2: "?" is not part of SMILES
 */
export async function readSmi(bytes: Uint8Array, name: string, options: ReadSmiOptions = {}): Promise<Sequences> {
  const unpacked = await gunzip(bytes, name);
  const zero = unpacked.subarray(0, 4096).indexOf(0);
  if (zero >= 0) throw bad(name, `not a text file: byte ${zero} is 0`, "ERR_FILE_FORMAT");
  const lines = linesOf(new TextDecoder().decode(unpacked));
  if (lines.length === 0) throw bad(name, "holds no molecules", "ERR_FILE_EMPTY");
  for (const line of lines) atRow(name, line, () => smilesTokens(line.smiles));
  const codec = options.codec ?? smilesCodecOf(lines.map(({ smiles }) => smiles));
  return { name, codec, sequences: lines.map((line) => atRow(name, line, () => codec.encode(line.smiles))) };
}

function linesOf(text: string): Line[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, index) => {
    const [smiles = ""] = line.trimStart().split(/\s/, 1);
    const header = index === 0 && /^(canonical_?)?smiles$/i.test(smiles);
    if (smiles === "" || smiles.startsWith("#") || header) return [];
    return [{ smiles, row: index + 1, before: line.length - line.trimStart().length }];
  });
}

/** What `action` returns; its RangeError `column 3: …` becomes an error of the file, with row and column within the line. */
function atRow<T>(name: string, { row, before }: Line, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = error.message.replace(/^column (\d+)/, (_, column) => `column ${Number(column) + before}`);
    throw bad(name, `row ${row}, ${message}`, "ERR_FILE_VALUE");
  }
}

const bad = (name: string, message: string, code: ErrorCode) => new BadFileError(`${name}: ${message}`, { code, hint });
