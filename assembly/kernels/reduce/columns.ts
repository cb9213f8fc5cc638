/**
 * Reduction of [outer, length, inner] to [outer, blocks, inner], inner > 1: each cell is a column.
 *
 * Order: m = `fold(...)` neighbouring rows are read as one long row, so that narrow matrices (3 channels) also fill
 * vectors. Long rows are added one by one to a running row; in blocks of more than 128 long rows the running row is
 * added to a total row after every 128 and restarted. At the end the m parts of the row are combined by halves. The
 * order depends on the shape alone: values computed by a map in front give the same bits as values in memory.
 *
 * Lanes split units (outer, block, chunk of columns). Chunks are narrow if there are few blocks, so that a plain bias
 * gradient [64, 1024] still has work for every lane. Running rows are in the lane's packing space.
 */
import { beat } from "../../barrier";
import { firstBlock, lastBlock, scratch } from "../../lane";
import { Layout, MapWord, ReduceWord } from "../../opcode";
import { loadPart, storePart } from "../map/loops";
import { valuesAt } from "./combine";

/** Long rows between two additions to the total. */
const PIECE: i32 = 128;
/** Columns of a chunk if blocks alone would leave lanes idle. */
const NARROW: i32 = 256;
/** With this many (outer, block) pairs there is enough work without splitting columns. */
const ENOUGH: i32 = 16;

/**
 * Number of rows read as one: enough to fill vectors, and to make a long row, because hardware prefetching works best
 * along few long sequences (16 MiB of 128 columns: 0.47 ns an element with short rows, 0.11 with long ones).
 */
function fold(inner: i32, rows: i32, tile: i32): i32 {
  const filling = inner < 64 ? ((63 + inner) / inner + 3) & ~3 : 1;
  return min(tile / inner, max(filling, rows >> 3));
}

/** The largest power of two that is at most n (n >= 1). */
// @ts-ignore: decorator
@inline
function powerBelow(n: i32): i32 {
  return 1 << (31 - clz<i32>(n));
}

// @ts-ignore: decorator
@inline
function runningRow(): usize {
  return scratch() + Layout.Packing;
}

// @ts-ignore: decorator
@inline
function totalRow(): usize {
  return scratch() + Layout.Packing + Layout.TileBytes;
}

export function reduceColumns<F>(c: usize, descriptor: usize, memory: usize): void {
  const outer = load<i32>(c, ReduceWord.Outer << 2);
  const length = load<i32>(c, ReduceWord.Length << 2);
  const inner = load<i32>(c, ReduceWord.Inner << 2);
  const block = load<i32>(c, ReduceWord.Block << 2);
  const slot = load<i32>(c, ReduceWord.Result << 2);
  const scale = load<f32>(c, ReduceWord.Scale << 2);
  const out = load<usize>(c, ReduceWord.Out << 2);
  const tile = load<i32>(descriptor, MapWord.Tile << 2);
  const blocks = (length + block - 1) / block;
  const width = min(inner, min(tile, outer * blocks < ENOUGH ? NARROW : tile));
  const chunks = (inner + width - 1) / width;
  const units = outer * blocks * chunks;
  for (let unit = firstBlock(units), last = lastBlock(units); unit < last; unit++) {
    if (!(unit & 15)) beat();
    const cell = unit / chunks;
    const column = (unit - cell * chunks) * width;
    const columns = min(width, inner - column);
    const row = cell / blocks;
    const start = (cell - row * blocks) * block;
    const rows = min(block, length - start);
    const from = (row * length + start) * inner + column;
    reduceChunk<F>(out + (<usize>(cell * inner + column) << 2), descriptor, slot, memory, from, rows, inner, columns, tile, scale);
  }
}

/** Reduces `columns` cells, over rows of `inner` elements; the first column is at element `from`. */
function reduceChunk<F>(out: usize, descriptor: usize, slot: i32, memory: usize, from: i32, rows: i32, inner: i32, columns: i32, tile: i32, scale: f32): void {
  const m = columns == inner ? fold(inner, rows, tile) : 1;
  const long = m * columns;
  const stride = <usize>(m * inner) << 2;
  fillRow(runningRow(), changetype<F>(0).identity(), long);
  const pieces = rows / m > PIECE;
  if (pieces) fillRow(totalRow(), changetype<F>(0).identity(), long);
  // Long rows that are in memory at the same time, a divisor of PIECE: for a plain matrix, all of them.
  const resident = memory ? PIECE * m : columns == inner ? powerBelow(max(1, min(tile / long, PIECE))) * m : 1;
  let sinceFold = 0;
  for (let done = 0; done < rows; done += resident) {
    const n = min(resident, rows - done);
    const at = valuesAt(descriptor, slot, memory, from + done * inner, columns == inner ? n * inner : columns);
    const whole = n / m;
    addRows<F>(runningRow(), at, stride, whole, long);
    const rest = n - whole * m;
    if (rest) addRow<F>(runningRow(), at + <usize>whole * stride, rest * inner);
    sinceFold += whole;
    if (pieces && sinceFold >= PIECE) {
      addRow<F>(totalRow(), runningRow(), long);
      fillRow(runningRow(), changetype<F>(0).identity(), long);
      sinceFold = 0;
    }
  }
  if (pieces) addRow<F>(runningRow(), totalRow(), long);
  for (let parts = m; parts > 1; ) {
    const half = parts >> 1;
    addRow<F>(runningRow(), runningRow() + (<usize>((parts - half) * inner) << 2), half * inner);
    parts -= half;
  }
  scaleRow(out, runningRow(), scale, columns);
}

/** running += rows, one by one; eight rows per pass. */
function addRows<F>(running: usize, at: usize, stride: usize, rows: i32, columns: i32): void {
  for (; rows >= 8; rows -= 8, at += stride << 3) addEight<F>(running, at, stride, columns);
  for (; rows > 0; rows--, at += stride) addRow<F>(running, at, columns);
}

function addEight<F>(running: usize, r0: usize, stride: usize, columns: i32): void {
  const f = changetype<F>(0);
  const r1 = r0 + stride;
  const r2 = r1 + stride;
  const r3 = r2 + stride;
  const r4 = r3 + stride;
  const r5 = r4 + stride;
  const r6 = r5 + stride;
  const r7 = r6 + stride;
  let i: usize = 0;
  if (WIDE) {
    for (const pairs = <usize>(columns & ~7) << 2; i != pairs; i += 32) {
      const p = running + i;
      const a1 = f.vec(f.vec(v128.load(p), v128.load(r0 + i)), v128.load(r1 + i));
      const b1 = f.vec(f.vec(v128.load(p, 16), v128.load(r0 + i, 16)), v128.load(r1 + i, 16));
      const a3 = f.vec(f.vec(a1, v128.load(r2 + i)), v128.load(r3 + i));
      const b3 = f.vec(f.vec(b1, v128.load(r2 + i, 16)), v128.load(r3 + i, 16));
      const a5 = f.vec(f.vec(a3, v128.load(r4 + i)), v128.load(r5 + i));
      const b5 = f.vec(f.vec(b3, v128.load(r4 + i, 16)), v128.load(r5 + i, 16));
      const a7 = f.vec(f.vec(a5, v128.load(r6 + i)), v128.load(r7 + i));
      const b7 = f.vec(f.vec(b5, v128.load(r6 + i, 16)), v128.load(r7 + i, 16));
      v128.store(p, a7);
      v128.store(p, b7, 16);
    }
  }
  for (const end = <usize>(columns & ~3) << 2; i != end; i += 16) {
    const s1 = f.vec(f.vec(v128.load(running + i), v128.load(r0 + i)), v128.load(r1 + i));
    const s3 = f.vec(f.vec(s1, v128.load(r2 + i)), v128.load(r3 + i));
    const s5 = f.vec(f.vec(s3, v128.load(r4 + i)), v128.load(r5 + i));
    v128.store(running + i, f.vec(f.vec(s5, v128.load(r6 + i)), v128.load(r7 + i)));
  }
  const n = columns & 3;
  if (n) {
    const s1 = f.vec(f.vec(loadPart(running + i, n), loadPart(r0 + i, n)), loadPart(r1 + i, n));
    const s3 = f.vec(f.vec(s1, loadPart(r2 + i, n)), loadPart(r3 + i, n));
    const s5 = f.vec(f.vec(s3, loadPart(r4 + i, n)), loadPart(r5 + i, n));
    storePart(running + i, f.vec(f.vec(s5, loadPart(r6 + i, n)), loadPart(r7 + i, n)), n);
  }
}

function addRow<F>(running: usize, at: usize, columns: i32): void {
  const f = changetype<F>(0);
  const turns = running + (<usize>(columns & ~15) << 2);
  for (; running != turns; running += 64, at += 64) {
    const x0 = f.vec(v128.load(running), v128.load(at));
    const x1 = f.vec(v128.load(running, 16), v128.load(at, 16));
    const x2 = f.vec(v128.load(running, 32), v128.load(at, 32));
    const x3 = f.vec(v128.load(running, 48), v128.load(at, 48));
    v128.store(running, x0);
    v128.store(running, x1, 16);
    v128.store(running, x2, 32);
    v128.store(running, x3, 48);
  }
  const end = running + (<usize>(columns & 12) << 2);
  for (; running != end; running += 16, at += 16) v128.store(running, f.vec(v128.load(running), v128.load(at)));
  const n = columns & 3;
  if (n) storePart(running, f.vec(loadPart(running, n), loadPart(at, n)), n);
}

function fillRow(row: usize, value: f32, columns: i32): void {
  const v = f32x4.splat(value);
  for (const end = row + (<usize>columns << 2); row < end; row += 16) v128.store(row, v);
}

function scaleRow(out: usize, row: usize, scale: f32, columns: i32): void {
  const v = f32x4.splat(scale);
  const end = out + (<usize>(columns & ~3) << 2);
  for (; out != end; out += 16, row += 16) v128.store(out, f32x4.mul(v128.load(row), v));
  const n = columns & 3;
  if (n) storePart(out, f32x4.mul(loadPart(row, n), v), n);
}
