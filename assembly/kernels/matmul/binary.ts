/**
 * Products whose left operand holds only 0 and 1: binary data, states of Boltzmann machines. Such a row selects the
 * rows of B to add, and four rows of B have only sixteen sums (the method of the four Russians; Arlazarov, Dinic,
 * Kronrod, Faradzev 1970). For sixteen columns of B and 64 steps of k the sums are tabulated, 16 KB in the first-level
 * cache; a row of C then needs one table entry for every four steps of k, whatever its density: 2.5 loads and additions
 * instead of 8 multiply-adds and their loads.
 *
 *     for blocks of K (64)                   the rows' bits of four steps become offsets into the tables
 *       for panels of 16 (or 8) columns      packed, then tabulated: [group of 4 steps][16 sums][16 columns]
 *         for pairs of rows                  sums in registers, starting from the previous value of C
 *
 * An element of C is the sum over groups, in order, of ((b0 + b1) + (b2 + b3)) of the selected rows: additions only, so
 * it has the same bits in every build, for any blocks and any number of lanes.
 */
import { beat } from "../../barrier";
import { zeros } from "./madd";
import { packColumns, packRows } from "./pack";

enum Shape {
  /** Steps of k per block, and per group. */
  Depth = 64,
  Group = 4,
  /** Bytes of a group's table: sixteen sums of 16 columns. */
  TableBytes = 1024,
}

/** Layout of the lane's packing space, in bytes from its start. */
enum Space {
  /** Two packed panels of 8 columns, [Depth][8] each. */
  Panels = 0,
  PanelBytes = 2048,
  Table = 4096,
  /** A row of C with fewer columns than a panel. */
  Edge = 20480,
  /** Offsets into each group's table, u16 [rows][Depth / Group]. */
  Offsets = 24576,
}

/** With fewer rows, building the tables does not pay off. */
export const fewestRows: i32 = 16;

/** Whether all elements of a matrix of `rows` stored rows, `stride` bytes apart, are 0 or 1. */
export function isBinary(p: usize, rows: i32, length: i32, stride: usize): bool {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  for (; rows > 0; rows--) {
    let q = p, n = length;
    let all = i32x4.splat(-1);
    for (; n >= 4; n -= 4) {
      const x = v128.load(q);
      all = v128.and(all, v128.or(f32x4.eq(x, zero), f32x4.eq(x, one)));
      q += 16;
    }
    for (; n > 0; n--) {
      const x = v128.load32_splat(q);
      all = v128.and(all, v128.or(f32x4.eq(x, zero), f32x4.eq(x, one)));
      q += 4;
    }
    if (!i32x4.all_true(all)) return false;
    p += stride;
  }
  return true;
}

/**
 * Rows of C from their start at `columnFrom`: c (+)= op(A) op(B) over the whole of k. `a` points at the first row's first
 * element, with A stored [M, K] or, transposed, [K, M]; `b` at B's; strides in bytes.
 */
export function binaryRows(
  space: usize, a: usize, lda: usize, transposeA: bool, b: usize, ldb: usize, transposeB: bool,
  c: usize, ldc: usize, rows: i32, k: i32, columnFrom: i32, columnTo: i32,
): void {
  const panel = space + Space.Panels, next = panel + Space.PanelBytes, table = space + Space.Table;
  for (let from = 0; from < k; from += Shape.Depth) {
    const depth = min<i32>(Shape.Depth, k - from), groups = (depth + 3) >> 2;
    if (transposeA) offsetsOfColumns(space + Space.Offsets, a + <usize>from * lda, lda, rows, depth);
    else offsetsOfRows(space + Space.Offsets, a + (<usize>from << 2), lda, rows, depth);
    for (let column = columnFrom; column < columnTo; ) {
      beat();
      const columns = columnTo - column, target = c + (<usize>column << 2);
      pack(panel, b, ldb, transposeB, from, depth, column, columns);
      if (columns >= 16) {
        pack(next, b, ldb, transposeB, from, depth, column + 8, 8);
        for (let g = 0; g < groups; g++) {
          sums(table + g * Shape.TableBytes, panel + (g << 7));
          sums(table + g * Shape.TableBytes + 32, next + (g << 7));
        }
        wideRows(space, groups, target, ldc, rows, from > 0);
        column += 16;
      } else {
        for (let g = 0; g < groups; g++) sums(table + g * Shape.TableBytes, panel + (g << 7));
        narrowRows(space, groups, target, ldc, rows, from > 0, columns);
        column += 8;
      }
    }
  }
}

// Eight columns of op(B), `depth` steps of k from `from`, padded with zeros to whole groups: [depth][8].
// @ts-ignore: decorator
@inline
function pack(out: usize, b: usize, ldb: usize, transposed: bool, from: i32, depth: i32, column: i32, columns: i32): void {
  if (transposed) packColumns(out, b + <usize>column * ldb + (<usize>from << 2), ldb, depth, columns);
  else packRows(out, b + <usize>from * ldb + (<usize>column << 2), ldb, depth, columns);
  for (let k = depth; k & 3; k++) memory.fill(out + (<usize>k << 5), 0, 32);
}

// The sixteen sums of four packed rows of eight columns; entries are 64 bytes apart.
function sums(out: usize, rows: usize): void {
  const a0 = v128.load(rows), b0 = v128.load(rows, 16), a1 = v128.load(rows, 32), b1 = v128.load(rows, 48);
  const a2 = v128.load(rows, 64), b2 = v128.load(rows, 80), a3 = v128.load(rows, 96), b3 = v128.load(rows, 112);
  const a01 = f32x4.add(a0, a1), b01 = f32x4.add(b0, b1), a23 = f32x4.add(a2, a3), b23 = f32x4.add(b2, b3);
  entry(out, f32x4.splat(0), f32x4.splat(0));
  entry(out + 64, a0, b0);
  entry(out + 128, a1, b1);
  entry(out + 192, a01, b01);
  entry(out + 256, a2, b2);
  entry(out + 320, f32x4.add(a0, a2), f32x4.add(b0, b2));
  entry(out + 384, f32x4.add(a1, a2), f32x4.add(b1, b2));
  entry(out + 448, f32x4.add(a01, a2), f32x4.add(b01, b2));
  entry(out + 512, a3, b3);
  entry(out + 576, f32x4.add(a0, a3), f32x4.add(b0, b3));
  entry(out + 640, f32x4.add(a1, a3), f32x4.add(b1, b3));
  entry(out + 704, f32x4.add(a01, a3), f32x4.add(b01, b3));
  entry(out + 768, a23, b23);
  entry(out + 832, f32x4.add(a0, a23), f32x4.add(b0, b23));
  entry(out + 896, f32x4.add(a1, a23), f32x4.add(b1, b23));
  entry(out + 960, f32x4.add(a01, a23), f32x4.add(b01, b23));
}

// @ts-ignore: decorator
@inline
function entry(out: usize, left: v128, right: v128): void {
  v128.store(out, left);
  v128.store(out, right, 16);
}

// Byte offset in a group's table of the entry for four bits, lowest bit first.
// @ts-ignore: decorator
@inline
function offsetOf(bits: v128): i32 {
  return i32x4.bitmask(f32x4.ne(bits, f32x4.splat(0))) << 6;
}

/** Offsets of rows stored [M, K]. */
function offsetsOfRows(out: usize, a: usize, lda: usize, rows: i32, depth: i32): void {
  for (; rows > 0; rows--) {
    let p = a, o = out, k = depth;
    for (; k >= 4; k -= 4) {
      store<u16>(o, offsetOf(v128.load(p)));
      p += 16; o += 2;
    }
    if (k > 0) {
      let offset = 0;
      for (let i = 0; i < k; i++) if (load<f32>(p + (<usize>i << 2)) != 0) offset |= 64 << i;
      store<u16>(o, offset);
    }
    a += lda; out += 2 * Shape.Depth / Shape.Group;
  }
}

/** Offsets of rows of an A stored [K, M], four rows at a time. */
function offsetsOfColumns(out: usize, a: usize, lda: usize, rows: i32, depth: i32): void {
  const zero = f32x4.splat(0);
  for (let k = 0; k < depth; k += 4) {
    let p = a, o = out, r = rows;
    if (depth - k >= 4) {
      for (; r >= 4; r -= 4) {
        let offset = v128.and(f32x4.ne(v128.load(p), zero), i32x4.splat(64));
        offset = v128.or(offset, v128.and(f32x4.ne(v128.load(p + lda), zero), i32x4.splat(128)));
        offset = v128.or(offset, v128.and(f32x4.ne(v128.load(p + 2 * lda), zero), i32x4.splat(256)));
        offset = v128.or(offset, v128.and(f32x4.ne(v128.load(p + 3 * lda), zero), i32x4.splat(512)));
        store<u16>(o, i32x4.extract_lane(offset, 0));
        store<u16>(o, i32x4.extract_lane(offset, 1), 32);
        store<u16>(o, i32x4.extract_lane(offset, 2), 64);
        store<u16>(o, i32x4.extract_lane(offset, 3), 96);
        p += 16; o += 128;
      }
    }
    for (; r > 0; r--) {
      let offset = 0;
      for (let i = 0; i < min(4, depth - k); i++) if (load<f32>(p + <usize>i * lda) != 0) offset |= 64 << i;
      store<u16>(o, offset);
      p += 4; o += 32;
    }
    a += 4 * lda; out += 2;
  }
}

// Sixteen columns, two rows at a time: eight independent sums hide the latency of an addition.
function wideRows(space: usize, groups: i32, c: usize, ldc: usize, rows: i32, accumulate: bool): void {
  let offsets = space + Space.Offsets;
  for (; rows >= 2; rows -= 2) {
    const d = c + ldc;
    let c0 = zeros(groups), c1 = c0, c2 = c0, c3 = c0, d0 = c0, d1 = c0, d2 = c0, d3 = c0;
    if (accumulate) {
      c0 = v128.load(c); c1 = v128.load(c, 16); c2 = v128.load(c, 32); c3 = v128.load(c, 48);
      d0 = v128.load(d); d1 = v128.load(d, 16); d2 = v128.load(d, 32); d3 = v128.load(d, 48);
    }
    let o = offsets, t = space + Space.Table;
    for (let g = groups; g > 0; g--) {
      const p = t + load<u16>(o), q = t + load<u16>(o, 2 * Shape.Depth / Shape.Group);
      c0 = f32x4.add(c0, v128.load(p)); c1 = f32x4.add(c1, v128.load(p, 16));
      c2 = f32x4.add(c2, v128.load(p, 32)); c3 = f32x4.add(c3, v128.load(p, 48));
      d0 = f32x4.add(d0, v128.load(q)); d1 = f32x4.add(d1, v128.load(q, 16));
      d2 = f32x4.add(d2, v128.load(q, 32)); d3 = f32x4.add(d3, v128.load(q, 48));
      o += 2; t += Shape.TableBytes;
    }
    v128.store(c, c0); v128.store(c, c1, 16); v128.store(c, c2, 32); v128.store(c, c3, 48);
    v128.store(d, d0); v128.store(d, d1, 16); v128.store(d, d2, 32); v128.store(d, d3, 48);
    c = d + ldc;
    offsets += 4 * Shape.Depth / Shape.Group;
  }
  if (rows > 0) {
    narrowRow(space, offsets, groups, c, accumulate, 0);
    narrowRow(space, offsets, groups, c + 32, accumulate, 32);
  }
}

// Up to eight columns, one row at a time.
function narrowRows(space: usize, groups: i32, c: usize, ldc: usize, rows: i32, accumulate: bool, columns: i32): void {
  let offsets = space + Space.Offsets;
  const edge = space + Space.Edge, bytes = <usize>columns << 2;
  for (; rows > 0; rows--) {
    if (columns >= 8) narrowRow(space, offsets, groups, c, accumulate, 0);
    else {
      if (accumulate) memory.copy(edge, c, bytes);
      narrowRow(space, offsets, groups, edge, accumulate, 0);
      memory.copy(c, edge, bytes);
    }
    c += ldc;
    offsets += 2 * Shape.Depth / Shape.Group;
  }
}

// @ts-ignore: decorator
@inline
function narrowRow(space: usize, o: usize, groups: i32, c: usize, accumulate: bool, shift: usize): void {
  let c0 = zeros(groups), c1 = c0;
  if (accumulate) {
    c0 = v128.load(c); c1 = v128.load(c, 16);
  }
  let t = space + Space.Table + shift;
  for (let g = groups; g > 0; g--) {
    const p = t + load<u16>(o);
    c0 = f32x4.add(c0, v128.load(p)); c1 = f32x4.add(c1, v128.load(p, 16));
    o += 2; t += Shape.TableBytes;
  }
  v128.store(c, c0); v128.store(c, c1, 16);
}
