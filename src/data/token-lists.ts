/** Lists of tokens that users give, checked: each a whole number of the vocabulary. */
import { checkNumber, textOf } from "../options.js";
import type { CodecConfig, TokenCodec } from "./codecs/codec.js";
import type { TokenDescription } from "./training-data.js";

/** Lists of tokens: arrays of numbers, or typed arrays. */
export type TokenLists = readonly ArrayLike<number>[];

/** What the numbers are; left out, it follows from the codec or the numbers. */
export interface TokenMeaning {
  /** Number of tokens, at most 65,536; default: that of the codec, or the largest token + 1. */
  vocabulary?: number;
  /** What the tokens stand for: a codec, or its description. */
  codec?: TokenCodec | CodecConfig;
  /** Whether records differ in length, and token 0 is their end; default: that of the codec, or false. */
  ended?: boolean;
}

/** Largest vocabulary: tokens of 16 bits. */
const mostTokens = 2 ** 16;

/**
 * The description of lists of tokens, all of which are checked. `what` names the data in messages, `one` a list.
 * @throws RangeError if a list is empty or a token is not in the vocabulary, TypeError if something is not a list of tokens
 */
export function describedTokens(
  what: string,
  one: "record" | "sequence",
  lists: TokenLists,
  meaning: TokenMeaning,
): TokenDescription {
  checkLists(what, one, lists);
  const codec = meaning.codec && knownOf(what, meaning.codec);
  const { vocabulary = codec?.vocabulary ?? largest(lists) + 1, ended = codec?.ended ?? false } = meaning;
  if (typeof ended !== "boolean") throw new TypeError(`${what}: ended must be true or false, found ${textOf(ended)}`);
  checkNumber(what, "vocabulary", vocabulary, { whole: true, atLeast: 2, atMost: mostTokens });
  for (const [name, asked] of Object.entries({ vocabulary, ended })) {
    const own = codec?.[name as "vocabulary" | "ended"];
    if (own !== undefined && own !== asked)
      throw new RangeError(`${what}: ${name} must be that of the codec, ${own}, found ${textOf(asked)}`);
  }
  checkTokens(what, one, lists, { vocabulary, ended });
  return Object.freeze({ vocabulary, ended, ...(codec && { codec: codec.config }) });
}

/** What a codec or its description tells. */
function knownOf(what: string, codec: TokenCodec | CodecConfig): Partial<TokenCodec> & Pick<TokenCodec, "config"> {
  if (typeof codec === "object" && typeof codec.encode === "function") return codec as TokenCodec;
  if (typeof codec === "object" && "kind" in codec && typeof codec.kind === "string")
    return { config: codec as CodecConfig, ...(typeof codec.ended === "boolean" && { ended: codec.ended }) };
  throw new TypeError(`${what}: codec must be a codec or its description { kind, … }, found ${textOf(codec)}`);
}

function checkLists(what: string, one: string, lists: TokenLists): void {
  if (!Array.isArray(lists))
    throw new TypeError(`${what}: ${one}s must be an array of lists of tokens, found ${textOf(lists)}`);
  if (lists.length === 0) throw new RangeError(`${what}: must have at least one ${one}, found none`);
  lists.forEach((list, i) => {
    if (typeof list !== "object" || list === null || !Number.isInteger(list.length))
      throw new TypeError(`${what}: ${one} ${i} must be a list of tokens, found ${textOf(list)}`);
    if (list.length === 0) throw new RangeError(`${what}: ${one} ${i} must have at least one token, found none`);
  });
}

/** Throws RangeError at the first token that is not in the vocabulary; an end within a list is none of its tokens. */
function checkTokens(
  what: string,
  one: string,
  lists: TokenLists,
  { vocabulary, ended }: Pick<TokenDescription, "vocabulary" | "ended">,
): void {
  const least = ended ? 1 : 0;
  lists.forEach((list, i) => {
    for (let at = 0; at < list.length; at++) {
      const token = list[at];
      if (Number.isInteger(token) && token >= least && token < vocabulary) continue;
      const rule = `an integer from ${least} to ${vocabulary - 1}${ended ? " (0 is the end)" : ""}`;
      throw new RangeError(`${what}: token ${at} of ${one} ${i} must be ${rule}, found ${textOf(token)}`);
    }
  });
}

/** The largest token, or 0; what is not a number is left to `checkTokens`. */
function largest(lists: TokenLists): number {
  let most = 0;
  for (const list of lists) for (let i = 0; i < list.length; i++) if (list[i] > most) most = list[i];
  return Math.min(Math.floor(most), mostTokens);
}
