/**
 * The multiply-add roof of the computer: the speed of a matrix product that never waits for memory. Accumulators stay
 * in registers, enough of them that independent sums hide the latency. Two things prevent the compilers from removing
 * work: factors are not known before the run (V8 rebuilds a constant vector at every use), and in the unfused loop one
 * factor is loaded from a different address in every iteration, so that no product is reused. Loads use no arithmetic
 * unit. Every lane runs all iterations. One iteration is `RoofWork.Flops` operations: 24 vector multiply-adds.
 */
import { lane, scratch } from "../lane";
import { RoofWord } from "../opcode";

// @ts-ignore: decorator
@inline
function fused(x: v128, y: v128, a: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, a);
  return f32x4.add(f32x4.mul(x, y), a);
}

// @ts-ignore: decorator
@inline
function plain(x: v128, y: v128, a: v128): v128 {
  return f32x4.add(a, f32x4.mul(x, y));
}

// Twelve accumulators, two multiply-adds each.
function spinFused(iterations: i32, factors: usize): v128 {
  const x = v128.load(factors), y = v128.load(factors, 16);
  let a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
  for (let n = iterations; n > 0; n--) {
    a = fused(x, y, a); b = fused(x, y, b); c = fused(x, y, c); d = fused(x, y, d);
    e = fused(x, y, e); f = fused(x, y, f); g = fused(x, y, g); h = fused(x, y, h);
    i = fused(x, y, i); j = fused(x, y, j); k = fused(x, y, k); l = fused(x, y, l);
    a = fused(x, y, a); b = fused(x, y, b); c = fused(x, y, c); d = fused(x, y, d);
    e = fused(x, y, e); f = fused(x, y, f); g = fused(x, y, g); h = fused(x, y, h);
    i = fused(x, y, i); j = fused(x, y, j); k = fused(x, y, k); l = fused(x, y, l);
  }
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  return f32x4.add(a, f32x4.add(f32x4.add(i, j), f32x4.add(k, l)));
}

// Eight accumulators, three multiply-adds each: the product needs a register of its own.
function spinPlain(iterations: i32, factors: usize): v128 {
  const r = v128.load(factors), s = v128.load(factors, 16), t = v128.load(factors, 32), u = v128.load(factors, 48);
  let a = r, b = r, c = r, d = r, e = r, f = r, g = r, h = r;
  for (let n = iterations * 3; n > 0; n--) {
    const at = factors + (<usize>(n & 15) << 4);
    const x = v128.load(at), y = v128.load(at, 16);
    a = plain(x, r, a); b = plain(x, s, b); c = plain(x, t, c); d = plain(x, u, d);
    e = plain(y, r, e); f = plain(y, s, f); g = plain(y, t, g); h = plain(y, u, h);
  }
  return f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
}

/** Runs a `Roof` command. A build without relaxed SIMD has no fused multiply-add: there kind 0 is also unfused. */
export function roof(command: usize): void {
  const factors = scratch();
  for (let i = 0; i < 17; i++) v128.store(factors + (<usize>i << 4), f32x4.splat(<f32>(i + 1)));
  const iterations = load<i32>(command, RoofWord.Iterations << 2);
  const sum = load<i32>(command, RoofWord.Kind << 2) == 0 ? spinFused(iterations, factors) : spinPlain(iterations, factors);
  if (lane == 0) f32.store(load<usize>(command, RoofWord.Out << 2), f32x4.extract_lane(sum, 0));
}
