/** Reader of texts, also gzipped: lines, each a record, or one long text, whose records are windows of it. */
import { alphabetOf, characterCodec, firstUnknown } from "../../data/codecs/characters.js";
import type { TokenCodec } from "../../data/codecs/codec.js";
import { gunzip } from "../../data/formats/gzip.js";
import { BadFileError, UsageError } from "../../errors.js";
import { checkOptions, textOf } from "../../options.js";
import type { Sequences } from "../domain.js";
import { formOf, type TextForm } from "./form.js";
import { textOfBytes } from "./utf8.js";

export interface ReadTextOptions {
  /** Whether each line is a record, or the whole is one text; default: see `formOf`. */
  readonly as?: TextForm;
  /** The codec of a model that the text is for, and with it the form; default: one of all characters in the file. */
  readonly codec?: TokenCodec;
}

/** Characters of a window, if the text has enough for twenty of them. */
const windowLength = 128;

/**
 * Reads a text.
 * @param bytes the file, as it is or gzipped: of a disk, or of a page's File by `new Uint8Array(await file.arrayBuffer())`
 * @param name file name, used in messages
 * @returns lines: one sequence for each line that is not empty, in the file's order; text: one sequence, and the length of
 * windows
 * @throws BadFileError for a file that is empty or not UTF-8 (the message names the byte), or has a character that is not in the
 * codec's alphabet (it names line and column, from 1); UsageError if `as` contradicts the codec
 * @example (await readText(new TextEncoder().encode("ab\nb\n"), "names.txt", { as: "lines" })).sequences.map((line) => [...line]) // [[1, 2], [2]]
 * @example await readText(Uint8Array.of(97, 233), "names.txt") // throws names.txt: not a text in UTF-8: byte 1 (0xe9), in line 1, is not UTF-8
 */
export async function readText(bytes: Uint8Array, name: string, options: ReadTextOptions = {}): Promise<Sequences> {
  checkOptions("readText", options, ["as", "codec"]);
  const text = textOfBytes(await gunzip(bytes, name), name);
  if (text.trim() === "")
    throw new BadFileError(`${name}: holds no text`, {
      code: "ERR_FILE_EMPTY",
      hint: "give a file of lines, or a text",
    });
  const as = formFor(name, text, options);
  const records = as === "lines" ? text.split("\n").filter((line) => line.trim() !== "") : [text];
  const codec = options.codec ?? characterCodec({ alphabet: alphabetOf(records), ended: as === "lines" });
  if (options.codec) checkCharacters(name, text, codec);
  const sequences = records.map((record) => compact(codec.encode(record), codec.vocabulary));
  if (as === "lines") return { name, codec, sequences };
  return { name, codec, sequences, length: Math.max(1, Math.min(windowLength, Math.floor(sequences[0].length / 20))) };
}

function formFor(name: string, text: string, { as, codec }: ReadTextOptions): TextForm {
  if (as !== undefined && as !== "lines" && as !== "text")
    throw new UsageError(`${name}: as must be "lines" or "text", found ${textOf(as)}`, {
      hint: "lines are records of their own, such as names; a text is cut into windows",
    });
  if (!codec) return as ?? formOf(text);
  const own = codec.ended ? "lines" : "text";
  if (as === undefined || as === own) return own;
  throw new UsageError(`${name}: must be read as "${own}" for the model's codec, found "${as}"`, {
    hint: "leave out as, or train another model",
  });
}

/** Throws BadFileError at the first character that is not in the codec's alphabet. */
function checkCharacters(name: string, text: string, codec: TokenCodec): void {
  const { alphabet = [] } = codec.config as { alphabet?: readonly string[] };
  const known = new Set(codec.ended ? [...alphabet, "\n"] : alphabet);
  const unknown = firstUnknown(text, known);
  if (unknown === undefined) return;
  throw new BadFileError(`${name}: ${unknown} is not in the model's alphabet of ${alphabet.length} characters`, {
    code: "ERR_FILE_VALUE",
    hint: "a model knows only the characters of the text that it was trained on: leave out the line, or train another model",
  });
}

/** Tokens as a typed array, of which a long text needs a small one. */
const compact = (tokens: readonly number[], vocabulary: number): ArrayLike<number> =>
  vocabulary <= 256 ? Uint8Array.from(tokens) : Uint16Array.from(tokens);

/** A long text in two parts: the last tenth is held out, as by nanoGPT for tinyshakespeare. */
export interface TextParts {
  readonly training: ArrayLike<number>;
  readonly heldOut: ArrayLike<number>;
}

/**
 * Splits the tokens of one long text: the first nine tenths, rounded down, are for training, the others are held out.
 * @throws RangeError if a part would be empty
 */
export function heldOutTail(tokens: ArrayLike<number>): TextParts {
  const first = Math.floor(tokens.length * 0.9);
  if (first === 0) throw new RangeError(`heldOutTail: a text must have at least 2 tokens, found ${tokens.length}`);
  const all = Array.from(tokens);
  return { training: all.slice(0, first), heldOut: all.slice(first) };
}
