/**
 * Sine and cosine: x = k pi/2 + r with |r| <= pi/4, then a polynomial in r; k mod 4 selects the polynomial and its
 * sign.
 *
 * The remainder is computed in f64 with pi/2 in two parts, so it keeps 24 correct bits however near x is to a multiple
 * of pi/2. Valid for |x| <= 2^20: at most 1.6 ulp, also near the zeros. Above, the remainder loses accuracy bit by bit;
 * from 2^50 on the result is meaningless, though it stays within [-1, 1]. Infinities give NaN.
 */
import { mulAdd, negMulAdd, select } from "./arithmetic";

const TWO_OVER_PI: f64 = 0.63661977236758134;
/** pi/2 in two parts: k times the first (33 bits) is exact for k < 2^20. */
const HALF_PI_HIGH: f64 = 1.57079632673412561417;
const HALF_PI_LOW: f64 = 6.07710050650619224932e-11;

/** x - k pi/2 of two f64, as f32 in the low half; clamped to the polynomials' range. */
// @ts-ignore: decorator
@inline
function remainder(x: v128, k: v128): v128 {
  const r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, f64x2.splat(HALF_PI_HIGH))), f64x2.mul(k, f64x2.splat(HALF_PI_LOW)));
  return f32x4.demote_f64x2_zero(f64x2.pmin(f64x2.pmax(r, f64x2.splat(-0.7854)), f64x2.splat(0.7854)));
}

/** k mod 4 of two f64 integers, as i32 in the low half. */
// @ts-ignore: decorator
@inline
function quadrantOf(k: v128): v128 {
  const whole = f64x2.mul(f64x2.floor(f64x2.mul(k, f64x2.splat(0.25))), f64x2.splat(4));
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.sub(k, whole));
}

/** sin(x + quarter pi/2). */
// @ts-ignore: decorator
@inline
function sinFrom(x: v128, quarter: i32): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
  const kLow = f64x2.nearest(f64x2.mul(low, f64x2.splat(TWO_OVER_PI)));
  const kHigh = f64x2.nearest(f64x2.mul(high, f64x2.splat(TWO_OVER_PI)));
  const r = v128.shuffle<i64>(remainder(low, kLow), remainder(high, kHigh), 0, 2);
  const quadrant = i32x4.add(v128.shuffle<i64>(quadrantOf(kLow), quadrantOf(kHigh), 0, 2), i32x4.splat(quarter));
  const z = f32x4.mul(r, r);
  let s = mulAdd(f32x4.splat(-1.9518609e-4), z, f32x4.splat(8.33219104e-3));
  s = mulAdd(s, z, f32x4.splat(-1.66666552e-1));
  s = mulAdd(f32x4.mul(s, z), r, r);
  let c = mulAdd(f32x4.splat(2.44306684e-5), z, f32x4.splat(-1.38873013e-3));
  c = mulAdd(c, z, f32x4.splat(4.16666456e-2));
  c = mulAdd(f32x4.mul(c, z), z, negMulAdd(f32x4.splat(0.5), z, f32x4.splat(1)));
  const odd = i32x4.ne(v128.and(quadrant, i32x4.splat(1)), i32x4.splat(0));
  const negative = i32x4.shl(v128.and(quadrant, i32x4.splat(2)), 30);
  const y = v128.xor(select(c, s, odd), negative);
  // sin(-0) is -0; the remainder has lost that sign.
  return quarter == 0 ? select(x, y, f32x4.eq(x, f32x4.splat(0))) : y;
}

/** sin x; see above. */
// @ts-ignore: decorator
@inline
export function sin(x: v128): v128 {
  return sinFrom(x, 0);
}

/** cos x = sin(x + pi/2), the quarter turn added to the quadrant; see above. */
// @ts-ignore: decorator
@inline
export function cos(x: v128): v128 {
  return sinFrom(x, 1);
}
