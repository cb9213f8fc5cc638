/** Atoms of SMILES: those of the organic subset, and all others in brackets (OpenSMILES 1.0, sections 3.1 and 3.9). */
import type { SmilesToken } from "../../data/codecs/smiles-tokens.js";
import { aromaticSymbols, atomicNumbers } from "./elements.js";
import type { Atom } from "./molecular-graph.js";

/** Isotope, symbol, chirality, hydrogens, charge, class. */
const bracketPattern =
  /^\[(?:0|[1-9]\d*)?([A-Z][a-z]?|[a-z]{1,2})(?:@@|@(?:TH[12]|AL[12]|SP[123]|TB(?:1?[1-9]|10|20)|OH(?:[12]?[1-9]|[123]0))?)?(H\d*)?(\+\+|--|[+-]\d{0,2})?(?::\d+)?\]$/;

/** What may stand without brackets. */
const organic = new Set(["B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I", "b", "c", "n", "o", "p", "s"]);

/**
 * The atom that a token stands for; undefined if it is none.
 * @throws RangeError that names the column and what is wrong with the atom
 */
export function readAtom(token: SmilesToken): Atom | undefined {
  const { text, column } = token;
  if (text.startsWith("[")) return bracketAtom(token);
  if (text === "*") throw new RangeError(`column ${column}: * stands for any atom, so this is no molecule`);
  if (text === "Si" || text === "Se") throw new RangeError(`column ${column}: ${text} stands outside of brackets`);
  if (!organic.has(text)) return undefined;
  return { ...element(text), charge: 0, hydrogens: undefined, column };
}

const order = "an isotope before it, and chirality, hydrogens, charge and class after it, each if any";

function bracketAtom({ text, column }: SmilesToken): Atom {
  const parts = bracketPattern.exec(text);
  const symbol = parts?.[1];
  if (symbol === undefined || !(atomicNumbers.has(symbol) || aromaticSymbols.has(symbol))) {
    throw new RangeError(`column ${column}: brackets must hold an element, ${order}, found ${text}`);
  }
  const [, , hydrogens, charge] = parts as RegExpExecArray;
  return { ...element(symbol), charge: chargeOf(charge), hydrogens: hydrogensOf(hydrogens), column };
}

function element(symbol: string): Pick<Atom, "atomicNumber" | "aromatic"> {
  const aromatic = symbol[0] !== symbol[0].toUpperCase();
  const written = symbol[0].toUpperCase() + symbol.slice(1);
  return { atomicNumber: atomicNumbers.get(written) as number, aromatic };
}

/** H is one, H3 three. */
const hydrogensOf = (text = ""): number => (text === "" ? 0 : text === "H" ? 1 : Number(text.slice(1)));

/** + and ++ count; +2 says its number. */
function chargeOf(text = ""): number {
  if (text === "" || text === "++" || text === "--") return text === "" ? 0 : text === "++" ? 2 : -2;
  return (text[0] === "-" ? -1 : 1) * (text.length === 1 ? 1 : Number(text.slice(1)));
}
