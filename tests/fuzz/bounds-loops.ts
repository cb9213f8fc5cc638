/**
 * Error rules of loops, of their parts, and of values of every n-th step.
 *
 * A loop's bound is its body's, turn by turn: what one turn leaves open of a carry is what the next one begins with. It is
 * assumed that a turn computes what the body's graph says, node by node, from the turn before (no sums over turns in
 * another order), that what is the same in every turn has one value wherever it is computed, and that random numbers of a
 * turn are exact ones of the node's whole draw. A part is as open as what it is a part of.
 */
import { scanAttributes } from "#src/ops/scan/attributes";
import type { Body, EvaluationContext } from "#src/graph/tensor";
import { exactly, type Known, type Rule } from "./known.js";

/** What evaluates a body with bounds, beside what an evaluation knows. */
export interface BoundedContext extends EvaluationContext {
  bounded(body: Body, inputs: readonly Known[], turn: number, turns: number): Known[];
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
  const { body, turns, reverse, carries, sequences } = scanAttributes(node);
  const captured = inputs.slice(carries + sequences);
  let state = inputs.slice(0, carries);
  /** By iteration: rows of the outputs, carries as the turn found them. */
  const rows: Known[][] = [];
  const history: Known[][] = [];
  for (let turn = 0; turn < turns; turn++) {
    const i = reverse ? turns - 1 - turn : turn;
    const elements = inputs.slice(carries, carries + sequences).map((one, k) => {
      const { size } = body.inputs[carries + k];
      return each([one], ([values]) => values.subarray(i * size, (i + 1) * size));
    });
    const results = (context as BoundedContext).bounded(body, [...state, ...elements, ...captured], i, turns);
    history[i] = state;
    state = results.slice(0, carries);
    rows[i] = results.slice(carries);
  }
  const stacked = (list: readonly Known[][], count: number) =>
    Array.from({ length: count }, (_, k) =>
      each(
        list.map((turn) => turn[k]),
        joined,
      ),
    );
  return each([...state, ...stacked(rows, body.results.length - carries), ...stacked(history, carries)], joined);
};

const part: Rule = (node, inputs, context) => each(inputs, (values) => node.op.evaluate(values, node, context));

const sometimes: Rule = (node, [x], { step }) =>
  step % (node.attributes.period as number) === 0 ? x : exactly(new Float64Array(node.size));

export const loopRules: Readonly<Record<string, Rule>> = { scan: scanned, part, every: sometimes };
