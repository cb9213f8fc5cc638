/**
 * The second opinion on numbers: evaluates a graph in f64 and carries along, for every element, how far an f32 program
 * may be from it (forward error analysis: Higham 2002, chapter 3). An operation's rule takes what its operands' errors
 * become and adds its own rounding. Where comparisons, choices or poles leave the result open, the bound says so; an
 * infinite bound means that nothing is known.
 */
import { topologicalOrder } from "#src/graph/order";
import { assignStreams } from "#src/graph/reference";
import type { Tensor } from "#src/graph/tensor";
import { elementwiseRules } from "./bounds-elementwise.js";
import { kernelRules } from "./bounds-kernels.js";
import { type BoundedContext, loopRules } from "./bounds-loops.js";
import type { Known, Rule } from "./known.js";

/** Rules by an operation's name. */
export const rules: Readonly<Record<string, Rule>> = { ...elementwiseRules, ...kernelRules, ...loopRules };

export interface Evaluation {
  /** Inputs and variables. */
  readonly leaves: ReadonlyMap<Tensor, Known>;
  readonly seed: number;
  readonly step: number;
}

/** Evaluates tensors. */
export function evaluateBounded(
  roots: readonly Tensor[],
  { leaves, seed, step }: Evaluation,
): ReadonlyMap<Tensor, Known> {
  const streams = assignStreams(topologicalOrder(roots), 0);
  const context: BoundedContext = {
    seed,
    step,
    streamOf: (node) => streams.get(node) as number,
    iteration: { index: 0, of: 1 },
    run: () => [],
    bounded(body, inputs, iteration, length) {
      const within = {
        ...this,
        iteration: { index: this.iteration.index * length + iteration, of: this.iteration.of * length },
      };
      const known = bounds(body.results, new Map(body.inputs.map((input, i) => [input, inputs[i]])), within);
      return body.results.map((result) => known.get(result) as Known);
    },
  };
  return bounds(roots, leaves, context);
}

function bounds(
  roots: readonly Tensor[],
  leaves: ReadonlyMap<Tensor, Known>,
  context: BoundedContext,
): ReadonlyMap<Tensor, Known> {
  const known = new Map<Tensor, Known>();
  for (const node of topologicalOrder(roots)) {
    const leaf = leaves.get(node);
    const rule = rules[node.op.name];
    if (!leaf && !rule) throw new Error(`bounds: no rule for ${node.op.name}`);
    const inputs = node.inputs.map((input) => known.get(input) as Known);
    known.set(node, leaf ?? rule(node, inputs, context));
  }
  return known;
}

/** The first element that is farther from its value than its bound, or undefined. */
export function firstDifference({ value, error }: Known, found: ArrayLike<number>): number | undefined {
  for (let i = 0; i < value.length; i++) {
    if (error[i] === Infinity) continue;
    if (Object.is(found[i], value[i]) || found[i] === value[i]) continue;
    if (!(Math.abs(found[i] - value[i]) <= error[i])) return i;
  }
  return undefined;
}
