/**
 * Error rules of loops, of their parts, and of values of every n-th step.
 *
 * A loop's bound is its body's, iteration by iteration: what one iteration leaves open of a carry is what the next one begins with. It is
 * assumed that an iteration computes what the body's graph says, node by node, from the iteration before (no sums over iterations in
 * another order), that what is the same in every iteration has one value wherever it is computed, and that random numbers of a
 * iteration are exact ones of the node's whole draw. A part is as open as what it is a part of.
 */
import { scanAttributes } from "#src/ops/scan/attributes";
import type { Body, EvaluationContext } from "#src/graph/tensor";
import { exactly, type Known, type Rule } from "./known.js";

/** What evaluates a body with bounds, beside what an evaluation knows. */
export interface BoundedContext extends EvaluationContext {
  bounded(body: Body, inputs: readonly Known[], iteration: number, length: number): Known[];
}

const each = (inputs: readonly Known[], f: (values: readonly Float64Array[]) => Float64Array): Known => ({
  value: f(inputs.map(({ value }) => value)),
  error: f(inputs.map(({ error }) => error)),
});

const joined = (list: readonly Float64Array[]): Float64Array => {
  const all = new Float64Array(list.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of list) {
    all.set(one, at);
    at += one.length;
  }
  return all;
};

const scanned: Rule = (node, inputs, context) => {
  const { body, length, reverse, carries, sequences } = scanAttributes(node);
  const captured = inputs.slice(carries + sequences);
  let state = inputs.slice(0, carries);
  /** By iteration: rows of the outputs, carries as the iteration found them. */
  const rows: Known[][] = [];
  const history: Known[][] = [];
  for (let iteration = 0; iteration < length; iteration++) {
    const i = reverse ? length - 1 - iteration : iteration;
    const elements = inputs.slice(carries, carries + sequences).map((one, k) => {
      const { size } = body.inputs[carries + k];
      return each([one], ([values]) => values.subarray(i * size, (i + 1) * size));
    });
    const results = (context as BoundedContext).bounded(body, [...state, ...elements, ...captured], i, length);
    history[i] = state;
    state = results.slice(0, carries);
    rows[i] = results.slice(carries);
  }
  const stacked = (list: readonly Known[][], count: number) =>
    Array.from({ length: count }, (_, k) =>
      each(
        list.map((iteration) => iteration[k]),
        joined,
      ),
    );
  return each([...state, ...stacked(rows, body.results.length - carries), ...stacked(history, carries)], joined);
};

const part: Rule = (node, inputs, context) => each(inputs, (values) => node.op.evaluate(values, node, context));

const sometimes: Rule = (node, [x], { step }) =>
  step % (node.attributes.period as number) === 0 ? x : exactly(new Float64Array(node.size));

export const loopRules: Readonly<Record<string, Rule>> = { scan: scanned, part, every: sometimes };
