/**
 * A molecule as a graph of atoms and bonds, as its SMILES says it: before hydrogens and double bonds of aromatic rings are found.
 */

export interface Atom {
  readonly atomicNumber: number;
  /** Written in lower case. */
  readonly aromatic: boolean;
  charge: number;
  /** Hydrogens that are written in its brackets; undefined if it has no brackets, and as many as its valence leaves room for. */
  readonly hydrogens: number | undefined;
  /** Column in the SMILES, from 1. */
  readonly column: number;
}

export interface Bond {
  /** Indices of its atoms. */
  readonly from: number;
  readonly to: number;
  /** 1 to 4, or "aromatic": single or double, as kekulisation finds. */
  order: number | "aromatic";
}

export interface MolecularGraph {
  readonly atoms: readonly Atom[];
  readonly bonds: readonly Bond[];
}

/** Bonds of each atom. */
export function bondsByAtom({ atoms, bonds }: MolecularGraph): Bond[][] {
  const lists: Bond[][] = atoms.map(() => []);
  for (const bond of bonds) {
    lists[bond.from].push(bond);
    lists[bond.to].push(bond);
  }
  return lists;
}

/** The other atom of a bond. */
export const across = ({ from, to }: Bond, atom: number): number => (from === atom ? to : from);
