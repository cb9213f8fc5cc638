/**
 * Whether a SMILES is a molecule: its grammar, its ring closures, the valences of its atoms, and the double bonds of its aromatic
 * rings. Needs no chemistry package.
 */
import { separateCharges } from "./charge-separation.js";
import { kekulise } from "./kekulise.js";
import type { MolecularGraph } from "./molecular-graph.js";
import { parseSmiles } from "./parse-smiles.js";

/**
 * The molecule of a SMILES, checked, with single and double bonds in aromatic rings.
 * @throws RangeError that names the column, from 1, and the rule that is broken
 */
export function readMolecule(smiles: string): MolecularGraph {
  const graph = parseSmiles(smiles);
  separateCharges(graph);
  kekulise(graph);
  return graph;
}

/**
 * Why a SMILES is no molecule; undefined if it is one.
 * @example smilesFault("c1cccc1") // "column 6: bonds of aromatic rings must alternate, found no double bond for this atom"
 * @example smilesFault("CC(C)(C)(C)C") // "column 2: C must have at most 4 bonds, found 5"
 */
export function smilesFault(smiles: string): string | undefined {
  try {
    readMolecule(smiles);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

/**
 * Whether a SMILES is a molecule.
 * @example ["c1ccccc1", "C1CC"].map(isValidSmiles) // [true, false]
 */
export const isValidSmiles = (smiles: string): boolean => smilesFault(smiles) === undefined;
