/**
 * `every`: the value of a tensor in every n-th step, zeros in the others. For each n, the compiler gathers the nodes
 * that only feed such values into one body, whose commands are skipped in all other steps.
 */
import { soleFeeders, topologicalOrder } from "../graph/order.js";
import { storage } from "../graph/storage.js";
import { checkNumber } from "../options.js";
import type { Body, Op } from "../graph/op.js";
import { anyType, Tensor } from "../graph/tensor.js";
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

/** Values of several `every` nodes of one period; its body is the nodes that only feed them. */
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

/** `every` nodes that are computed together (`members`), and all nodes that only feed them (`region`). */
interface Group {
  readonly period: number;
  readonly members: readonly Tensor[];
  readonly region: ReadonlySet<Tensor>;
}

/**
 * Groups `every` nodes by period and by level: the number of `every` nodes on the longest path that ends at the node.
 * Nodes on one path are therefore in different groups, the dependent one in the later group, and what a group reads
 * never depends on the group itself. An `every` node that only feeds a group's members belongs to the group's region,
 * and forms no group.
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

/** Replaces the nodes of every group by the parts of one node whose body is the group's region. */
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
      // The body runs only in steps that are multiples of its period, so an inner `every` whose period divides it
      // always passes.
      const passes = node.op === everyOp && region.has(node) && period % periodOf(node) === 0;
      now.set(node, passes ? at(node.inputs[0]) : over(node, node.inputs.map(at)));
      // A node that passes is replaced by its input's node, which may lie outside of the region.
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
 * x in every n-th step, beginning with the first; zeros in the others, in which nothing that only feeds x is computed.
 * Meant for values that are expensive and rarely needed, such as a penalty. x is not scaled up to make up for the other
 * steps. The gradient is `every(n, g)`, applied as late as possible, so that the gradients of what feeds x are skipped
 * too.
 * @param n period in steps, an integer of 1 or more
 * @throws RangeError for another period
 * @example show(every(1, t([1, 2]))) // [1, 2]
 */
export function every(n: number, x: TensorLike): Tensor {
  const period = checkNumber("every", "n", n, { whole: true, atLeast: 1, below: 2 ** 31 });
  const input = tensor(x, "every");
  return period === 1 ? input : new Tensor(everyOp, [input], { period });
}
