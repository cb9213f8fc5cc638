/** The order of a graph's nodes. */
import type { Tensor } from "../tensor.js";

/** Nodes that the outputs depend on, each after its inputs. */
export function topologicalOrder(outputs: Iterable<Tensor>): Tensor[] {
  const seen = new Set<Tensor>();
  const pending = [...outputs];
  while (pending.length > 0) {
    const node = pending.pop() as Tensor;
    if (seen.has(node)) continue;
    seen.add(node);
    pending.push(...node.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
