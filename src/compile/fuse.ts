/**
 * Fusion: decides which elementwise results are stored and which are computed where they are read, and groups the
 * stored ones so that one command computes each group.
 *
 * The depth of a node is the longest chain of commands below it. Elementwise nodes of one shape add no depth, so there
 * is no other command between two nodes of equal depth and shape: merging them cannot create a cycle. Groups of equal
 * depth and shape are ordered: a node never joins a group before the last group that it reads from, so no two groups
 * wait for each other.
 *
 * A lane has `Layout.TileBuffers` tile buffers, and `Layout.Slots` slots for a map descriptor. A node does not join a
 * group if the descriptor would exceed these limits. An expression that exceeds them by itself is split: one of its
 * intermediate values is stored.
 */
import { Layout } from "../../assembly/opcode.js";
import { type Shape, sameShape, sizeOf } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { fitsRecord } from "./record.js";

/** Elementwise nodes that one command computes together. */
export interface Group {
  readonly shape: Shape;
  /** The nodes whose values are stored, each after the nodes that it reads. */
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

/** Whether the operation is a map of its operands, element by element. */
export const isElementwise = (node: Tensor) => node.op.lowering.kind === "map";
/** Whether the operation shows its operand's memory with another shape. */
export const isView = (node: Tensor) => node.op.lowering.kind === "view";
/** Whether the operation has a kernel of its own. */
export const isKernel = (node: Tensor) => node.op.lowering.kind === "kernel";

/** Whether elementwise operations can follow within the operation's command. */
export const takesEpilogue = ({ op: { lowering } }: Tensor) => lowering.kind === "kernel" && lowering.epilogue === true;

/** The node at the end of a chain of views: its memory is what they show. */
export function base(node: Tensor): Tensor {
  let at = node;
  while (isView(at)) at = at.inputs[0];
  return at;
}

/** A value with at least this cost is stored rather than computed twice. */
const expensive = 4;

const takesFront = ({ op: { lowering } }: Tensor) => lowering.kind === "kernel" && lowering.front === true;
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

/** Command in which a value is computed: a group, given by its depth, or one reduction. */
type Landing = number | Tensor;

/**
 * @param order the program's nodes, each after its inputs
 * @param roots nodes whose values must be stored
 */
export function fuse(order: readonly Tensor[], roots: ReadonlySet<Tensor>): Fusion {
  const depth = depths(order);
  const readers = new Map<Tensor, Tensor[]>(order.map((node) => [node, []]));
  for (const node of order) for (const input of new Set(node.inputs)) readers.get(input)?.push(node);
  const kept = new Set(roots);
  for (;;) {
    const stored = chooseStored(order, kept, depth, readers);
    const inlined = (node: Tensor) => isElementwise(node) && !stored.has(node);
    const cuts = order.flatMap((node) => cutOf(node, inlined));
    if (cuts.length === 0) return { groups: gather(order, stored, depth, inlined), inlined, depth };
    for (const node of cuts) kept.add(node);
  }
}

/** A fusion that fuses nothing: every elementwise node has its own command. */
export function noFusion(order: readonly Tensor[]): Fusion {
  const groups = order
    .filter(isElementwise)
    .map((node) => ({ shape: node.shape, stored: [node], operands: [...new Set(node.inputs)] }));
  return { groups, inlined: () => false, depth: new Map() };
}

/**
 * If a node's expression exceeds the limits of a map descriptor: the node inside it whose value is stored instead. The
 * search goes down from the root, always into the larger operand, until the remaining expression is about half of the
 * whole (60%).
 */
function cutOf(node: Tensor, inlined: (node: Tensor) => boolean): Tensor[] {
  const fronted = takesFront(node);
  if (!(fronted ? inlined(node.inputs[0]) : isElementwise(node) && !inlined(node))) return [];
  const root = fronted ? node.inputs[0] : node;
  if (fits([root], inlined)) return [];
  const sizeBelow = (one: Tensor) => expressionNodes(one, inlined).inner.size;
  const whole = sizeBelow(root);
  let at = root;
  for (let size = whole; size > 0.6 * whole; ) {
    const parts = at.inputs.filter(inlined).map((part) => ({ part, below: sizeBelow(part) }));
    const [largest] = parts.sort((a, b) => b.below - a.below);
    at = largest.part;
    size = largest.below;
  }
  return [at];
}

/** Whether one map descriptor can compute these nodes. */
function fits(nodes: readonly Tensor[], inlined: (node: Tensor) => boolean): boolean {
  // A node takes at most one buffer, so counting nodes is usually enough.
  const all = new Set(nodes);
  for (const node of nodes) {
    const { operands, inner } = expressionNodes(node, inlined);
    for (const one of [...operands, ...inner]) all.add(one);
  }
  return all.size <= Layout.TileBuffers || fitsRecord(nodes, inlined);
}

/** Elementwise nodes whose values are stored in memory. */
function chooseStored(
  order: readonly Tensor[],
  roots: ReadonlySet<Tensor>,
  depth: ReadonlyMap<Tensor, number>,
  readers: ReadonlyMap<Tensor, readonly Tensor[]>,
): Set<Tensor> {
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
    if (where.size > 1 && (costOf(node) >= expensive || wide)) store = true;
    if (store) stored.add(node);
    landings.set(node, store ? new Set([depth.get(node) as number]) : where);
  }
  return stored;
}

/** Operands of a node's expression, and the nodes inside it. */
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

/** Maximum number of results of one command: tile buffers and slots are limited. */
const mostStored = 8;

interface OpenGroup {
  readonly shape: Shape;
  readonly depth: number;
  readonly stored: Tensor[];
  /** Nodes that the group computes or reads. */
  readonly touches: Set<Tensor>;
  readonly operands: Set<Tensor>;
}

function gather(
  order: readonly Tensor[],
  stored: ReadonlySet<Tensor>,
  depth: ReadonlyMap<Tensor, number>,
  inlined: (node: Tensor) => boolean,
): Group[] {
  const groups: OpenGroup[] = [];
  const groupOf = new Map<Tensor, number>();
  for (const node of order) {
    if (!stored.has(node)) continue;
    const { operands, inner } = expressionNodes(node, inlined);
    // Shared scalars and constants are no reason to join a group.
    const touches = [node, ...inner, ...[...operands].filter((operand) => operand.size > 1)];
    const own = depth.get(node) as number;
    // The node joins the first group of its depth and shape that computes or reads one of the node's operands, but no
    // group before the last such group that it reads from.
    let first = 0;
    for (const operand of operands) {
      const at = groupOf.get(operand);
      if (at !== undefined && groups[at].depth === own) first = Math.max(first, at);
    }
    const joins = (group: OpenGroup, at: number) =>
      at >= first &&
      group.depth === own &&
      group.stored.length < mostStored &&
      sameShape(group.shape, node.shape) &&
      touches.some((touched) => group.touches.has(touched)) &&
      fits([...group.stored, node], inlined);
    let at = groups.findIndex(joins);
    if (at < 0) {
      at = groups.length;
      groups.push({ shape: node.shape, depth: own, stored: [], touches: new Set(), operands: new Set() });
    }
    const group = groups[at];
    groupOf.set(node, at);
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
