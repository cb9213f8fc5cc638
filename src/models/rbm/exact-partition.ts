/**
 * The exact log-partition function of a machine of Bernoulli units: all states of its smaller side are enumerated, and
 * the larger side is summed in closed form, all in f64.
 *
 *     Z = sum over s in {0, 1}^n of e^(s . c) product over i of (1 + e^(x_i)),   x = d + s W
 *
 * s are the smaller side's states, c its biases; d are the other side's biases. The states are split into a high and a
 * low half, and x is the sum of a part from each, so every (state, i) needs one product of exponentials. If each visible value has
 * a unit for each category, the hidden states are enumerated, and the factor of a value is the sum of e^(x_i) over its units.
 */
import type { TrainedRbm } from "./trained-rbm.js";

/**
 * Maximum number of units of the smaller side: with some hundred units on the other side, 2^25 states take about a
 * minute.
 */
export const mostExactUnits = 25;

/** Parameters of a machine as arrays: W [V, H], a [V], b [H]. */
export interface Parameters {
  readonly weights: ArrayLike<number>;
  readonly visibleBias: ArrayLike<number>;
  readonly hiddenBias: ArrayLike<number>;
  /** Number of visible units of each value, of which one is 1; default: every unit is a value. */
  readonly categories?: number | undefined;
}

/** Number of units whose states are enumerated: those of the smaller side, or of the hidden side if values have categories. */
export const exactUnits = ({ visible, hidden, units }: Pick<TrainedRbm, "visible" | "hidden" | "units">): number =>
  units.categories === undefined ? Math.min(visible, hidden) : hidden;

/** Products of e^x are accumulated up to this value before taking the logarithm. */
const mostProduct = 1e150;

/** Maximum number of units of the low half, so that its table of exponentials fits in the cache. */
const lowCount = 7;

/** log of e^a + e^b */
const logAdd = (a: number, b: number): number => {
  const top = Math.max(a, b);
  return top === -Infinity ? top : top + Math.log1p(Math.exp(Math.min(a, b) - top));
};

/**
 * Adds the contribution of some units' state to inputs; bit k of the state is unit k. Returns the sum of the biases of
 * the units that are 1, which is s . c.
 */
function addState(
  state: number,
  inputs: Float64Array,
  units: readonly { readonly bias: number; readonly row: Float64Array }[],
): number {
  let own = 0;
  units.forEach(({ bias, row }, bit) => {
    if (((state >> bit) & 1) === 0) return;
    own += bias;
    for (let i = 0; i < row.length; i++) inputs[i] += row[i];
  });
  return own;
}

/** log Z from parameters. Throws RangeError if the side that is enumerated has more than 25 units. */
export function exactLogPartitionOf({ weights, visibleBias, hiddenBias, categories }: Parameters): number {
  const [visible, hidden] = [visibleBias.length, hiddenBias.length];
  const count = categories === undefined ? Math.min(visible, hidden) : hidden;
  if (count > mostExactUnits) {
    throw new RangeError(
      `exactLogPartition: the ${categories === undefined ? "smaller" : "hidden"} side must have at most ${mostExactUnits} units, found ${count} (${visible} visible, ${hidden} hidden); use annealedLogPartition`,
    );
  }
  const byHidden = count === hidden;
  const [bias, other] = byHidden ? [hiddenBias, visibleBias] : [visibleBias, hiddenBias];
  const size = other.length;
  const units = Array.from({ length: count }, (_, unit) => ({
    bias: bias[unit],
    row: Float64Array.from({ length: size }, (_, i) => weights[byHidden ? i * hidden + unit : unit * hidden + i]),
  }));
  const [lowUnits, highUnits] = [units.slice(0, lowCount), units.slice(lowCount)];
  const low = Array.from({ length: 2 ** lowUnits.length }, (_, state) => {
    const inputs = new Float64Array(size);
    const own = addState(state, inputs, lowUnits);
    return { inputs, own, exponentials: inputs.map(Math.exp) };
  });
  let total = Number.NEGATIVE_INFINITY;
  for (let top = 0; top < 2 ** highUnits.length; top++) {
    const inputs = Float64Array.from(other);
    const own = addState(top, inputs, highUnits);
    const exponentials = inputs.map(Math.exp);
    for (const part of low) {
      const product = categories ? logSums(inputs, part.inputs, categories) : logProduct(inputs, exponentials, part);
      total = logAdd(total, own + part.own + product);
    }
  }
  return total;
}

/**
 * Sum over i of log(1 + e^(x_i + y_i)), for x = `inputs` and y = `part.inputs`: the log of a product of the given
 * exponentials, so that few logarithms are needed.
 */
function logProduct(
  inputs: Float64Array,
  exponentials: Float64Array,
  part: { readonly inputs: Float64Array; readonly exponentials: Float64Array },
): number {
  let sum = 0;
  let product = 1;
  for (let i = 0; i < inputs.length; i++) {
    const e = exponentials[i] * part.exponentials[i];
    if (e < mostProduct) {
      product *= 1 + e;
      if (product < mostProduct) continue;
      sum += Math.log(product);
      product = 1;
    } else {
      // e is too large, or NaN from 0 times infinity; the sum of the inputs themselves is in range.
      sum += softplus(inputs[i] + part.inputs[i]);
    }
  }
  return sum + Math.log(product);
}

/** Sum over groups of `categories` units of log of the sum of e^(x_i + y_i). */
function logSums(x: Float64Array, y: Float64Array, categories: number): number {
  let total = 0;
  for (let from = 0; from < x.length; from += categories) {
    let top = Number.NEGATIVE_INFINITY;
    for (let i = from; i < from + categories; i++) top = Math.max(top, x[i] + y[i]);
    let sum = 0;
    for (let i = from; i < from + categories; i++) sum += Math.exp(x[i] + y[i] - top);
    total += top + Math.log(sum);
  }
  return total;
}

/** log(1 + e^x) */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/**
 * log Z of a trained machine, exactly (f64), if the visible or the hidden side has at most 25 units (of records of categories: the
 * hidden side). Throws RangeError if both have more. With label units, Z is the sum over classes of e^(d_y) times that of the machine of this class.
 */
export async function exactLogPartition(model: TrainedRbm): Promise<number> {
  const { labelWeights, labelBias, ...plain } = await model.parameters();
  const own = { ...plain, categories: model.units.categories };
  if (!labelWeights || !labelBias) return exactLogPartitionOf(own);
  const { hidden } = model;
  // The machine of each class is one without label units, whose hidden biases are b + U_y.
  return Array.from(labelBias, (bias, y) => {
    const hiddenBias = own.hiddenBias.map((one, j) => one + labelWeights[y * hidden + j]);
    return bias + exactLogPartitionOf({ ...own, hiddenBias });
  }).reduce(logAdd);
}
