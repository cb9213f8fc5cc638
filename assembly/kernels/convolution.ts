/**
 * Convolutions and their input gradients, as implicit matrix products: a row of A is the pixels under one window, B is
 * the weights [taps x channels, features], a row of C is a result pixel. A is never stored: per tap and row there is a
 * pointer into the image (`convolution/rows.ts`). Only if a pixel has few channels, rows are copied together so that
 * the micro-kernel has a longer contiguous range; with few features the product takes another form, see
 * `convolution/few.ts`.
 *
 *     for blocks of result rows                    over all images
 *       for phases                                 one, or for gradients stride x stride; see `SlideWord`
 *         for blocks of pixels (at most 256)       A's part stays in the second-level cache
 *           for blocks of k (at most 256)          whole taps, or a part of one tap's channels
 *             for panels of 8 features             packed, in the first-level cache
 *               for tiles of up to 6 pixels        matmul's micro-kernel
 *       epilogue over the block's result rows
 *
 * Lanes take ranges of result rows or of features. The order of a sum depends on the geometry alone.
 */
import { beat } from "../barrier";
import { firstBlock, lanes, lastBlock, scratch } from "../lane";
import { Layout } from "../opcode";
import { Block, cut, parts, Space } from "./convolution/block";
import { depthwise } from "./convolution/depthwise";
import {
  batch, columnPhases, epilogue, groupIn, groupOut, groups, openGeometry, openPhase, out, outChannels, outHeight, outWidth,
  phaseColumns, phaseRowsAbove, phaseRows, rowPhases, taps,
} from "./convolution/geometry";
import { fewFeatures, fewOpen, fewRows } from "./convolution/few";
import { packTaps } from "./convolution/panels";
import { copyRows, openRows, pointRows } from "./convolution/rows";
import { rowTiles, tileWidth } from "./convolution/tiles";
import { mapOpen, mapRange } from "./map";

/** Packing one panel costs as much as multiplying it by this many rows. */
const PACK_ROWS: i32 = 4;

/** Runs a `Convolve` command. */
export function convolve(command: usize): void {
  openGeometry(command);
  const rows = batch * outHeight;
  if (rows <= 0 || outWidth <= 0 || outChannels <= 0) return;
  if (epilogue) mapOpen(epilogue);
  // Features are split by panels, or by groups if there are several.
  const units = groups == 1 ? parts(outChannels, 8) : groups;
  const byRow = <i64>units * (<i64>parts(rows, lanes) * outWidth + PACK_ROWS);
  const byUnit = <i64>parts(units, lanes) * (<i64>rows * outWidth + PACK_ROWS);
  let rowFrom = 0, rowTo = rows, unitFrom = 0, unitTo = units;
  if (byRow <= byUnit) {
    rowFrom = firstBlock(rows);
    rowTo = lastBlock(rows);
  } else {
    unitFrom = firstBlock(units);
    unitTo = lastBlock(units);
  }
  if (rowFrom == rowTo || unitFrom == unitTo) return;
  const width = groups == 1 ? 8 : groupOut;
  const channelFrom = unitFrom * width, channelTo = min(unitTo * width, outChannels);
  const narrow = fewFeatures();
  if (narrow) fewOpen();
  // With few features, image rows at the edges of blocks are multiplied twice, so blocks are few: one per image.
  const most = narrow ? outHeight : max(1, (Block.Rows * rowPhases * columnPhases) / outWidth);
  const blocks = parts(rowTo - rowFrom, most);
  for (let i = 0; i < blocks; i++) {
    const from = rowFrom + cut(rowTo - rowFrom, i, blocks);
    const to = rowFrom + cut(rowTo - rowFrom, i + 1, blocks);
    beat();
    if (narrow) fewRows(from, to);
    else phasesBlock(from, to, channelFrom, channelTo);
    if (epilogue) finish(from * outWidth, to * outWidth, channelFrom, channelTo);
  }
}

function phasesBlock(from: i32, to: i32, channelFrom: i32, channelTo: i32): void {
  for (let rowPhase = 0; rowPhase < rowPhases; rowPhase++) {
    for (let columnPhase = 0; columnPhase < columnPhases; columnPhase++) {
      phaseBlock(from, to, rowPhase, columnPhase, channelFrom, channelTo);
    }
  }
}

function finish(from: i32, to: i32, channelFrom: i32, channelTo: i32): void {
  if (channelTo - channelFrom == outChannels) {
    mapRange(epilogue, from * outChannels, to * outChannels);
    return;
  }
  for (let pixel = from; pixel < to; pixel++) mapRange(epilogue, pixel * outChannels + channelFrom, pixel * outChannels + channelTo);
}

// The pixels of one phase within result rows [rowFrom, rowTo).
function phaseBlock(rowFrom: i32, rowTo: i32, rowPhase: i32, columnPhase: i32, channelFrom: i32, channelTo: i32): void {
  openPhase(rowPhase, columnPhase);
  const from = phaseRowsAbove(rowFrom, rowPhase) * phaseColumns;
  const count = phaseRowsAbove(rowTo, rowPhase) * phaseColumns - from;
  if (count == 0) return;
  const space = scratch() + Layout.Packing;
  if (groupIn == 1 && groupOut == 1) {
    depthwise(from, from + count, rowPhase, columnPhase, channelFrom, channelTo);
    return;
  }
  // A group may hold only some of the lane's features, and the buffer for scattered results is limited.
  for (let channel = channelFrom; channel < channelTo; ) {
    const group = channel / groupOut;
    const column = channel - group * groupOut;
    const columns = min(min(channelTo - channel, groupOut - column), <i32>Block.Columns);
    const copied = groupIn < Block.FewChannels && taps * groupIn <= Block.Depth;
    if (copied) packAll(space, group, column, columns);
    const aside = rowPhases * columnPhases > 1;
    const blocks = parts(count, Block.Rows);
    for (let i = 0; i < blocks; i++) {
      const first = from + cut(count, i, blocks);
      const rows = from + cut(count, i + 1, blocks) - first;
      openRows(space + Space.Coordinates, first, rows);
      const target = aside ? space + Space.Aside : out + (<usize>(first * outChannels + channel) << 2);
      const stride = <usize>(aside ? (columns + 7) & ~7 : outChannels) << 2;
      if (copied) copiedPixels(space, rows, group, columns, target, stride, aside);
      else pixels(space, rows, group, column, columns, target, stride, aside);
      if (aside) scatter(target, stride, first, rows, rowPhase, columnPhase, channel, columns);
    }
    channel += columns;
  }
}

// All panels of the features: with few channels a k block has all taps.
function packAll(space: usize, group: i32, column: i32, columns: i32): void {
  const bytes = <usize>(taps * groupIn) << 5;
  let panel = space + Space.Panels;
  for (let j = 0; j < columns; j += 8, panel += bytes) packTaps(panel, group, column + j, min(8, columns - j), 0, taps, 0, groupIn);
}

// Result pixels of the open rows from copied rows of A and the panels of `packAll`. `padded`: c has room for whole
// panels.
function copiedPixels(space: usize, rows: i32, group: i32, columns: i32, c: usize, stride: usize, padded: bool): void {
  const table = space + Space.Table, depth = taps * groupIn;
  copyRows(space + Space.Copied, <usize>depth << 2, space + Space.Coordinates, rows, 0, taps, group * groupIn, groupIn);
  let row = space + Space.Copied;
  for (let i = 0; i < rows; i++, row += <usize>depth << 2) store<usize>(table + (<usize>i << 2), row);
  const bytes = <usize>depth << 5;
  for (let j = 0; j < columns; ) {
    const width = tileWidth(columns - j), there = padded ? width : min(width, columns - j);
    const panel = space + Space.Panels + <usize>(j >> 3) * bytes;
    rowTiles(space + Space.Edge, table, rows, 1, depth, panel, bytes, c + (<usize>j << 2), stride, false, there);
    j += width;
  }
}

// Result pixels of the open rows, features [column, column + columns) of a group, to c. `padded`: c has room for whole
// panels.
function pixels(space: usize, rows: i32, group: i32, column: i32, columns: i32, c: usize, stride: usize, padded: bool): void {
  const table = space + Space.Table, panel = space + Space.Panel;
  // A part of a k block may be shorter than Depth; the zeros must cover any part.
  memory.fill(space + Space.Zeros, 0, Block.Depth << 2);
  const together = max(1, min(min<i32>(taps, Block.Taps), Block.Depth / groupIn));
  const tapBlocks = max(1, parts(taps, together));
  const channelBlocks = parts(groupIn, Block.Depth);
  for (let t = 0; t < tapBlocks; t++) {
    const tap = cut(taps, t, tapBlocks), count = cut(taps, t + 1, tapBlocks) - tap;
    for (let s = 0; s < channelBlocks; s++) {
      const channel = cut(groupIn, s, channelBlocks), run = cut(groupIn, s + 1, channelBlocks) - channel;
      pointRows(table, space + Space.Coordinates, rows, tap, count, group * groupIn + channel, space + Space.Zeros);
      for (let j = 0; j < columns; ) {
        beat();
        const width = tileWidth(columns - j), there = padded ? width : min(width, columns - j);
        packTaps(panel, group, column + j, min(8, columns - j), tap, count, channel, run);
        if (width == 16) packTaps(panel + Space.PanelBytes, group, column + j + 8, 8, tap, count, channel, run);
        rowTiles(space + Space.Edge, table, rows, count, run, panel, Space.PanelBytes, c + (<usize>j << 2), stride, t + s > 0, there);
        j += width;
      }
    }
  }
}

// Copies rows from the buffer to the pixels of the phase.
function scatter(from: usize, stride: usize, first: i32, rows: i32, rowPhase: i32, columnPhase: i32, channel: i32, columns: i32): void {
  const line = first / phaseColumns;
  let column = first - line * phaseColumns;
  let image = line / phaseRows;
  let row = line - image * phaseRows;
  for (let i = 0; i < rows; i++) {
    const y = rowPhase + row * rowPhases, x = columnPhase + column * columnPhases;
    const to = out + (<usize>(((image * outHeight + y) * outWidth + x) * outChannels + channel) << 2);
    let j = 0;
    for (; WIDE && j + 8 <= columns; j += 8) {
      const q = to + (<usize>j << 2), p = from + (<usize>j << 2), x = v128.load(p), y = v128.load(p, 16);
      v128.store(q, x);
      v128.store(q, y, 16);
    }
    for (; j + 4 <= columns; j += 4) v128.store(to + (<usize>j << 2), v128.load(from + (<usize>j << 2)));
    for (; j < columns; j++) f32.store(to + (<usize>j << 2), f32.load(from + (<usize>j << 2)));
    from += stride;
    if (++column == phaseColumns) {
      column = 0;
      if (++row == phaseRows) { row = 0; image++; }
    }
  }
}
