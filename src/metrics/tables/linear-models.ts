/**
 * Two linear models of encoded rows, in f64 and without random numbers: multinomial logistic regression, and ridge
 * regression.
 */
import { choleskyFactor, choleskySolve } from "../../numbers/cholesky.js";
import { exp, log } from "../../numbers/portable-math.js";
import type { Inputs } from "./encoding.js";
import { minimise } from "./lbfgs.js";

/** Factor of half the squared weights, beside the sum of the losses of the rows; constants are free. */
const penalty = 1;
const steps = 200;
/** Of the gradient of the mean loss. */
const tolerance = 1e-5;

/** Probabilities of the classes, [rows, classes], for rows. */
export type Classifier = (inputs: Inputs) => Float64Array;

/**
 * Multinomial logistic regression: minimises the mean cross-entropy plus |weights|^2 / (2 rows) by L-BFGS from zero.
 * @param labels class of each row, from 0 to classes - 1
 */
export function fitLogistic(inputs: Inputs, labels: Int32Array, classes: number): Classifier {
  const { rows, size } = inputs;
  const scores = new Float64Array(classes);
  // Weights [size + 1, classes], of which the last row is a constant for each class.
  const slope = (weights: Float64Array, gradient: Float64Array) => {
    let loss = 0;
    gradient.fill(0);
    for (let row = 0; row < rows; row++) {
      probabilities(inputs, row, weights, scores);
      loss -= log(Math.max(scores[labels[row]], 1e-300));
      scores[labels[row]] -= 1;
      addOuter(inputs, row, scores, gradient);
    }
    let squares = 0;
    for (let i = 0; i < gradient.length; i++) {
      const weight = i < size * classes ? weights[i] : 0;
      squares += weight * weight;
      gradient[i] = (gradient[i] + penalty * weight) / rows;
    }
    return (loss + (penalty / 2) * squares) / rows;
  };
  const weights = minimise(slope, new Float64Array((size + 1) * classes), { steps, tolerance });
  return (tested) => {
    const out = new Float64Array(tested.rows * classes);
    for (let row = 0; row < tested.rows; row++)
      probabilities(tested, row, weights, out.subarray(row * classes, (row + 1) * classes));
    return out;
  };
}

/** Predictions, [rows], for rows. */
export type Regression = (inputs: Inputs) => Float64Array;

/** Ridge regression: minimises the sum of squared errors, in units of the targets' variance, plus |weights|^2. */
export function fitRidge(inputs: Inputs, targets: Float64Array): Regression {
  const { rows, size } = inputs;
  const width = size + 1; // the constant is last
  const products = new Float64Array(width * width);
  const sums = new Float64Array(width);
  const mean = targets.reduce((sum, one) => sum + one, 0) / rows;
  const deviation = Math.sqrt(targets.reduce((sum, one) => sum + (one - mean) ** 2, 0) / rows) || 1;
  for (let row = 0; row < rows; row++) {
    const target = (targets[row] - mean) / deviation;
    eachInput(inputs, row, (i, value) => {
      sums[i] += value * target;
      eachInput(inputs, row, (j, other) => {
        products[i * width + j] += value * other;
      });
    });
  }
  for (let i = 0; i < size; i++) products[i * width + i] += penalty;
  const lower = choleskyFactor(products, width);
  if (lower === undefined) throw new Error("bug: the normal equations of a ridge regression are singular");
  const weights = choleskySolve(lower, sums);
  return (tested) =>
    Float64Array.from({ length: tested.rows }, (_, row) => {
      let sum = 0;
      eachInput(tested, row, (input, value) => {
        sum += weights[input] * value;
      });
      return mean + deviation * sum;
    });
}

/** Calls `visit` for each input of a row that is not 0; the last one is the constant. */
function eachInput(
  { dense, numbers, hot, ones, size }: Inputs,
  row: number,
  visit: (i: number, value: number) => void,
) {
  for (let at = 0; at < numbers; at++) visit(at, dense[row * numbers + at]);
  for (let at = row * ones; at < (row + 1) * ones; at++) visit(hot[at], 1);
  visit(size, 1);
}

/** Softmax of the scores of a row, into `out`, [classes]. */
function probabilities(inputs: Inputs, row: number, weights: Float64Array, out: Float64Array): void {
  const { dense, numbers, hot, ones, size } = inputs;
  const classes = out.length;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < classes; k++) {
    let sum = weights[size * classes + k];
    for (let at = 0; at < numbers; at++) sum += dense[row * numbers + at] * weights[at * classes + k];
    for (let at = row * ones; at < (row + 1) * ones; at++) sum += weights[hot[at] * classes + k];
    out[k] = sum;
    if (sum > most) most = sum;
  }
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    out[k] = exp(out[k] - most);
    sum += out[k];
  }
  for (let k = 0; k < classes; k++) out[k] /= sum;
}

/** Adds each input of a row times each of the slopes, [classes], to `out`, [size + 1, classes]. */
function addOuter(inputs: Inputs, row: number, slopes: Float64Array, out: Float64Array): void {
  const { dense, numbers, hot, ones, size } = inputs;
  const classes = slopes.length;
  for (let k = 0; k < classes; k++) {
    const slope = slopes[k];
    out[size * classes + k] += slope;
    for (let at = 0; at < numbers; at++) out[at * classes + k] += dense[row * numbers + at] * slope;
    for (let at = row * ones; at < (row + 1) * ones; at++) out[hot[at] * classes + k] += slope;
  }
}
