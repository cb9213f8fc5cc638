/**
 * Label units of a machine (Larochelle, Bengio 2008): a group of visible units, of which exactly one is 1, that of the
 * record's class. They are the last `classes` visible units of the machine: the last rows of W are the weights U of the
 * classes, the last visible biases their biases d, and a joint state is [v, one-hot of the class], with the energy
 *     E(v, y, h) = -v.a - d_y - h.b - v W h - U_y h
 */
import type { Tensor } from "../../graph/tensor.js";
import { gumbel } from "../../ops/gumbel.js";
import { add, mul, neg } from "../../ops/elementwise.js";
import { gather, oneHot } from "../../ops/indexing.js";
import { concat, reshape, slice } from "../../ops/movement.js";
import { argMax, logSumExp, softmax, sum } from "../../ops/reduction.js";
import { freeEnergy, hiddenLogits, type Machine } from "./machine.js";
import type { Units } from "./units.js";

/** The classes of a machine, and the kind of its visible units without the label units. */
export interface LabelGroup {
  readonly classes: number;
  readonly values: Units;
}

/** The joint states [n, V + classes] of records [n, V] and their classes [n]. */
export const joint = (v: Tensor, labels: Tensor, { classes }: LabelGroup): Tensor =>
  concat([v, oneHot(labels, classes)], { axes: 1 });

/**
 * A class for every row of logits [n, classes], by the probabilities softmax(logits), i32 [n]: the largest of the logits with
 * Gumbel noise added (Maddison, Tarlow, Minka 2014, section 2).
 */
export const drawClass = (logits: Tensor): Tensor => argMax(add(logits, gumbel(logits.shape)));

/** The first V columns of joint states or their logits, and the last columns, those of the classes. */
function partsOf(x: Tensor, { classes }: LabelGroup): [values: Tensor, labels: Tensor] {
  const [n, all] = x.shape;
  const visible = all - classes;
  return [slice(x, [0, 0], [n, visible]), slice(x, [0, visible], [n, classes])];
}

/** The visible units of a machine with label units: functions of logits [n, V + classes]. */
export function jointUnits(group: LabelGroup): Units {
  const { classes, values } = group;
  const both = (logits: Tensor, ofValues: (x: Tensor) => Tensor, ofLabels: (x: Tensor) => Tensor) => {
    const [first, last] = partsOf(logits, group);
    return concat([ofValues(first), ofLabels(last)], { axes: 1 });
  };
  return {
    config: values.config,
    range: values.range,
    ...(values.categories !== undefined && { categories: values.categories }),
    mean: (logits) => both(logits, values.mean, softmax),
    draw: (logits) => both(logits, values.draw, (last) => oneHot(drawClass(last), classes)),
    logPartition: (logits) => both(logits, values.logPartition, (last) => logSumExp(last, { axes: 1, keepAxes: true })),
  };
}

/** The parameters of the record's units and of the label units: W [V, H], a [V], U [classes, H], d [classes]. */
export function splitMachine({ weights, visibleBias }: Machine, { classes }: LabelGroup) {
  const [all, hidden] = weights.shape;
  const visible = all - classes;
  return {
    weights: slice(weights, [0, 0], [visible, hidden]),
    visibleBias: slice(visibleBias, [0], [visible]),
    labelWeights: slice(weights, [visible, 0], [classes, hidden]),
    labelBias: slice(visibleBias, [visible], [classes]),
  };
}

/** The machine of records [n, V] whose classes are known: the label units are part of the hidden biases, [n, H]. */
export function conditioned(machine: Machine, labels: Tensor, group: LabelGroup): Machine {
  const { weights, visibleBias, labelWeights } = splitMachine(machine, group);
  return {
    weights,
    visibleBias,
    hiddenBias: add(machine.hiddenBias, gather(labelWeights, labels)),
    visible: group.values,
    hidden: machine.hidden,
  };
}

/**
 * -F(v, y) of records [n, V] and every class, [n, classes]. Their softmax is p(y | v), the exact conditional probabilities of
 * the classes (Larochelle, Bengio 2008, eq. 2).
 */
export function classLogits(machine: Machine, v: Tensor, group: LabelGroup): Tensor {
  const { labelWeights, labelBias, ...own } = splitMachine(machine, group);
  const [n] = v.shape;
  const hidden = machine.hiddenBias.size;
  const inputs = reshape(hiddenLogits({ ...machine, ...own }, v), [n, 1, hidden]);
  const sums = sum(machine.hidden.logPartition(add(inputs, labelWeights)), { axes: 2 });
  return add(add(sums, labelBias), sum(mul(v, own.visibleBias), { axes: 1, keepAxes: true }));
}

/** F(v) = -log of the sum over classes of e^-F(v, y) of records [n, V], [n]; that of the plain machine without label units. */
export function marginalFreeEnergy(machine: Machine, v: Tensor, group: LabelGroup | undefined): Tensor {
  return group ? neg(logSumExp(classLogits(machine, v, group), { axes: 1 })) : freeEnergy(machine, v);
}
