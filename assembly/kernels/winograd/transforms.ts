/**
 * The transforms of Winograd's minimal filtering F(2, r), two results of r taps from n = r + 1 multiplications (Winograd
 * 1980; Lavin and Gray 2015, section 4.1), on four channels or features at a time and along both axes:
 *
 *     F(2, 2)   inputs   d0 - d1, d1, d2 - d1                     weights  g0, g0 + g1, g1
 *               results  m0 + m1, m1 + m2
 *     F(2, 3)   inputs   d0 - d2, d1 + d2, d2 - d1, d1 - d3       weights  g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2
 *               results  m0 + m1 + m2, m1 - m2 - m3
 *
 * Position (i, j) of the n x n stands `Step.Bytes` (i n + j) from the first, so that its place is part of an instruction.
 */
export enum Step {
  /** Values of one position: a block of k, or of features. */
  Values = 128,
  Bytes = 512,
}

// @ts-ignore: decorator
@inline
function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

/** Inputs of F(2, 2): `pixels` has nine addresses, three of each row. */
export function input2(to: usize, pixels: usize, run: i32): void {
  let p0 = load<usize>(pixels), p1 = load<usize>(pixels, 4), p2 = load<usize>(pixels, 8);
  let p3 = load<usize>(pixels, 12), p4 = load<usize>(pixels, 16), p5 = load<usize>(pixels, 20);
  let p6 = load<usize>(pixels, 24), p7 = load<usize>(pixels, 28), p8 = load<usize>(pixels, 32);
  for (; run > 0; run -= 4) {
    const b0 = v128.load(p3), b1 = v128.load(p4), b2 = v128.load(p5);
    const a0 = sub(v128.load(p0), b0), a1 = sub(v128.load(p1), b1), a2 = sub(v128.load(p2), b2);
    v128.store(to, sub(a0, a1)); v128.store(to, a1, 512); v128.store(to, sub(a2, a1), 1024);
    v128.store(to, sub(b0, b1), 1536); v128.store(to, b1, 2048); v128.store(to, sub(b2, b1), 2560);
    const c0 = sub(v128.load(p6), b0), c1 = sub(v128.load(p7), b1), c2 = sub(v128.load(p8), b2);
    v128.store(to, sub(c0, c1), 3072); v128.store(to, c1, 3584); v128.store(to, sub(c2, c1), 4096);
    p0 += 16; p1 += 16; p2 += 16; p3 += 16; p4 += 16; p5 += 16; p6 += 16; p7 += 16; p8 += 16;
    to += 16;
  }
}

// One row of inputs of F(2, 3).
// @ts-ignore: decorator
@inline
function inputs3(to: usize, offset: usize, d0: v128, d1: v128, d2: v128, d3: v128): void {
  v128.store(to + offset, sub(d0, d2)); v128.store(to + offset, add(d1, d2), 512);
  v128.store(to + offset, sub(d2, d1), 1024); v128.store(to + offset, sub(d1, d3), 1536);
}

/** Inputs of F(2, 3): `pixels` has sixteen addresses. */
export function input3(to: usize, pixels: usize, run: i32): void {
  const end = <usize>run << 2;
  for (let k: usize = 0; k < end; k += 16, to += 16) {
    const b0 = v128.load(load<usize>(pixels, 16) + k), b1 = v128.load(load<usize>(pixels, 20) + k);
    const b2 = v128.load(load<usize>(pixels, 24) + k), b3 = v128.load(load<usize>(pixels, 28) + k);
    const c0 = v128.load(load<usize>(pixels, 32) + k), c1 = v128.load(load<usize>(pixels, 36) + k);
    const c2 = v128.load(load<usize>(pixels, 40) + k), c3 = v128.load(load<usize>(pixels, 44) + k);
    inputs3(to, 0, sub(v128.load(load<usize>(pixels) + k), c0), sub(v128.load(load<usize>(pixels, 4) + k), c1),
      sub(v128.load(load<usize>(pixels, 8) + k), c2), sub(v128.load(load<usize>(pixels, 12) + k), c3));
    inputs3(to, 2048, add(b0, c0), add(b1, c1), add(b2, c2), add(b3, c3));
    inputs3(to, 4096, sub(c0, b0), sub(c1, b1), sub(c2, b2), sub(c3, b3));
    inputs3(to, 6144, sub(b0, v128.load(load<usize>(pixels, 48) + k)), sub(b1, v128.load(load<usize>(pixels, 52) + k)),
      sub(b2, v128.load(load<usize>(pixels, 56) + k)), sub(b3, v128.load(load<usize>(pixels, 60) + k)));
  }
}

/** Results of F(2, 2) to the four pixels whose addresses `pixels` has. */
export function output2(pixels: usize, from: usize, run: i32): void {
  let p0 = load<usize>(pixels), p1 = load<usize>(pixels, 4), p2 = load<usize>(pixels, 8), p3 = load<usize>(pixels, 12);
  for (; run > 0; run -= 4) {
    const b0 = v128.load(from, 1536), b1 = v128.load(from, 2048), b2 = v128.load(from, 2560);
    const a1 = add(v128.load(from, 512), b1), c1 = add(v128.load(from, 3584), b1);
    v128.store(p0, add(add(v128.load(from), b0), a1)); v128.store(p1, add(a1, add(v128.load(from, 1024), b2)));
    v128.store(p2, add(add(v128.load(from, 3072), b0), c1)); v128.store(p3, add(c1, add(v128.load(from, 4096), b2)));
    p0 += 16; p1 += 16; p2 += 16; p3 += 16; from += 16;
  }
}

/** Results of F(2, 3) to the four pixels whose addresses `pixels` has. */
export function output3(pixels: usize, from: usize, run: i32): void {
  let p0 = load<usize>(pixels), p1 = load<usize>(pixels, 4), p2 = load<usize>(pixels, 8), p3 = load<usize>(pixels, 12);
  for (; run > 0; run -= 4) {
    let m1 = v128.load(from, 2048), m2 = v128.load(from, 4096);
    const a0 = add(add(v128.load(from), m1), m2), b0 = sub(sub(m1, m2), v128.load(from, 6144));
    m1 = v128.load(from, 2560); m2 = v128.load(from, 4608);
    const a1 = add(add(v128.load(from, 512), m1), m2), b1 = sub(sub(m1, m2), v128.load(from, 6656));
    m1 = v128.load(from, 3072); m2 = v128.load(from, 5120);
    const a2 = add(add(v128.load(from, 1024), m1), m2), b2 = sub(sub(m1, m2), v128.load(from, 7168));
    m1 = v128.load(from, 3584); m2 = v128.load(from, 5632);
    const a3 = add(add(v128.load(from, 1536), m1), m2), b3 = sub(sub(m1, m2), v128.load(from, 7680));
    v128.store(p0, add(add(a0, a1), a2)); v128.store(p1, sub(sub(a1, a2), a3));
    v128.store(p2, add(add(b0, b1), b2)); v128.store(p3, sub(sub(b1, b2), b3));
    p0 += 16; p1 += 16; p2 += 16; p3 += 16; from += 16;
  }
}

/** Weights of F(2, 2), four of them: taps `tap` bytes apart, positions `step`. */
// @ts-ignore: decorator
@inline
export function weights2(to: usize, step: usize, from: usize, tap: usize): void {
  const a0 = v128.load(from), a1 = v128.load(from + tap), c0 = v128.load(from + 2 * tap), c1 = v128.load(from + 3 * tap);
  const b0 = add(a0, c0), b1 = add(a1, c1);
  v128.store(to, a0); v128.store(to + step, add(a0, a1)); v128.store(to + 2 * step, a1);
  v128.store(to + 3 * step, b0); v128.store(to + 4 * step, add(b0, b1)); v128.store(to + 5 * step, b1);
  v128.store(to + 6 * step, c0); v128.store(to + 7 * step, add(c0, c1)); v128.store(to + 8 * step, c1);
}

// @ts-ignore: decorator
@inline
function spread3(to: usize, step: usize, g0: v128, g1: v128, g2: v128): void {
  const half = f32x4.splat(0.5), sum = f32x4.mul(add(g0, g2), half), middle = f32x4.mul(g1, half);
  v128.store(to, g0); v128.store(to + step, add(sum, middle)); v128.store(to + 2 * step, sub(sum, middle));
  v128.store(to + 3 * step, g2);
}

/** Weights of F(2, 3), four of them. */
// @ts-ignore: decorator
@inline
export function weights3(to: usize, step: usize, from: usize, tap: usize): void {
  const a0 = v128.load(from), a1 = v128.load(from + tap), a2 = v128.load(from + 2 * tap);
  const half = f32x4.splat(0.5);
  const b0 = f32x4.mul(v128.load(from + 3 * tap), half), b1 = f32x4.mul(v128.load(from + 4 * tap), half);
  const b2 = f32x4.mul(v128.load(from + 5 * tap), half);
  const c0 = v128.load(from + 6 * tap), c1 = v128.load(from + 7 * tap), c2 = v128.load(from + 8 * tap);
  const s0 = f32x4.mul(add(a0, c0), half), s1 = f32x4.mul(add(a1, c1), half), s2 = f32x4.mul(add(a2, c2), half);
  spread3(to, step, a0, a1, a2);
  spread3(to + 4 * step, step, add(s0, b0), add(s1, b1), add(s2, b2));
  spread3(to + 8 * step, step, sub(s0, b0), sub(s1, b1), sub(s2, b2));
  spread3(to + 12 * step, step, c0, c1, c2);
}

// @ts-ignore: decorator
@inline
function at(to: usize, step: usize, position: usize, value: v128): void {
  v128.store(to + position * step, value);
}

/**
 * Result pixels in the place of weights, F(2, 2): four addresses in `pixels`, `run` features to positions `step` and
 * panels of eight `panelStep` bytes apart.
 */
export function pixels2(to: usize, step: usize, panelStep: usize, pixels: usize, run: i32): void {
  const end = <usize>run << 2;
  const p = load<usize>(pixels), q = load<usize>(pixels, 4), r = load<usize>(pixels, 8), s = load<usize>(pixels, 12);
  for (let k: usize = 0; k < end; k += 16) {
    const a0 = v128.load(p + k), a1 = v128.load(q + k), c0 = v128.load(r + k), c1 = v128.load(s + k);
    const b0 = add(a0, c0), b1 = add(a1, c1);
    const o = to + (k >> 5) * panelStep + (k & 16);
    at(o, step, 0, a0); at(o, step, 1, add(a0, a1)); at(o, step, 2, a1);
    at(o, step, 3, b0); at(o, step, 4, add(b0, b1)); at(o, step, 5, b1);
    at(o, step, 6, c0); at(o, step, 7, add(c0, c1)); at(o, step, 8, c1);
  }
}

// @ts-ignore: decorator
@inline
function spread2(to: usize, step: usize, first: usize, g0: v128, g1: v128): void {
  const half = f32x4.splat(0.5), h0 = f32x4.mul(g0, half), h1 = f32x4.mul(g1, half);
  at(to, step, first, g0); at(to, step, first + 1, add(h0, h1)); at(to, step, first + 2, sub(h0, h1)); at(to, step, first + 3, g1);
}

/** The same for F(3, 2), three results of two taps: g0, (g0 + g1) / 2, (g0 - g1) / 2, g1. */
export function pixels3(to: usize, step: usize, panelStep: usize, pixels: usize, run: i32): void {
  const end = <usize>run << 2, half = f32x4.splat(0.5);
  const p = load<usize>(pixels), q = load<usize>(pixels, 4), r = load<usize>(pixels, 8), s = load<usize>(pixels, 12);
  for (let k: usize = 0; k < end; k += 16) {
    const a0 = v128.load(p + k), a1 = v128.load(q + k), c0 = v128.load(r + k), c1 = v128.load(s + k);
    const o = to + (k >> 5) * panelStep + (k & 16);
    spread2(o, step, 0, a0, a1);
    spread2(o, step, 4, f32x4.mul(add(a0, c0), half), f32x4.mul(add(a1, c1), half));
    spread2(o, step, 8, f32x4.mul(sub(a0, c0), half), f32x4.mul(sub(a1, c1), half));
    spread2(o, step, 12, c0, c1);
  }
}

// Results of F(3, 2) along one axis: m0 + m1 + m2, m1 - m2, m1 + m2 - m3.
// @ts-ignore: decorator
@inline
function store3(pixels: usize, k: usize, m0: v128, m1: v128, m2: v128, m3: v128): void {
  const sum = add(m1, m2);
  v128.store(load<usize>(pixels) + k, add(m0, sum));
  v128.store(load<usize>(pixels, 4) + k, sub(m1, m2));
  v128.store(load<usize>(pixels, 8) + k, sub(sum, m3));
}

/** Results of F(3, 2) to the nine addresses in `pixels`. */
export function taps3(pixels: usize, from: usize, run: i32): void {
  const end = <usize>run << 2;
  for (let k: usize = 0; k < end; k += 16, from += 16) {
    const b0 = v128.load(from, 2048), b1 = v128.load(from, 2560), b2 = v128.load(from, 3072), b3 = v128.load(from, 3584);
    const c0 = v128.load(from, 4096), c1 = v128.load(from, 4608), c2 = v128.load(from, 5120), c3 = v128.load(from, 5632);
    store3(pixels + 12, k, sub(b0, c0), sub(b1, c1), sub(b2, c2), sub(b3, c3));
    const s0 = add(b0, c0), s1 = add(b1, c1), s2 = add(b2, c2), s3 = add(b3, c3);
    store3(pixels, k, add(v128.load(from), s0), add(v128.load(from, 512), s1), add(v128.load(from, 1024), s2), add(v128.load(from, 1536), s3));
    store3(pixels + 24, k, sub(s0, v128.load(from, 6144)), sub(s1, v128.load(from, 6656)), sub(s2, v128.load(from, 7168)), sub(s3, v128.load(from, 7680)));
  }
}
