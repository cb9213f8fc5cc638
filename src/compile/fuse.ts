/**
 * Fusion: decides which elementwise results are stored and which are computed where they are read, and gathers the
 * stored ones into groups that one command computes together.
 *
 * Depth is the longest chain of commands below a node. Elementwise nodes of one shape add no depth, so two of the same
 * depth and shape never wait for each other: merging them cannot close a circle.
 */
import { maxOp, sumOp } from "../ops/reduction.js";
import { type Shape, sameShape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";

/** Elementwise nodes that one command computes. */
export interface Group {
  readonly shape: Shape;
  /** The nodes whose values are stored, each after those it reads. */
  readonly stored: readonly Tensor[];
  /** Nodes read from memory. */
  readonly operands: readonly Tensor[];
}

export interface Fusion {
  readonly groups: readonly Group[];
  /** Whether an elementwise node is computed where it is read. */
  inlined(node: Tensor): boolean;
  readonly depth: ReadonlyMap<Tensor, number>;
}

export const isElementwise = (node: Tensor) => node.op.lowering.kind === "map";
export const isView = (node: Tensor) => node.op.lowering.kind === "view";
export const isKernel = (node: Tensor) => node.op.lowering.kind === "kernel";

/** The node whose memory a chain of views shows. */
export function base(node: Tensor): Tensor {
  let at = node;
  while (isView(at)) at = at.inputs[0];
  return at;
}

/** From this cost on a value is rather stored than computed twice. */
const dear = 4;

const takesFront = (node: Tensor) => node.op === sumOp || node.op === maxOp;
const costOf = (node: Tensor) => (node.op.lowering.kind === "map" ? node.op.lowering.cost : 0);

function depths(order: readonly Tensor[]): Map<Tensor, number> {
  const depth = new Map<Tensor, number>();
  for (const node of order) {
    let most = 0;
    for (const input of node.inputs) {
      const below = depth.get(input) as number;
      const free =
        isView(node) ||
        input.op.lowering.kind === "leaf" ||
        (isElementwise(node) && isElementwise(input) && sameShape(node.shape, input.shape));
      most = Math.max(most, free ? below : below + 1);
    }
    depth.set(node, isKernel(node) ? Math.max(most, 1) : most);
  }
  return depth;
}

/** Places where a value is computed: the depth of a group, or one reduction. */
type Landing = number | Tensor;

/**
 * @param order the program's nodes, each after its inputs
 * @param roots nodes whose values must be stored
 */
export function fuse(order: readonly Tensor[], roots: ReadonlySet<Tensor>): Fusion {
  const depth = depths(order);
  const readers = new Map<Tensor, Tensor[]>(order.map((node) => [node, []]));
  for (const node of order) for (const input of new Set(node.inputs)) readers.get(input)?.push(node);

  const stored = new Set<Tensor>();
  const landings = new Map<Tensor, Set<Landing>>();
  for (const node of [...order].reverse()) {
    if (!isElementwise(node)) continue;
    const where = new Set<Landing>();
    let store = roots.has(node);
    for (const reader of readers.get(node) ?? []) {
      if (takesFront(reader)) where.add(reader);
      else if (!isElementwise(reader) || !sameShape(reader.shape, node.shape)) store = true;
      else if (stored.has(reader)) where.add(depth.get(reader) as number);
      else for (const landing of landings.get(reader) ?? []) where.add(landing);
    }
    const wide = node.inputs.filter((input) => sizeOf(input.shape) === sizeOf(node.shape)).length > 1;
    if (where.size > 1 && (costOf(node) >= dear || wide)) store = true;
    if (store) stored.add(node);
    landings.set(node, store ? new Set([depth.get(node) as number]) : where);
  }
  const inlined = (node: Tensor) => isElementwise(node) && !stored.has(node);
  return { groups: gather(order, stored, depth, inlined), inlined, depth };
}

/** Leaves of a node's expression, and every node in it. */
export function expressionNodes(
  root: Tensor,
  inlined: (node: Tensor) => boolean,
): { operands: Set<Tensor>; inner: Set<Tensor> } {
  const operands = new Set<Tensor>();
  const inner = new Set<Tensor>();
  const visit = (node: Tensor) => {
    for (const input of node.inputs) {
      if (!inlined(input)) operands.add(input);
      else if (!inner.has(input)) {
        inner.add(input);
        visit(input);
      }
    }
  };
  visit(root);
  return { operands, inner };
}

/** Most results of one command: tile buffers and slots are limited. */
const mostStored = 8;

function gather(
  order: readonly Tensor[],
  stored: ReadonlySet<Tensor>,
  depth: ReadonlyMap<Tensor, number>,
  inlined: (node: Tensor) => boolean,
): Group[] {
  const groups: { shape: Shape; depth: number; stored: Tensor[]; touches: Set<Tensor>; operands: Set<Tensor> }[] = [];
  for (const node of order) {
    if (!stored.has(node)) continue;
    const { operands, inner } = expressionNodes(node, inlined);
    const touches = new Set([node, ...inner, ...[...operands].filter((operand) => operand.size > 1)]);
    // Joins the first group of its depth and shape that computes or reads something that it reads.
    const own = depth.get(node) as number;
    const home = groups.find(
      (group) =>
        group.depth === own &&
        group.stored.length < mostStored &&
        sameShape(group.shape, node.shape) &&
        [...touches].some((touched) => group.touches.has(touched)),
    );
    const group = home ?? { shape: node.shape, depth: own, stored: [], touches: new Set(), operands: new Set() };
    if (!home) groups.push(group);
    group.stored.push(node);
    for (const touched of touches) group.touches.add(touched);
    for (const operand of operands) group.operands.add(operand);
  }
  return groups.map(({ shape, stored: nodes, operands }) => ({
    shape,
    stored: nodes,
    operands: [...operands].filter((operand) => !nodes.includes(operand)),
  }));
}
