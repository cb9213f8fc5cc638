/**
 * `every`: a value of every n-th step, zeros otherwise. The compiler gathers the nodes that only feed such values into one
 * body for each n, whose commands are skipped in all other steps.
 */
import { soleFeeders, topologicalOrder } from "../graph/order.js";
import { storage } from "../graph/storage.js";
import { checkNumber } from "../options.js";
import { anyType, type Body, type Op, Tensor } from "../graph/tensor.js";
import { bodyOf, closeBody, over, partOp } from "../graph/body.js";
import { type TensorLike, tensor } from "./constant.js";
import { emitDue } from "./every/emission.js";

type EveryAttributes = { readonly period: number };

const periodOf = (node: Tensor) => (node.attributes as EveryAttributes).period;
const isDue = (step: number, node: Tensor) => step % periodOf(node) === 0;

export const everyOp: Op<EveryAttributes> = {
  name: "every",
  takes: [anyType],
  shape: ([x]) => x.shape,
  dtype: ([x]) => x.dtype,
  gradient: (g, y) => [every(periodOf(y), g)],
  gate: true,
  evaluate: ([x], node, { step }) => (isDue(step, node) ? x : new Float64Array(x.length)),
  gather: gathered,
  lowering: {
    kind: "kernel",
    emit: (emission) => {
      const [x] = emission.node.inputs;
      emitDue(
        emission,
        closeBody([x], [], () => false),
        [emission.out.storage],
      );
    },
  },
};

/** Values of several `every` of one period, with the nodes that only feed them as the body. */
const dueOp: Op<EveryAttributes & { readonly body: Body }> = {
  name: "due",
  takes: [anyType],
  shape: (_inputs, { body }) => [body.results.reduce((sum, { size }) => sum + size, 0)],
  gradient: null,
  distinct: true,
  evaluate(inputs, node, context) {
    const body = bodyOf(node) as Body;
    if (!isDue(context.step, node)) return new Float64Array(node.size);
    return Float64Array.from(context.run(body, inputs, 0, 1).flatMap((values) => [...values]));
  },
  lowering: {
    kind: "kernel",
    parts: (node) =>
      (bodyOf(node) as Body).results.map(({ label, shape, dtype }) => storage(label ?? "every", shape, { dtype })),
    emit: (emission) => {
      const { node, parts } = emission;
      emitDue(emission, { body: bodyOf(node) as Body, captured: node.inputs }, parts);
    },
  },
};

/** Nodes that are computed together, and all that only feeds them. */
interface Group {
  readonly period: number;
  readonly members: readonly Tensor[];
  readonly region: ReadonlySet<Tensor>;
}

/**
 * Nodes `every` of one period, as many of them together as do not depend on each other: of all that lie on one path of the
 * graph, whatever their periods, each stands in a later group. So what a group reads never depends on the group itself.
 * A node that only feeds others belongs to their region and to no group.
 */
function groupsOf(nodes: readonly Tensor[], order: readonly Tensor[], roots: ReadonlySet<Tensor>): Group[] {
  const level = new Map<Tensor, number>();
  for (const node of order) {
    const below = Math.max(0, ...node.inputs.map((input) => level.get(input) as number));
    level.set(node, node.op === everyOp ? below + 1 : below);
  }
  const levels = [...new Set(nodes.map((node) => level.get(node) as number))].sort((a, b) => b - a);
  const inside = new Set<Tensor>();
  const groups: Group[] = [];
  for (const own of levels) {
    for (const period of new Set(nodes.map(periodOf))) {
      const members = nodes.filter((node) => level.get(node) === own && periodOf(node) === period && !inside.has(node));
      if (members.length === 0) continue;
      const region = soleFeeders(members, order, roots);
      for (const node of region) inside.add(node);
      groups.push({ period, members, region });
    }
  }
  return groups.reverse();
}

/** Every group as the parts of one node, whose body is the group's region. */
function gathered(
  nodes: readonly Tensor[],
  order: readonly Tensor[],
  roots: ReadonlySet<Tensor>,
): ReadonlyMap<Tensor, Tensor> {
  const made = new Map<Tensor, Tensor>();
  for (const { period, members, region } of groupsOf(nodes, order, roots)) {
    const now = new Map(made);
    const own = new Set<Tensor>();
    const at = (node: Tensor) => now.get(node) as Tensor;
    for (const node of topologicalOrder(members.flatMap(({ inputs }) => inputs))) {
      if (now.has(node)) continue;
      // Within the body the step is one of the period's.
      const passes = node.op === everyOp && region.has(node) && period % periodOf(node) === 0;
      now.set(node, passes ? at(node.inputs[0]) : over(node, node.inputs.map(at)));
      // What one that passes becomes may lie outside.
      if (region.has(node) && !passes) own.add(at(node));
    }
    const { body, captured } = closeBody(
      members.map(({ inputs }) => at(inputs[0])),
      [],
      (node) => own.has(node),
    );
    const due = new Tensor(dueOp, captured, { body, period });
    let start = 0;
    members.forEach(({ shape, dtype, size, label }, index) => {
      const part = new Tensor(partOp, [due], { index, shape, dtype, start });
      part.label = label;
      made.set(members[index], part);
      start += size;
    });
  }
  return made;
}

/**
 * x in every n-th step, beginning with the first, and zeros in the others, where nothing that only feeds x is computed. A
 * value that costs much and is rarely needed, such as a penalty, is wrapped in it; it is not scaled up for the steps without.
 * Its gradient is `every(n, g)`, taken as late as possible, so that those steps are spared the gradients of what feeds x too.
 * @param n period in steps, a whole number of 1 or more
 * @throws RangeError for another period
 * @example show(every(1, t([1, 2]))) // [1, 2]
 */
export function every(n: number, x: TensorLike): Tensor {
  const period = checkNumber("every", "n", n, { whole: true, atLeast: 1, below: 2 ** 31 });
  const input = tensor(x, "every");
  return period === 1 ? input : new Tensor(everyOp, [input], { period });
}
