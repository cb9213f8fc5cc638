/**
 * e^x and functions based on it.
 *
 * All start alike (Cody & Waite 1980): x = n ln 2 + r with |r| <= ln 2 / 2, so e^x = 2^n e^r, and e^r - 1 is a
 * polynomial. Adding ROUND rounds x / ln 2 to the integer n, which is then in the low bits of the float itself:
 * shifting those bits by 23 turns them into the exponent of 2^n.
 */
import { mulAdd, negMulAdd, select, withSign } from "./arithmetic";

/** 1.5 x 2^23 */
const ROUND: f32 = 12582912.0;
const LOG2_E: f32 = 1.44269504088896341;
/** ln 2 in two parts: n times the first (10 bits) is exact for all n here. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

/** n + ROUND, n = the integer nearest to x / ln 2. */
// @ts-ignore: decorator
@inline
function roundedQuotient(x: v128): v128 {
  return mulAdd(x, f32x4.splat(LOG2_E), f32x4.splat(ROUND));
}

/** 2^n for n in [-126, 127]. */
// @ts-ignore: decorator
@inline
function powerOfTwo(shiftedN: v128): v128 {
  return i32x4.add(i32x4.shl(shiftedN, 23), f32x4.splat(1));
}

/** e^r - 1, r = x - n ln 2. The fit's relative error is below 2^-26. */
// @ts-ignore: decorator
@inline
function reducedExpm1(x: v128, shiftedN: v128): v128 {
  const n = f32x4.sub(shiftedN, f32x4.splat(ROUND));
  const r = negMulAdd(n, f32x4.splat(LN2_LOW), negMulAdd(n, f32x4.splat(LN2_HIGH), x));
  let y = mulAdd(f32x4.splat(1.39378593e-3), r, f32x4.splat(8.36654566e-3));
  y = mulAdd(y, r, f32x4.splat(4.16664369e-2));
  y = mulAdd(y, r, f32x4.splat(1.66665435e-1));
  y = mulAdd(y, r, f32x4.splat(0.5));
  return mulAdd(y, f32x4.mul(r, r), r);
}

/** e^x for x <= 0 (or NaN), including denormal results; at most 1.1 ulp. */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  const c = f32x4.pmax(x, f32x4.splat(-104));
  const t = roundedQuotient(c);
  const y = f32x4.add(reducedExpm1(c, t), f32x4.splat(1));
  // 2^n may be denormal, but 2^(n + 24) is not.
  const scale = i32x4.add(i32x4.shl(t, 23), f32x4.splat(16777216));
  return f32x4.mul(f32x4.mul(y, scale), f32x4.splat(5.9604644775390625e-8));
}

/** e^x for every x; 0 below -104, infinity above 88.73; at most 1.1 ulp, including denormal results. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const c = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const t = roundedQuotient(c);
  const y = f32x4.add(reducedExpm1(c, t), f32x4.splat(1));
  // 2^n as two factors, because 2^n for n from -150 to 128 is not always an f32.
  const n = i32x4.sub(t, f32x4.splat(ROUND));
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/**
 * e^x - 1 = 2^n (e^r - 1) + (2^n - 1), for every x: -1 below -17, infinity above 88.73, x itself near 0;
 * at most 1.7 ulp.
 */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  const c = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-20)), f32x4.splat(89));
  const t = roundedQuotient(c);
  const y = reducedExpm1(c, t);
  // Computes half of the result, because 2^128 is not an f32.
  const scale = i32x4.add(i32x4.shl(t, 23), f32x4.splat(0.5));
  const z = mulAdd(scale, y, f32x4.sub(scale, f32x4.splat(0.5)));
  return select(x, f32x4.add(z, z), f32x4.lt(f32x4.abs(x), f32x4.splat(5.9604644775390625e-8)));
}

/** tanh x = m / (m + 2) with m = e^2|x| - 1, for every x; at most 2.56 ulp, also relative to results near 0. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const a = f32x4.abs(x);
  const c = f32x4.pmin(f32x4.add(a, a), f32x4.splat(20));
  const t = roundedQuotient(c);
  const scale = powerOfTwo(t);
  const m = mulAdd(scale, reducedExpm1(c, t), f32x4.sub(scale, f32x4.splat(1)));
  return withSign(f32x4.div(m, f32x4.add(m, f32x4.splat(2))), x);
}

/**
 * 1 / (1 + e^-x) = (x < 0 ? z : 1) / (1 + z) with z = e^-|x|, for every x; at most 2.41 ulp, including small results
 * for very negative x.
 */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const z = expOfNegative(f32x4.neg(f32x4.abs(x)));
  const top = select(z, f32x4.splat(1), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(top, f32x4.add(f32x4.splat(1), z));
}
