/**
 * Gradients of convolutions to their weights with fewer multiplications: r x r taps from 2 x 2 result pixels at a time, by
 * F(r, 2) along both axes, 9 products in place of 16 where a set of taps is 2 x 2, 16 in place of 36 where it is 3 x 3.
 * The inputs' transform is the one of `winograd`, the result pixels take the part of its weights (`transforms.ts`).
 *
 *     for sets, blocks of at most 64 channels, blocks of at most 128 features      dealt out to lanes
 *       for blocks of tiles, over all images
 *         input transform                        u[tile][position][channel]
 *         transform of the result pixels         v[position][panel][tile][8]
 *         for positions, panels, tiles of rows   matmul's micro-kernel: m[channel][position][feature] += u^T v
 *       output transform                         to the weights of every tap
 *       epilogue over them
 *
 * An element is summed tile by tile, in an order that depends on the geometry alone. Channels and features are multiples
 * of four.
 */
import { beat } from "../../barrier";
import { firstBlock, lanes, lastBlock, scratch } from "../../lane";
import { ConvolveWord, Layout } from "../../opcode";
import { cut, parts } from "../convolution/block";
import {
  batch, columnStep, epilogue, inChannels, inHeight, input, inWidth, openGeometry, out, outChannels, outHeight, outWidth, rowStep,
  weights,
} from "../convolution/geometry";
import { mapOpen, mapRange } from "../map";
import { columnTile, tallest } from "../matmul/tile";
import {
  columnNumberOf, columnOffsetOf, openSlides, panels, positions, rowNumberOf, rowOffsetOf, sets, setTaps, tileColumns, tileRows,
} from "./slides";
import { input2, input3, pixels2, pixels3, Step, taps3, output2 } from "./transforms";

/** Bytes from the start of the lane's packing space. */
enum Space {
  /** Addresses of a tile's pixels, or of taps. */
  Pixels = 0,
  Zeros = 512,
  /** u, then m, then v. */
  Values = 1024,
}

/** A line more than the positions have, so that rows do not share sets of the first-level cache; also behind a panel. */
const GAP: usize = 64;
/** Most channels of a block. */
const CHANNELS: i32 = 64;

let kernelWidth: i32 = 0;

// Most tiles of a block: u, m and v fill the packing space.
// @ts-ignore: decorator
@inline
function mostTiles(): i32 {
  return setTaps == 2 ? 64 : 20;
}

// @ts-ignore: decorator
@inline
function rowStride(): usize {
  return <usize>positions * Step.Bytes + GAP;
}

// Addresses of u, m and v.
// @ts-ignore: decorator
@inline
function inputsAt(): usize {
  return scratch() + Layout.Packing + Space.Values;
}

// @ts-ignore: decorator
@inline
function productsAt(): usize {
  return inputsAt() + <usize>mostTiles() * rowStride();
}

// @ts-ignore: decorator
@inline
function pixelsAt(): usize {
  return productsAt() + <usize>CHANNELS * rowStride();
}

/** Runs a `WinogradGradient` command. */
export function winogradGradient(command: usize): void {
  openGeometry(command);
  openSlides(command);
  kernelWidth = load<i32>(command, ConvolveWord.KernelWidth << 2);
  if (epilogue) mapOpen(epilogue);
  memory.fill(scratch() + Layout.Packing + Space.Zeros, 0, Step.Bytes);
  const channelBlocks = parts(inChannels, CHANNELS);
  const rows = sets * channelBlocks;
  // Blocks of features may be smaller where that gives all lanes as much to do.
  let featureBlocks = parts(panels, Step.Values >> 3);
  while ((rows * featureBlocks) % lanes != 0 && featureBlocks * 8 <= panels) featureBlocks++;
  const units = rows * featureBlocks;
  for (let unit = firstBlock(units), last = lastBlock(units); unit < last; unit++) {
    const row = unit / featureBlocks, block = unit - row * featureBlocks;
    const set = row / channelBlocks, channels = row - set * channelBlocks;
    const channel = cut(inChannels >> 2, channels, channelBlocks) << 2;
    const run = (cut(inChannels >> 2, channels + 1, channelBlocks) << 2) - channel;
    gradientBlock(set, channel, run, cut(panels, block, featureBlocks), cut(panels, block + 1, featureBlocks));
  }
}

// Taps of a set, channels [channel, channel + run), features of panels [panel, end).
function gradientBlock(set: i32, channel: i32, run: i32, panel: i32, end: i32): void {
  const count = batch * tileRows * tileColumns;
  const blocks = parts(count, mostTiles());
  for (let i = 0; i < blocks; i++) {
    const from = cut(count, i, blocks), tiles = cut(count, i + 1, blocks) - from;
    transformInputs(from, tiles, set, channel, run);
    transformPixels(from, tiles, panel, end);
    multiply(tiles, run, end - panel, i > 0);
  }
  if (blocks == 0) memory.fill(productsAt(), 0, <usize>run * rowStride());
  results(set, channel, run, panel << 3, min(end << 3, outChannels) - (panel << 3));
}

function transformInputs(from: i32, tiles: i32, set: i32, channel: i32, run: i32): void {
  const space = scratch() + Layout.Packing;
  const pixels = space + Space.Pixels, zeros = space + Space.Zeros;
  const side = setTaps + 1, dy = rowOffsetOf(0, set), dx = columnOffsetOf(0, set);
  const right = <usize>(columnStep * inChannels) << 2, down = <usize>(rowStep * inWidth * inChannels) << 2;
  let line = from / tileColumns;
  let column = from - line * tileColumns;
  let to = inputsAt();
  for (let i = 0; i < tiles; i++, to += rowStride()) {
    const image = line / tileRows;
    let y = 2 * (line - image * tileRows) * rowStep + dy, p = pixels;
    const left = 2 * column * columnStep + dx;
    let start = input + (<usize>(((image * inHeight + y) * inWidth + left) * inChannels + channel) << 2);
    for (let r = 0; r < side; r++, y += rowStep, start += down) {
      const inside = <u32>y < <u32>inHeight;
      let x = left, pixel = start;
      for (let c = 0; c < side; c++, x += columnStep, pixel += right, p += 4) {
        store<usize>(p, inside && <u32>x < <u32>inWidth ? pixel : zeros);
      }
    }
    if (setTaps == 2) input2(to, pixels, run);
    else input3(to, pixels, run);
    if (++column == tileColumns) { column = 0; line++; }
  }
}

// Result pixels of the tiles, panels [panel, end). The last panel's features that there are not stay as they are: what
// they add up to is never read.
function transformPixels(from: i32, tiles: i32, panel: i32, end: i32): void {
  const space = scratch() + Layout.Packing;
  const pixels = space + Space.Pixels, zeros = space + Space.Zeros;
  const right = <usize>outChannels << 2, down = <usize>(outWidth * outChannels) << 2;
  const panelStep = (<usize>tiles << 5) + GAP, step = panelStep * (end - panel);
  const count = min(end << 3, outChannels) - (panel << 3);
  let line = from / tileColumns;
  let column = from - line * tileColumns;
  let to = pixelsAt();
  for (let i = 0; i < tiles; i++, to += 32) {
    const image = line / tileRows;
    const y = 2 * (line - image * tileRows), x = 2 * column;
    const first = out + (<usize>(((image * outHeight + y) * outWidth + x) * outChannels + (panel << 3)) << 2);
    const below = y + 1 < outHeight, beside = x + 1 < outWidth;
    store<usize>(pixels, first);
    store<usize>(pixels, beside ? first + right : zeros, 4);
    store<usize>(pixels, below ? first + down : zeros, 8);
    store<usize>(pixels, below && beside ? first + down + right : zeros, 12);
    if (setTaps == 2) pixels2(to, step, panelStep, pixels, count);
    else pixels3(to, step, panelStep, pixels, count);
    if (++column == tileColumns) { column = 0; line++; }
  }
}

function multiply(tiles: i32, run: i32, count: i32, accumulate: bool): void {
  const stride = rowStride(), panelStep = (<usize>tiles << 5) + GAP;
  const rowTiles = parts(run, tallest);
  let b = pixelsAt();
  for (let position = 0; position < positions; position++) {
    const offset = <usize>position * Step.Bytes;
    beat();
    for (let j = 0; j < count; j++, b += panelStep) {
      let c = productsAt() + offset + (<usize>j << 5);
      let row = 0;
      for (let t = 1; t <= rowTiles; t++) {
        const next = cut(run, t, rowTiles);
        columnTile(next - row, inputsAt() + offset + (<usize>row << 2), stride, tiles, b, c, stride, accumulate);
        c += stride * (next - row);
        row = next;
      }
    }
  }
}

// Output transform of every channel: `count` features from `feature` on, to all taps of the set.
function results(set: i32, channel: i32, run: i32, feature: i32, count: i32): void {
  const pixels = scratch() + Layout.Packing + Space.Pixels;
  let m = productsAt();
  for (let c = channel; c < channel + run; c++, m += rowStride()) {
    for (let tap = 0; tap < setTaps * setTaps; tap++) {
      store<usize>(pixels + (<usize>tap << 2), weights + (<usize>first(set, tap, c, feature) << 2));
    }
    if (setTaps == 2) output2(pixels, m, count);
    else taps3(pixels, m, count);
  }
  if (!epilogue) return;
  for (let tap = 0; tap < setTaps * setTaps; tap++) {
    const from = first(set, tap, channel, feature);
    if (count == outChannels) mapRange(epilogue, from, from + run * outChannels);
    else for (let c = 0; c < run; c++) mapRange(epilogue, from + c * outChannels, from + c * outChannels + count);
  }
}

// Number of the element (tap, channel, feature) of the weights.
function first(set: i32, tap: i32, channel: i32, feature: i32): i32 {
  const row = tap / setTaps;
  const number = rowNumberOf(0, set, row) * kernelWidth + columnNumberOf(0, set, tap - row * setTaps);
  return (number * inChannels + channel) * outChannels + feature;
}
