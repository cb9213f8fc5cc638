/**
 * The visible units that stand for the values of a record: one for each value, or one for each category of each value, of which
 * exactly one is 1 (Salakhutdinov, Mnih, Hinton 2007, section 2): the units of a value are then next to each other.
 *
 *     values  2 0          categories 3
 *     units   0 0 1 1 0 0
 *
 * Records are values everywhere outside of the machine's graph, as in the data.
 */
import type { Shape } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import * as portable from "../../numbers/portable-math.js";
import { log } from "../../ops/elementwise.js";
import { cast, oneHot } from "../../ops/indexing.js";
import { broadcastTo, reshape } from "../../ops/movement.js";
import { randomBernoulli } from "../../ops/random.js";
import { argMax } from "../../ops/reduction.js";
import { groups, type Units } from "./units.js";

/** Number of units of one value. */
export const unitsOfValue = ({ categories = 1 }: Units): number => categories;

/** States [n, units] of the values of records [n, values]. */
export function statesOf({ categories }: Units, values: Tensor): Tensor {
  if (categories === undefined) return values;
  const [n, count] = values.shape;
  return reshape(oneHot(cast(values, "i32"), categories), [n, count * categories]);
}

/** Values [n, values] of states [n, units]; of means, the most likely categories. */
export function valuesOfStates({ categories }: Units, states: Tensor): Tensor {
  if (categories === undefined) return states;
  return cast(argMax(groups(states, categories)), "f32");
}

/** Random states of a shape [n, units], whose means [units] are given. */
export const drawnOfMeans = (units: Units, means: Tensor, shape: Shape): Tensor =>
  units.categories === undefined ? randomBernoulli(means, shape) : units.draw(broadcastTo(log(means), shape));

/** States of values as arrays. */
export function stateRows({ categories }: Units, values: Float32Array): Float32Array {
  if (categories === undefined) return values;
  const states = new Float32Array(values.length * categories);
  values.forEach((value, i) => {
    states[i * categories + value] = 1;
  });
  return states;
}

/** The same number for all units of a value. */
export const repeatedRows = ({ categories = 1 }: Units, values: Float32Array): Float32Array =>
  categories === 1
    ? values
    : Float32Array.from({ length: values.length * categories }, (_, i) => values[Math.floor(i / categories)]);

/** Values of states, or the most likely ones of means, as arrays. */
export function valueRows({ categories }: Units, states: Float32Array): Float32Array {
  if (categories === undefined) return states;
  return Float32Array.from({ length: states.length / categories }, (_, value) => {
    const own = states.subarray(value * categories, (value + 1) * categories);
    return own.indexOf(own.reduce((most, x) => Math.max(most, x)));
  });
}

/** Adds the states of values [n, values] to the totals of all units [units]. */
export function addStates({ categories }: Units, values: ArrayLike<number>, totals: Float64Array): void {
  if (categories === undefined) {
    for (let i = 0; i < values.length; i++) totals[i % totals.length] += values[i];
    return;
  }
  const count = totals.length / categories;
  for (let i = 0; i < values.length; i++) totals[(i % count) * categories + values[i]]++;
}

/** Units without weights that have some means. */
export interface BaseRates {
  /** Their logits. */
  readonly logits: Float64Array;
  /** The sum of their log-partition functions. */
  readonly logPartition: number;
}

/** The logits of units [units] with these means, none of which is 0 or 1. */
export function baseRatesOf({ categories }: Units, means: ArrayLike<number>): BaseRates {
  if (categories === undefined) {
    const logits = Float64Array.from(means, (p) => portable.log(p / (1 - p)));
    return { logits, logPartition: logits.reduce((total, c) => total + Math.log1p(Math.exp(c)), 0) };
  }
  const logits = Float64Array.from(means, portable.log);
  let logPartition = 0;
  // The means of a group, which were rounded to f32, need not add up to 1.
  for (let i = 0; i < logits.length; i += categories)
    logPartition += Math.log(logits.subarray(i, i + categories).reduce((total, c) => total + Math.exp(c), 0));
  return { logits, logPartition };
}
