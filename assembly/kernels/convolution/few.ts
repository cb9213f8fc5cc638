/**
 * Results with one to four features: a panel of eight features would be mostly zeros. Instead, every pixel of the image
 * is multiplied by the weights of all taps at once, with one column per tap and feature, and each result sums the
 * columns of its taps:
 *
 *     P[pixel][tap, feature] = sum over channels of  in[pixel][channel] * weights[tap][channel][feature]
 *     out[q][feature] = sum over taps of  P[q + offset of the tap][tap, feature]
 *
 * Different phases have different taps, so gradients need every product; so do convolutions of stride 1, except for the
 * columns that fill up the last panel. The order of a sum is channels, then the taps of the phase, for any number of
 * lanes and any blocks. Measured at 64 channels, one feature, 4x4 / 2: 5.9 GFLOP/s with panels, 22 with dot products
 * over the windows.
 */
import { beat } from "../../barrier";
import { scratch } from "../../lane";
import { Layout } from "../../opcode";
import { packColumns } from "../matmul/pack";
import { Block, cut, parts, Space } from "./block";
import {
  columnOffset, columnPhases, columnStep, groupIn, groups, inChannels, inHeight, input, inWidth, kernelWidth, openPhase, out,
  outChannels, outHeight, outWidth, phaseColumns, rowOffset, rowPhases, rowStep, tapColumns, tapNumber, tapRows, transposed,
  weights,
} from "./geometry";
import { rowTiles, tileWidth } from "./tiles";

enum Few {
  /** Maximum number of features. */
  Features = 4,
  /** Maximum taps x features, limited by `Space.Table`. */
  Taps = 2048,
  /** Maximum floats of P, limited by the space from `Space.Copied` to `Space.Panels`. */
  Products = 131072,
}

/** Columns of P, one per tap and feature: the ones in use, and their number rounded up to whole panels. */
let taken: i32 = 0, columns: i32 = 0;
/** Smallest and largest row offset of a tap, over all phases. */
let above: i32 = 0, below: i32 = 0;

/** Whether the current convolution is computed in this file: it has stride 1 or is a gradient, and few features. */
export function fewFeatures(): bool {
  if (groups > 1 || outChannels > Few.Features || rowStep != 1 || columnStep != 1) return false;
  if (groupIn < Block.FewChannels || groupIn > Block.Depth) return false;
  above = i32.MAX_VALUE;
  below = i32.MIN_VALUE;
  let kernelHeight = 0;
  for (let phase = 0; phase < rowPhases; phase++) {
    openPhase(phase, 0);
    kernelHeight += tapRows;
    for (let tap = 0; tap < tapRows; tap++) {
      above = min(above, rowOffset(tap));
      below = max(below, rowOffset(tap));
    }
  }
  taken = kernelHeight * kernelWidth * outChannels;
  if (taken <= 0 || taken > Few.Taps) return false;
  columns = (taken + 7) & ~7;
  if (columns * groupIn > Space.PanelFloats || inWidth <= 0 || inWidth > Few.Products / columns) return false;
  return mostRows() > 0;
}

// Maximum result rows of an image whose part of P fits the buffer.
function mostRows(): i32 {
  return (Few.Products / (inWidth * columns) - (below - above + 1)) * rowPhases;
}

/** Packs the weights into panels [channels][8] whose columns are tap x feature. */
export function fewOpen(): void {
  let panel = scratch() + Layout.Packing + Space.Panels;
  for (let column = 0; column < taken; column += 8, panel += <usize>groupIn << 5) {
    const there = min(8, taken - column);
    if (transposed) packColumns(panel, weights + (<usize>(column * inChannels) << 2), <usize>inChannels << 2, inChannels, there);
    else packFeatures(panel, column, there);
  }
}

// A panel of weights [tap][channel][feature].
function packFeatures(panel: usize, column: i32, there: i32): void {
  memory.fill(panel, 0, <usize>groupIn << 5);
  for (let j = 0; j < there; j++) {
    const tap = (column + j) / outChannels;
    let from = weights + (<usize>(tap * inChannels * outChannels + column + j - tap * outChannels) << 2);
    let to = panel + (<usize>j << 2);
    for (let c = 0; c < inChannels; c++, from += <usize>outChannels << 2, to += 32) f32.store(to, f32.load(from));
  }
}

/** Result rows [from, to), counted over all images. */
export function fewRows(from: i32, to: i32): void {
  const most = mostRows();
  for (let row = from; row < to; ) {
    const image = row / outHeight, first = row - image * outHeight;
    const count = min(min(to - row, outHeight - first), most);
    const top = max(0, first / rowPhases + above);
    const bottom = min(inHeight, (first + count - 1) / rowPhases + below + 1);
    if (top < bottom) multiply(image * inHeight + top, bottom - top);
    collect(image, first, first + count, top, bottom);
    row += count;
  }
}

// P of `count` image rows from row `top` on, counted over all images.
function multiply(top: i32, count: i32): void {
  const space = scratch() + Layout.Packing;
  const products = space + Space.Copied, stride = <usize>columns << 2;
  const pixel = <usize>inChannels << 2;
  let a = input + <usize>(top * inWidth) * pixel;
  const all = count * inWidth;
  const blocks = parts(all, Block.Rows);
  for (let i = 0; i < blocks; i++) {
    beat();
    const first = cut(all, i, blocks), rows = cut(all, i + 1, blocks) - first;
    for (let row = 0; row < rows; row++, a += pixel) store<usize>(space + Space.Table + (<usize>row << 2), a);
    const c = products + stride * first, bytes = <usize>groupIn << 5;
    for (let j = 0; j < columns; ) {
      const width = tileWidth(columns - j), panel = space + Space.Panels + <usize>(j >> 3) * bytes;
      rowTiles(space + Space.Edge, space + Space.Table, rows, 1, groupIn, panel, bytes, c + (<usize>j << 2), stride, false, width);
      j += width;
    }
  }
}

// Result rows [from, to) of an image, from P of its rows [top, bottom).
function collect(image: i32, from: i32, to: i32, top: i32, bottom: i32): void {
  const line = <usize>(outWidth * outChannels) << 2;
  const lines = out + line * (image * outHeight);
  for (let rowPhase = 0; rowPhase < rowPhases; rowPhase++) {
    for (let columnPhase = 0; columnPhase < columnPhases; columnPhase++) {
      openPhase(rowPhase, columnPhase);
      // Start at the first row of the phase that is not above `from`.
      for (let q = (from - rowPhase + rowPhases - 1) / rowPhases; rowPhase + q * rowPhases < to; q++) {
        const count = listTaps(q, top, bottom);
        addUp(lines + line * (rowPhase + q * rowPhases) + (<usize>(columnPhase * outChannels) << 2), count);
      }
    }
  }
}

// Lists the parts of P that row q of the phase sums: per tap the address for pixel 0, which may lie outside the image,
// and the tap's column offset. Returns the number of taps.
function listTaps(q: i32, top: i32, bottom: i32): i32 {
  const space = scratch() + Layout.Packing;
  const stride = columns << 2;
  let list = space + Space.Table;
  for (let down = 0; down < tapRows; down++) {
    const row = q + rowOffset(down);
    if (row < top || row >= bottom) continue;
    const line = space + Space.Copied + <usize>((row - top) * inWidth * stride);
    for (let tap = 0; tap < tapColumns; tap++, list += 8) {
      const dx = columnOffset(tap);
      store<usize>(list, line + dx * stride + (tapNumber(down * tapColumns + tap) * outChannels << 2));
      store<i32>(list, dx, 4);
    }
  }
  return <i32>(list - space - Space.Table) >> 3;
}

// A row of the phase's pixels. For the pixels in the middle all taps are inside the image.
function addUp(to: usize, count: i32): void {
  const list = scratch() + Layout.Packing + Space.Table;
  const advance = <usize>(columnPhases * outChannels) << 2, stride = <usize>columns << 2;
  let least = 0, most = 0;
  if (count > 0) least = most = load<i32>(list, 4);
  for (let i = 1; i < count; i++) {
    const dx = load<i32>(list + (<usize>i << 3), 4);
    least = min(least, dx);
    most = max(most, dx);
  }
  const inside = min(phaseColumns, max(0, -least)), behind = max(inside, min(phaseColumns, inWidth - most));
  let x = 0;
  for (; x < inside; x++, to += advance) addSome(to, x, list, count);
  let p = stride * x;
  if (outChannels == 1) {
    for (; x < behind; x++, to += advance, p += stride) {
      let sum: f32 = 0;
      for (let i = list, end = list + (<usize>count << 3); i != end; i += 8) sum += f32.load(load<usize>(i) + p);
      f32.store(to, sum);
    }
  } else {
    for (; x < behind; x++, to += advance, p += stride) {
      let sum = f32x4.splat(0);
      for (let i = list, end = list + (<usize>count << 3); i != end; i += 8) sum = f32x4.add(sum, v128.load(load<usize>(i) + p));
      v128.store64_lane(to, sum, 0);
      if (outChannels > 2) v128.store32_lane(to, sum, 2, 8);
      if (outChannels > 3) v128.store32_lane(to, sum, 3, 12);
    }
  }
  for (; x < phaseColumns; x++, to += advance) addSome(to, x, list, count);
}

// A pixel at either end of the row: taps outside the image add nothing.
function addSome(to: usize, x: i32, list: usize, count: i32): void {
  const p = <usize>(columns * x) << 2;
  for (let feature: usize = 0; feature < <usize>outChannels << 2; feature += 4) {
    let sum: f32 = 0;
    for (let i = list, end = list + (<usize>count << 3); i != end; i += 8) {
      if (<u32>(x + load<i32>(i, 4)) < <u32>inWidth) sum += f32.load(load<usize>(i) + p + feature);
    }
    f32.store(to + feature, sum);
  }
}
