/**
 * The micro-kernel of the `wide` build: a tile of C, up to six rows by sixteen columns, of two packed panels of eight
 * columns `next` bytes apart. It is the tile of `tile.ts` twice, side by side: an element's operations and their order
 * are the same, and so are its bits.
 *
 * The build is for engines that merge two 128-bit operations into a 256-bit one (V8's revectorisation). Such an engine
 * starts from two stores to adjacent addresses and walks back to what they store: accumulators, multiply-adds, loads.
 * A load between the two stores breaks the pair, so everything is loaded before anything is stored. Merged, twelve
 * accumulators, two vectors of B and one of A are 15 of the 16 registers; unmerged, half of them spill.
 */
import { madd, zeros } from "./madd";

// @ts-ignore: decorator
@inline
function walkRows(
  rows: i32, table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, next: usize,
  c: usize, ldc: usize, accumulate: bool,
): void {
  let a0: usize = 0, a1: usize = 0, a2: usize = 0, a3: usize = 0, a4: usize = 0, a5: usize = 0;
  let a: v128, b0: v128, b1: v128, b2: v128, b3: v128;
  let c00 = zeros(run), c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  let c20 = c00, c21 = c00, c22 = c00, c23 = c00, c30 = c00, c31 = c00, c32 = c00, c33 = c00;
  let c40 = c00, c41 = c00, c42 = c00, c43 = c00, c50 = c00, c51 = c00, c52 = c00, c53 = c00;
  if (accumulate) {
    let p = c;
    c00 = v128.load(p); c01 = v128.load(p, 16); c02 = v128.load(p, 32); c03 = v128.load(p, 48);
    if (rows > 1) { p += ldc; c10 = v128.load(p); c11 = v128.load(p, 16); c12 = v128.load(p, 32); c13 = v128.load(p, 48); }
    if (rows > 2) { p += ldc; c20 = v128.load(p); c21 = v128.load(p, 16); c22 = v128.load(p, 32); c23 = v128.load(p, 48); }
    if (rows > 3) { p += ldc; c30 = v128.load(p); c31 = v128.load(p, 16); c32 = v128.load(p, 32); c33 = v128.load(p, 48); }
    if (rows > 4) { p += ldc; c40 = v128.load(p); c41 = v128.load(p, 16); c42 = v128.load(p, 32); c43 = v128.load(p, 48); }
    if (rows > 5) { p += ldc; c50 = v128.load(p); c51 = v128.load(p, 16); c52 = v128.load(p, 32); c53 = v128.load(p, 48); }
  }
  for (; taps > 0 && run > 0; taps--) {
    a0 = load<usize>(table) + offset;
    if (rows > 1) a1 = load<usize>(table, 4) + offset;
    if (rows > 2) a2 = load<usize>(table, 8) + offset;
    if (rows > 3) a3 = load<usize>(table, 12) + offset;
    if (rows > 4) a4 = load<usize>(table, 16) + offset;
    if (rows > 5) a5 = load<usize>(table, 20) + offset;
    for (let k = run, p = b, q = b + next; ; ) {
      b0 = v128.load(p, 0); b1 = v128.load(p, 16); b2 = v128.load(q, 0); b3 = v128.load(q, 16);
      a = v128.load32_splat(a0, 0); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01); c02 = madd(a, b2, c02); c03 = madd(a, b3, c03);
      if (rows > 1) { a = v128.load32_splat(a1, 0); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); c12 = madd(a, b2, c12); c13 = madd(a, b3, c13); }
      if (rows > 2) { a = v128.load32_splat(a2, 0); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); c22 = madd(a, b2, c22); c23 = madd(a, b3, c23); }
      if (rows > 3) { a = v128.load32_splat(a3, 0); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); c32 = madd(a, b2, c32); c33 = madd(a, b3, c33); }
      if (rows > 4) { a = v128.load32_splat(a4, 0); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); c42 = madd(a, b2, c42); c43 = madd(a, b3, c43); }
      if (rows > 5) { a = v128.load32_splat(a5, 0); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); c52 = madd(a, b2, c52); c53 = madd(a, b3, c53); }
      if (k <= 1) break;
      b0 = v128.load(p, 32); b1 = v128.load(p, 48); b2 = v128.load(q, 32); b3 = v128.load(q, 48);
      a = v128.load32_splat(a0, 4); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01); c02 = madd(a, b2, c02); c03 = madd(a, b3, c03);
      if (rows > 1) { a = v128.load32_splat(a1, 4); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); c12 = madd(a, b2, c12); c13 = madd(a, b3, c13); }
      if (rows > 2) { a = v128.load32_splat(a2, 4); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); c22 = madd(a, b2, c22); c23 = madd(a, b3, c23); }
      if (rows > 3) { a = v128.load32_splat(a3, 4); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); c32 = madd(a, b2, c32); c33 = madd(a, b3, c33); }
      if (rows > 4) { a = v128.load32_splat(a4, 4); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); c42 = madd(a, b2, c42); c43 = madd(a, b3, c43); }
      if (rows > 5) { a = v128.load32_splat(a5, 4); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); c52 = madd(a, b2, c52); c53 = madd(a, b3, c53); }
      if (k <= 2) break;
      b0 = v128.load(p, 64); b1 = v128.load(p, 80); b2 = v128.load(q, 64); b3 = v128.load(q, 80);
      a = v128.load32_splat(a0, 8); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01); c02 = madd(a, b2, c02); c03 = madd(a, b3, c03);
      if (rows > 1) { a = v128.load32_splat(a1, 8); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); c12 = madd(a, b2, c12); c13 = madd(a, b3, c13); }
      if (rows > 2) { a = v128.load32_splat(a2, 8); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); c22 = madd(a, b2, c22); c23 = madd(a, b3, c23); }
      if (rows > 3) { a = v128.load32_splat(a3, 8); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); c32 = madd(a, b2, c32); c33 = madd(a, b3, c33); }
      if (rows > 4) { a = v128.load32_splat(a4, 8); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); c42 = madd(a, b2, c42); c43 = madd(a, b3, c43); }
      if (rows > 5) { a = v128.load32_splat(a5, 8); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); c52 = madd(a, b2, c52); c53 = madd(a, b3, c53); }
      if (k <= 3) break;
      b0 = v128.load(p, 96); b1 = v128.load(p, 112); b2 = v128.load(q, 96); b3 = v128.load(q, 112);
      a = v128.load32_splat(a0, 12); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01); c02 = madd(a, b2, c02); c03 = madd(a, b3, c03);
      if (rows > 1) { a = v128.load32_splat(a1, 12); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); c12 = madd(a, b2, c12); c13 = madd(a, b3, c13); }
      if (rows > 2) { a = v128.load32_splat(a2, 12); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); c22 = madd(a, b2, c22); c23 = madd(a, b3, c23); }
      if (rows > 3) { a = v128.load32_splat(a3, 12); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); c32 = madd(a, b2, c32); c33 = madd(a, b3, c33); }
      if (rows > 4) { a = v128.load32_splat(a4, 12); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); c42 = madd(a, b2, c42); c43 = madd(a, b3, c43); }
      if (rows > 5) { a = v128.load32_splat(a5, 12); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); c52 = madd(a, b2, c52); c53 = madd(a, b3, c53); }
      if ((k -= 4) <= 0) break;
      p += 128; q += 128; a0 += 16;
      if (rows > 1) a1 += 16;
      if (rows > 2) a2 += 16;
      if (rows > 3) a3 += 16;
      if (rows > 4) a4 += 16;
      if (rows > 5) a5 += 16;
    }
    b += <usize>run << 5;
    table += tapStride;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c02, 32); v128.store(c, c03, 48);
  if (rows > 1) { c += ldc; v128.store(c, c10); v128.store(c, c11, 16); v128.store(c, c12, 32); v128.store(c, c13, 48); }
  if (rows > 2) { c += ldc; v128.store(c, c20); v128.store(c, c21, 16); v128.store(c, c22, 32); v128.store(c, c23, 48); }
  if (rows > 3) { c += ldc; v128.store(c, c30); v128.store(c, c31, 16); v128.store(c, c32, 32); v128.store(c, c33, 48); }
  if (rows > 4) { c += ldc; v128.store(c, c40); v128.store(c, c41, 16); v128.store(c, c42, 32); v128.store(c, c43, 48); }
  if (rows > 5) { c += ldc; v128.store(c, c50); v128.store(c, c51, 16); v128.store(c, c52, 32); v128.store(c, c53, 48); }
}

// The same if A is stored [K, M]: the rows' elements of one k are adjacent; consecutive k are `step` bytes apart.
// @ts-ignore: decorator
@inline
function walkColumns(
  rows: i32, p: usize, step: usize, run: i32, b: usize, next: usize,
  c: usize, ldc: usize, accumulate: bool,
): void {
  let a: v128, b0: v128, b1: v128, b2: v128, b3: v128;
  let c00 = zeros(run), c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  let c20 = c00, c21 = c00, c22 = c00, c23 = c00, c30 = c00, c31 = c00, c32 = c00, c33 = c00;
  let c40 = c00, c41 = c00, c42 = c00, c43 = c00, c50 = c00, c51 = c00, c52 = c00, c53 = c00;
  if (accumulate) {
    let p = c;
    c00 = v128.load(p); c01 = v128.load(p, 16); c02 = v128.load(p, 32); c03 = v128.load(p, 48);
    if (rows > 1) { p += ldc; c10 = v128.load(p); c11 = v128.load(p, 16); c12 = v128.load(p, 32); c13 = v128.load(p, 48); }
    if (rows > 2) { p += ldc; c20 = v128.load(p); c21 = v128.load(p, 16); c22 = v128.load(p, 32); c23 = v128.load(p, 48); }
    if (rows > 3) { p += ldc; c30 = v128.load(p); c31 = v128.load(p, 16); c32 = v128.load(p, 32); c33 = v128.load(p, 48); }
    if (rows > 4) { p += ldc; c40 = v128.load(p); c41 = v128.load(p, 16); c42 = v128.load(p, 32); c43 = v128.load(p, 48); }
    if (rows > 5) { p += ldc; c50 = v128.load(p); c51 = v128.load(p, 16); c52 = v128.load(p, 32); c53 = v128.load(p, 48); }
  }
  for (let q = b + next; run > 0; run--) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(q, 0); b3 = v128.load(q, 16);
    a = v128.load32_splat(p); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01); c02 = madd(a, b2, c02); c03 = madd(a, b3, c03);
    if (rows > 1) { a = v128.load32_splat(p, 4); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11); c12 = madd(a, b2, c12); c13 = madd(a, b3, c13); }
    if (rows > 2) { a = v128.load32_splat(p, 8); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21); c22 = madd(a, b2, c22); c23 = madd(a, b3, c23); }
    if (rows > 3) { a = v128.load32_splat(p, 12); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31); c32 = madd(a, b2, c32); c33 = madd(a, b3, c33); }
    if (rows > 4) { a = v128.load32_splat(p, 16); c40 = madd(a, b0, c40); c41 = madd(a, b1, c41); c42 = madd(a, b2, c42); c43 = madd(a, b3, c43); }
    if (rows > 5) { a = v128.load32_splat(p, 20); c50 = madd(a, b0, c50); c51 = madd(a, b1, c51); c52 = madd(a, b2, c52); c53 = madd(a, b3, c53); }
    p += step; b += 32; q += 32;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c02, 32); v128.store(c, c03, 48);
  if (rows > 1) { c += ldc; v128.store(c, c10); v128.store(c, c11, 16); v128.store(c, c12, 32); v128.store(c, c13, 48); }
  if (rows > 2) { c += ldc; v128.store(c, c20); v128.store(c, c21, 16); v128.store(c, c22, 32); v128.store(c, c23, 48); }
  if (rows > 3) { c += ldc; v128.store(c, c30); v128.store(c, c31, 16); v128.store(c, c32, 32); v128.store(c, c33, 48); }
  if (rows > 4) { c += ldc; v128.store(c, c40); v128.store(c, c41, 16); v128.store(c, c42, 32); v128.store(c, c43, 48); }
  if (rows > 5) { c += ldc; v128.store(c, c50); v128.store(c, c51, 16); v128.store(c, c52, 32); v128.store(c, c53, 48); }
}

function rows1(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(1, table, tapStride, taps, offset, run, b, next, c, ldc, accumulate);
}
function rows2(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(2, table, tapStride, taps, offset, run, b, next, c, ldc, accumulate);
}
function rows3(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(3, table, tapStride, taps, offset, run, b, next, c, ldc, accumulate);
}
function rows4(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(4, table, tapStride, taps, offset, run, b, next, c, ldc, accumulate);
}
function rows5(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(5, table, tapStride, taps, offset, run, b, next, c, ldc, accumulate);
}
function rows6(table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkRows(6, table, tapStride, taps, offset, run, b, next, c, ldc, accumulate);
}

function columns1(p: usize, step: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(1, p, step, run, b, next, c, ldc, accumulate);
}
function columns2(p: usize, step: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(2, p, step, run, b, next, c, ldc, accumulate);
}
function columns3(p: usize, step: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(3, p, step, run, b, next, c, ldc, accumulate);
}
function columns4(p: usize, step: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(4, p, step, run, b, next, c, ldc, accumulate);
}
function columns5(p: usize, step: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(5, p, step, run, b, next, c, ldc, accumulate);
}
function columns6(p: usize, step: usize, run: i32, b: usize, next: usize, c: usize, ldc: usize, accumulate: bool): void {
  walkColumns(6, p, step, run, b, next, c, ldc, accumulate);
}

/** A tile of `height` (1 to 6) rows whose pointers are in `table`; `offset` bytes are added to each. */
// @ts-ignore: decorator
@inline
export function wideRowTile(
  height: i32, table: usize, tapStride: usize, taps: i32, offset: usize, run: i32, b: usize, next: usize,
  c: usize, ldc: usize, accumulate: bool,
): void {
  switch (height) {
    case 1: rows1(table, tapStride, taps, offset, run, b, next, c, ldc, accumulate); break;
    case 2: rows2(table, tapStride, taps, offset, run, b, next, c, ldc, accumulate); break;
    case 3: rows3(table, tapStride, taps, offset, run, b, next, c, ldc, accumulate); break;
    case 4: rows4(table, tapStride, taps, offset, run, b, next, c, ldc, accumulate); break;
    case 5: rows5(table, tapStride, taps, offset, run, b, next, c, ldc, accumulate); break;
    default: rows6(table, tapStride, taps, offset, run, b, next, c, ldc, accumulate);
  }
}

/** A tile of `height` rows of an A stored [K, M]: element (r, k) at `p` + k `step` + 4 r. */
// @ts-ignore: decorator
@inline
export function wideColumnTile(
  height: i32, p: usize, step: usize, run: i32, b: usize, next: usize,
  c: usize, ldc: usize, accumulate: bool,
): void {
  switch (height) {
    case 1: columns1(p, step, run, b, next, c, ldc, accumulate); break;
    case 2: columns2(p, step, run, b, next, c, ldc, accumulate); break;
    case 3: columns3(p, step, run, b, next, c, ldc, accumulate); break;
    case 4: columns4(p, step, run, b, next, c, ldc, accumulate); break;
    case 5: columns5(p, step, run, b, next, c, ldc, accumulate); break;
    default: columns6(p, step, run, b, next, c, ldc, accumulate);
  }
}
