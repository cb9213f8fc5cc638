/** Powers with a real exponent. */
import { mulAdd64, select } from "./arithmetic";

/**
 * a^b = 2^(b log2 |a|), in f64 throughout, because the product magnifies the logarithm's error up to 128 times. log2:
 * 2^n m, m in [sqrt(1/2), sqrt 2), and s p(s s) with s = (m - 1) / (m + 1), fit error below 2^-45; 2^y: a polynomial on
 * [-1/2, 1/2], fit error below 2^-34. For all a and b, with the special values of ECMAScript's `**`: a negative base
 * needs an integer exponent, else NaN; a^0 = 1. At most 0.51 ulp.
 */
// @ts-ignore: decorator
@inline
export function pow(a: v128, b: v128): v128 {
  const low = powerOfTwo64(f64x2.promote_low_f32x4(b), log64(f64x2.promote_low_f32x4(f32x4.abs(a))));
  const high = powerOfTwo64(f64x2.promote_low_f32x4(swapHalves(b)), log64(f64x2.promote_low_f32x4(swapHalves(f32x4.abs(a)))));
  let y = v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
  // Halving an odd integer gives a fraction; every f32 of 2^24 or more is even.
  const whole = f32x4.eq(f32x4.floor(b), b);
  const half = f32x4.mul(b, f32x4.splat(0.5));
  const odd = v128.andnot(whole, f32x4.eq(f32x4.floor(half), half));
  y = v128.xor(y, v128.and(v128.and(a, f32x4.splat(-0.0)), odd));
  const finite = f32x4.lt(f32x4.abs(a), f32x4.splat(f32.POSITIVE_INFINITY));
  const undefined_ = v128.andnot(v128.and(f32x4.lt(a, f32x4.splat(0)), finite), whole);
  y = select(f32x4.splat(f32.NaN), y, undefined_);
  return select(f32x4.splat(1), y, f32x4.eq(b, f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function swapHalves(x: v128): v128 {
  return v128.shuffle<i64>(x, x, 1, 0);
}

/** log2 of two f64 >= 0 that were converted from f32 (so neither is denormal); -inf at 0, inf and NaN are kept. */
// @ts-ignore: decorator
@inline
function log64(x: v128): v128 {
  // Bits of sqrt(1/2) in f64.
  const shifted = i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd));
  const m = i64x2.add(v128.and(shifted, i64x2.splat(0x000fffffffffffff)), i64x2.splat(0x3fe6a09e667f3bcd));
  // n: puts the exponent's bits into the low bits of 1.5 x 2^52, then subtracts that number.
  const n = f64x2.sub(i64x2.add(i64x2.shr_s(shifted, 52), f64x2.splat(6755399441055744.0)), f64x2.splat(6755399441055744.0));
  const s = f64x2.div(f64x2.sub(m, f64x2.splat(1)), f64x2.add(m, f64x2.splat(1)));
  const w = f64x2.mul(s, s);
  let y = mulAdd64(f64x2.splat(0.28291018008773827), w, f64x2.splat(0.31990495569920413));
  y = mulAdd64(y, w, f64x2.splat(0.41220927165010013));
  y = mulAdd64(y, w, f64x2.splat(0.57707794215954611));
  y = mulAdd64(y, w, f64x2.splat(0.96179669411410806));
  y = mulAdd64(y, w, f64x2.splat(2.8853900817778495));
  y = mulAdd64(y, s, n);
  y = select(y, x, f64x2.lt(x, f64x2.splat(f64.POSITIVE_INFINITY)));
  return select(f64x2.splat(f64.NEGATIVE_INFINITY), y, f64x2.eq(x, f64x2.splat(0)));
}

/** 2^(b l); results beyond the range of f32 are clamped just outside it. */
// @ts-ignore: decorator
@inline
function powerOfTwo64(b: v128, l: v128): v128 {
  const x = f64x2.pmin(f64x2.pmax(f64x2.mul(b, l), f64x2.splat(-200)), f64x2.splat(200));
  const t = f64x2.add(x, f64x2.splat(6755399441055744.0));
  const r = f64x2.sub(x, f64x2.sub(t, f64x2.splat(6755399441055744.0)));
  let y = mulAdd64(f64x2.splat(1.5201921139652138e-05), r, f64x2.splat(0.00015469291127897673));
  y = mulAdd64(y, r, f64x2.splat(0.0013333922565441009));
  y = mulAdd64(y, r, f64x2.splat(0.0096180272537258367));
  y = mulAdd64(y, r, f64x2.splat(0.055504103534455243));
  y = mulAdd64(y, r, f64x2.splat(0.24022651198156897));
  y = mulAdd64(y, r, f64x2.splat(0.69314718072844783));
  y = mulAdd64(y, r, f64x2.splat(0.9999999999616821));
  return f64x2.mul(y, i64x2.add(i64x2.shl(t, 52), f64x2.splat(1)));
}
