/** The codec of molecules written as SMILES: one number for each token, 0 for the end of a molecule. */
import { textOf } from "../../options.js";
import type { CodecConfig, TokenCodec } from "./codec.js";
import { smilesTokens } from "./smiles-tokens.js";

/** Description of a SMILES codec: token i + 1 of the vocabulary is `tokens[i]`. */
export type SmilesConfig = { readonly kind: "smiles"; readonly tokens: readonly string[] };

/** A codec of SMILES. */
export interface SmilesCodec extends TokenCodec {
  readonly config: SmilesConfig;
}

/** Most tokens besides the end: records are stored as u16. */
const mostTokens = 65535;

/**
 * The codec of a list of SMILES tokens.
 * @param tokens different tokens; the vocabulary is these and, as number 0, the end of a molecule
 * @throws RangeError for no tokens, too many, a repeated one, or one that SMILES does not have
 * @example smilesCodec(["(", ")", "C", "Cl", "[O-]"]).encode("CC(Cl)[O-]") // [3, 3, 1, 4, 2, 5]
 * @example smilesCodec(["C", "Cl"]).decode([1, 2, 0, 0]) // "CCl"
 * @example smilesCodec(["C", "O"]).encode("CCN") // throws column 3: token "N" is not in the vocabulary: C O
 */
export function smilesCodec(tokens: readonly string[]): SmilesCodec {
  checkTokens(tokens);
  const kept = [...tokens];
  const numbers = new Map(kept.map((token, index) => [token, index + 1]));
  return {
    config: { kind: "smiles", tokens: kept },
    vocabulary: kept.length + 1,
    ended: true,
    form: { symbols: ["", ...kept] },
    encode: (text) =>
      smilesTokens(text).map((token) => {
        const number = numbers.get(token.text);
        if (number !== undefined) return number;
        throw new RangeError(
          `column ${token.column}: token ${JSON.stringify(token.text)} is not in the vocabulary: ${listOf(kept)}`,
        );
      }),
    decode(numbersOfText) {
      let text = "";
      for (let at = 0; at < numbersOfText.length && numbersOfText[at] !== 0; at++) {
        const token = kept[numbersOfText[at] - 1];
        if (token === undefined) {
          throw new RangeError(`smiles: token ${at} must be 0 to ${kept.length}, found ${numbersOfText[at]}`);
        }
        text += token;
      }
      return text;
    },
  };
}

/**
 * The codec of all tokens of some SMILES, in the order of their characters' codes, whatever the order of the texts.
 * @throws RangeError that names row (from 1) and column of what is not part of SMILES
 * @example smilesCodecOf(["CCl", "C1CC1"]).config.tokens // ["1", "C", "Cl"]
 * @example smilesCodecOf(["CC", "C!"]) // throws smiles: row 2, column 2: "!" is not part of SMILES
 */
export function smilesCodecOf(texts: readonly string[]): SmilesCodec {
  const found = new Set<string>();
  texts.forEach((text, index) => {
    try {
      for (const token of smilesTokens(text)) found.add(token.text);
    } catch (error) {
      throw new RangeError(`smiles: row ${index + 1}, ${(error as Error).message}`);
    }
  });
  return smilesCodec([...found].sort(byCodes));
}

/**
 * The codec of a description, as it is kept with a run.
 * @throws TypeError if it does not describe a codec of SMILES
 * @example smilesCodecFrom({ kind: "smiles", tokens: ["C"] }).vocabulary // 2
 */
export function smilesCodecFrom(config: CodecConfig): SmilesCodec {
  const { kind, tokens } = config;
  if (kind !== "smiles" || !Array.isArray(tokens) || tokens.some((token) => typeof token !== "string")) {
    throw new TypeError(`smiles: a codec must be { kind: "smiles", tokens: [texts] }, found kind ${textOf(kind)}`);
  }
  return smilesCodec(tokens);
}

const byCodes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Some tokens, for messages. */
function listOf(tokens: readonly string[]): string {
  const most = 40;
  const more = tokens.length > most ? [`… ${tokens.length} in all`] : [];
  return [...tokens.slice(0, most), ...more].join(" ");
}

function checkTokens(tokens: readonly string[]): void {
  if (tokens.length === 0 || tokens.length > mostTokens) {
    throw new RangeError(`smiles: a vocabulary must have 1 to ${mostTokens} tokens, found ${tokens.length}`);
  }
  const known = new Set<string>();
  for (const token of tokens) {
    if (known.has(token)) throw new RangeError(`smiles: tokens must differ, found ${JSON.stringify(token)} twice`);
    known.add(token);
    if (!isOneToken(token)) {
      throw new RangeError(`smiles: each token must be one of SMILES, found ${JSON.stringify(token)}`);
    }
  }
}

function isOneToken(text: string): boolean {
  try {
    return smilesTokens(text).length === 1;
  } catch {
    return false;
  }
}
