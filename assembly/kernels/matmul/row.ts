/**
 * One row of C: c[0..n) = a[0..k) op(B). No element of B is used twice, so nothing is packed. Every element is summed
 * in the order of k with the rounding of the micro-kernel: a row has the same bits in a product with one row as in one
 * with many. `a` and `c` are contiguous; `ldb` is the distance of B's stored rows in bytes.
 */
import { madd } from "./madd";

// c += a[0..rows) times `rows` stored rows of B from `b` on; `rows` is a literal.
// @ts-ignore: decorator
@inline
function addRows(rows: i32, c: usize, a: usize, b: usize, ldb: usize, n: i32): void {
  const a0 = v128.load32_splat(a), a1 = rows > 1 ? v128.load32_splat(a, 4) : a0;
  const a2 = rows > 1 ? v128.load32_splat(a, 8) : a0, a3 = rows > 1 ? v128.load32_splat(a, 12) : a0;
  let p = b, q = p + ldb, r = q + ldb, s = r + ldb;
  for (; n >= 8; n -= 8) {
    let sum = madd(a0, v128.load(p), v128.load(c)), next = madd(a0, v128.load(p, 16), v128.load(c, 16));
    if (rows > 1) {
      sum = madd(a1, v128.load(q), sum); next = madd(a1, v128.load(q, 16), next);
      sum = madd(a2, v128.load(r), sum); next = madd(a2, v128.load(r, 16), next);
      sum = madd(a3, v128.load(s), sum); next = madd(a3, v128.load(s, 16), next);
    }
    v128.store(c, sum); v128.store(c, next, 16);
    c += 32; p += 32;
    if (rows > 1) { q += 32; r += 32; s += 32; }
  }
  for (; n > 0; n--) {
    let sum = madd(a0, v128.load32_splat(p), v128.load32_splat(c));
    if (rows > 1) {
      sum = madd(a1, v128.load32_splat(q), sum);
      sum = madd(a2, v128.load32_splat(r), sum);
      sum = madd(a3, v128.load32_splat(s), sum);
    }
    f32.store(c, f32x4.extract_lane(sum, 0));
    c += 4; p += 4;
    if (rows > 1) { q += 4; r += 4; s += 4; }
  }
}

/** B stored [K, N]: reads its rows four at a time while the row of C stays in the first-level cache. */
export function rowTimesRows(c: usize, a: usize, b: usize, ldb: usize, n: i32, k: i32): void {
  memory.fill(c, 0, <usize>n << 2);
  for (; k >= 4; k -= 4) {
    addRows(4, c, a, b, ldb, n);
    a += 16; b += ldb << 2;
  }
  for (; k > 0; k--) {
    addRows(1, c, a, b, ldb, n);
    a += 4; b += ldb;
  }
}

// Adds four steps of k to four columns: `p` points at the first of four stored rows, which are transposed in registers.
// @ts-ignore: decorator
@inline
function addFour(sum: v128, p: usize, ldb: usize, a0: v128, a1: v128, a2: v128, a3: v128): v128 {
  const q = p + ldb, r = q + ldb, s = r + ldb;
  const x = v128.load(p), y = v128.load(q), z = v128.load(r), w = v128.load(s);
  const xy = v128.shuffle<f32>(x, y, 0, 4, 1, 5), zw = v128.shuffle<f32>(z, w, 0, 4, 1, 5);
  const xyHigh = v128.shuffle<f32>(x, y, 2, 6, 3, 7), zwHigh = v128.shuffle<f32>(z, w, 2, 6, 3, 7);
  sum = madd(a0, v128.shuffle<f64>(xy, zw, 0, 2), sum);
  sum = madd(a1, v128.shuffle<f64>(xy, zw, 1, 3), sum);
  sum = madd(a2, v128.shuffle<f64>(xyHigh, zwHigh, 0, 2), sum);
  return madd(a3, v128.shuffle<f64>(xyHigh, zwHigh, 1, 3), sum);
}

// Adds the remaining steps of k to one column.
// @ts-ignore: decorator
@inline
function finishColumn(sum: v128, a: usize, p: usize, k: i32): f32 {
  for (; k > 0; k--) {
    sum = madd(v128.load32_splat(a), v128.load32_splat(p), sum);
    a += 4; p += 4;
  }
  return f32x4.extract_lane(sum, 0);
}

/**
 * B stored [N, K]: dot products, sixteen columns at a time, so that four independent sums hide the latency of an
 * addition.
 */
export function rowTimesColumns(c: usize, a: usize, b: usize, ldb: usize, n: i32, k: i32): void {
  const four = ldb << 2, blocks = k >> 2, over = k & 3;
  for (; n >= 16; n -= 16) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let at = a, p = b;
    for (let i = blocks; i > 0; i--) {
      const a0 = v128.load32_splat(at), a1 = v128.load32_splat(at, 4), a2 = v128.load32_splat(at, 8), a3 = v128.load32_splat(at, 12);
      let q = p;
      s0 = addFour(s0, q, ldb, a0, a1, a2, a3); q += four;
      s1 = addFour(s1, q, ldb, a0, a1, a2, a3); q += four;
      s2 = addFour(s2, q, ldb, a0, a1, a2, a3); q += four;
      s3 = addFour(s3, q, ldb, a0, a1, a2, a3);
      at += 16; p += 16;
    }
    v128.store(c, s0); v128.store(c, s1, 16); v128.store(c, s2, 32); v128.store(c, s3, 48);
    for (let j = 0; over > 0 && j < 16; j++) {
      f32.store(c + (<usize>j << 2), finishColumn(v128.load32_splat(c + (<usize>j << 2)), at, p, over));
      p += ldb;
    }
    c += 64; b += four << 2;
  }
  for (; n > 0; n--) {
    f32.store(c, finishColumn(f32x4.splat(0), a, b, k));
    c += 4; b += ldb;
  }
}
