/**
 * The tokens of SMILES (Weininger 1988; OpenSMILES 1.0, sections 2 and 3): what a reader takes as one sign. A whole bracket
 * atom, a ring closure of two digits and an element of two letters are one token each.
 */

export interface SmilesToken {
  readonly text: string;
  /** Column of its first character, from 1. */
  readonly column: number;
}

const tokenPattern = /\[[^[\]]+\]|Cl|Br|Si|Se|%\d\d|%\(\d{1,5}\)|[BCNOPSFIbcnops*().\-=#$:/\\0-9]/y;

/**
 * Splits a SMILES text into tokens. Their texts, one after the other, are the text again.
 * @throws RangeError that names the column of a character that is not part of SMILES, or of a bracket without its other half
 * @example smilesTokens("C[nH]Cl%10").map(({ text }) => text) // ["C", "[nH]", "Cl", "%10"]
 * @example smilesTokens("CC?") // throws column 3: "?" is not part of SMILES
 */
export function smilesTokens(text: string): SmilesToken[] {
  const tokens: SmilesToken[] = [];
  for (let at = 0; at < text.length; ) {
    tokenPattern.lastIndex = at;
    const found = tokenPattern.exec(text)?.[0];
    if (found === undefined) throw new RangeError(`column ${at + 1}: ${whyNot(text, at)}`);
    tokens.push({ text: found, column: at + 1 });
    at += found.length;
  }
  return tokens;
}

function whyNot(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at) as number);
  if (character === "[") {
    return text.startsWith("[]", at) ? "brackets must hold an atom, found none" : 'this "[" has no "]"';
  }
  if (character === "]") return 'this "]" has no "["';
  if (character === "%") return "neither two digits nor digits in parentheses follow %";
  return `${JSON.stringify(character)} is not part of SMILES`;
}
