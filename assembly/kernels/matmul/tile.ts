/**
 * The micro-kernel: a tile of C, up to six rows by eight columns, kept in registers while it loops over K.
 *
 *     c[r, 0..8] (+)= sum over taps t, sum over k < run of  rows[t][r][k] * b[t][k][0..8]
 *
 * A is not packed: `table` holds one pointer per row (and per tap, `tapStride` bytes apart). A matrix is one tap whose
 * rows are `lda` apart; a convolution is kh * kw taps whose rows point into the image. B is a packed panel of eight
 * columns, [taps * run][8]. Every element of C is summed in the order of k, starting from its previous value (or zero),
 * with one rounding rule: tile heights, K blocks and the split over lanes never change its bits.
 *
 * Twelve accumulators, two vectors of B and one of A are 15 of the 16 registers of x86-64, so order matters. Branches
 * separate the four unrolled steps of k, because binaryen and V8 move arithmetic freely within straight-line code:
 * without the branches all loads move to the top, accumulators spill, and 52 GFLOP/s become 40 (roof 59).
 */
import { madd, zeros } from "./madd";

/**
 * Rows of the tallest tile. Without fused multiply-add the product needs a register of its own: four rows are fastest
 * there.
 */
export const tallest: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

// `rows` is a literal at every call, so the branches on it disappear when this is inlined.
// @ts-ignore: decorator
@inline
function walkRows(
  rows: i32, table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize,
  c: usize, ldc: usize, accumulate: bool,
): void {
  let a0: usize = 0, a1: usize = 0, a2: usize = 0, a3: usize = 0, a4: usize = 0, a5: usize = 0;
  let a: v128, b0: v128, b1: v128;
  let c00 = zeros(run), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  if (accumulate) {
    let p = c;
    c00 = v128.load(p); c01 = v128.load(p, 16);
    if (rows > 1) { p += ldc; c10 = v128.load(p); c11 = v128.load(p, 16); }
    if (rows > 2) { p += ldc; c20 = v128.load(p); c21 = v128.load(p, 16); }
    if (rows > 3) { p += ldc; c30 = v128.load(p); c31 = v128.load(p, 16); }
    if (rows > 4) { p += ldc; c40 = v128.load(p); c41 = v128.load(p, 16); }
    if (rows > 5) { p += ldc; c50 = v128.load(p); c51 = v128.load(p, 16); }
  }
  for (; taps > 0 && run > 0; taps--) {
    a0 = load<usize>(table) + offset;
    if (rows > 1) a1 = load<usize>(table, 4) + offset;
    if (rows > 2) a2 = load<usize>(table, 8) + offset;
    if (rows > 3) a3 = load<usize>(table, 12) + offset;
    if (rows > 4) a4 = load<usize>(table, 16) + offset;
    if (rows > 5) a5 = load<usize>(table, 20) + offset;
    for (let k = run, p = b; ; ) {
      b0 = v128.load(p, 0); b1 = v128.load(p, 16);
      a = v128.load32_splat(a0, 0); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      if (rows > 1) { a = v128.load32_splat(a1, 0); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); }
      if (rows > 2) { a = v128.load32_splat(a2, 0); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); }
      if (rows > 3) { a = v128.load32_splat(a3, 0); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); }
      if (rows > 4) { a = v128.load32_splat(a4, 0); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); }
      if (rows > 5) { a = v128.load32_splat(a5, 0); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); }
      if (k <= 1) break;
      b0 = v128.load(p, 32); b1 = v128.load(p, 48);
      a = v128.load32_splat(a0, 4); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      if (rows > 1) { a = v128.load32_splat(a1, 4); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); }
      if (rows > 2) { a = v128.load32_splat(a2, 4); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); }
      if (rows > 3) { a = v128.load32_splat(a3, 4); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); }
      if (rows > 4) { a = v128.load32_splat(a4, 4); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); }
      if (rows > 5) { a = v128.load32_splat(a5, 4); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); }
      if (k <= 2) break;
      b0 = v128.load(p, 64); b1 = v128.load(p, 80);
      a = v128.load32_splat(a0, 8); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      if (rows > 1) { a = v128.load32_splat(a1, 8); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); }
      if (rows > 2) { a = v128.load32_splat(a2, 8); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); }
      if (rows > 3) { a = v128.load32_splat(a3, 8); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); }
      if (rows > 4) { a = v128.load32_splat(a4, 8); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); }
      if (rows > 5) { a = v128.load32_splat(a5, 8); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); }
      if (k <= 3) break;
      b0 = v128.load(p, 96); b1 = v128.load(p, 112);
      a = v128.load32_splat(a0, 12); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      if (rows > 1) { a = v128.load32_splat(a1, 12); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); }
      if (rows > 2) { a = v128.load32_splat(a2, 12); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); }
      if (rows > 3) { a = v128.load32_splat(a3, 12); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); }
      if (rows > 4) { a = v128.load32_splat(a4, 12); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); }
      if (rows > 5) { a = v128.load32_splat(a5, 12); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); }
      if ((k -= 4) <= 0) break;
      p += 128; a0 += 16;
      if (rows > 1) a1 += 16;
      if (rows > 2) a2 += 16;
      if (rows > 3) a3 += 16;
      if (rows > 4) a4 += 16;
      if (rows > 5) a5 += 16;
    }
    b += <usize>run << 5;
    table += tapStride;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  if (rows > 1) { c += ldc; v128.store(c, c10); v128.store(c, c11, 16); }
  if (rows > 2) { c += ldc; v128.store(c, c20); v128.store(c, c21, 16); }
  if (rows > 3) { c += ldc; v128.store(c, c30); v128.store(c, c31, 16); }
  if (rows > 4) { c += ldc; v128.store(c, c40); v128.store(c, c41, 16); }
  if (rows > 5) { c += ldc; v128.store(c, c50); v128.store(c, c51, 16); }
}

// The same if A is stored [K, M]: the rows' elements of one k are adjacent; consecutive k are `step` bytes apart.
// @ts-ignore: decorator
@inline
function walkColumns(
  rows: i32, p: usize, step: usize, run: i32, b: usize,
  c: usize, ldc: usize, accumulate: bool,
): void {
  let a: v128, b0: v128, b1: v128;
  let c00 = zeros(run), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  if (accumulate) {
    let p = c;
    c00 = v128.load(p); c01 = v128.load(p, 16);
    if (rows > 1) { p += ldc; c10 = v128.load(p); c11 = v128.load(p, 16); }
    if (rows > 2) { p += ldc; c20 = v128.load(p); c21 = v128.load(p, 16); }
    if (rows > 3) { p += ldc; c30 = v128.load(p); c31 = v128.load(p, 16); }
    if (rows > 4) { p += ldc; c40 = v128.load(p); c41 = v128.load(p, 16); }
    if (rows > 5) { p += ldc; c50 = v128.load(p); c51 = v128.load(p, 16); }
  }
  for (; run > 0; run--) {
    b0 = v128.load(b); b1 = v128.load(b, 16);
    a = v128.load32_splat(p); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
    if (rows > 1) { a = v128.load32_splat(p, 4); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); }
    if (rows > 2) { a = v128.load32_splat(p, 8); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); }
    if (rows > 3) { a = v128.load32_splat(p, 12); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); }
    if (rows > 4) { a = v128.load32_splat(p, 16); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); }
    if (rows > 5) { a = v128.load32_splat(p, 20); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); }
    p += step; b += 32;
  }
  v128.store(c, c00); v128.store(c, c01, 16);
  if (rows > 1) { c += ldc; v128.store(c, c10); v128.store(c, c11, 16); }
  if (rows > 2) { c += ldc; v128.store(c, c20); v128.store(c, c21, 16); }
  if (rows > 3) { c += ldc; v128.store(c, c30); v128.store(c, c31, 16); }
  if (rows > 4) { c += ldc; v128.store(c, c40); v128.store(c, c41, 16); }
  if (rows > 5) { c += ldc; v128.store(c, c50); v128.store(c, c51, 16); }
}

// One function per height: the choice is made once per tile.
function rows1(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(1, table, tapStride, taps, offset, run, b, c, ldc, accumulate);
}
function rows2(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(2, table, tapStride, taps, offset, run, b, c, ldc, accumulate);
}
function rows3(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(3, table, tapStride, taps, offset, run, b, c, ldc, accumulate);
}
function rows4(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(4, table, tapStride, taps, offset, run, b, c, ldc, accumulate);
}
function rows5(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(5, table, tapStride, taps, offset, run, b, c, ldc, accumulate);
}
function rows6(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(6, table, tapStride, taps, offset, run, b, c, ldc, accumulate);
}

function columns1(p: usize, step: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(1, p, step, run, b, c, ldc, accumulate);
}
function columns2(p: usize, step: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(2, p, step, run, b, c, ldc, accumulate);
}
function columns3(p: usize, step: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(3, p, step, run, b, c, ldc, accumulate);
}
function columns4(p: usize, step: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(4, p, step, run, b, c, ldc, accumulate);
}
function columns5(p: usize, step: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(5, p, step, run, b, c, ldc, accumulate);
}
function columns6(p: usize, step: usize, run: i32, b: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(6, p, step, run, b, c, ldc, accumulate);
}

/** A tile of `height` (1 to `tallest`) rows whose pointers are in `table`; `offset` bytes are added to each. */
// @ts-ignore: decorator
@inline
export function rowTile(
  height: i32, table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize,
  c: usize, ldc: usize, accumulate: bool,
): void {
  switch (height) {
    case 1: rows1(table, tapStride, taps, offset, run, b, c, ldc, accumulate); break;
    case 2: rows2(table, tapStride, taps, offset, run, b, c, ldc, accumulate); break;
    case 3: rows3(table, tapStride, taps, offset, run, b, c, ldc, accumulate); break;
    case 4: rows4(table, tapStride, taps, offset, run, b, c, ldc, accumulate); break;
    default:
      if (ASC_FEATURE_RELAXED_SIMD) {
        if (height == 5) rows5(table, tapStride, taps, offset, run, b, c, ldc, accumulate);
        else rows6(table, tapStride, taps, offset, run, b, c, ldc, accumulate);
      }
  }
}

/** A tile of `height` rows of an A stored [K, M]: element (r, k) at `p` + k `step` + 4 r. */
// @ts-ignore: decorator
@inline
export function columnTile(
  height: i32, p: usize, step: usize, run: i32, b: usize,
  c: usize, ldc: usize, accumulate: bool,
): void {
  switch (height) {
    case 1: columns1(p, step, run, b, c, ldc, accumulate); break;
    case 2: columns2(p, step, run, b, c, ldc, accumulate); break;
    case 3: columns3(p, step, run, b, c, ldc, accumulate); break;
    case 4: columns4(p, step, run, b, c, ldc, accumulate); break;
    default:
      if (ASC_FEATURE_RELAXED_SIMD) {
        if (height == 5) columns5(p, step, run, b, c, ldc, accumulate);
        else columns6(p, step, run, b, c, ldc, accumulate);
      }
  }
}

/**
 * Copies the first `columns` of each row of a tile: for panels of fewer than eight columns, whose tiles are computed in
 * a buffer.
 */
export function copyTile(out: usize, outStride: usize, from: usize, fromStride: usize, height: i32, columns: i32): void {
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < columns; j++) f32.store(out + (<usize>j << 2), f32.load(from + (<usize>j << 2)));
    out += outStride;
    from += fromStride;
  }
}
