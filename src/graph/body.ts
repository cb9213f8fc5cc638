/**
 * Bodies: graphs of their own, which a loop repeats. A body reads nothing but its inputs; what it uses of the graph around
 * it comes in through inputs too ("captured"). Whatever is the same in every iteration is computed outside, once.
 */
import { topologicalOrder } from "./order.js";
import { type Body, Input, isRandom, type Op, Tensor } from "./tensor.js";

/** The body of a node that has one. */
export const bodyOf = (node: Tensor): Body | undefined => node.attributes.body as Body | undefined;

/** Whether a node draws random numbers, by itself or in its body. */
export function drawsRandom(node: Tensor): boolean {
  const body = bodyOf(node);
  return body ? topologicalOrder(body.results).some(drawsRandom) : isRandom(node);
}

/** Nodes that draw random numbers, those in bodies too, in order of creation. */
export function randomNodes(order: readonly Tensor[]): Tensor[] {
  const found = new Set<Tensor>();
  const visit = (nodes: readonly Tensor[]) => {
    for (const node of nodes) {
      const body = bodyOf(node);
      if (body) visit(topologicalOrder(body.results));
      else if (isRandom(node)) found.add(node);
    }
  };
  visit(order);
  return [...found].sort((a, b) => a.id - b.id);
}

/** A node of the same operation over other inputs; the node itself where they are its own. */
export function over(node: Tensor, inputs: readonly Tensor[], attributes = node.attributes): Tensor {
  if (attributes === node.attributes && inputs.every((input, i) => input === node.inputs[i])) return node;
  const made = new Tensor(node.op, inputs, attributes);
  made.label = node.label;
  return made;
}

/** The graph of some results with other tensors in place of some: every node of it and what it has become. */
export function substitute(
  results: readonly Tensor[],
  replaced: ReadonlyMap<Tensor, Tensor>,
  nodes: (node: Tensor) => boolean = () => true,
): Map<Tensor, Tensor> {
  const made = new Map(replaced);
  for (const node of topologicalOrder(results)) {
    if (made.has(node)) continue;
    made.set(
      node,
      nodes(node)
        ? over(
            node,
            node.inputs.map((input) => made.get(input) as Tensor),
          )
        : node,
    );
  }
  return made;
}

/** A body, and the tensors of the graph around it that its last inputs stand for. */
export interface Closed {
  readonly body: Body;
  readonly captured: readonly Tensor[];
}

/**
 * Closes the graph of results that reads `own` inputs and tensors of the graph around it.
 * @param belongs whether a node is computed within the body; `varies` says whether it draws random numbers, or reads a
 * node of the body
 * @returns the body, whose inputs are `own` and then one for each captured tensor
 */
export function closeBody(
  results: readonly Tensor[],
  own: readonly Input[],
  belongs: (node: Tensor, varies: boolean) => boolean,
): Closed {
  const varying = new Set<Tensor>(own);
  const constant = new Set<Tensor>();
  const order = topologicalOrder(results);
  for (const node of order) {
    if (varying.has(node)) continue;
    const varies = drawsRandom(node) || node.inputs.some((input) => varying.has(input));
    if (belongs(node, varies)) varying.add(node);
    // Numbers are not captured: the simplifier computes with them.
    else if (
      (node.op.lowering.kind === "leaf" && node.op.lowering.data && node.rank === 0) ||
      (node.op.lowering.kind === "map" && node.inputs.length > 0 && node.inputs.every((input) => constant.has(input)))
    )
      constant.add(node);
  }
  const stands = new Map<Tensor, Input>();
  const capture = (node: Tensor) => {
    if (varying.has(node) || constant.has(node) || stands.has(node)) return;
    stands.set(node, new Input(node.label ?? node.op.name, node.shape, node.dtype));
  };
  for (const node of order) if (varying.has(node)) node.inputs.forEach(capture);
  results.forEach(capture);
  const made = substitute(results, stands, (node) => varying.has(node));
  return {
    body: {
      inputs: [...own, ...stands.values()],
      results: results.map((result) => made.get(result) as Tensor),
    },
    captured: [...stands.keys()],
  };
}

/** One of the values that a node with several gives. */
export interface PartAttributes {
  readonly index: number;
  readonly shape: readonly number[];
  readonly dtype: Tensor["dtype"];
  /** Where it begins among all values of the node, one part behind the other. */
  readonly start: number;
  readonly [name: string]: unknown;
}

export const partOp: Op<PartAttributes> = {
  name: "part",
  shape: (_inputs, { shape }) => shape,
  dtype: (_inputs, { dtype }) => dtype,
  gradient: null,
  evaluate: ([all], { attributes, size }) => {
    const { start } = attributes as PartAttributes;
    return all.slice(start, start + size);
  },
  lowering: { kind: "part" },
};
