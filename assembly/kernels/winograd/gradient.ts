/**
 * Weight gradients of convolutions with fewer multiplications: r x r taps from m x m result pixels at a time, by F(r,
 * m) along both axes, with as many products as `winograd`. Inputs are transformed as in `winograd`; the result pixels
 * are transformed in place of its weights (`transforms.ts`).
 *
 *     for groups, sets, blocks of channels, blocks of features      dealt out to lanes
 *       for blocks of tiles, over all images
 *         input transform                        u[tile][position][channel]
 *         transform of the result pixels         v[position][panel][tile][8]
 *         for positions, panels, tiles of rows   matmul's micro-kernel: m[channel][position][feature] += u^T v
 *       output transform                         to the weights of every tap
 *       epilogue over them
 *
 * A sum runs tile by tile, in an order that depends on the geometry alone. Channels and features are multiples as in
 * `winograd.ts`.
 */
import { beat } from "../../barrier";
import { firstBlock, lanes, lastBlock, scratch } from "../../lane";
import { ConvolveWord, Layout } from "../../opcode";
import { cut, parts } from "../convolution/block";
import {
  batch, columnStep, epilogue, groupIn, groups, inChannels, inHeight, input, inWidth, openGeometry, out, outChannels, outHeight,
  outWidth, rowStep, weights,
} from "../convolution/geometry";
import { mapOpen, mapRange } from "../map";
import { columnTile, tallest } from "../matmul/tile";
import { wideColumnTile } from "../matmul/wide-tile";
import { inputTile } from "./inputs";
import {
  columnNumberOf, columnOffsetOf, form, openSlides, panels, positions, rowNumberOf, rowOffsetOf, sets, setTaps, tile,
  tileColumns, tileRows,
} from "./slides";
import { foldTaps, Form, spreadPixels } from "./transforms";

/** Bytes from the start of the lane's packing space. */
enum Space {
  /** A square of transformed values. */
  Square = 0,
  /** Addresses of a tile's pixels. */
  Pixels = 1152,
  Zeros = 1600,
  /** Taps of one channel, at most [3][3][128]. */
  Taps = 2112,
  /** u, then m, then v. */
  Values = 6720,
  End = 913280,
}

/**
 * An extra cache line after the positions, so that rows do not share sets of the first-level cache; also after a panel.
 */
const GAP: usize = 64;

let kernelWidth: i32 = 0;
/** Maximum channels, features and tiles of a block: u, m and v fill the packing space. */
let mostChannels: i32 = 0, mostFeatures: i32 = 0, mostTiles: i32 = 0;
/** Bytes per position, and per row of all positions, in u and in m. */
let inputStep: usize = 0, inputStride: usize = 0, productStep: usize = 0, productStride: usize = 0;
/** Addresses of u, m and v. */
let inputsAt: usize = 0, productsAt: usize = 0, pixelsAt: usize = 0;

// More positions leave room for fewer channels and features, or for so few tiles that m is loaded and stored too often.
function openBlocks(): void {
  mostChannels = min(groupIn, form < Form.F42 ? 64 : 32);
  mostFeatures = min(panels << 3, form == Form.F22 ? 128 : 64);
  inputStep = <usize>mostChannels << 2;
  productStep = <usize>mostFeatures << 2;
  inputStride = <usize>positions * inputStep + GAP;
  productStride = <usize>positions * productStep + GAP;
  const products = <usize>mostChannels * productStride, gaps = (<usize>positions * mostFeatures >> 3) * GAP;
  mostTiles = (Space.End - Space.Values - <i32>(products + gaps)) / <i32>(inputStride + <usize>positions * productStep);
  // If channels and features are few: u and v need not fill the second-level cache.
  mostTiles = min(mostTiles, 64);
  inputsAt = scratch() + Layout.Packing + Space.Values;
  productsAt = inputsAt + <usize>mostTiles * inputStride;
  pixelsAt = productsAt + products;
}

/** Runs a `WinogradGradient` command. */
export function winogradGradient(command: usize): void {
  openGeometry(command);
  openSlides(command);
  kernelWidth = load<i32>(command, ConvolveWord.KernelWidth << 2);
  if (epilogue) mapOpen(epilogue);
  openBlocks();
  memory.fill(scratch() + Layout.Packing + Space.Zeros, 0, Space.Taps - Space.Zeros);
  let channelBlocks = parts(groupIn, mostChannels), featureBlocks = parts(panels, mostFeatures >> 3);
  // Smaller blocks if that balances the lanes: of features, or of channels if there are few of both.
  const all = groups * sets;
  while ((all * channelBlocks * featureBlocks) % lanes != 0 && featureBlocks * 8 <= panels) featureBlocks++;
  while (all * channelBlocks * featureBlocks < lanes && channelBlocks * 8 <= groupIn) channelBlocks++;
  const units = all * channelBlocks * featureBlocks;
  for (let unit = firstBlock(units), last = lastBlock(units); unit < last; unit++) {
    const row = unit / featureBlocks, block = unit - row * featureBlocks;
    const set = row / channelBlocks, channels = row - set * channelBlocks, group = set / sets;
    const channel = cut(groupIn >> 2, channels, channelBlocks) << 2;
    const run = (cut(groupIn >> 2, channels + 1, channelBlocks) << 2) - channel;
    const panel = group * panels + cut(panels, block, featureBlocks), end = group * panels + cut(panels, block + 1, featureBlocks);
    gradientBlock(set - group * sets, group * groupIn, channel, run, panel, end);
  }
}

// Taps of a set, channels [channel, channel + run) of the group whose first one is `base`, features of panels [panel, end).
function gradientBlock(set: i32, base: i32, channel: i32, run: i32, panel: i32, end: i32): void {
  const count = batch * tileRows * tileColumns;
  const blocks = parts(count, mostTiles);
  for (let i = 0; i < blocks; i++) {
    const from = cut(count, i, blocks), tiles = cut(count, i + 1, blocks) - from;
    transformInputs(from, tiles, set, base + channel, run);
    transformPixels(from, tiles, panel, end);
    multiply(tiles, run, end - panel, i > 0);
  }
  if (blocks == 0) memory.fill(productsAt, 0, <usize>run * productStride);
  results(set, channel, run, panel << 3, min(end << 3, outChannels) - (panel << 3));
}

function transformInputs(from: i32, tiles: i32, set: i32, channel: i32, run: i32): void {
  const space = scratch() + Layout.Packing;
  const dy = rowOffsetOf(0, set), dx = columnOffsetOf(0, set);
  let line = from / tileColumns;
  let column = from - line * tileColumns;
  let to = inputsAt;
  for (let i = 0; i < tiles; i++, to += inputStride) {
    const image = line / tileRows;
    const y = tile * (line - image * tileRows) * rowStep + dy, x = tile * column * columnStep + dx;
    const start = input + (<usize>(((image * inHeight + y) * inWidth + x) * inChannels + channel) << 2);
    inputTile(to, inputStep, start, y, x, run, space + Space.Pixels, space + Space.Zeros, space + Space.Square);
    if (++column == tileColumns) { column = 0; line++; }
  }
}

// Transforms the result pixels of the tiles, panels [panel, end). Missing features of the last panel keep old values:
// their sums are never read.
function transformPixels(from: i32, tiles: i32, panel: i32, end: i32): void {
  const space = scratch() + Layout.Packing;
  const pixels = space + Space.Pixels, zeros = space + Space.Zeros;
  const right = <usize>outChannels << 2, down = <usize>(outWidth * outChannels) << 2;
  const panelStep = (<usize>tiles << 5) + GAP, step = panelStep * (end - panel);
  const count = min(end << 3, outChannels) - (panel << 3);
  let line = from / tileColumns;
  let column = from - line * tileColumns;
  let to = pixelsAt;
  for (let i = 0; i < tiles; i++, to += 32) {
    const image = line / tileRows;
    const y = tile * (line - image * tileRows), x = tile * column;
    let start = out + (<usize>(((image * outHeight + y) * outWidth + x) * outChannels + (panel << 3)) << 2), p = pixels;
    for (let r = 0; r < tile; r++, start += down) {
      let pixel = start;
      for (let c = 0; c < tile; c++, pixel += right, p += 4) {
        store<usize>(p, y + r < outHeight && x + c < outWidth ? pixel : zeros);
      }
    }
    spreadPixels(form, to, step, panelStep, pixels, count, space + Space.Square);
    if (++column == tileColumns) { column = 0; line++; }
  }
}

function multiply(tiles: i32, run: i32, count: i32, accumulate: bool): void {
  const stride = productStride, panelStep = (<usize>tiles << 5) + GAP;
  const rowTiles = parts(run, tallest);
  let b = pixelsAt, a = inputsAt;
  for (let position = 0; position < positions; position++, a += inputStep) {
    beat();
    for (let j = 0; j < count; ) {
      const pair = WIDE && count - j >= 2;
      let c = productsAt + <usize>position * productStep + (<usize>j << 5);
      let row = 0;
      for (let t = 1; t <= rowTiles; t++) {
        const next = cut(run, t, rowTiles), first = a + (<usize>row << 2);
        if (pair) wideColumnTile(next - row, first, inputStride, tiles, b, panelStep, c, stride, accumulate);
        else columnTile(next - row, first, inputStride, tiles, b, c, stride, accumulate);
        c += stride * (next - row);
        row = next;
      }
      j += pair ? 2 : 1;
      b += pair ? 2 * panelStep : panelStep;
    }
  }
}

// Output transform of every channel: `count` features from `feature` on, to all taps of the set.
function results(set: i32, channel: i32, run: i32, feature: i32, count: i32): void {
  const space = scratch() + Layout.Packing;
  let m = productsAt;
  for (let c = channel; c < channel + run; c++, m += productStride) {
    foldTaps(form, space + Space.Taps, productStep, m, productStep, count, space + Space.Square);
    for (let tap = 0; tap < setTaps * setTaps; tap++) {
      const to = weights + (<usize>first(set, tap, c, feature) << 2);
      memory.copy(to, space + Space.Taps + <usize>tap * productStep, <usize>count << 2);
    }
  }
  if (!epilogue) return;
  for (let tap = 0; tap < setTaps * setTaps; tap++) {
    const from = first(set, tap, channel, feature);
    if (count == outChannels) mapRange(epilogue, from, from + run * outChannels);
    else for (let c = 0; c < run; c++) mapRange(epilogue, from + c * outChannels, from + c * outChannels + count);
  }
}

// Index of the element (tap, channel, feature) in the weights.
function first(set: i32, tap: i32, channel: i32, feature: i32): i32 {
  const row = tap / setTaps;
  const number = rowNumberOf(0, set, row) * kernelWidth + columnNumberOf(0, set, tap - row * setTaps);
  return (number * groupIn + channel) * outChannels + feature;
}
