/**
 * Matrix products. C = op(A) op(B), with [M, K] and [K, N] operands, either of which may be stored transposed.
 *
 *     for blocks of rows                     A's part of the block stays in the second-level cache
 *       for blocks of K (at most 256)
 *         for panels of 8 columns            packed, one or two at a time, in the first-level cache
 *           for tiles of up to 6 rows        micro-kernel, see matmul/tile.ts
 *       epilogue over the block's rows
 *
 * Lanes take ranges of rows or of panels of every matrix, or whole matrices of a batch, whichever gives the busiest
 * lane the least work. Each lane packs for itself, so no barrier is needed inside. No alignment is assumed; nothing
 * outside C's M x N elements is written, and nothing outside A and B is read. If the left operand holds only 0 and 1,
 * the product is computed differently, see matmul/binary.ts.
 */
import { beat } from "../barrier";
import { firstBlock, lanes, lastBlock, scratch } from "../lane";
import { Layout, MatmulWord } from "../opcode";
import { mapOpen, mapRange } from "./map";
import { binaryRows, fewestRows, isBinary } from "./matmul/binary";
import { packColumns, packPair, packRows } from "./matmul/pack";
import { rowTimesColumns, rowTimesRows } from "./matmul/row";
import { columnTile, copyTile, rowTile, tallest } from "./matmul/tile";
import { wideColumnTile, wideRowTile } from "./matmul/wide-tile";

/** Layout of the lane's packing space, in bytes from its start. */
enum Space {
  /** Pointers to the rows of a row block. */
  Table = 0,
  /** A tile of a panel with fewer than eight columns, [6][8]. */
  Edge = 4096,
  /** Two packed panels of B, [Depth][8] each. */
  Panel = 8192,
  PanelBytes = 8192,
  /**
   * Rows of A that would evict each other from the caches, copied here: [Rows][Depth], or [Depth][Rows] if A is stored
   * [K, M], and a cache line after each row.
   */
  Rows = 24576,
}

enum Block {
  /** Maximum length of a block of K. */
  Depth = 256,
  /** Maximum rows of a block: with Depth, 256 KB of A. */
  Rows = 256,
  /** With fewer rows in a block, packing a panel does not pay off. */
  FewestRows = 64,
  /** With an epilogue, blocks of C have at most this many bytes, so that they are still in the second-level cache. */
  Bytes = 262144,
  /** Row strides that are a multiple of this (bytes) map the rows of A to few sets of the caches. */
  Crowded = 2048,
  /** With fewer columns, copying rows does not pay off. */
  CopyColumns = 64,
  /** Packing one panel costs as much as multiplying it by this many rows. */
  PackRows = 4,
  /**
   * A row of C shared by two lanes costs as much as multiplying a panel row of this depth: the epilogue is dispatched
   * once more, and prefetchers fetch cache lines that the other lane writes (784x64x256 with Adam on lanes whose caches
   * are far apart: 1060 us by panels).
   */
  PieceDepth = 384,
}

// The current product; strides in bytes. Module globals, so every lane has its own.
let m: i32 = 0, n: i32 = 0, k: i32 = 0;
let lda: usize = 0, ldb: usize = 0, ldc: usize = 0;
// Bytes from k to k + 1 of the current block of an A stored [K, M]: `lda`, or less if the block was copied.
let step: usize = 0;
let transposeA: bool = false, transposeB: bool = false;
let epilogue: usize = 0;
// The left operand of the current matrix holds only 0 and 1, see matmul/binary.ts.
let binary: bool = false;

// @ts-ignore: decorator
@inline
function word(c: usize, index: i32): i32 {
  return load<i32>(c + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
function parts(whole: i32, most: i32): i32 {
  return (whole + most - 1) / most;
}

// Bytes from a matrix's start to row (or column) `index`.
// @ts-ignore: decorator
@inline
function bytes(index: i32, stride: usize): usize {
  return <usize>index * stride;
}

// Start of part `index` if `whole` is split into `count` parts whose sizes differ by at most one.
// @ts-ignore: decorator
@inline
function cut(whole: i32, index: i32, count: i32): i32 {
  return <i32>((<i64>whole * index) / count);
}

/** Runs a `Matmul` command. */
export function matmul(command: usize): void {
  const batch = word(command, MatmulWord.Batch);
  m = word(command, MatmulWord.M);
  n = word(command, MatmulWord.N);
  k = word(command, MatmulWord.K);
  if (batch <= 0 || m <= 0 || n <= 0) return;
  lda = <usize>word(command, MatmulWord.Lda) << 2;
  ldb = <usize>word(command, MatmulWord.Ldb) << 2;
  ldc = <usize>word(command, MatmulWord.Ldc) << 2;
  transposeA = word(command, MatmulWord.TransposeA) != 0;
  transposeB = word(command, MatmulWord.TransposeB) != 0;
  let a = <usize>word(command, MatmulWord.A), batchA = <usize>word(command, MatmulWord.BatchA) << 2;
  let b = <usize>word(command, MatmulWord.B), batchB = <usize>word(command, MatmulWord.BatchB) << 2;
  const c = <usize>word(command, MatmulWord.C), batchC = <usize>word(command, MatmulWord.BatchC) << 2;
  if (n == 1 && m > 1 && ldc == 4 && (transposeB || ldb == 4)) {
    // A column of C is computed as a row of the transposed product: c' = b' op(A)'.
    const column = b, batchColumn = batchB;
    b = a; batchB = batchA; ldb = lda; transposeB = !transposeA;
    a = column; batchA = batchColumn; lda = 4; transposeA = false;
    n = m; m = 1;
  }
  const together = word(command, MatmulWord.RowsTogether) != 0;
  const descriptor = word(command, MatmulWord.Epilogue);
  epilogue = descriptor ? command + (<usize>descriptor << 2) : 0;
  if (epilogue) mapOpen(epilogue);

  const panels = parts(n, 8);
  let from = 0, to = batch, rowFrom = 0, rowTo = m, panelFrom = 0, panelTo = panels;
  // Work of the busiest lane, in panel rows, for each of the three ways to split.
  const whole = <i64>parts(batch, lanes) * panels * (m + Block.PackRows);
  const byRow = <i64>batch * panels * (parts(m, lanes) + Block.PackRows);
  // Splitting rows of C between lanes has a fixed cost per row (epilogue, caches), here in panel rows.
  const perRow = (epilogue ? Block.PieceDepth : Block.PieceDepth / 2) / max(k, 1);
  const byPanel = <i64>batch * (<i64>parts(panels, lanes) * (m + Block.PackRows) + m * perRow);
  if (whole <= min(byRow, byPanel)) {
    from = firstBlock(batch);
    to = lastBlock(batch);
  } else if (byRow <= byPanel) {
    rowFrom = firstBlock(m);
    rowTo = lastBlock(m);
  } else {
    panelFrom = firstBlock(panels);
    panelTo = lastBlock(panels);
  }
  if (rowFrom == rowTo || panelFrom == panelTo) return;
  for (let i = from; i < to; i++) {
    // Every lane checks the whole operand, because the choice must not depend on the lane's part.
    binary = together && m >= fewestRows && n >= 8 && k >= 8
      && isBinary(a + batchA * i, transposeA ? k : m, transposeA ? m : k, lda);
    product(a + batchA * i, b + batchB * i, c + batchC * i, i, rowFrom, rowTo, panelFrom, panelTo);
  }
}

// Rows [rowFrom, rowTo) by panels [panelFrom, panelTo) of matrix `index` of the batch.
function product(a: usize, b: usize, c: usize, index: i32, rowFrom: i32, rowTo: i32, panelFrom: i32, panelTo: i32): void {
  const rows = rowTo - rowFrom;
  let most: i32 = Block.Rows;
  if (epilogue) most = max<i32>(Block.FewestRows, min<i32>(most, Block.Bytes / (n << 2)));
  const blocks = parts(rows, most);
  const columnFrom = panelFrom << 3, columnTo = min(panelTo << 3, n);
  for (let i = 0; i < blocks; i++) {
    const from = rowFrom + cut(rows, i, blocks);
    const to = rowFrom + cut(rows, i + 1, blocks);
    rowBlock(a, b, c, from, to - from, columnFrom, columnTo);
    if (epilogue) finish(index * m, from, to, columnFrom, columnTo);
  }
}

function finish(base: i32, from: i32, to: i32, columnFrom: i32, columnTo: i32): void {
  if (columnTo - columnFrom == n) {
    mapRange(epilogue, (base + from) * n, (base + to) * n);
    return;
  }
  for (let row = base + from; row < base + to; row++) mapRange(epilogue, row * n + columnFrom, row * n + columnTo);
}

function rowBlock(a: usize, b: usize, c: usize, row: i32, rows: i32, columnFrom: i32, columnTo: i32): void {
  const space = scratch() + Layout.Packing;
  const panel = space + Space.Panel;
  if (!transposeA) {
    for (let i = 0; i < rows; i++) store<usize>(space + Space.Table + (<usize>i << 2), a + bytes(row + i, lda));
  }
  c += bytes(row, ldc);
  if (m == 1 && (!transposeA || lda == 4)) {
    const columns = columnTo - columnFrom, target = c + (<usize>columnFrom << 2);
    if (transposeB) rowTimesColumns(target, a, b + bytes(columnFrom, ldb), ldb, columns, k);
    else rowTimesRows(target, a, b + (<usize>columnFrom << 2), ldb, columns, k);
    return;
  }
  if (binary) {
    const start = transposeA ? a + (<usize>row << 2) : a + bytes(row, lda);
    binaryRows(space, start, lda, transposeA, b, ldb, transposeB, c, ldc, rows, k, columnFrom, columnTo);
    return;
  }
  const depths = max(1, parts(k, Block.Depth));
  for (let d = 0; d < depths; d++) {
    const from = cut(k, d, depths);
    const depth = cut(k, d + 1, depths) - from;
    // If A is stored [K, M], the address of (row, from); else the byte offset of `from` in each row.
    let offset = transposeA ? a + bytes(from, lda) + (<usize>row << 2) : <usize>from << 2;
    if (WIDE) step = lda;
    if ((WIDE || !transposeA) && lda % Block.Crowded == 0 && columnTo - columnFrom >= Block.CopyColumns) {
      if (WIDE && transposeA) {
        step = copyBlock(space + Space.Rows, offset, rows, depth);
        offset = space + Space.Rows;
      } else {
        copyApart(space, a + bytes(row, lda) + offset, rows, depth);
        offset = 0;
      }
    }
    for (let column = columnFrom; column < columnTo; ) {
      const first = b + (transposeB ? bytes(column, ldb) + (<usize>from << 2) : bytes(from, ldb) + (<usize>column << 2));
      const columns = columnTo - column;
      const target = c + (<usize>column << 2);
      const pair = (WIDE || !transposeB) && columns >= 16;
      if (transposeB) {
        packColumns(panel, first, ldb, depth, columns);
        if (WIDE && pair) packColumns(panel + Space.PanelBytes, first + 8 * ldb, ldb, depth, 8);
      } else if (pair) packPair(panel, Space.PanelBytes, first, ldb, depth);
      else packRows(panel, first, ldb, depth, columns);
      if (WIDE && pair) {
        beat();
        wideTiles(space, panel, offset, rows, depth, target, d > 0);
      } else {
        panelTiles(space, panel, offset, rows, depth, target, d > 0, columns);
        if (pair) panelTiles(space, panel + Space.PanelBytes, offset, rows, depth, target + 32, d > 0, 8);
      }
      column += pair ? 16 : 8;
    }
  }
}

// Copies `depth` elements of each row, with a cache line between rows, and points to the copies.
function copyApart(space: usize, a: usize, rows: i32, depth: i32): void {
  const length = <usize>depth << 2;
  let to = space + Space.Rows;
  for (let i = 0; i < rows; i++) {
    memory.copy(to, a, length);
    store<usize>(space + Space.Table + (<usize>i << 2), to);
    to += length + 64;
    a += lda;
  }
}

// Copies `rows` elements of each of `depth` stored rows of A as [K, M], with a cache line between them, and returns their
// distance in bytes. Only in the wide builds: 1024x1024x1024 from 80 to 90 GFLOP/s; the others have no room for it within
// their limit of 100,000 bytes.
function copyBlock(to: usize, a: usize, rows: i32, depth: i32): usize {
  const length = <usize>rows << 2, apart = length + 64;
  for (; depth > 0; depth--) {
    memory.copy(to, a, length);
    to += apart;
    a += lda;
  }
  return apart;
}

function panelTiles(space: usize, panel: usize, offset: usize, rows: i32, depth: i32, c: usize, accumulate: bool, columns: i32): void {
  beat();
  if (columns >= 8) tiles(space, panel, offset, rows, depth, c, accumulate);
  else edgeTiles(space, panel, offset, rows, depth, c, accumulate, columns);
}

// @ts-ignore: decorator
@inline
function tile(space: usize, panel: usize, offset: usize, row: i32, height: i32, depth: i32, c: usize, stride: usize, accumulate: bool): void {
  const shift = <usize>row << 2;
  if (transposeA) columnTile(height, offset + shift, WIDE ? step : lda, depth, panel, c, stride, accumulate);
  else rowTile(height, space + Space.Table + shift, 0, 1, offset, depth, panel, c, stride, accumulate);
}

// Multiplies all rows of the block by one panel, in tiles whose heights differ by at most one.
function tiles(space: usize, panel: usize, offset: usize, rows: i32, depth: i32, c: usize, accumulate: bool): void {
  const count = parts(rows, tallest);
  let row = 0;
  for (let t = 1; t <= count; t++) {
    const next = cut(rows, t, count);
    tile(space, panel, offset, row, next - row, depth, c + bytes(row, ldc), ldc, accumulate);
    row = next;
  }
}

// The same for two whole panels.
function wideTiles(space: usize, panel: usize, offset: usize, rows: i32, depth: i32, c: usize, accumulate: bool): void {
  const count = parts(rows, tallest), next: usize = Space.PanelBytes;
  let row = 0;
  for (let t = 1; t <= count; t++) {
    const end = cut(rows, t, count), shift = <usize>row << 2;
    if (transposeA) wideColumnTile(end - row, offset + shift, step, depth, panel, next, c, ldc, accumulate);
    else wideRowTile(end - row, space + Space.Table + shift, 0, 1, offset, depth, panel, next, c, ldc, accumulate);
    c += bytes(end - row, ldc);
    row = end;
  }
}

// The same for a panel with fewer than eight columns: tiles are computed in a buffer, and the columns of C copied.
function edgeTiles(space: usize, panel: usize, offset: usize, rows: i32, depth: i32, c: usize, accumulate: bool, columns: i32): void {
  const edge = space + Space.Edge;
  for (let row = 0; row < rows; row += tallest) {
    const height = min(tallest, rows - row);
    if (accumulate) copyTile(edge, 32, c, ldc, height, columns);
    tile(space, panel, offset, row, height, depth, edge, 32, accumulate);
    copyTile(c, ldc, edge, 32, height, columns);
    c += bytes(tallest, ldc);
  }
}
