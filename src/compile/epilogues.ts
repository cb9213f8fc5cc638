/** Chooses which matrix products and convolutions run the elementwise group that follows them as their epilogue. */
import { sizeOf } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { base, type Fusion, type Group, isKernel, takesEpilogue } from "./fuse.js";

/**
 * Assigns groups to the products that they follow. A product then waits for all operands of its group, and no cycle may
 * arise. Operands of smaller depth never wait for the product; neither do elementwise operands of the same depth. Of
 * several products of the same depth, only the last in order may wait for the others: otherwise two could wait for each
 * other.
 */
export function chooseEpilogues({ groups, depth }: Fusion, order: readonly Tensor[]): Map<Tensor, Group> {
  const chosen = new Map<Tensor, Group>();
  const position = new Map(order.map((node, at) => [node, at]));
  const later = (a: Tensor, b: Tensor) =>
    (depth.get(a) as number) - (depth.get(b) as number) ||
    (isKernel(a) ? (position.get(a) as number) - (position.get(b) as number) : 0);
  for (const group of groups) {
    const size = sizeOf(group.shape);
    const operands = group.operands.map(base);
    const [product] = operands
      .filter((node) => takesEpilogue(node) && node.size === size && !chosen.has(node))
      .sort((a, b) => later(b, a));
    if (!product || size === 0) continue;
    if (operands.some((operand) => operand !== product && later(operand, product) > 0)) continue;
    chosen.set(product, group);
  }
  return chosen;
}
