/** The multiply-add of all matrix products: fused if the build has it, so that every path rounds alike. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Zeros to start sums with; `count` is not negative. In the wide builds the compilers do not know that these are zeros:
 * binaryen copies a known constant into the branch that does not load C, and V8 cannot merge vectors of different
 * blocks.
 */
// @ts-ignore: decorator
@inline
export function zeros(count: i32): v128 {
  return WIDE ? i32x4.splat(count >> 31) : f32x4.splat(0);
}
