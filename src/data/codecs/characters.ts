/** The codec of texts: one token per character, which is a Unicode code point. */
import { checkOptions, textOf } from "../../options.js";
import type { TokenCodec } from "./codec.js";

export interface CharacterOptions {
  /** The characters that have tokens, each once, in the order of their tokens. */
  alphabet: readonly string[];
  /** Whether texts are lines of several lengths: token 0 is then their end, and the first character has token 1. */
  ended: boolean;
}

/**
 * A codec of the characters of an alphabet.
 * @throws TypeError if the alphabet is not a list of single characters, RangeError if it is empty or has one twice
 * @example characterCodec({ alphabet: ["a", "b"], ended: true }).encode("abba") // [1, 2, 2, 1]
 * @example characterCodec({ alphabet: ["a", "b"], ended: false }).decode([0, 1, 1, 0]) // "abba"
 * @example characterCodec({ alphabet: ["a", "b"], ended: true }).encode("abc") // throws characters: "c" (U+0063) in line 1, column 3 is not in the alphabet of 2 characters
 */
export function characterCodec(options: CharacterOptions): TokenCodec {
  checkOptions("characterCodec", options, ["alphabet", "ended"]);
  const { alphabet, ended } = options;
  checkAlphabet(alphabet);
  if (typeof ended !== "boolean")
    throw new TypeError(`characterCodec: ended must be true or false, found ${textOf(ended)}`);
  const first = ended ? 1 : 0;
  const vocabulary = alphabet.length + first;
  const tokenOf = new Map(alphabet.map((character, i) => [character, i + first]));
  return Object.freeze({
    config: Object.freeze({ kind: "characters", alphabet: Object.freeze([...alphabet]), ended }),
    vocabulary,
    ended,
    encode(text: string): number[] {
      const tokens: number[] = [];
      for (const character of text) {
        const token = tokenOf.get(character);
        if (token === undefined)
          throw new RangeError(
            `characters: ${firstUnknown(text, tokenOf)} is not in the alphabet of ${alphabet.length} characters`,
          );
        tokens.push(token);
      }
      return tokens;
    },
    form: { symbols: ended ? ["", ...alphabet] : [...alphabet] },
    decode(tokens: ArrayLike<number>): string {
      const all = Array.from(tokens);
      const wrong = all.findIndex((token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary));
      if (wrong >= 0)
        throw new RangeError(
          `characters: a token must be an integer from 0 to ${vocabulary - 1}, found ${textOf(all[wrong])} at position ${wrong}`,
        );
      const end = ended ? all.indexOf(0) : -1;
      return (end < 0 ? all : all.slice(0, end)).map((token) => alphabet[token - first]).join("");
    },
  });
}

/**
 * The characters of texts, each once, in the order of their code points.
 * @example alphabetOf(["abba", "cab"]) // ["a", "b", "c"]
 */
export function alphabetOf(texts: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const text of texts) for (const character of text) found.add(character);
  return [...found].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
}

function checkAlphabet(alphabet: unknown): asserts alphabet is readonly string[] {
  if (!Array.isArray(alphabet))
    throw new TypeError(`characterCodec: alphabet must be a list of characters, found ${textOf(alphabet)}`);
  if (alphabet.length === 0)
    throw new RangeError("characterCodec: alphabet must have at least one character, found none");
  alphabet.forEach((one, i) => {
    if (typeof one !== "string" || [...one].length !== 1)
      throw new TypeError(`characterCodec: alphabet[${i}] must be one character, found ${textOf(one)}`);
    if (alphabet.indexOf(one) < i)
      throw new RangeError(`characterCodec: alphabet[${i}] must occur once, found ${textOf(one)} again`);
  });
}

/** The first character of a text that is not known, in words with its line and column, from 1; undefined if all are. */
export function firstUnknown(text: string, known: { has(character: string): boolean }): string | undefined {
  let [line, column] = [1, 0];
  for (const character of text) {
    column++;
    if (!known.has(character)) {
      const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
      return `${JSON.stringify(character)} (U+${code}) in line ${line}, column ${column}`;
    }
    if (character === "\n") [line, column] = [line + 1, 0];
  }
  return undefined;
}
