/**
 * Loops of the micro-operations: a functor over n elements, four vectors per iteration, then single vectors, then the
 * tail. The tail runs through the same vector code, loaded and stored element by element: an element gets the same bits
 * at any position, and nothing outside [0, n) is touched. `out` may be one of the operands (same address).
 *
 * A functor is an empty class whose `vec` is inlined: `changetype<F>(0).vec(a, p, q)`. `unary`, `binary` and `ternary`
 * suit short functors. `unaryLong` and `binaryLong` hold a single copy of the functor's body, for transcendental
 * functions, which are long enough to keep the processor busy without unrolling.
 */

/** The first `n` (1 to 3) floats at `at`, followed by zeros. */
// @ts-ignore: decorator
@inline
export function loadPart(at: usize, n: i32): v128 {
  let v = v128.load32_zero(at);
  if (n > 1) v = v128.load_lane<f32>(at, v, 1, 4);
  if (n > 2) v = v128.load_lane<f32>(at, v, 2, 8);
  return v;
}

/** Stores the first `n` (1 to 3) floats of `v` at `at`. */
// @ts-ignore: decorator
@inline
export function storePart(at: usize, v: v128, n: i32): void {
  v128.store_lane<f32>(at, v, 0);
  if (n > 1) v128.store_lane<f32>(at, v, 1, 4);
  if (n > 2) v128.store_lane<f32>(at, v, 2, 8);
}

export function unary<F>(out: usize, a: usize, n: i32, p: f32, q: f32): void {
  const f = changetype<F>(0);
  const P = f32x4.splat(p);
  const Q = f32x4.splat(q);
  const turns = out + (<usize>(n & ~15) << 2);
  while (out != turns) {
    const x0 = f.vec(v128.load(a), P, Q);
    const x1 = f.vec(v128.load(a, 16), P, Q);
    const x2 = f.vec(v128.load(a, 32), P, Q);
    const x3 = f.vec(v128.load(a, 48), P, Q);
    v128.store(out, x0);
    v128.store(out, x1, 16);
    v128.store(out, x2, 32);
    v128.store(out, x3, 48);
    out += 64;
    a += 64;
  }
  const vectors = out + (<usize>(n & 12) << 2);
  while (out != vectors) {
    v128.store(out, f.vec(v128.load(a), P, Q));
    out += 16;
    a += 16;
  }
  if (n & 3) storePart(out, f.vec(loadPart(a, n & 3), P, Q), n & 3);
}

export function binary<F>(out: usize, a: usize, b: usize, n: i32, p: f32, q: f32): void {
  const f = changetype<F>(0);
  const P = f32x4.splat(p);
  const Q = f32x4.splat(q);
  const turns = out + (<usize>(n & ~15) << 2);
  while (out != turns) {
    const x0 = f.vec(v128.load(a), v128.load(b), P, Q);
    const x1 = f.vec(v128.load(a, 16), v128.load(b, 16), P, Q);
    const x2 = f.vec(v128.load(a, 32), v128.load(b, 32), P, Q);
    const x3 = f.vec(v128.load(a, 48), v128.load(b, 48), P, Q);
    v128.store(out, x0);
    v128.store(out, x1, 16);
    v128.store(out, x2, 32);
    v128.store(out, x3, 48);
    out += 64;
    a += 64;
    b += 64;
  }
  const vectors = out + (<usize>(n & 12) << 2);
  while (out != vectors) {
    v128.store(out, f.vec(v128.load(a), v128.load(b), P, Q));
    out += 16;
    a += 16;
    b += 16;
  }
  if (n & 3) storePart(out, f.vec(loadPart(a, n & 3), loadPart(b, n & 3), P, Q), n & 3);
}

export function ternary<F>(out: usize, a: usize, b: usize, c: usize, n: i32): void {
  const f = changetype<F>(0);
  const turns = out + (<usize>(n & ~15) << 2);
  while (out != turns) {
    const x0 = f.vec(v128.load(a), v128.load(b), v128.load(c));
    const x1 = f.vec(v128.load(a, 16), v128.load(b, 16), v128.load(c, 16));
    const x2 = f.vec(v128.load(a, 32), v128.load(b, 32), v128.load(c, 32));
    const x3 = f.vec(v128.load(a, 48), v128.load(b, 48), v128.load(c, 48));
    v128.store(out, x0);
    v128.store(out, x1, 16);
    v128.store(out, x2, 32);
    v128.store(out, x3, 48);
    out += 64;
    a += 64;
    b += 64;
    c += 64;
  }
  const vectors = out + (<usize>(n & 12) << 2);
  while (out != vectors) {
    v128.store(out, f.vec(v128.load(a), v128.load(b), v128.load(c)));
    out += 16;
    a += 16;
    b += 16;
    c += 16;
  }
  if (n & 3) storePart(out, f.vec(loadPart(a, n & 3), loadPart(b, n & 3), loadPart(c, n & 3)), n & 3);
}

export function unaryLong<F>(out: usize, a: usize, n: i32): void {
  const f = changetype<F>(0);
  const pairs = out + (<usize>(n & ~7) << 2);
  while (out != pairs) {
    const x0 = f.vec(v128.load(a));
    const x1 = f.vec(v128.load(a, 16));
    v128.store(out, x0);
    v128.store(out, x1, 16);
    out += 32;
    a += 32;
  }
  for (n &= 7; n > 0; n -= 4) {
    const y = f.vec(n >= 4 ? v128.load(a) : loadPart(a, n));
    if (n >= 4) v128.store(out, y);
    else storePart(out, y, n);
    out += 16;
    a += 16;
  }
}

export function binaryLong<F>(out: usize, a: usize, b: usize, n: i32): void {
  const f = changetype<F>(0);
  for (; n > 0; n -= 4) {
    const y = f.vec(n >= 4 ? v128.load(a) : loadPart(a, n), n >= 4 ? v128.load(b) : loadPart(b, n));
    if (n >= 4) v128.store(out, y);
    else storePart(out, y, n);
    out += 16;
    a += 16;
    b += 16;
  }
}
