/**
 * Valence limits: no atom has more bonds than its element and charge allow. Aromatic atoms are counted with single bonds here;
 * what is left of their valence tells whether they take part in a double bond of the ring, which kekulise.ts places.
 */
import { symbolOf, valencesOf } from "./elements.js";
import { type Bond, bondsByAtom, type MolecularGraph } from "./molecular-graph.js";

/** What is known of one atom's bonds. */
export interface AtomValence {
  /** Bonds to other atoms and hydrogens, aromatic ones counted as single. */
  readonly sigma: number;
  /** Whether one bond of its aromatic ring must be double at this atom. */
  readonly needsDouble: boolean;
}

/** An aromatic atom has two bonds in its ring, or three where rings meet. */
const mostAromatic = 3;

/**
 * The valence of each atom.
 * @throws RangeError that names the column of the first atom with too many bonds
 */
export function atomValences(graph: MolecularGraph): AtomValence[] {
  const byAtom = bondsByAtom(graph);
  return graph.atoms.map((_, index) => valenceOf(graph, index, byAtom[index]));
}

function valenceOf({ atoms }: MolecularGraph, index: number, bonds: readonly Bond[]): AtomValence {
  const { atomicNumber, charge, aromatic, hydrogens, column } = atoms[index];
  const aromaticBonds = bonds.filter(({ order }) => order === "aromatic").length;
  const bonded = bonds.reduce((sum, { order }) => sum + (order === "aromatic" ? 1 : order), 0);
  const written = bonded + (hydrogens ?? 0);
  const allowed = valencesOf(atomicNumber, charge);
  if (allowed === undefined) return { sigma: written, needsDouble: false };
  const fits = allowed.find((valence) => valence >= written);
  const name = `${symbolOf(atomicNumber)}${chargeText(charge)}`;
  if (fits === undefined) {
    const most = allowed[allowed.length - 1];
    throw new RangeError(`column ${column}: ${name} must have at most ${most} bonds, found ${written}`);
  }
  if (aromaticBonds > mostAromatic) {
    throw new RangeError(
      `column ${column}: ${name} must have at most ${mostAromatic} aromatic bonds, found ${aromaticBonds}`,
    );
  }
  // Without brackets hydrogens fill the first valence, but leave room for the double bond of an aromatic ring.
  const room = aromaticBonds > 0 ? 1 : 0;
  const implicit = hydrogens === undefined ? Math.max(0, fits - written - room) : 0;
  const sigma = written + implicit;
  return { sigma, needsDouble: aromatic && fits > sigma };
}

const chargeText = (charge: number): string => (charge === 0 ? "" : ` of charge ${charge > 0 ? "+" : ""}${charge}`);
