/**
 * Two ways of writing groups with too many double bonds that are common in files, brought to the form that keeps the valences:
 * nitro groups and azides with a nitrogen of five bonds, and oxo acids of halogens. RDKit reads them in the same way.
 */
import { across, type Bond, bondsByAtom, type MolecularGraph } from "./molecular-graph.js";

const nitrogen = 7;
const oxygen = 8;
const halogens = new Set([17, 35, 53]);

/** Sum of the bonds of an atom as they are written. */
const written = (bonds: readonly Bond[]): number =>
  bonds.reduce((total, { order }) => total + (order === "aromatic" ? 1.5 : order), 0);

/** Moves charges in the graph: N(=O)=O becomes [N+](=O)[O-], N=N#N N=[N+]=[N-], and Cl(=O)(=O)(=O)O [Cl+3]([O-])([O-])([O-])O. */
export function separateCharges(graph: MolecularGraph): void {
  const byAtom = bondsByAtom(graph);
  graph.atoms.forEach((atom, index) => {
    if (atom.charge !== 0) return;
    const total = written(byAtom[index]) + (atom.hydrogens ?? 0);
    if (atom.atomicNumber === nitrogen && total === 5) separateNitrogen(graph, index, byAtom[index]);
    else if (halogens.has(atom.atomicNumber) && [3, 5, 7].includes(total)) separateHalogen(graph, index, byAtom[index]);
  });
}

function separateNitrogen({ atoms }: MolecularGraph, index: number, bonds: readonly Bond[]): void {
  const found = bonds.find((bond) => {
    const { atomicNumber, charge } = atoms[across(bond, index)];
    return (
      charge === 0 && ((atomicNumber === oxygen && bond.order === 2) || (atomicNumber === nitrogen && bond.order === 3))
    );
  });
  if (found === undefined) return;
  found.order = found.order === 2 ? 1 : 2;
  atoms[index].charge = 1;
  atoms[across(found, index)].charge = -1;
}

function separateHalogen({ atoms }: MolecularGraph, index: number, bonds: readonly Bond[]): void {
  if (bonds.some((bond) => atoms[across(bond, index)].atomicNumber !== oxygen)) return;
  for (const bond of bonds.filter(({ order }) => order === 2)) {
    bond.order = 1;
    atoms[index].charge++;
    atoms[across(bond, index)].charge--;
  }
}
