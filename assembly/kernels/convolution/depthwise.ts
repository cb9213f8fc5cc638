/**
 * Depthwise convolutions, one channel per group: no matrix product, because each result channel depends on its own
 * input channel alone. Loop shape: per result pixel, sixteen channels at a time, over the taps inside the image.
 * Weights [taps, channels].
 */
import { beat } from "../../barrier";
import {
  columnOffset, columnPhases, inChannels, inHeight, inWidth, out, outHeight, outWidth, phaseColumns, phaseRows, rowOffset, rowPhases,
  tapColumns, tapNumber, taps, weights,
} from "./geometry";
import { openRows } from "./rows";
import { mulAdd } from "../../vector/arithmetic";

/**
 * Channels [channelFrom, channelTo) of pixels [from, from + count) of the phase; `row` is a buffer for the coordinates
 * of one row.
 */
export function depthwise(row: usize, from: i32, count: i32, rowPhase: i32, columnPhase: i32, channelFrom: i32, channelTo: i32): void {
  let line = from / phaseColumns;
  let column = from - line * phaseColumns;
  for (let i = 0; i < count; i++) {
    openRows(row, from + i, 1);
    const image = line / phaseRows;
    const y = rowPhase + (line - image * phaseRows) * rowPhases, x = columnPhase + column * columnPhases;
    pixel(row, out + (<usize>(((image * outHeight + y) * outWidth + x) * inChannels) << 2), channelFrom, channelTo);
    if (++column == phaseColumns) { column = 0; line++; }
  }
}

function pixel(row: usize, to: usize, channelFrom: i32, channelTo: i32): void {
  const from = load<usize>(row), y = load<i32>(row, 4), x = load<i32>(row, 8);
  let c = channelFrom;
  for (; c + 16 <= channelTo; c += 16) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let tap = 0; tap < taps; tap++) {
      const down = <i32>(<u32>tap / <u32>tapColumns);
      const dy = rowOffset(down), dx = columnOffset(tap - down * tapColumns);
      if (<u32>(y + dy) >= <u32>inHeight || <u32>(x + dx) >= <u32>inWidth) continue;
      const p = from + ((<isize>(dy * inWidth + dx) * inChannels + c) << 2);
      const w = weights + (<usize>(tapNumber(tap) * inChannels + c) << 2);
      s0 = mulAdd(v128.load(p), v128.load(w), s0);
      s1 = mulAdd(v128.load(p, 16), v128.load(w, 16), s1);
      s2 = mulAdd(v128.load(p, 32), v128.load(w, 32), s2);
      s3 = mulAdd(v128.load(p, 48), v128.load(w, 48), s3);
    }
    const o = to + (<usize>c << 2);
    v128.store(o, s0); v128.store(o, s1, 16); v128.store(o, s2, 32); v128.store(o, s3, 48);
  }
  for (; c < channelTo; c++) {
    // One channel, in the first element of a vector: the rounding is the same as above.
    let s = f32x4.splat(0);
    for (let tap = 0; tap < taps; tap++) {
      const down = <i32>(<u32>tap / <u32>tapColumns);
      const dy = rowOffset(down), dx = columnOffset(tap - down * tapColumns);
      if (<u32>(y + dy) >= <u32>inHeight || <u32>(x + dx) >= <u32>inWidth) continue;
      const p = from + ((<isize>(dy * inWidth + dx) * inChannels + c) << 2);
      s = mulAdd(v128.load32_zero(p), v128.load32_zero(weights + (<usize>(tapNumber(tap) * inChannels + c) << 2)), s);
    }
    v128.store_lane<f32>(to + (<usize>c << 2), s, 0);
  }
}

/**
 * w[tap][c] = sum over pixels of in[pixel under tap][c] out[pixel][c], for channels [from, to); `row` as in
 * `depthwise`.
 */
export function depthwiseWeights(row: usize, pixels: i32, from: i32, to: i32): void {
  for (let tap = 0; tap < taps; tap++) {
    for (let c = from; c < to; c++) f32.store(weights + (<usize>(tapNumber(tap) * inChannels + c) << 2), 0);
  }
  for (let i = 0; i < pixels; i++) {
    if (!(i & 1023)) beat();
    openRows(row, i, 1);
    const at = load<usize>(row), y = load<i32>(row, 4), x = load<i32>(row, 8);
    const g = out + (<usize>(i * inChannels) << 2);
    for (let tap = 0; tap < taps; tap++) {
      const down = <i32>(<u32>tap / <u32>tapColumns);
      const dy = rowOffset(down), dx = columnOffset(tap - down * tapColumns);
      if (<u32>(y + dy) >= <u32>inHeight || <u32>(x + dx) >= <u32>inWidth) continue;
      addProducts(weights + (<usize>(tapNumber(tap) * inChannels) << 2), at + ((<isize>(dy * inWidth + dx) * inChannels) << 2), g, from, to);
    }
  }
}

// w[c] += x[c] g[c] for c in [from, to).
function addProducts(w: usize, x: usize, g: usize, from: i32, to: i32): void {
  let c = <usize>from << 2;
  const vectors = c + (<usize>((to - from) & ~3) << 2), end = <usize>to << 2;
  for (; c != vectors; c += 16) v128.store(w + c, mulAdd(v128.load(x + c), v128.load(g + c), v128.load(w + c)));
  for (; c != end; c += 4) v128.store_lane<f32>(w + c, mulAdd(v128.load32_zero(x + c), v128.load32_zero(g + c), v128.load32_zero(w + c)), 0);
}
