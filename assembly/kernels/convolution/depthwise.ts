/**
 * Depthwise convolutions, one channel per group: no matrix product, because each result channel depends on its own
 * input channel alone. Weights [taps, channels].
 *
 *     result:    for pixels, for eight channels at a time              over the taps inside the image
 *     weights:   for rows of the result, for taps, for eight channels  over the pixels whose tap is inside the image
 *
 * Channels that are left are taken one at a time, in the first element of a vector, with the same rounding.
 */
import { beat } from "../../barrier";
import { mulAdd } from "../../vector/arithmetic";
import {
  batch, columnNumber, columnOffset, columnPhases, columnStep, inChannels, inHeight, input, inWidth, kernelWidth, out, outHeight,
  outWidth, phaseColumns, phaseRows, rowNumber, rowOffset, rowPhases, rowStep, tapColumns, tapRows, weights,
} from "./geometry";

/** Channels [channelFrom, channelTo) of pixels [first, last) of the phase, whole rows. */
export function depthwise(first: i32, last: i32, rowPhase: i32, columnPhase: i32, channelFrom: i32, channelTo: i32): void {
  const pixel = <usize>inChannels << 2;
  for (let line = first / phaseColumns; line < last / phaseColumns; line++) {
    const image = line / phaseRows, row = line - image * phaseRows;
    const y = row * rowStep, outY = image * outHeight + rowPhase + row * rowPhases;
    let from = input + pixel * ((image * inHeight + y) * inWidth), to = out + pixel * (outY * outWidth + columnPhase);
    for (let column = 0; column < phaseColumns; column++, from += pixel * columnStep, to += pixel * columnPhases) {
      const x = column * columnStep;
      let c = channelFrom;
      for (; c + 8 <= channelTo; c += 8) sumTaps(8, from, y, x, to, c);
      for (; c < channelTo; c++) sumTaps(1, from, y, x, to, c);
    }
  }
}

// `count` channels from c on, 8 or 1: a literal at every call.
// @ts-ignore: decorator
@inline
function sumTaps(count: i32, from: usize, y: i32, x: i32, to: usize, c: i32): void {
  let s0 = f32x4.splat(0), s1 = s0;
  for (let down = 0; down < tapRows; down++) {
    const dy = rowOffset(down);
    if (<u32>(y + dy) >= <u32>inHeight) continue;
    const line = dy * inWidth, first = rowNumber(down) * kernelWidth;
    for (let across = 0; across < tapColumns; across++) {
      const dx = columnOffset(across);
      if (<u32>(x + dx) >= <u32>inWidth) continue;
      const p = from + (((line + dx) * inChannels + c) << 2);
      const w = weights + (<usize>((first + columnNumber(across)) * inChannels + c) << 2);
      if (count == 1) {
        s0 = mulAdd(v128.load32_zero(p), v128.load32_zero(w), s0);
        continue;
      }
      s0 = mulAdd(v128.load(p), v128.load(w), s0);
      s1 = mulAdd(v128.load(p, 16), v128.load(w, 16), s1);
    }
  }
  storeSums(count, to + (<usize>c << 2), s0, s1);
}

// @ts-ignore: decorator
@inline
function storeSums(count: i32, to: usize, s0: v128, s1: v128): void {
  if (count == 1) { v128.store32_lane(to, s0, 0); return; }
  v128.store(to, s0);
  v128.store(to, s1, 16);
}

/**
 * w[tap][c] = sum over pixels of in[pixel under tap][c] out[pixel][c], for channels [from, to).
 */
export function depthwiseWeights(from: i32, to: i32): void {
  const pixel = <usize>inChannels << 2;
  for (let number = 0; number < tapRows * tapColumns; number++) {
    memory.fill(weights + pixel * number + (<usize>from << 2), 0, <usize>(to - from) << 2);
  }
  for (let line = 0; line < batch * outHeight; line++) {
    beat();
    const image = line / outHeight, y = (line - image * outHeight) * rowStep;
    for (let down = 0; down < tapRows; down++) {
      const row = y + rowOffset(down);
      if (<u32>row >= <u32>inHeight) continue;
      for (let across = 0; across < tapColumns; across++) {
        // The pixels whose tap is in a column of the image.
        const dx = columnOffset(across);
        const first = (max(0, -dx) + columnStep - 1) / columnStep;
        const count = min(outWidth, (inWidth - dx + columnStep - 1) / columnStep) - first;
        const x = input + pixel * ((image * inHeight + row) * inWidth + first * columnStep + dx);
        const g = out + pixel * (line * outWidth + first);
        const w = weights + pixel * (rowNumber(down) * kernelWidth + columnNumber(across));
        let c = from;
        for (; c + 8 <= to; c += 8) addRun(8, w, x, g, <usize>c << 2, count);
        for (; c < to; c++) addRun(1, w, x, g, <usize>c << 2, count);
      }
    }
  }
}

// w[c] += the sum of x[c] g[c] over `pixels` pixels; `count` as above, c in bytes.
// @ts-ignore: decorator
@inline
function addRun(count: i32, w: usize, x: usize, g: usize, c: usize, pixels: i32): void {
  const step = <usize>(columnStep * inChannels) << 2, pixel = <usize>inChannels << 2, to = w + c;
  let p = x + c, q = g + c;
  let s0 = count == 1 ? v128.load32_zero(to) : v128.load(to), s1 = count == 1 ? s0 : v128.load(to, 16);
  for (; pixels > 0; pixels--, p += step, q += pixel) {
    if (count == 1) {
      s0 = mulAdd(v128.load32_zero(p), v128.load32_zero(q), s0);
      continue;
    }
    s0 = mulAdd(v128.load(p), v128.load(q), s0);
    s1 = mulAdd(v128.load(p, 16), v128.load(q, 16), s1);
  }
  storeSums(count, to, s0, s1);
}
