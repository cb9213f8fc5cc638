/** Multiply-add, in one rounding where the build has it, and the like. */

/** a b + c */
// @ts-ignore: decorator
@inline
export function mulAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c - a b */
// @ts-ignore: decorator
@inline
export function negMulAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** 1 / sqrt(a), both correctly rounded: at most 1.5 ulp together. */
// @ts-ignore: decorator
@inline
export function rsqrt(a: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(a));
}

/** 2^n of four integers in [-126, 127]. */
// @ts-ignore: decorator
@inline
export function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}
