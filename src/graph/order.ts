/** The order of a graph's nodes. */
import type { Tensor } from "./tensor.js";

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

/**
 * Nodes that only `targets` read, directly or through other such nodes. Nodes in `kept`, and leaves, are not included.
 */
export function soleFeeders(
  targets: readonly Tensor[],
  order: readonly Tensor[],
  kept: ReadonlySet<Tensor>,
): Set<Tensor> {
  const readers = new Map<Tensor, Tensor[]>(order.map((node) => [node, []]));
  for (const node of order) for (const input of new Set(node.inputs)) readers.get(input)?.push(node);
  const found = new Set<Tensor>();
  const all = new Set(targets);
  for (const node of [...order].reverse()) {
    const own = readers.get(node) as Tensor[];
    if (all.has(node) || kept.has(node) || own.length === 0 || node.op.lowering.kind === "leaf") continue;
    if (own.every((reader) => all.has(reader) || found.has(reader))) found.add(node);
  }
  for (const node of [...found]) if (node.op.lowering.kind === "part" && !found.has(node.inputs[0])) found.delete(node);
  return found;
}
