/**
 * Kernels of max pooling: values gathered from, or added to, the position of each window's first maximum.
 *
 * Loop shape: per window, four channels at a time, over the taps inside the image; the position is kept as the tap's
 * byte offset within the channel. Lanes take ranges of result rows (pick), or of images and then channels (put), so
 * that no two lanes add to the same element and additions follow the order of the windows.
 */
import { beat } from "../barrier";
import { firstBlock, lanes, lastBlock } from "../lane";
import { WindowWord } from "../opcode";

let height: i32 = 0, width: i32 = 0, channels: i32 = 0, rows: i32 = 0, columns: i32 = 0;
let kernelHeight: i32 = 0, kernelWidth: i32 = 0, strideHeight: i32 = 0, strideWidth: i32 = 0;
let top: i32 = 0, left: i32 = 0, dilationHeight: i32 = 0, dilationWidth: i32 = 0;

// @ts-ignore: decorator
@inline
function word(c: usize, index: i32): i32 {
  return load<i32>(c + (<usize>index << 2));
}

function open(c: usize): void {
  height = word(c, WindowWord.Height); width = word(c, WindowWord.Width); channels = word(c, WindowWord.Channels);
  rows = word(c, WindowWord.Rows); columns = word(c, WindowWord.Columns);
  kernelHeight = word(c, WindowWord.KernelHeight); kernelWidth = word(c, WindowWord.KernelWidth);
  strideHeight = word(c, WindowWord.StrideHeight); strideWidth = word(c, WindowWord.StrideWidth);
  top = word(c, WindowWord.Top); left = word(c, WindowWord.Left);
  dilationHeight = word(c, WindowWord.DilationHeight); dilationWidth = word(c, WindowWord.DilationWidth);
}

// Byte offset, from channel 0 of the image's first pixel, of the first maximum (or the first NaN, if there is one), for
// each of four channels in the elements of a vector; x is the image at the first of the four. `single`: only one
// channel is left, and only the first element counts.
// @ts-ignore: decorator
@inline
function places(x: usize, y0: i32, x0: i32, single: bool): v128 {
  let best = f32x4.splat(0), place = i32x4.splat(-1);
  for (let ky = 0; ky < kernelHeight; ky++) {
    const py = y0 + ky * dilationHeight;
    if (<u32>py >= <u32>height) continue;
    for (let kx = 0; kx < kernelWidth; kx++) {
      const px = x0 + kx * dilationWidth;
      if (<u32>px >= <u32>width) continue;
      const shift = (py * width + px) * channels << 2;
      const value = single ? v128.load32_zero(x + shift) : v128.load(x + shift);
      const greater = v128.andnot(f32x4.eq(best, best), f32x4.le(value, best));
      const better = v128.or(greater, i32x4.lt_s(place, i32x4.splat(0)));
      best = v128.bitselect(value, best, better);
      place = v128.bitselect(i32x4.splat(shift), place, better);
    }
  }
  return place;
}

/** Runs a `WindowPick` command. */
export function windowPick(c: usize): void {
  open(c);
  const x = <usize>word(c, WindowWord.X), values = <usize>word(c, WindowWord.Values), out = <usize>word(c, WindowWord.Out);
  const lines = word(c, WindowWord.Batch) * rows;
  const image = <usize>(height * width * channels) << 2;
  const last = lastBlock(lines);
  for (let line = firstBlock(lines); line < last; line++) {
    const n = line / rows;
    if (!(line & 15)) beat();
    const start = image * n;
    const y0 = (line - n * rows) * strideHeight - top;
    let to = out + (<usize>(line * columns * channels) << 2);
    for (let column = 0; column < columns; column++) {
      const x0 = column * strideWidth - left;
      let channel = 0;
      for (; channel + 4 <= channels; channel += 4, to += 16) {
        const at = start + (<usize>channel << 2);
        const place = places(x + at, y0, x0, false);
        const from = values + at;
        f32.store(to, f32.load(from + i32x4.extract_lane(place, 0)));
        f32.store(to, f32.load(from + i32x4.extract_lane(place, 1), 4), 4);
        f32.store(to, f32.load(from + i32x4.extract_lane(place, 2), 8), 8);
        f32.store(to, f32.load(from + i32x4.extract_lane(place, 3), 12), 12);
      }
      for (; channel < channels; channel++, to += 4) {
        const at = start + (<usize>channel << 2);
        f32.store(to, f32.load(values + at + i32x4.extract_lane(places(x + at, y0, x0, true), 0)));
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function addAt(place: usize, value: f32): void {
  f32.store(place, f32.load(place) + value);
}

/** Runs a `WindowPut` command. */
export function windowPut(c: usize): void {
  open(c);
  const x = <usize>word(c, WindowWord.X), values = <usize>word(c, WindowWord.Values), out = <usize>word(c, WindowWord.Out);
  const batch = word(c, WindowWord.Batch);
  const fours = (channels + 3) >> 2;
  let from = 0, to = batch, channelFrom = 0, channelTo = channels;
  if (batch >= lanes) {
    from = firstBlock(batch);
    to = lastBlock(batch);
  } else {
    channelFrom = firstBlock(fours) << 2;
    channelTo = min(lastBlock(fours) << 2, channels);
  }
  if (channelFrom >= channelTo) return;
  const image = <usize>(height * width * channels) << 2;
  for (let n = from; n < to; n++) {
    beat();
    clear(out + image * n, channelFrom, channelTo);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const window = values + (<usize>(((n * rows + row) * columns + column) * channels) << 2);
        put(x + image * n, window, out + image * n, row * strideHeight - top, column * strideWidth - left, channelFrom, channelTo);
      }
    }
  }
}

function clear(out: usize, channelFrom: i32, channelTo: i32): void {
  if (channelTo - channelFrom == channels) {
    memory.fill(out, 0, <usize>(height * width * channels) << 2);
    return;
  }
  for (let pixel = 0; pixel < height * width; pixel++, out += <usize>channels << 2) {
    memory.fill(out + (<usize>channelFrom << 2), 0, <usize>(channelTo - channelFrom) << 2);
  }
}

// Adds the values of one window, at the offsets from channel 0, to channels [channel, channelTo) of an image.
function put(x: usize, values: usize, out: usize, y0: i32, x0: i32, channel: i32, channelTo: i32): void {
  for (; channel + 4 <= channelTo; channel += 4) {
    const at = <usize>channel << 2;
    const place = places(x + at, y0, x0, false);
    const to = out + at, from = values + at;
    addAt(to + i32x4.extract_lane(place, 0), f32.load(from));
    addAt(to + 4 + i32x4.extract_lane(place, 1), f32.load(from, 4));
    addAt(to + 8 + i32x4.extract_lane(place, 2), f32.load(from, 8));
    addAt(to + 12 + i32x4.extract_lane(place, 3), f32.load(from, 12));
  }
  for (; channel < channelTo; channel++) {
    const at = <usize>channel << 2;
    addAt(out + at + i32x4.extract_lane(places(x + at, y0, x0, true), 0), f32.load(values + at));
  }
}
