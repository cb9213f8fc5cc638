/**
 * Elementwise operations, one row each: f64 value, gradient and micro-operation. Inputs broadcast against each other by
 * NumPy's rule. In the gradients, g is the gradient of the result y.
 */
import { Micro } from "../../assembly/opcode.js";
import { operation } from "../graph/op.js";
import { checkNumber } from "../options.js";
import type { Op } from "../graph/op.js";
import { type Attributes, Tensor } from "../graph/tensor.js";
import { constantValue, type TensorLike, tensor } from "./constant.js";
import { type Binary, binary, binaryRecord, cheap, elementwise, exact, type Unary, unary } from "./elementwise/make.js";
import { erf as erfValue } from "./special.js";

export type { Binary, Unary } from "./elementwise/make.js";

const truth = (holds: boolean) => (holds ? 1 : 0);

// NaN if either is NaN. Of equal values the first, also for zeros of different sign: Math.max would prefer 0 to -0.
const greatest = (a: number, b: number) => (a < b || Number.isNaN(b) ? b : a);
const least = (a: number, b: number) => (b < a || Number.isNaN(b) ? b : a);

// biome-ignore-start format: a table reads by its columns

/** a + b @example show(add(t([1, 2]), 3)) // [4, 5] */
export const add = binary(
  "add",
  Micro.Add,
  cheap,
  (a, b) => a + b,
  (g) => [g, g],
  exact,
);
/** a - b @example show(sub(t([1, 2]), 3)) // [-2, -1] */
export const sub = binary(
  "sub",
  Micro.Sub,
  cheap,
  (a, b) => a - b,
  (g) => [g, neg(g)],
  exact,
);
/** a b @example show(mul(t([[1], [2]]), t([3, 4]))) // [[3, 4], [6, 8]] */
export const mul = binary(
  "mul",
  Micro.Mul,
  cheap,
  (a, b) => a * b,
  (g, a, b) => [mul(g, b), mul(g, a)],
  exact,
);
/** a / b @example show(div(t([1, 2]), 4)) // [0.25, 0.5] */
export const div = binary(
  "div",
  Micro.Div,
  cheap,
  (a, b) => a / b,
  (g, _a, b, y) => [div(g, b), neg(div(mul(g, y), b))],
  exact,
);
/** The greater of a and b; NaN if either is NaN. If they are equal: a, which then gets the whole gradient. @example show(maximum(t([-1, 2]), 0)) // [0, 2] */
export const maximum = binary(
  "maximum",
  Micro.Max,
  cheap,
  greatest,
  (g, a, b) => [where(less(a, b), 0, g), where(less(a, b), g, 0)],
  exact,
);
/** The lesser of a and b; NaN if either is NaN. If they are equal: a, which then gets the whole gradient. @example show(minimum(t([-1, 2]), 0)) // [-1, 0] */
export const minimum = binary(
  "minimum",
  Micro.Min,
  cheap,
  least,
  (g, a, b) => [where(less(b, a), 0, g), where(less(b, a), g, 0)],
  exact,
);
/** Power with any exponent; see `pow`. */
const powOp = binaryRecord("pow", Micro.Pow, 12, Math.pow, (g, a, b, y) => [
  constantValue(b) === 0 ? null : mul(g, powerSlope(a, b)),
  // At a = 0, log 0 is replaced by log 1: multiplying the infinite log 0 by 0 would give NaN.
  mul(g, mul(y, log(where(mul(equal(a, 0), lessEqual(0, b)), 1, a)))),
]);

/**
 * a^b for a > 0, or for any a if b is an integer; a^0 = 1. Constant exponents 1, 2 and -1 become a, `square` and a
 * quotient. The gradients are PyTorch's: the gradient to a is 0 where b = 0; the gradient to b is 0 where a = 0 and b
 * >= 0, and NaN where a < 0.
 * @example show(pow(t([2, 9]), t([3, 0.5]))) // [8, 3]
 */
export const pow: Binary = operation((a: TensorLike, b: TensorLike) => {
  const [x, exponent] = [tensor(a, "pow"), tensor(b, "pow")];
  switch (x.dtype === "f32" ? constantValue(exponent) : undefined) {
    case 1:
      return x;
    case 2:
      return square(x);
    case -1:
      return div(1, x);
    default:
      return new Tensor(powOp, [x, exponent]);
  }
}, powOp);

/** b a^(b - 1); 0 if b = 0, even if a = 0. */
function powerSlope(a: Tensor, b: Tensor): Tensor {
  const exponent = constantValue(b);
  return mul(b, pow(a, exponent === undefined ? where(b, sub(b, 1), 0) : exponent - 1));
}
/** 1 if a < b, else 0. Not differentiated. @example show(less(t([1, 2, 3]), 2)) // [1, 0, 0] */
export const less = binary("less", Micro.Less, cheap, (a, b) => truth(a < b), null, exact);
/** 1 if a <= b, else 0. Not differentiated. @example show(lessEqual(t([1, 2, 3]), 2)) // [1, 1, 0] */
export const lessEqual = binary("lessEqual", Micro.LessEqual, cheap, (a, b) => truth(a <= b), null, exact);
/**
 * a - b, but 0 for an infinity minus itself: the distance of values from their maximum, which may be infinite.
 * @example show(gap(t([Infinity, 3]), t([Infinity, 1]))) // [0, 2]
 */
export const gap = binary(
  "gap",
  Micro.Gap,
  cheap,
  (a, b) => (a === b ? 0 : a - b),
  (g) => [g, neg(g)],
  exact,
);
/** 1 if a = b, else 0. Not differentiated. @example show(equal(t([1, 2, 3]), 2)) // [0, 1, 0] */
export const equal = binary("equal", Micro.Equal, cheap, (a, b) => truth(a === b), null, exact);

/** |x|, gradient 0 at 0. @example show(abs(t([-2, 3]))) // [2, 3] */
export const abs = unary("abs", Micro.Abs, cheap, Math.abs, (g, x) => mul(g, sign(x)), exact);
/** -1, 0 or 1. Not differentiated. @example show(sign(t([-2, 0, 3]))) // [-1, 0, 1] */
export const sign = unary("sign", Micro.Sign, cheap, Math.sign, null, exact);
/** The greatest integer <= x. Not differentiated. @example show(floor(t([-1.5, 1.5]))) // [-2, 1] */
export const floor = unary("floor", Micro.Floor, cheap, Math.floor, null, exact);
/** x^2 @example show(square(t([-2, 3]))) // [4, 9] */
export const square = unary(
  "square",
  Micro.Square,
  cheap,
  (x) => x * x,
  (g, x) => mul(g, mul(x, 2)),
  exact,
);
/** Square root. @example show(sqrt(t([4, 9]))) // [2, 3] */
export const sqrt = unary("sqrt", Micro.Sqrt, 3, Math.sqrt, (g, _x, y) => div(mul(g, 0.5), y), exact);
/** 1 / sqrt(x) @example show(rsqrt(t([4, 0.25]))) // [0.5, 2] */
export const rsqrt = unary(
  "rsqrt",
  Micro.Rsqrt,
  3,
  (x) => 1 / Math.sqrt(x),
  (g, _x, y) => mul(mul(g, -0.5), mul(y, square(y))),
);
/** e^x @example show(exp(t([0, 1]))) // [1, 2.718281828] */
export const exp = unary("exp", Micro.Exp, 6, Math.exp, (g, _x, y) => mul(g, y));
/** e^x - 1, accurate near 0. @example show(expm1(t([0, 1]))) // [0, 1.718281828] */
export const expm1 = unary("expm1", Micro.Expm1, 8, Math.expm1, (g, _x, y) => mul(g, add(y, 1)));
/** Natural logarithm. @example show(log(t([1, 10]))) // [0, 2.302585093] */
export const log = unary("log", Micro.Log, 8, Math.log, (g, x) => div(g, x));
/** log(1 + x), accurate near 0. @example show(log1p(t([0, 1]))) // [0, 0.693147181] */
export const log1p = unary("log1p", Micro.Log1p, 8, Math.log1p, (g, x) => div(g, add(x, 1)));
/** Hyperbolic tangent. @example show(tanh(t([0, 1]))) // [0, 0.761594156] */
export const tanh = unary("tanh", Micro.Tanh, 8, Math.tanh, (g, _x, y) => mul(g, sub(1, square(y))));
/** 1 / (1 + e^-x) @example show(sigmoid(t([0, 2]))) // [0.5, 0.880797078] */
export const sigmoid = unary(
  "sigmoid",
  Micro.Sigmoid,
  8,
  (x) => 1 / (1 + Math.exp(-x)),
  (g, _x, y) => mul(g, mul(y, sub(1, y))),
);
/** log(1 + e^x) @example show(softplus(t([0, 100]))) // [0.693147181, 100] */
export const softplus = unary(
  "softplus",
  Micro.Softplus,
  12,
  (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  (g, x) => mul(g, sigmoid(x)),
);
/** Sine, x in radians. @example show(sin(t([0, 1]))) // [0, 0.841470985] */
export const sin = unary("sin", Micro.Sin, 8, Math.sin, (g, x) => mul(g, cos(x)));
/** Cosine, x in radians. @example show(cos(t([0, 1]))) // [1, 0.540302306] */
export const cos = unary("cos", Micro.Cos, 8, Math.cos, (g, x) => neg(mul(g, sin(x))));
/** Error function, 2 / sqrt(pi) times the integral of e^-t^2 from 0 to x. @example show(erf(t([0, 1]))) // [0, 0.842700793] */
export const erf = unary("erf", Micro.Erf, 12, erfValue, (g, x) =>
  mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
);

// biome-ignore-end format: a table reads by its columns

/** -x @example show(neg(t([1, -2]))) // [-1, 2] */
export function neg(x: TensorLike): Tensor {
  return mul(x, -1);
}

const selectOp: Op<Attributes> = elementwise(
  "where",
  cheap,
  () => ({ op: Micro.Select }),
  () => (condition, a, b) => (condition !== 0 ? a : b),
  (g, y) => [null, where(y.inputs[0], g, 0), where(y.inputs[0], 0, g)],
  exact,
);

/** a if the condition is not 0, else b. The condition is not differentiated. @example show(where(t([1, 0]), t([2, 3]), 9)) // [2, 9] */
export const where = operation(
  (condition: TensorLike, a: TensorLike, b: TensorLike): Tensor =>
    new Tensor(
      selectOp,
      [condition, a, b].map((x) => tensor(x, "where")),
    ),
  selectOp,
);

const leakyOp: Op<{ slope: number }> = elementwise<{ slope: number }>(
  "leakyRelu",
  cheap,
  ({ slope }) => ({ op: Micro.Leaky, p: slope }),
  ({ slope }) =>
    (x) =>
      x > 0 ? x : slope * x,
  (g, y) => {
    const slope = y.attributes.slope as number;
    // If the slope is not negative, the result has the sign of the input, so the input need not be kept.
    return [mul(g, leakySlope(slope < 0 ? y.inputs[0] : y, slope))];
  },
  exact,
);

const leakySlopeOp: Op<{ slope: number }> = elementwise<{ slope: number }>(
  "leakySlope",
  cheap,
  ({ slope }) => ({ op: Micro.LeakySlope, p: slope }),
  ({ slope }) =>
    (x) =>
      x > 0 ? 1 : slope,
  null,
  exact,
);

/** x if x > 0, else slope x (Maas, Hannun, Ng 2013). @example show(leakyRelu(t([-1, 2]), 0.2)) // [-0.2, 2] */
export const leakyRelu = operation((x: TensorLike, slope = 0.2): Tensor => {
  checkNumber("leakyRelu", "slope", slope, {});
  return slope === 0 ? relu(x) : new Tensor(leakyOp, [tensor(x, "leakyRelu")], { slope });
}, leakyOp);

/** 1 if x > 0, else the slope. Not differentiated. @example show(leakySlope(t([-1, 2]), 0.2)) // [0.2, 1] */
export const leakySlope = operation(
  (x: TensorLike, slope: number): Tensor =>
    new Tensor(leakySlopeOp, [tensor(x, "leakySlope")], { slope: checkNumber("leakySlope", "slope", slope, {}) }),
  leakySlopeOp,
);

/** max(x, 0): 0 for every negative x, and also for -infinity and -0; gradient 0 at 0. @example show(relu(t([-1, 2]))) // [0, 2] */
export const relu: Unary = unary(
  "relu",
  Micro.Relu,
  cheap,
  (x) => (x > 0 || Number.isNaN(x) ? x : 0),
  // `where` instead of a product: a slope of 0 times an infinite gradient is NaN. The gradient reads only the result y.
  (g, _x, y) => where(y, g, 0),
  exact,
);

/** 1 if a > b, else 0. Not differentiated. @example show(greater(t([1, 2, 3]), 2)) // [0, 0, 1] */
export function greater(a: TensorLike, b: TensorLike): Tensor {
  return less(b, a);
}

/** x limited to the range from low to high; NaN stays NaN. @example show(clamp(t([-2, 0.5, 2]), -1, 1)) // [-1, 0.5, 1] */
export function clamp(x: TensorLike, low: TensorLike, high: TensorLike): Tensor {
  return minimum(maximum(x, low), high);
}
