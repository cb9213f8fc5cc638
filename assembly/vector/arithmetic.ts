/** Multiply-add (rounded once if the build has fused multiply-add), selection, minimum and maximum. */

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

/** a b + c on two f64. */
// @ts-ignore: decorator
@inline
export function mulAdd64(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f64x2.relaxed_madd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
}

/**
 * yes where the mask's elements are all ones, no where they are all zeros: one blend instead of three logical
 * operations.
 */
// @ts-ignore: decorator
@inline
export function select(yes: v128, no: v128, mask: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i32x4.relaxed_laneselect(yes, no, mask) : v128.bitselect(yes, no, mask);
}

/**
 * The larger; NaN if either is NaN (the mask of b's NaNs, all bits set, is itself a NaN). Of zeros with different signs
 * the first. Three instructions; `f32x4.max` needs about eight on x64.
 */
// @ts-ignore: decorator
@inline
export function maximum(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmax(a, b), f32x4.ne(b, b));
}

/** The smaller, likewise. */
// @ts-ignore: decorator
@inline
export function minimum(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmin(a, b), f32x4.ne(b, b));
}

/** 1 / sqrt(a): two correctly rounded steps, at most 1.5 ulp together. rsqrt 0 = inf, rsqrt of a negative is NaN. */
// @ts-ignore: decorator
@inline
export function rsqrt(a: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(a));
}

/** The sign bit of `signed` on the magnitude `a` >= 0. */
// @ts-ignore: decorator
@inline
export function withSign(a: v128, signed: v128): v128 {
  return v128.or(a, v128.and(signed, f32x4.splat(-0.0)));
}
