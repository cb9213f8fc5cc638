/** Error rules of elementwise operations: what an operand's interval becomes, and how exactly the kernel computes it. */
import { erf } from "#src/ops/special";
import { broadcastReader, sizeOf } from "#src/graph/shape";
import type { Known, Rule } from "./known.js";

/** The largest f32. */
const largest = 3.4028234663852886e38;
/** Half a unit in the last place, relative, and the smallest f32. */
const half = 2 ** -24;
const smallest = 2 ** -149;

/**
 * The bound of a result from what its operands leave open and its own rounding.
 * @param ulps the kernel's largest error in units in the last place. Correctly rounded operations have 1 here, twice
 * their own: where factors and summands are constants, the compiler may join two of them into one that is rounded again.
 */
export function rounded(value: number, open: number, ulps: number): number {
  if (!(open < Infinity)) return Infinity;
  if (!Number.isFinite(value)) return 0;
  if (open === 0 && ulps <= 1 && Math.fround(value) === value) return 0;
  const bound = open + ulps * (2 * half * (Math.abs(value) + open) + smallest);
  return Math.abs(value) + bound > largest ? Infinity : bound;
}

/** How far a value is from others of its interval; nothing is known where some are finite and others are not. */
export function farthest(value: number, others: readonly number[]): number {
  let most = 0;
  for (const other of others) {
    if (Object.is(other, value) || other === value) continue;
    const apart = Math.abs(other - value);
    most = apart < Infinity ? Math.max(most, apart) : Infinity;
  }
  // Evaluations in f64 round too.
  return most === 0 ? 0 : most * (1 + 2 ** -40) + 2 ** -50 * Math.abs(value);
}

type Open = (
  f: (...operands: number[]) => number,
  x: readonly number[],
  e: readonly number[],
  attributes: Readonly<Record<string, unknown>>,
) => number;

const lower = (x: number, e: number) => (e === 0 ? x : x - e);
const upper = (x: number, e: number) => (e === 0 ? x : x + e);

/** Functions that rise or fall over each operand's interval: the corners are farthest. */
const corners: Open = (f, x, e) => {
  const value = f(...x);
  if (e.includes(Infinity)) return Infinity;
  if (e.every((one) => one === 0)) return 0;
  const others: number[] = [];
  for (let corner = 0; corner < 2 ** x.length; corner++) {
    const at = x.map((one, i) => ((corner >> i) & 1 ? upper(one, e[i]) : lower(one, e[i])));
    others.push(f(...at));
  }
  return farthest(value, others);
};

/** The same for functions that iteration at 0. */
const turning: Open = (f, x, e, attributes) => {
  const open = corners(f, x, e, attributes);
  return Math.abs(x[0]) <= e[0] ? Math.max(open, farthest(f(...x), [f(0)])) : open;
};

/** Functions with values in [-1, 1], or NaN of what may be NaN. */
const bounded =
  (open: Open): Open =>
  (f, x, e, attributes) =>
    e[0] === Infinity ? Infinity : Math.min(open(f, x, e, attributes), 2);

/** 0 or 1, whatever the operands are: NaN compares as false. */
const comparison: Open = (...given) => Math.min(corners(...given), 1);

/** Neither sign nor quotient is known where the divisor may be 0; what sign a zero has is not held against anyone. */
const quotient: Open = (f, x, e, attributes) => {
  const [a, b] = x;
  if (Math.abs(b) <= e[1]) return a === 0 && b === 0 && e[0] === 0 && e[1] === 0 ? 0 : Infinity;
  return corners(f, x, e, attributes);
};

const equality: Open = (_f, [a, b], [ea, eb]) => (ea + eb > 0 && !(Math.abs(a - b) > ea + eb) ? 1 : 0);

/** The slope of sine and cosine is 1 at most; their kernels hold up to 2^20. */
const periodic: Open = (_f, [x], [e]) => (Number.isFinite(x) && Math.abs(x) + e > 2 ** 20 ? Infinity : e);

const power: Open = (f, x, e, attributes) => {
  const [a, b] = x;
  if (e[0] === 0 && e[1] === 0)
    return a > 0 && Number.isFinite(a) && Number.isFinite(b)
      ? 0
      : Number.isInteger(b) && Number.isFinite(a) && a !== 0
        ? 0
        : Infinity;
  if (a - e[0] > 0) return corners(f, x, e, attributes);
  if (e[1] > 0 || !Number.isInteger(b) || b < 0) return Infinity;
  return turning((base) => f(base, b), [a], [e[0]], attributes);
};

const choice: Open = (_f, [condition, a, b], [ec, ea, eb]) => {
  const known = ec === 0 || Math.abs(condition) > ec;
  if (known) return condition !== 0 ? ea : eb;
  const apart = Object.is(a, b) ? 0 : Math.abs(a - b);
  return apart < Infinity ? apart + Math.max(ea, eb) : Infinity;
};

type Scalar = (...operands: number[]) => number;

/** The rule of one operation: how it opens, its kernel's ulps (as assembly/vector states them), its value at a point. */
function rule(open: Open, ulps: number, f: Scalar): Rule {
  return ruleOf(open, ulps, () => f);
}

/** The same where the value at a point depends on the node's slope. */
function ruleOf(open: Open, ulps: number, f: (slope: number) => Scalar): Rule {
  return (node, inputs) => {
    const scalar = f(node.attributes.slope as number);
    const value = node.op.evaluate(
      inputs.map((input) => input.value),
      node,
      { seed: 0, step: 0, streamOf: () => 0, iteration: { index: 0, of: 1 }, run: () => [] },
    );
    const read = (pick: (known: Known) => Float64Array) =>
      inputs.map((input, i) => broadcastReader(pick(input), node.inputs[i].shape, node.shape));
    const values = read((known) => known.value);
    const errors = read((known) => known.error);
    const error = new Float64Array(sizeOf(node.shape));
    const [x, e] = [inputs.map(() => 0), inputs.map(() => 0)];
    for (let i = 0; i < error.length; i++) {
      for (let k = 0; k < x.length; k++) {
        x[k] = values[k](i);
        e[k] = errors[k](i);
      }
      error[i] = rounded(value[i], open(scalar, x, e, node.attributes), ulps);
    }
    return { value, error };
  };
}

const truth = (holds: boolean) => (holds ? 1 : 0);

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  add: rule(corners, 1, (a, b) => a + b),
  sub: rule(corners, 1, (a, b) => a - b),
  gap: rule(corners, 1, (a, b) => (a === b ? 0 : a - b)),
  mul: rule(corners, 1, (a, b) => a * b),
  div: rule(quotient, 1, (a, b) => a / b),
  maximum: rule(corners, 0, Math.max),
  minimum: rule(corners, 0, Math.min),
  pow: rule(power, 1, (a, b) => a ** b),
  less: rule(comparison, 0, (a, b) => truth(a < b)),
  lessEqual: rule(comparison, 0, (a, b) => truth(a <= b)),
  equal: rule(equality, 0, (a, b) => truth(a === b)),
  abs: rule(turning, 0, Math.abs),
  sign: rule(bounded(corners), 0, Math.sign),
  floor: rule(corners, 0, Math.floor),
  square: rule(turning, 1, (a) => a * a),
  sqrt: rule(corners, 1, Math.sqrt),
  rsqrt: rule(quotientAtZero(corners), 2, (a) => 1 / Math.sqrt(a)),
  exp: rule(corners, 1.1, Math.exp),
  expm1: rule(corners, 1.7, Math.expm1),
  log: rule(corners, 0.9, Math.log),
  log1p: rule(corners, 1.5, Math.log1p),
  tanh: rule(corners, 2.56, Math.tanh),
  sigmoid: rule(corners, 2.41, (a) => 1 / (1 + Math.exp(-a))),
  softplus: rule(corners, 2.8, (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)))),
  sin: rule(bounded(periodic), 1.6, Math.sin),
  cos: rule(bounded(periodic), 1.6, Math.cos),
  erf: rule(corners, 1.22, erf),
  where: rule(choice, 0, (condition, a, b) => (condition !== 0 ? a : b)),
  relu: rule(corners, 0, (a) => (a > 0 || Number.isNaN(a) ? a : 0)),
  leakyRelu: ruleOf(turning, 1, (slope) => (a) => (a > 0 ? a : slope * a)),
  leakySlope: ruleOf(corners, 1, (slope) => (a) => (a > 0 ? 1 : slope)),
};

/** 1 / sqrt(0) has the zero's sign in some arithmetic. */
function quotientAtZero(open: Open): Open {
  return (f, x, e, attributes) => (Math.abs(x[0]) <= e[0] ? Infinity : open(f, x, e, attributes));
}
