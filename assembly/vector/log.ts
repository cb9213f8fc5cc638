/** Natural logarithms. */
import { mulAdd, negMulAdd } from "./arithmetic";
import { exp } from "./exp";

/** ln x. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  const bias = v128.bitselect(i32x4.splat(23), i32x4.splat(0), tiny);
  // m in [sqrt(1/2), sqrt 2), x = m 2^n
  const shifted = i32x4.sub(scaled, i32x4.splat(0x3f3504f3));
  const n = i32x4.sub(i32x4.shr_s(shifted, 23), bias);
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const f = f32x4.sub(m, f32x4.splat(1));
  const k = f32x4.convert_i32x4_s(n);
  let y = mulAdd(f32x4.splat(7.0376836292e-2), f, f32x4.splat(-1.1514610310e-1));
  y = mulAdd(y, f, f32x4.splat(1.1676998740e-1));
  y = mulAdd(y, f, f32x4.splat(-1.2420140846e-1));
  y = mulAdd(y, f, f32x4.splat(1.4249322787e-1));
  y = mulAdd(y, f, f32x4.splat(-1.6668057665e-1));
  y = mulAdd(y, f, f32x4.splat(2.0000714765e-1));
  y = mulAdd(y, f, f32x4.splat(-2.4999993993e-1));
  y = mulAdd(y, f, f32x4.splat(3.3333331174e-1));
  const z = f32x4.mul(f, f);
  y = f32x4.mul(f32x4.mul(y, f), z);
  y = mulAdd(k, f32x4.splat(-2.12194440e-4), y);
  y = negMulAdd(f32x4.splat(0.5), z, y);
  y = mulAdd(k, f32x4.splat(0.693359375), f32x4.add(f, y));
  // 0 -> -inf, negative and NaN -> NaN, inf -> inf
  y = v128.bitselect(x, y, f32x4.eq(x, f32x4.splat(f32.POSITIVE_INFINITY)));
  y = v128.bitselect(f32x4.splat(f32.NEGATIVE_INFINITY), y, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(y, f32x4.splat(f32.NaN), f32x4.ge(x, f32x4.splat(0)));
}

/** ln(1 + x). */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  const u = f32x4.add(x, f32x4.splat(1));
  const lost = f32x4.div(f32x4.sub(x, f32x4.sub(u, f32x4.splat(1))), u);
  const y = log(u);
  const inside = v128.and(f32x4.gt(u, f32x4.splat(0)), f32x4.lt(u, f32x4.splat(f32.POSITIVE_INFINITY)));
  const exact = v128.bitselect(f32x4.add(y, lost), y, inside);
  return v128.bitselect(x, exact, f32x4.eq(u, f32x4.splat(1)));
}

/** ln(1 + e^x). */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), log1p(exp(f32x4.neg(f32x4.abs(x)))));
}
