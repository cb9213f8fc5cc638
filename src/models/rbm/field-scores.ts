/**
 * How strange each value of a record is to a machine: -log p(value | all other values), exactly. It is a difference of free
 * energies of records that differ in this value, so log Z is not needed (Besag 1975). The hidden units' logits of such records
 * differ by rows of W, so they are computed once, and a value costs one pass over the hidden units.
 */
import { sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { UsageError } from "../../errors.js";
import { add, mul, softplus, sub } from "../../ops/elementwise.js";
import { reshape, transpose } from "../../ops/movement.js";
import { logSumExp, sum } from "../../ops/reduction.js";
import { scan } from "../../ops/scan.js";
import { type LabelGroup, splitMachine } from "./labels.js";
import { hiddenLogits, type Machine } from "./machine.js";
import { groups, type Units } from "./units.js";

/** A machine of which F(v) is wanted: with label units of any class, if `group` is given. */
interface Marginal {
  readonly machine: Machine;
  readonly group: LabelGroup | undefined;
}

/** What the free energy is made of: rows of W and biases of the records' own units, and logits of hidden units by class. */
interface Parts {
  /** [V, H] */
  readonly weights: Tensor;
  /** [V] */
  readonly bias: Tensor;
  /** Logits of the hidden units, [n, classes, H]; one class if there are none. */
  readonly logits: Tensor;
  /** log of the sum over hidden states and classes for such logits, [n]: -F(v) without v.a. */
  logSum(logits: Tensor): Tensor;
}

function partsOf({ machine, group }: Marginal, v: Tensor): Parts {
  const [n] = v.shape;
  const [, hidden] = machine.weights.shape;
  const energies = (logits: Tensor) => sum(machine.hidden.logPartition(logits), { axes: 2 });
  if (!group) {
    const { weights, visibleBias: bias } = machine;
    const logits = reshape(hiddenLogits(machine, v), [n, 1, hidden]);
    return { weights, bias, logits, logSum: (of) => reshape(energies(of), [n]) };
  }
  const { weights, visibleBias: bias, labelWeights, labelBias } = splitMachine(machine, group);
  const logits = add(reshape(hiddenLogits({ ...machine, weights }, v), [n, 1, hidden]), labelWeights);
  return { weights, bias, logits, logSum: (of) => logSumExp(add(energies(of), labelBias), { axes: 1 }) };
}

/**
 * -log p(v_i | the others) in nats for each value of states [n, V], [n, values]. Of Bernoulli units a value between 0 and 1
 * counts as a probability: its score is the cross-entropy. Throws UsageError for other kinds of units.
 */
export function valueScores(marginal: Marginal, v: Tensor): Tensor {
  const { values }: { readonly values: Units } = marginal.group ?? { values: marginal.machine.visible };
  if (values.categories !== undefined) return categoricalScores(partsOf(marginal, v), v, values.categories);
  if (values.config.kind === "bernoulli") return bernoulliScores(partsOf(marginal, v), v);
  throw new UsageError(`fieldScores: the visible units must be bernoulli or categorical, found ${values.config.kind}`, {
    hint: "score gives the free energy of records",
  });
}

/** The log-odds l of each bit being 1 given the others; its score is log(1 + e^l) - v l. */
function bernoulliScores({ weights, bias, logits, logSum }: Parts, v: Tensor): Tensor {
  const [n] = v.shape;
  const { outputs } = scan({ sequences: { row: weights, a: bias, value: transpose(v) } }, (_, { row, a, value }) => {
    const own = mul(reshape(value, [n, 1, 1]), row);
    const off = sub(logits, own);
    return { outputs: { odds: add(a, sub(logSum(add(off, row)), logSum(off))) } };
  });
  const odds = transpose(outputs.odds);
  return sub(softplus(odds), mul(v, odds));
}

/** The logits of each category of a value given the other values: its score is minus their log-softmax at the record's own. */
function categoricalScores({ weights, bias, logits, logSum }: Parts, v: Tensor, categories: number): Tensor {
  const [n, units] = v.shape;
  const hidden = sizeOf(logits.shape.slice(-1));
  const count = units / categories;
  const { outputs } = scan(
    {
      sequences: {
        rows: reshape(weights, [count, categories, hidden]),
        a: reshape(bias, [count, categories]),
        own: transpose(groups(v, categories), [1, 0, 2]),
      },
    },
    (_, { rows, a, own }) => {
      // The row of the record's own category is taken out; that of each category is put in.
      const chosen = sum(mul(reshape(own, [n, categories, 1]), rows), { axes: 1 });
      const off = sub(logits, reshape(chosen, [n, 1, hidden]));
      const each = scan({ sequences: { row: rows } }, (_none, { row }) => ({
        outputs: { sums: logSum(add(off, row)) },
      }));
      const of = add(transpose(each.outputs.sums), a);
      return { outputs: { scores: sub(logSumExp(of, { axes: 1 }), sum(mul(own, of), { axes: 1 })) } };
    },
  );
  return transpose(outputs.scores);
}
