/** e^x and what is made of it. */
import { mulAdd, negMulAdd, powerOfTwo } from "./arithmetic";

/** 1.5 x 2^23: adding it rounds a float to an integer, which then stands in the low bits. */
const ROUND: f32 = 12582912.0;
const LOG2_E: f32 = 1.44269504088896341;
/** ln 2 in two pieces: n times the first is exact for |n| < 2^15. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

/** e^x. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const c = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const t = mulAdd(c, f32x4.splat(LOG2_E), f32x4.splat(ROUND));
  const n = i32x4.sub(t, f32x4.splat(ROUND));
  const k = f32x4.sub(t, f32x4.splat(ROUND));
  let r = negMulAdd(k, f32x4.splat(LN2_HIGH), c);
  r = negMulAdd(k, f32x4.splat(LN2_LOW), r);
  let y = mulAdd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3));
  y = mulAdd(y, r, f32x4.splat(8.3334519073e-3));
  y = mulAdd(y, r, f32x4.splat(4.1665795894e-2));
  y = mulAdd(y, r, f32x4.splat(1.6666665459e-1));
  y = mulAdd(y, r, f32x4.splat(5.0000001201e-1));
  y = mulAdd(y, f32x4.mul(r, r), r);
  y = f32x4.add(y, f32x4.splat(1));
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/** e^x - 1. */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  const c = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const t = mulAdd(c, f32x4.splat(LOG2_E), f32x4.splat(ROUND));
  const n = i32x4.sub(t, f32x4.splat(ROUND));
  const k = f32x4.sub(t, f32x4.splat(ROUND));
  let r = negMulAdd(k, f32x4.splat(LN2_HIGH), c);
  r = negMulAdd(k, f32x4.splat(LN2_LOW), r);
  let y = mulAdd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3));
  y = mulAdd(y, r, f32x4.splat(8.3334519073e-3));
  y = mulAdd(y, r, f32x4.splat(4.1665795894e-2));
  y = mulAdd(y, r, f32x4.splat(1.6666665459e-1));
  y = mulAdd(y, r, f32x4.splat(5.0000001201e-1));
  y = mulAdd(y, f32x4.mul(r, r), r);
  const s = powerOfTwo(i32x4.max_s(i32x4.sub(n, i32x4.splat(1)), i32x4.splat(-126)));
  const z = mulAdd(s, y, f32x4.sub(s, f32x4.splat(0.5)));
  return v128.bitselect(x, f32x4.add(z, z), f32x4.lt(f32x4.abs(x), f32x4.splat(5.9604645e-8)));
}

/** tanh x = m / (m + 2), m = e^2|x| - 1. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const a = f32x4.abs(x);
  const m = expm1(f32x4.pmin(f32x4.add(a, a), f32x4.splat(20)));
  const y = f32x4.div(m, f32x4.add(m, f32x4.splat(2)));
  return v128.or(y, v128.and(x, f32x4.splat(-0.0)));
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const z = exp(f32x4.neg(f32x4.abs(x)));
  const top = v128.bitselect(z, f32x4.splat(1), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(top, f32x4.add(f32x4.splat(1), z));
}
