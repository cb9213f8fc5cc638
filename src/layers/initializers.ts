/**
 * Initial values of variables: small graphs of random numbers, so that they have the same bits on every host.
 * An initializer is a function of the shape. Fans assume the layout of weights: [in, out] if dense,
 * [kh, kw, in, out] of a convolution.
 */
import { type Kind, makeKind } from "../kinds/kind.js";
import type { OptionRules } from "../kinds/option.js";
import { constant } from "../ops/constant.js";
import { add, div, log, mul, neg, sqrt, sub, where, less, maximum, square } from "../ops/elementwise.js";
import { matmul } from "../ops/matmul.js";
import { broadcastTo, reshape, transpose } from "../ops/movement.js";
import { randomNormal, randomUniform } from "../ops/random.js";
import { sum } from "../ops/reduction.js";
import { shapeText, sizeOf, type Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";

/**
 * Creates the graph of a variable's initial values. One of a kind has its description as `config`, which layers store.
 */
export interface Initializer {
  (shape: Shape): Tensor;
  readonly config?: { readonly name: string; readonly [option: string]: unknown };
}

/** Creates an initializer whose options are numbers, given as positional parameters. */
const kind = <O>(name: string, options: OptionRules, make: (options: O) => Initializer) =>
  makeKind("initializer", { kind: name, options, positional: Object.keys(options), make }) as Kind<Initializer>;

/** Creates an initializer without options. */
const named = (name: string, initializer: Initializer): Initializer =>
  Object.assign((shape: Shape) => initializer(shape), { config: { name } });

const spreadRules = { deviation: { default: 0.02 }, mean: { default: 0 } };

/**
 * [fanIn, fanOut] of weights [in, out] or [kh, kw, in, out]: how many inputs and outputs one unit is connected to.
 * @example initializers.fans([3, 3, 8, 16]) // [72, 144]
 */
export function fans(shape: Shape): [fanIn: number, fanOut: number] {
  if (shape.length < 2) return [sizeOf(shape), sizeOf(shape)];
  const taps = sizeOf(shape.slice(0, -2));
  return [taps * shape[shape.length - 2], taps * shape[shape.length - 1]];
}

/** Every element is the same value; 0 by default. @example show(initializers.filled(2)([3])) // [2, 2, 2] */
export const filled: (value?: number) => Initializer = /* @__PURE__ */ kind<{ value: number }>(
  "filled",
  { value: { default: 0 } },
  ({ value }) =>
    (shape) =>
      broadcastTo(constant(value), shape),
);

/** Every element is 0. @example show(initializers.zeros([2])) // [0, 0] */
export const zeros: Initializer = /* @__PURE__ */ named("zeros", (shape) => broadcastTo(constant(0), shape));

/** Every element is 1. @example show(initializers.ones([2])) // [1, 1] */
export const ones: Initializer = /* @__PURE__ */ named("ones", (shape) => broadcastTo(constant(1), shape));

/** Uniform in [low, high); [-0.05, 0.05) by default. @example show(initializers.uniform(2, 3)([9])).every((x) => x >= 2 && x < 3) // true */
export const uniform: (low?: number, high?: number) => Initializer = /* @__PURE__ */ kind<{
  low: number;
  high: number;
}>("uniform", { low: { default: -0.05 }, high: { default: 0.05 } }, (range) => (shape) => randomUniform(shape, range));

/**
 * Normal with the given mean and standard deviation; the default deviation, 0.02, is DCGAN's (Radford, Metz, Chintala
 * 2016, section 4).
 * @example show(initializers.normal(0, 5)([2])) // [5, 5]
 * @example Math.abs(show(variance(initializers.normal(0.1)([2500]))) - 0.01) < 0.001 // true
 */
export const normal: (deviation?: number, mean?: number) => Initializer = /* @__PURE__ */ kind<{
  deviation: number;
  mean: number;
}>("normal", spreadRules, (spread) => (shape) => randomNormal(shape, spread));

/**
 * Inverse error function in single precision (Giles 2012, "Approximating the erfinv function", Table 5): a polynomial
 * in w = -log((1 - x)(1 + x)), one for w < 5 and one for w >= 5.
 */
function inverseErf(x: Tensor): Tensor {
  const w = neg(log(mul(sub(1, x), add(1, x))));
  const horner = (t: Tensor, coefficients: readonly number[]) =>
    coefficients.reduce<Tensor | number>((value, c) => add(mul(value, t), c), 0) as Tensor;
  const centre = horner(
    sub(w, 2.5),
    [
      2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
      0.246640727, 1.50140941,
    ],
  );
  const tail = horner(
    sub(sqrt(maximum(w, 0)), 3),
    [
      -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
      1.00167406, 2.83297682,
    ],
  );
  return mul(where(less(w, 5), centre, tail), x);
}

/**
 * Normal truncated to two deviations, by inversion: sqrt(2) erfinv of a uniform number in (-erf(sqrt 2), erf(sqrt 2)).
 * `deviation` is that of the normal before truncation.
 * @example show(initializers.truncatedNormal(1)([99])).every((x) => Math.abs(x) <= 2.00001) // true
 */
export const truncatedNormal: (deviation?: number, mean?: number) => Initializer = /* @__PURE__ */ kind<{
  deviation: number;
  mean: number;
}>("truncatedNormal", spreadRules, ({ deviation, mean }) => (shape) => {
  const reach = 0.9544997361036416; // erf(2 / sqrt(2))
  return add(mul(inverseErf(randomUniform(shape, { low: -reach, high: reach })), deviation * Math.SQRT2), mean);
});

/**
 * Uniform with variance 2 / (fanIn + fanOut) (Glorot, Bengio 2010, eq. 16).
 * @example show(initializers.glorotUniform([1, 5])).flat().every((x) => Math.abs(x) <= 1) // true
 */
export const glorotUniform: Initializer = /* @__PURE__ */ named("glorotUniform", (shape) => {
  const limit = Math.sqrt(6 / Math.max(1, fans(shape)[0] + fans(shape)[1]));
  return randomUniform(shape, { low: -limit, high: limit });
});

/**
 * Normal with variance 2 / (fanIn + fanOut) (Glorot, Bengio 2010, eq. 12).
 * @example Math.abs(show(variance(initializers.glorotNormal([50, 50]))) - 0.02) < 0.002 // true
 */
export const glorotNormal: Initializer = /* @__PURE__ */ named("glorotNormal", (shape) =>
  randomNormal(shape, { deviation: Math.sqrt(2 / Math.max(1, fans(shape)[0] + fans(shape)[1])) }),
);

/**
 * Uniform with variance 2 / fanIn (He et al. 2015, eq. 10).
 * @example show(initializers.heUniform([6, 20])).flat().every((x) => Math.abs(x) <= 1) // true
 */
export const heUniform: Initializer = /* @__PURE__ */ named("heUniform", (shape) => {
  const limit = Math.sqrt(6 / Math.max(1, fans(shape)[0]));
  return randomUniform(shape, { low: -limit, high: limit });
});

/**
 * Normal with variance 2 / fanIn (He et al. 2015, eq. 10).
 * @example Math.abs(show(variance(initializers.heNormal([50, 50]))) - 0.04) < 0.004 // true
 */
export const heNormal: Initializer = /* @__PURE__ */ named("heNormal", (shape) =>
  randomNormal(shape, { deviation: Math.sqrt(2 / Math.max(1, fans(shape)[0])) }),
);

/**
 * Normal with variance gain^2 / fanIn (LeCun et al. 1998, eq. 16), which keeps the variance of values for a gain of 1. For
 * a gain of sqrt(2) it is `heNormal`.
 * @param gain factor of the result; 1 by default
 * @example Math.abs(show(variance(initializers.lecunNormal(2)([50, 50]))) - 0.08) < 0.008 // true
 */
export const lecunNormal: (gain?: number) => Initializer = /* @__PURE__ */ kind<{ gain: number }>(
  "lecunNormal",
  { gain: { default: 1 } },
  ({ gain }) =>
    (shape) =>
      randomNormal(shape, { deviation: gain / Math.sqrt(Math.max(1, fans(shape)[0])) }),
);

/**
 * Orthonormal rows or columns, whichever are fewer (Saxe, McClelland, Ganguli 2014): the polar factor of a normal
 * matrix, by Newton-Schulz iteration X <- 1.5 X - 0.5 X X^T X (Higham 2008, eq. 8.20): only matrix products.
 * @param gain factor of the result; 1 by default
 * @throws RangeError, when applied, if the shape has fewer than two axes
 * @example ((q) => show(matmul(q, q, { transposeB: true })))(initializers.orthogonal()([2, 3])) // [[1, 0], [0, 1]]
 */
export const orthogonal: (gain?: number) => Initializer = /* @__PURE__ */ kind<{ gain: number }>(
  "orthogonal",
  { gain: { default: 1 } },
  ({ gain }) =>
    (shape) => {
      if (shape.length < 2)
        throw new RangeError(`orthogonal: the shape must have two axes or more, found ${shapeText(shape)}`);
      const columns = shape[shape.length - 1];
      const rows = sizeOf(shape) / columns;
      const wide = rows < columns;
      let x = randomNormal(wide ? [rows, columns] : [columns, rows]);
      // Division by the Frobenius norm puts every singular value in (0, 1], where the iteration converges.
      x = div(x, sqrt(sum(square(x))));
      for (let i = 0; i < 40; i++) {
        const gram = matmul(x, x, { transposeB: true });
        x = sub(mul(x, 1.5), mul(matmul(gram, x), 0.5));
      }
      if (!wide) x = transpose(x);
      return reshape(mul(x, gain), shape);
    },
);
