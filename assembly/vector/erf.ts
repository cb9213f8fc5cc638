/** The error function. */
import { mulAdd } from "./arithmetic";
import { expm1 } from "./exp";

/** erf x. */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), f32x4.splat(4));
  const s = f32x4.mul(x, x);
  let r = mulAdd(f32x4.splat(-1.72853470e-5), t, f32x4.splat(3.83197126e-4));
  r = mulAdd(r, t, f32x4.splat(-3.88396438e-3));
  r = mulAdd(r, t, f32x4.splat(2.42546219e-2));
  r = mulAdd(r, t, f32x4.splat(-1.06777877e-1));
  r = mulAdd(r, t, f32x4.splat(-6.34846687e-1));
  r = mulAdd(r, t, f32x4.splat(-1.28717512e-1));
  r = mulAdd(r, t, f32x4.neg(t));
  const far = v128.or(f32x4.neg(expm1(r)), v128.and(x, f32x4.splat(-0.0)));
  let y = mulAdd(f32x4.splat(-5.96761703e-4), s, f32x4.splat(4.99119423e-3));
  y = mulAdd(y, s, f32x4.splat(-2.67681349e-2));
  y = mulAdd(y, s, f32x4.splat(1.12819925e-1));
  y = mulAdd(y, s, f32x4.splat(-3.76125336e-1));
  y = mulAdd(y, s, f32x4.splat(1.28379166e-1));
  const near = mulAdd(y, x, x);
  return v128.bitselect(far, near, f32x4.gt(f32x4.abs(x), f32x4.splat(0.927734375)));
}
