/**
 * Convolutions with fewer multiplications: tiles of m x m results by Winograd's F(m, r) along both axes (see
 * `winograd/transforms.ts`). If a set of taps is 2 x 2, tiles of 2 x 2 results need 9 products instead of 16, tiles of
 * 4 x 4 results 25 instead of 64; if it is 3 x 3, 16 instead of 36 and 36 instead of 144. Filters of 4 x 4 with stride
 * 2 are four sets of 2 x 2 taps, each with stride 1 on every second pixel; their input gradients have four phases of
 * one set each (`winograd/slides.ts`).
 *
 *     for blocks of tile rows                        over all images
 *       for phases, for chunks of tiles              inputs and results of a chunk stay in the second-level cache
 *         for at most 128 features of a group
 *           for blocks of k (at most 128)            whole sets, or a part of one set's channels
 *             input transform                        u[tile][position][k]
 *             for positions, panels, tiles of rows   matmul's micro-kernel: m[tile][position][feature] (+)= u w
 *           output transform                         to the result pixels
 *       epilogue over the block's result rows
 *
 * `WinogradWeights` transforms and packs the weights in the order in which they are read: every chunk reads all of
 * them, and if they exceed the second-level cache, reading them limits the speed. Lanes take ranges of tile rows or of
 * features. The order of a sum depends on the geometry alone. The channels of a group are a multiple of four, as are the
 * features of a single group; those of several groups are whole panels, so that panel p has features 8 p to 8 p + 7.
 */
import { beat } from "../barrier";
import { firstBlock, lanes, lastBlock, scratch } from "../lane";
import { Layout } from "../opcode";
import { cut, parts } from "./convolution/block";
import {
  batch, columnPhases, columnStep, epilogue, groupIn, groups, inChannels, inHeight, input, inWidth, openGeometry, out, outChannels,
  outHeight, outWidth, rowPhases, rowStep, weights,
} from "./convolution/geometry";
import { mapOpen, mapRange } from "./map";
import { rowTile, tallest } from "./matmul/tile";
import { wideRowTile } from "./matmul/wide-tile";
import { inputTile } from "./winograd/inputs";
import {
  channelAt, channelBlocks, columnOffsetOf, columnsOf, depth, form, mostDepth, openSlides, panels, positions, rowOffsetOf, rowsOf,
  setAt, setBlocks, tile, tileColumns, tileRows,
} from "./winograd/slides";
import { foldResults } from "./winograd/transforms";

/** Bytes from the start of the lane's packing space. */
enum Space {
  /**
   * Per tile of the chunk: address of its origin in the image, row, column; address of its first result, rows, columns.
   */
  Tiles = 0,
  /** A square of transformed values. */
  Square = 2560,
  /** Addresses of the tiles' inputs, one per row of A. */
  Table = 4096,
  /** Addresses of a tile's pixels. */
  Pixels = 4608,
  Zeros = 5120,
  /** Results of a tile that is partly outside: at most [4][4][128]. */
  Results = 5632,
  /** u, then m. */
  Values = 13824,
  End = 913280,
}

const TILE_BYTES: usize = 24;
/** An extra cache line after the positions, so that tiles do not share sets of the first-level cache. */
const GAP: usize = 64;
/** Most bytes from position to position: a block of k, or of features. */
const STEP: usize = 512;

/** Maximum tiles of a chunk: with the longest blocks, u and m fill the packing space. */
let mostTiles: i32 = 0;
/** Bytes from position to position, and from tile to tile, of u and m. */
let step: usize = 0, stride: usize = 0;
/** The output and input transforms of a tile cost as much as multiplying it by this many panels. */
const TILE_PANELS: i32 = 2;

/** Runs a `Winograd` command. */
export function winograd(command: usize): void {
  openGeometry(command);
  openSlides(command);
  const rows = batch * tileRows;
  if (rows <= 0 || tileColumns <= 0) return;
  mostTiles = (Space.End - Space.Values) / (2 * (positions * <i32>STEP + <i32>GAP));
  step = <usize>min(max(depth, panels << 3), mostDepth) << 2;
  stride = <usize>positions * step + GAP;
  if (epilogue) mapOpen(epilogue);
  const all = groups * panels;
  const byRow = <i64>parts(rows, lanes) * (all + TILE_PANELS);
  const byPanel = <i64>rows * (parts(all, lanes) + TILE_PANELS);
  let rowFrom = 0, rowTo = rows, panelFrom = 0, panelTo = all;
  if (byRow <= byPanel) {
    rowFrom = firstBlock(rows);
    rowTo = lastBlock(rows);
  } else {
    panelFrom = firstBlock(all);
    panelTo = lastBlock(all);
  }
  if (rowFrom == rowTo || panelFrom == panelTo) return;
  memory.fill(scratch() + Layout.Packing + Space.Zeros, 0, Space.Results - Space.Zeros);
  const blocks = parts(rowTo - rowFrom, max(1, mostTiles / tileColumns));
  for (let i = 0; i < blocks; i++) {
    const from = rowFrom + cut(rowTo - rowFrom, i, blocks);
    const to = rowFrom + cut(rowTo - rowFrom, i + 1, blocks);
    for (let rowPhase = 0; rowPhase < rowPhases; rowPhase++) {
      for (let columnPhase = 0; columnPhase < columnPhases; columnPhase++) {
        phaseBlock(from, to, rowPhase, columnPhase, panelFrom, panelTo);
      }
    }
    if (epilogue) finish(resultRow(from) * outWidth, resultRow(to) * outWidth, panelFrom << 3, min(panelTo << 3, outChannels));
  }
}

// First result row, over all images, of a row of tiles.
function resultRow(row: i32): i32 {
  const image = row / tileRows;
  return image * outHeight + min(tile * rowPhases * (row - image * tileRows), outHeight);
}

function finish(from: i32, to: i32, channelFrom: i32, channelTo: i32): void {
  if (channelTo - channelFrom == outChannels) {
    mapRange(epilogue, from * outChannels, to * outChannels);
    return;
  }
  for (let pixel = from; pixel < to; pixel++) mapRange(epilogue, pixel * outChannels + channelFrom, pixel * outChannels + channelTo);
}

// The tiles of one phase in tile rows [rowFrom, rowTo).
function phaseBlock(rowFrom: i32, rowTo: i32, rowPhase: i32, columnPhase: i32, panelFrom: i32, panelTo: i32): void {
  const count = (rowTo - rowFrom) * tileColumns;
  const chunks = parts(count, mostTiles);
  const phase = rowPhase * columnPhases + columnPhase;
  for (let i = 0; i < chunks; i++) {
    const from = rowFrom * tileColumns + cut(count, i, chunks);
    const tiles = rowFrom * tileColumns + cut(count, i + 1, chunks) - from;
    openTiles(from, tiles, rowPhase, columnPhase);
    for (let panel = panelFrom; panel < panelTo; ) {
      const group = panel / panels, first = group * panels;
      const end = min(min(panelTo, first + panels), panel + (mostDepth >> 3));
      products(tiles, group * rowPhases * columnPhases + phase, rowPhase, columnPhase, group * groupIn, panel - first, end - first);
      results(tiles, panel << 3, min(end << 3, outChannels) - (panel << 3));
      panel = end;
    }
  }
}

function openTiles(from: i32, count: i32, rowPhase: i32, columnPhase: i32): void {
  const space = scratch() + Layout.Packing;
  const values = space + Space.Values;
  const rows = rowsOf(rowPhase), columns = columnsOf(columnPhase);
  let line = from / tileColumns;
  let column = from - line * tileColumns;
  for (let i = 0; i < count; i++) {
    const image = line / tileRows;
    const row = line - image * tileRows;
    const y = tile * row * rowStep, x = tile * column * columnStep;
    const to = space + Space.Tiles + <usize>i * TILE_BYTES;
    store<usize>(to, input + (<usize>((image * inHeight + y) * inWidth + x) * inChannels << 2));
    store<i32>(to, y, 4);
    store<i32>(to, x, 8);
    const outY = rowPhase + tile * row * rowPhases, outX = columnPhase + tile * column * columnPhases;
    store<usize>(to, out + (<usize>((image * outHeight + outY) * outWidth + outX) * outChannels << 2), 12);
    store<i32>(to, min(rows - tile * row, tile), 16);
    store<i32>(to, min(columns - tile * column, tile), 20);
    store<usize>(space + Space.Table + (<usize>i << 2), values + <usize>i * stride);
    if (++column == tileColumns) { column = 0; line++; }
  }
}

// m of the open tiles, for panels [panel, end) of the group whose first channel is `base`. `phase`: counted over all groups.
function products(tiles: i32, phase: i32, rowPhase: i32, columnPhase: i32, base: i32, panel: i32, end: i32): void {
  for (let s = 0; s < setBlocks; s++) {
    const setFrom = setAt(s), setTo = setAt(s + 1);
    for (let b = 0; b < channelBlocks; b++) {
      const channel = channelAt(b), run = channelAt(b + 1) - channel;
      for (let set = setFrom; set < setTo; set++) {
        inputs(tiles, rowOffsetOf(rowPhase, set), columnOffsetOf(columnPhase, set), base + channel, run, <usize>((set - setFrom) * run) << 2);
      }
      multiply(tiles, phase, panel, end, setFrom * groupIn + channel, (setTo - setFrom) * run, s + b > 0);
    }
  }
}

// Input transform of one set of taps, whose origin is (`dy`, `dx`) from each tile's origin. Transforms `run` channels
// from `channel` on, and writes them `offset` bytes into the space `Values` (u).
function inputs(tiles: i32, dy: i32, dx: i32, channel: i32, run: i32, offset: usize): void {
  const space = scratch() + Layout.Packing;
  const shift = <usize>((dy * inWidth + dx) * inChannels + channel) << 2;
  let from = space + Space.Tiles, to = space + Space.Values + offset;
  for (let i = 0; i < tiles; i++, from += TILE_BYTES, to += stride) {
    const y = load<i32>(from, 4) + dy, x = load<i32>(from, 8) + dx;
    inputTile(to, step, load<usize>(from) + shift, y, x, run, space + Space.Pixels, space + Space.Zeros, space + Space.Square);
  }
}

// m (+)= u w for every position, over `run` steps of k from `from` on.
function multiply(tiles: i32, phase: i32, panel: i32, end: i32, from: i32, run: i32, accumulate: bool): void {
  const space = scratch() + Layout.Packing;
  const m = space + Space.Values + <usize>mostTiles * stride;
  const tileCount = parts(tiles, tallest);
  for (let position = 0; position < positions; position++) {
    const offset = <usize>position * step;
    beat();
    for (let j = panel; j < end; ) {
      const b = weights + (<usize>(((phase * positions + position) * depth + from) * panels + j * run) << 5);
      const pair = WIDE && end - j >= 2;
      let c = m + offset + (<usize>(j - panel) << 5);
      let row = 0;
      for (let t = 1; t <= tileCount; t++) {
        const next = cut(tiles, t, tileCount), pointers = space + Space.Table + (<usize>row << 2);
        if (pair) wideRowTile(next - row, pointers, 0, 1, offset, run, b, <usize>run << 5, c, stride, accumulate);
        else rowTile(next - row, pointers, 0, 1, offset, run, b, c, stride, accumulate);
        c += stride * (next - row);
        row = next;
      }
      j += pair ? 2 : 1;
    }
  }
}

// Output transform: `count` features from `feature` on, to the pixels inside the image.
function results(tiles: i32, feature: i32, count: i32): void {
  const space = scratch() + Layout.Packing;
  const right = <usize>(columnPhases * outChannels) << 2, down = <usize>(rowPhases * outWidth * outChannels) << 2;
  let m = space + Space.Values + <usize>mostTiles * stride;
  for (let i = 0; i < tiles; i++, m += stride) {
    const at = space + Space.Tiles + <usize>i * TILE_BYTES;
    const first = load<usize>(at, 12) + (<usize>feature << 2), rows = load<i32>(at, 16), columns = load<i32>(at, 20);
    if (rows == tile && columns == tile) {
      foldResults(form, first, down, right, m, step, count, space + Space.Square);
    } else {
      const line = <usize>tile * STEP;
      foldResults(form, space + Space.Results, line, STEP, m, step, count, space + Space.Square);
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          const from = space + Space.Results + <usize>y * line + <usize>x * STEP;
          memory.copy(first + <usize>y * down + <usize>x * right, from, <usize>count << 2);
        }
      }
    }
  }
}
