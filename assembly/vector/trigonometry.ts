/** Sine and cosine. */
import { mulAdd, negMulAdd } from "./arithmetic";

/** Two f64 remainders x - k pi/2 and the quadrants k mod 4. */
// @ts-ignore: decorator
@inline
function remainder(x: v128, k: v128): v128 {
  const r = f64x2.sub(x, f64x2.mul(k, f64x2.splat(1.5707963267341256)));
  return f64x2.sub(r, f64x2.mul(k, f64x2.splat(6.077100506506192e-11)));
}

// @ts-ignore: decorator
@inline
function sinOfQuadrant(x: v128, quarter: i32): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
  const kLow = f64x2.nearest(f64x2.mul(low, f64x2.splat(0.6366197723675814)));
  const kHigh = f64x2.nearest(f64x2.mul(high, f64x2.splat(0.6366197723675814)));
  const rLow = f32x4.demote_f64x2_zero(remainder(low, kLow));
  const rHigh = f32x4.demote_f64x2_zero(remainder(high, kHigh));
  const r = v128.shuffle<i32>(rLow, rHigh, 0, 1, 4, 5);
  const n = v128.shuffle<i32>(i32x4.trunc_sat_f64x2_s_zero(kLow), i32x4.trunc_sat_f64x2_s_zero(kHigh), 0, 1, 4, 5);
  const quadrant = i32x4.add(n, i32x4.splat(quarter));
  const z = f32x4.mul(r, r);
  let s = mulAdd(f32x4.splat(-1.9515295891e-4), z, f32x4.splat(8.3321608736e-3));
  s = mulAdd(s, z, f32x4.splat(-1.6666654611e-1));
  s = mulAdd(f32x4.mul(s, z), r, r);
  let c = mulAdd(f32x4.splat(2.443315711809948e-5), z, f32x4.splat(-1.388731625493765e-3));
  c = mulAdd(c, z, f32x4.splat(4.166664568298827e-2));
  c = mulAdd(f32x4.mul(c, z), z, negMulAdd(f32x4.splat(0.5), z, f32x4.splat(1)));
  const odd = i32x4.ne(v128.and(quadrant, i32x4.splat(1)), i32x4.splat(0));
  const y = v128.bitselect(c, s, odd);
  return v128.xor(y, i32x4.shl(v128.and(quadrant, i32x4.splat(2)), 30));
}

// @ts-ignore: decorator
@inline
export function sin(x: v128): v128 {
  return sinOfQuadrant(x, 0);
}

// @ts-ignore: decorator
@inline
export function cos(x: v128): v128 {
  return sinOfQuadrant(x, 1);
}
