/** The error function. */
import { mulAdd, select, withSign } from "./arithmetic";
import { expOfNegative } from "./exp";

/**
 * erf x = 2/sqrt(pi) times the integral of e^(-t t) from 0 to x, for every x; at most 1.22 ulp, also near 0. Below
 * 0.95: x + x p(x x), fit error below 2^-29. Above: 1 - e^(t q(t)), t = |x|, error of the whole fit below 2^-28.
 */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), f32x4.splat(4));
  let q = mulAdd(f32x4.splat(2.14144384e-4), t, f32x4.splat(-3.21638118e-3));
  q = mulAdd(q, t, f32x4.splat(2.28949245e-2));
  q = mulAdd(q, t, f32x4.splat(-1.05270229e-1));
  q = mulAdd(q, t, f32x4.splat(-6.35711432e-1));
  q = mulAdd(q, t, f32x4.splat(-1.12851655));
  const far = withSign(f32x4.sub(f32x4.splat(1), expOfNegative(f32x4.mul(q, t))), x);
  const z = f32x4.mul(t, t);
  let p = mulAdd(f32x4.splat(7.80690316e-5), z, f32x4.splat(-7.9978531e-4));
  p = mulAdd(p, z, f32x4.splat(5.1871622e-3));
  p = mulAdd(p, z, f32x4.splat(-2.68533472e-2));
  p = mulAdd(p, z, f32x4.splat(1.12835787e-1));
  p = mulAdd(p, z, f32x4.splat(-3.7612626e-1));
  p = mulAdd(p, z, f32x4.splat(1.28379166e-1));
  const near = mulAdd(p, x, x);
  return select(far, near, f32x4.gt(t, f32x4.splat(0.95)));
}
