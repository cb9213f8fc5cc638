/**
 * Kekulisation: single and double bonds for aromatic rings. Each aromatic atom whose valence has room for it must have one double
 * bond within the ring system, so the double bonds are a perfect matching of these atoms.
 */
import type { MolecularGraph } from "./molecular-graph.js";
import { largestMatching } from "./matching.js";
import { ringBonds } from "./ring-bonds.js";
import { atomValences } from "./valence.js";

/**
 * Gives every aromatic bond of the graph its order, 1 or 2.
 * @throws RangeError that names the column of an atom with too many bonds, of an aromatic atom outside of rings, or of one that
 * no double bond is left for
 */
export function kekulise(graph: MolecularGraph): void {
  const { atoms, bonds } = graph;
  const rings = ringBonds(graph);
  // Between two rings, as in biphenyl, an unwritten bond is single.
  for (const bond of bonds) if (bond.order === "aromatic" && !rings.has(bond)) bond.order = 1;
  const valences = atomValences(graph);
  const inRing = new Set([...rings].flatMap(({ from, to }) => [from, to]));
  const outside = atoms.findIndex(({ aromatic }, index) => aromatic && !inRing.has(index));
  if (outside >= 0) throw new RangeError(`column ${atoms[outside].column}: this aromatic atom is not part of a ring`);

  const neighbours: number[][] = atoms.map(() => []);
  for (const { from, to, order } of bonds) {
    if (order !== "aromatic" || !valences[from].needsDouble || !valences[to].needsDouble) continue;
    neighbours[from].push(to);
    neighbours[to].push(from);
  }
  const partner = largestMatching(neighbours);
  const left = atoms.findIndex((_, index) => valences[index].needsDouble && partner[index] < 0);
  if (left >= 0) {
    const { column } = atoms[left];
    throw new RangeError(
      `column ${column}: bonds of aromatic rings must alternate, found no double bond for this atom`,
    );
  }
  for (const bond of bonds) if (bond.order === "aromatic") bond.order = partner[bond.from] === bond.to ? 2 : 1;
}
