/**
 * The second opinion on numbers: evaluates a graph in f64 and carries along, for every element, how far an f32 program
 * may be from it (forward error analysis: Higham 2002, chapter 3). An operation's rule takes what its operands' errors
 * become and adds its own rounding. Where comparisons, choices or poles leave the result open, the bound says so; an
 * infinite bound means that nothing is known.
 */
import { topologicalOrder } from "#src/graph/order";
import { assignStreams } from "#src/graph/reference";
import type { EvaluationContext, Tensor } from "#src/graph/tensor";
import { elementwiseRules } from "./bounds-elementwise.js";
import { kernelRules } from "./bounds-kernels.js";

/** Values and the most that an f32 result may differ from each. */
export interface Known {
  readonly value: Float64Array;
  readonly error: Float64Array;
}

export type Rule = (node: Tensor, inputs: readonly Known[], context: EvaluationContext) => Known;

/** Rules by an operation's name. */
export const rules: Readonly<Record<string, Rule>> = { ...elementwiseRules, ...kernelRules };

/** Values that are known exactly. */
export const exactly = (value: Float64Array): Known => ({ value, error: new Float64Array(value.length) });

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
  const order = topologicalOrder(roots);
  const streams = assignStreams(order, 0);
  const context: EvaluationContext = {
    seed,
    step,
    streamOf: (node) => streams.get(node) as number,
    iteration: { index: 0, of: 1 },
    run: () => [],
  };
  const known = new Map<Tensor, Known>();
  for (const node of order) {
    const leaf = leaves.get(node);
    const rule = rules[node.op.name];
    if (!leaf && !rule) throw new Error(`bounds: no rule for ${node.op.name}`);
    known.set(
      node,
      leaf ??
        rule(
          node,
          node.inputs.map((input) => known.get(input) as Known),
          context,
        ),
    );
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
