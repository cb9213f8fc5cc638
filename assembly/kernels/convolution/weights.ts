/**
 * Gradients of convolutions with respect to their weights, as implicit matrix products: C = A^T B; rows of C are taps x
 * channels, columns are features, and k runs over the result pixels of all images.
 *
 *     for groups, for at most 256 features
 *       for blocks of k (at most 256 pixels)     B packed in panels of 8 features, A copied: [pixels][taps x channels]
 *         for blocks of at most 256 rows         whole taps, or a part of one tap's channels
 *           for panels, for tiles of up to 6 rows: matmul's micro-kernel, adding to w
 *     epilogue
 *
 * Lanes take ranges of rows or of features. A sum runs pixel by pixel, in blocks that depend on the geometry alone.
 */
import { beat } from "../../barrier";
import { firstBlock, lanes, lastBlock, scratch } from "../../lane";
import { Layout } from "../../opcode";
import { mapOpen, mapRange } from "../map";
import { packRows } from "../matmul/pack";
import { tallest } from "../matmul/tile";
import { Block, cut, parts, Space } from "./block";
import { depthwiseWeights } from "./depthwise";
import {
  batch, epilogue, groupIn, groupOut, groups, openGeometry, openPhase, out, outChannels, outHeight, outWidth, taps, weights,
} from "./geometry";
import { copyRows, openRows } from "./rows";
import { columnTiles, tileWidth } from "./tiles";

/** Copying a pixel's channels costs as much as multiplying them by this many features; likewise for packing. */
const PACK: i32 = 6;

/** Runs a `ConvolveWeights` command. */
export function convolveWeights(command: usize): void {
  openGeometry(command);
  openPhase(0, 0);
  const rows = taps * groupIn;
  if (epilogue) mapOpen(epilogue);
  const pixels = batch * outHeight * outWidth;
  if (groupIn == 1 && groupOut == 1) {
    // Lanes split the channels: every tap reads the same pixels.
    const from = firstBlock(parts(outChannels, 4)) << 2, to = min(lastBlock(parts(outChannels, 4)) << 2, outChannels);
    if (from < to) depthwiseWeights(from, to);
    if (epilogue) for (let tap = 0; tap < taps; tap++) finish(tap, tap + 1, from, to);
    return;
  }
  const panels = groups == 1 ? parts(outChannels, 8) : 1;
  let rowFrom = 0, rowTo = rows, columnFrom = 0, columnTo = outChannels;
  // Work of the busiest lane, for each of the two ways to split.
  const tileRows = parts(rows, tallest);
  const byRow = <i64>(parts(tileRows, lanes) * tallest + PACK) * (panels * 8 + PACK);
  const byPanel = <i64>(tileRows * tallest + PACK) * (parts(panels, lanes) * 8 + PACK);
  if (byRow <= byPanel) {
    rowFrom = min(firstBlock(tileRows) * tallest, rows);
    rowTo = min(lastBlock(tileRows) * tallest, rows);
  } else {
    columnFrom = firstBlock(panels) << 3;
    columnTo = min(lastBlock(panels) << 3, outChannels);
  }
  if (rowFrom >= rowTo || columnFrom >= columnTo) return;
  for (let channel = columnFrom; channel < columnTo; ) {
    const group = channel / groupOut;
    const columns = min(min(columnTo - channel, groupOut - (channel - group * groupOut)), <i32>Block.Columns);
    features(pixels, group, channel, columns, rowFrom, rowTo);
    channel += columns;
  }
  if (epilogue) finish(rowFrom, rowTo, columnFrom, columnTo);
}

// Rows and columns are those of w as [taps x channels, features].
function finish(rowFrom: i32, rowTo: i32, columnFrom: i32, columnTo: i32): void {
  if (columnTo - columnFrom == outChannels) mapRange(epilogue, rowFrom * outChannels, rowTo * outChannels);
  else for (let row = rowFrom; row < rowTo; row++) mapRange(epilogue, row * outChannels + columnFrom, row * outChannels + columnTo);
}

// Rows [rowFrom, rowTo) of w, features [channel, channel + columns), which belong to one group.
function features(pixels: i32, group: i32, channel: i32, columns: i32, rowFrom: i32, rowTo: i32): void {
  const space = scratch() + Layout.Packing;
  const stride = <usize>outChannels << 2;
  const blocks = max(1, parts(pixels, Block.Depth));
  for (let block = 0; block < blocks; block++) {
    const first = cut(pixels, block, blocks);
    const depth = cut(pixels, block + 1, blocks) - first;
    const b = out + <usize>first * stride + (<usize>channel << 2);
    for (let j = 0; j < columns; j += 8) {
      packRows(space + Space.Aside + <usize>j * (Block.Depth << 2), b + (<usize>j << 2), stride, depth, min(8, columns - j));
    }
    if (depth > 0) openRows(space + Space.Coordinates, first, depth);
    for (let row = rowFrom; row < rowTo; ) {
      beat();
      const tap = row / groupIn;
      const c = row - tap * groupIn;
      let count = 1;
      let run = min(min(groupIn - c, rowTo - row), <i32>Block.Depth);
      if (c == 0 && run == groupIn) count = max(1, min(rowTo - row, Block.Depth) / groupIn);
      if (depth > 0) copyRows(space + Space.Copied, <usize>(count * run) << 2, space + Space.Coordinates, depth, tap, count, group * groupIn + c, run);
      const target = weights + <usize>row * stride + (<usize>channel << 2);
      for (let j = 0; j < columns; ) {
        const width = tileWidth(columns - j), there = min(width, columns - j);
        const panel = space + Space.Aside + <usize>j * (Block.Depth << 2), next: usize = Block.Depth << 5;
        columnTiles(space + Space.Edge, space + Space.Copied, count * run, depth, panel, next, target + (<usize>j << 2), stride, block > 0, there);
        j += width;
      }
      row += count * run;
    }
  }
}
