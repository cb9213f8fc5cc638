/** Which bonds are part of a ring: those that are no bridges of the graph (Tarjan 1974). */
import { across, type Bond, bondsByAtom, type MolecularGraph } from "./molecular-graph.js";

/** The bonds that lie on at least one ring. */
export function ringBonds(graph: MolecularGraph): Set<Bond> {
  const byAtom = bondsByAtom(graph);
  const rings = new Set(graph.bonds);
  /** Order of the first visit of each atom, 0 for none, and the earliest that its subtree reaches by one more bond. */
  const visited = new Int32Array(graph.atoms.length);
  const reach = new Int32Array(graph.atoms.length);
  let visits = 0;
  for (let start = 0; start < graph.atoms.length; start++) {
    if (visited[start] > 0) continue;
    visited[start] = reach[start] = ++visits;
    // A stack of its own: chains may be longer than the host's stack.
    const path: { readonly atom: number; readonly by?: Bond; next: number }[] = [{ atom: start, next: 0 }];
    while (path.length > 0) {
      const top = path[path.length - 1];
      const bond = byAtom[top.atom][top.next++];
      if (bond === undefined) {
        path.pop();
        const above = path[path.length - 1];
        if (above === undefined) continue;
        reach[above.atom] = Math.min(reach[above.atom], reach[top.atom]);
        if (reach[top.atom] > visited[above.atom]) rings.delete(top.by as Bond);
      } else if (bond !== top.by) {
        const other = across(bond, top.atom);
        if (visited[other] > 0) {
          reach[top.atom] = Math.min(reach[top.atom], visited[other]);
        } else {
          visited[other] = reach[other] = ++visits;
          path.push({ atom: other, by: bond, next: 0 });
        }
      }
    }
  }
  return rings;
}
