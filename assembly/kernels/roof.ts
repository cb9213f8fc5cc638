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

// Twelve pairs of accumulators, four multiply-adds each: the two of a pair are stored side by side at the end, which
// makes an engine that merges 128-bit operations compute the pair as one of 256 bits. A quarter of the iterations,
// because one has four times the operations; with less in one, the loop itself takes 10%.
function spinWide(iterations: i32, factors: usize, out: usize): void {
  const x = v128.load32_splat(factors), y = v128.load32_splat(factors, 16);
  let a0 = v128.load(factors, 0), a1 = v128.load(factors, 16);
  let b0 = v128.load(factors, 32), b1 = v128.load(factors, 48);
  let c0 = v128.load(factors, 64), c1 = v128.load(factors, 80);
  let d0 = v128.load(factors, 96), d1 = v128.load(factors, 112);
  let e0 = v128.load(factors, 0), e1 = v128.load(factors, 16);
  let f0 = v128.load(factors, 32), f1 = v128.load(factors, 48);
  let g0 = v128.load(factors, 64), g1 = v128.load(factors, 80);
  let h0 = v128.load(factors, 96), h1 = v128.load(factors, 112);
  let i0 = v128.load(factors, 0), i1 = v128.load(factors, 16);
  let j0 = v128.load(factors, 32), j1 = v128.load(factors, 48);
  let k0 = v128.load(factors, 64), k1 = v128.load(factors, 80);
  let l0 = v128.load(factors, 96), l1 = v128.load(factors, 112);
  for (let n = iterations >> 2; n > 0; n--) {
    a0 = fused(x, y, a0); a1 = fused(x, y, a1); b0 = fused(x, y, b0); b1 = fused(x, y, b1);
    c0 = fused(x, y, c0); c1 = fused(x, y, c1); d0 = fused(x, y, d0); d1 = fused(x, y, d1);
    e0 = fused(x, y, e0); e1 = fused(x, y, e1); f0 = fused(x, y, f0); f1 = fused(x, y, f1);
    g0 = fused(x, y, g0); g1 = fused(x, y, g1); h0 = fused(x, y, h0); h1 = fused(x, y, h1);
    i0 = fused(x, y, i0); i1 = fused(x, y, i1); j0 = fused(x, y, j0); j1 = fused(x, y, j1);
    k0 = fused(x, y, k0); k1 = fused(x, y, k1); l0 = fused(x, y, l0); l1 = fused(x, y, l1);
    a0 = fused(x, y, a0); a1 = fused(x, y, a1); b0 = fused(x, y, b0); b1 = fused(x, y, b1);
    c0 = fused(x, y, c0); c1 = fused(x, y, c1); d0 = fused(x, y, d0); d1 = fused(x, y, d1);
    e0 = fused(x, y, e0); e1 = fused(x, y, e1); f0 = fused(x, y, f0); f1 = fused(x, y, f1);
    g0 = fused(x, y, g0); g1 = fused(x, y, g1); h0 = fused(x, y, h0); h1 = fused(x, y, h1);
    i0 = fused(x, y, i0); i1 = fused(x, y, i1); j0 = fused(x, y, j0); j1 = fused(x, y, j1);
    k0 = fused(x, y, k0); k1 = fused(x, y, k1); l0 = fused(x, y, l0); l1 = fused(x, y, l1);
    a0 = fused(x, y, a0); a1 = fused(x, y, a1); b0 = fused(x, y, b0); b1 = fused(x, y, b1);
    c0 = fused(x, y, c0); c1 = fused(x, y, c1); d0 = fused(x, y, d0); d1 = fused(x, y, d1);
    e0 = fused(x, y, e0); e1 = fused(x, y, e1); f0 = fused(x, y, f0); f1 = fused(x, y, f1);
    g0 = fused(x, y, g0); g1 = fused(x, y, g1); h0 = fused(x, y, h0); h1 = fused(x, y, h1);
    i0 = fused(x, y, i0); i1 = fused(x, y, i1); j0 = fused(x, y, j0); j1 = fused(x, y, j1);
    k0 = fused(x, y, k0); k1 = fused(x, y, k1); l0 = fused(x, y, l0); l1 = fused(x, y, l1);
    a0 = fused(x, y, a0); a1 = fused(x, y, a1); b0 = fused(x, y, b0); b1 = fused(x, y, b1);
    c0 = fused(x, y, c0); c1 = fused(x, y, c1); d0 = fused(x, y, d0); d1 = fused(x, y, d1);
    e0 = fused(x, y, e0); e1 = fused(x, y, e1); f0 = fused(x, y, f0); f1 = fused(x, y, f1);
    g0 = fused(x, y, g0); g1 = fused(x, y, g1); h0 = fused(x, y, h0); h1 = fused(x, y, h1);
    i0 = fused(x, y, i0); i1 = fused(x, y, i1); j0 = fused(x, y, j0); j1 = fused(x, y, j1);
    k0 = fused(x, y, k0); k1 = fused(x, y, k1); l0 = fused(x, y, l0); l1 = fused(x, y, l1);
  }
  v128.store(out, a0, 0); v128.store(out, a1, 16); v128.store(out, b0, 32); v128.store(out, b1, 48);
  v128.store(out, c0, 64); v128.store(out, c1, 80); v128.store(out, d0, 96); v128.store(out, d1, 112);
  v128.store(out, e0, 128); v128.store(out, e1, 144); v128.store(out, f0, 160); v128.store(out, f1, 176);
  v128.store(out, g0, 192); v128.store(out, g1, 208); v128.store(out, h0, 224); v128.store(out, h1, 240);
  v128.store(out, i0, 256); v128.store(out, i1, 272); v128.store(out, j0, 288); v128.store(out, j1, 304);
  v128.store(out, k0, 320); v128.store(out, k1, 336); v128.store(out, l0, 352); v128.store(out, l1, 368);
}

/**
 * Runs a `Roof` command. A build without relaxed SIMD has no fused multiply-add: there kind 0 is also unfused. Only the
 * builds for engines that merge vectors have kind 2; the others take kind 0 for it.
 */
export function roof(command: usize): void {
  const factors = scratch(), out = factors + 512;
  for (let i = 0; i < 17; i++) v128.store(factors + (<usize>i << 4), f32x4.splat(<f32>(i + 1)));
  const iterations = load<i32>(command, RoofWord.Iterations << 2), kind = load<i32>(command, RoofWord.Kind << 2);
  let sum: v128;
  if (WIDE && kind == 2) {
    spinWide(iterations, factors, out);
    sum = v128.load(out);
  } else {
    sum = kind == 1 ? spinPlain(iterations, factors) : spinFused(iterations, factors);
  }
  if (lane == 0) f32.store(load<usize>(command, RoofWord.Out << 2), f32x4.extract_lane(sum, 0));
}
