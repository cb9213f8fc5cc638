/**
 * Packs a panel of B: `depth` rows of K by eight columns of N become out[depth][8], contiguous, so that the
 * micro-kernel reads it in order and a row stride of a power of two cannot push it out of the first-level cache.
 * Columns that B does not have are zero.
 */

/** B stored [K, N]: `b` points at (k, column), rows are `ldb` bytes apart. */
export function packRows(out: usize, b: usize, ldb: usize, depth: i32, columns: i32): void {
  if (columns >= 8) {
    for (; depth > 0; depth--) {
      const x = v128.load(b), y = v128.load(b, 16);
      v128.store(out, x); v128.store(out, y, 16);
      b += ldb; out += 32;
    }
    return;
  }
  for (; depth > 0; depth--) {
    v128.store(out, f32x4.splat(0));
    v128.store(out, f32x4.splat(0), 16);
    for (let j = 0; j < columns; j++) f32.store(out + (<usize>j << 2), f32.load(b + (<usize>j << 2)));
    b += ldb; out += 32;
  }
}

/** Two whole panels of B stored [K, N], `next` bytes apart: reads whole cache lines of each row. */
export function packPair(out: usize, next: usize, b: usize, ldb: usize, depth: i32): void {
  for (; depth > 0; depth--) {
    const other = out + next;
    const x = v128.load(b), y = v128.load(b, 16), z = v128.load(b, 32), w = v128.load(b, 48);
    v128.store(out, x); v128.store(out, y, 16);
    v128.store(other, z); v128.store(other, w, 16);
    b += ldb; out += 32;
  }
}

/** B stored [N, K]: `b` points at (column, k), columns are `ldb` bytes apart. */
export function packColumns(out: usize, b: usize, ldb: usize, depth: i32, columns: i32): void {
  if (columns >= 8) {
    packFour(out, b, ldb, depth);
    packFour(out + 16, b + 4 * ldb, ldb, depth);
    return;
  }
  for (let j = 0; j < 8; j++) {
    let o = out + (<usize>j << 2);
    for (let k = 0; k < depth; k++) {
      f32.store(o, j < columns ? f32.load(b + (<usize>k << 2)) : 0);
      o += 32;
    }
    b += ldb;
  }
}

// Four columns at a time: 4x4 blocks are transposed in registers.
function packFour(out: usize, p: usize, ldb: usize, depth: i32): void {
  let q = p + ldb, r = q + ldb, s = r + ldb;
  for (; depth >= 4; depth -= 4) {
    const v = v128.load(p), w = v128.load(q), x = v128.load(r), y = v128.load(s);
    const vw = v128.shuffle<f32>(v, w, 0, 4, 1, 5), xy = v128.shuffle<f32>(x, y, 0, 4, 1, 5);
    v128.store(out, v128.shuffle<f64>(vw, xy, 0, 2));
    v128.store(out, v128.shuffle<f64>(vw, xy, 1, 3), 32);
    const vwHigh = v128.shuffle<f32>(v, w, 2, 6, 3, 7), xyHigh = v128.shuffle<f32>(x, y, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f64>(vwHigh, xyHigh, 0, 2), 64);
    v128.store(out, v128.shuffle<f64>(vwHigh, xyHigh, 1, 3), 96);
    p += 16; q += 16; r += 16; s += 16; out += 128;
  }
  for (; depth > 0; depth--) {
    f32.store(out, f32.load(p)); f32.store(out, f32.load(q), 4);
    f32.store(out, f32.load(r), 8); f32.store(out, f32.load(s), 12);
    p += 4; q += 4; r += 4; s += 4; out += 32;
  }
}
