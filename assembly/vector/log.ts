/** Natural logarithms. */
import { mulAdd, negMulAdd, select } from "./arithmetic";
import { expOfNegative } from "./exp";

/** Bits of sqrt(1/2). */
const SQRT_HALF: i32 = 0x3f3504f3;
/** ln 2 in two parts: n times the first is exact for all n here. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

/**
 * ln x = n ln 2 + ln(1 + f), x = 2^n (1 + f), 1 + f in [sqrt(1/2), sqrt 2): f - f f / 2 + f f f p(f), fit error below
 * 2^-27 of f. For every x >= 0, including denormals; -inf at 0, NaN below; at most 0.9 ulp, also near 1.
 */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = select(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  const shifted = i32x4.sub(scaled, i32x4.splat(SQRT_HALF));
  const n = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(shifted, 23), v128.and(tiny, i32x4.splat(23))));
  const f = f32x4.sub(i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(SQRT_HALF)), f32x4.splat(1));
  let y = mulAdd(f32x4.splat(-7.86252022e-2), f, f32x4.splat(1.28834099e-1));
  y = mulAdd(y, f, f32x4.splat(-1.31283954e-1));
  y = mulAdd(y, f, f32x4.splat(1.41808733e-1));
  y = mulAdd(y, f, f32x4.splat(-1.6624561e-1));
  y = mulAdd(y, f, f32x4.splat(2.0002304e-1));
  y = mulAdd(y, f, f32x4.splat(-2.50008106e-1));
  y = mulAdd(y, f, f32x4.splat(3.33333164e-1));
  const square = f32x4.mul(f, f);
  y = mulAdd(n, f32x4.splat(LN2_LOW), f32x4.mul(f32x4.mul(y, f), square));
  y = negMulAdd(f32x4.splat(0.5), square, y);
  y = mulAdd(n, f32x4.splat(LN2_HIGH), f32x4.add(f, y));
  // Infinity and NaN are kept; 0 gives -inf; for negative values the mask, all bits set, is itself a NaN.
  y = select(y, x, f32x4.lt(x, f32x4.splat(f32.POSITIVE_INFINITY)));
  y = f32x4.add(y, v128.and(f32x4.eq(x, f32x4.splat(0)), f32x4.splat(f32.NEGATIVE_INFINITY)));
  return v128.or(y, f32x4.lt(x, f32x4.splat(0)));
}

/**
 * ln(1 + x) = ln u + (x - (u - 1)) / u, u = 1 + x rounded: the quotient corrects the rounding error of u. For every x
 * >= -1; -inf at -1, NaN below; at most 1.5 ulp, also near 0.
 */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  const u = f32x4.add(x, f32x4.splat(1));
  const lost = f32x4.div(f32x4.sub(x, f32x4.sub(u, f32x4.splat(1))), u);
  const y = log(u);
  const inside = v128.and(f32x4.gt(u, f32x4.splat(0)), f32x4.lt(u, f32x4.splat(f32.POSITIVE_INFINITY)));
  const corrected = select(f32x4.add(y, lost), y, inside);
  return select(x, corrected, f32x4.eq(u, f32x4.splat(1)));
}

/**
 * ln(1 + e^x) = max(x, 0) + ln(1 + z), z = e^-|x| <= 1, with ln(1 + z) = 2 artanh(t / 2), t = 2 z / (2 + z), as t + t^3
 * p(t t), fit error below 2^-33. For every x; at most 2.8 ulp, including small results for negative x.
 */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  const z = expOfNegative(f32x4.neg(f32x4.abs(x)));
  const t = f32x4.div(f32x4.add(z, z), f32x4.add(z, f32x4.splat(2)));
  const w = f32x4.mul(t, t);
  let y = mulAdd(f32x4.splat(1.18386924e-4), w, f32x4.splat(4.18824551e-4));
  y = mulAdd(y, w, f32x4.splat(2.2355637e-3));
  y = mulAdd(y, w, f32x4.splat(1.24996714e-2));
  y = mulAdd(y, w, f32x4.splat(8.33333433e-2));
  y = mulAdd(f32x4.mul(y, w), t, t);
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), y);
}
