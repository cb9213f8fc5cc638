/**
 * Bodies: the separate graphs that a loop repeats. A body reads only its own inputs. Tensors of the outer graph that it
 * uses are passed in as additional inputs ("captured"). Anything that is the same in every iteration is computed
 * outside, once.
 */
import { topologicalOrder } from "./order.js";
import { type Body, type Op, Input, isRandom, Tensor } from "./tensor.js";

/** The body of a node; undefined if it has none. */
export const bodyOf = (node: Tensor): Body | undefined => node.attributes.body as Body | undefined;

/** Whether a node, or any node in its body, draws random numbers. */
export function drawsRandom(node: Tensor): boolean {
  const body = bodyOf(node);
  return body ? topologicalOrder(body.results).some(drawsRandom) : isRandom(node);
}

/** Nodes that draw random numbers, including nodes in bodies, in order of creation. */
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

/** A copy of a node with other inputs; the node itself if nothing differs. */
export function over(node: Tensor, inputs: readonly Tensor[], attributes = node.attributes): Tensor {
  if (attributes === node.attributes && inputs.every((input, i) => input === node.inputs[i])) return node;
  const made = new Tensor(node.op, inputs, attributes);
  made.label = node.label;
  return made;
}

/**
 * Rebuilds the graph of `results` with some tensors replaced. Returns a map from every node of the graph to its new
 * node.
 */
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

/** A body, and the tensors of the outer graph that its last inputs stand for. */
export interface Closed {
  readonly body: Body;
  readonly captured: readonly Tensor[];
}

/**
 * Makes a body of a graph that reads the inputs `own` and also tensors of the outer graph.
 * @param belongs whether a node is computed in the body; `varies` is true if the node draws random numbers or reads a
 * node of the body
 * @returns the body, whose inputs are `own` followed by one input per captured tensor
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
    // Constant scalars are not captured, so that the simplifier can fold them.
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

/** One of the results of a node that has several. */
export interface PartAttributes {
  readonly index: number;
  readonly shape: readonly number[];
  readonly dtype: Tensor["dtype"];
  /** Index of its first element if all results of the node are concatenated. */
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
