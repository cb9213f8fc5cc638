/**
 * The rows of A of the implicit product, one per result pixel. A row is not stored: per tap there is a pointer to a
 * pixel of the image, or to zeros if the tap is outside the image.
 *
 * A row has four words in the lane's packing space: the address of the pixel at (q rowStep, q columnStep), which may be
 * outside the image, its row and column (one word each), and the row number.
 */
import {
  columnOffset, columnStep, inChannels, inHeight, input, inWidth, phaseColumns, phaseRows, rowOffset, rowStep, sideBySide,
  tapColumns,
} from "./geometry";

/** Reads the coordinates of rows [from, from + count) of the phase, rows counted over all images, into `rows`. */
export function openRows(rows: usize, from: i32, count: i32): void {
  let line = <i32>(<u32>from / <u32>phaseColumns);
  let column = from - line * phaseColumns;
  let image = <i32>(<u32>line / <u32>phaseRows);
  let row = line - image * phaseRows;
  const pixel = <usize>inChannels << 2;
  for (let i = 0; i < count; i++) {
    const y = row * rowStep, x = column * columnStep;
    store<usize>(rows, input + <usize>((image * inHeight + y) * inWidth + x) * pixel);
    store<i32>(rows, y, 4);
    store<i32>(rows, x, 8);
    rows += 16;
    if (++column == phaseColumns) {
      column = 0;
      if (++row == phaseRows) { row = 0; image++; }
    }
  }
}

/** table[tap][row] = address of channel `channel` of the row's pixel under tap `from` + tap, or of the zeros. */
export function pointRows(table: usize, rows: usize, count: i32, from: i32, taps: i32, channel: i32, zeros: usize): void {
  for (let tap = from; tap < from + taps; tap++) {
    const down = <i32>(<u32>tap / <u32>tapColumns);
    const dy = rowOffset(down), dx = columnOffset(tap - down * tapColumns);
    const shift = (<isize>(dy * inWidth + dx) * inChannels + channel) << 2;
    const end = rows + (<usize>count << 4);
    for (let row = rows; row != end; row += 16) {
      const inside = <u32>(load<i32>(row, 4) + dy) < <u32>inHeight && <u32>(load<i32>(row, 8) + dx) < <u32>inWidth;
      store<usize>(table, inside ? load<usize>(row) + shift : zeros);
      table += 4;
    }
  }
}

// @ts-ignore: decorator
@inline
function copyRun(to: usize, from: usize, n: i32): void {
  if (n < 4) {
    for (let i = 0; i < n; i++) f32.store(to + (<usize>i << 2), f32.load(from + (<usize>i << 2)));
    return;
  }
  for (let i = 0; i < n - 4; i += 4) v128.store(to + (<usize>i << 2), v128.load(from + (<usize>i << 2)));
  // The last four channels, some of which may have been copied already.
  const rest = <usize>(n - 4) << 2;
  v128.store(to + rest, v128.load(from + rest));
}

// @ts-ignore: decorator
@inline
function clearRun(to: usize, n: i32): void {
  for (let i = 0; i < n; i++) f32.store(to + (<usize>i << 2), 0);
}

function copyRuns(to: usize, stride: usize, from: usize, advance: usize, count: i32, length: i32): void {
  if (length == 4) {
    for (; count > 0; count--, to += stride, from += advance) v128.store(to, v128.load(from));
  } else if (length > 8 && length <= 12) {
    const rest = <usize>(length - 4) << 2;
    for (; count > 0; count--, to += stride, from += advance) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      v128.store(to + rest, v128.load(from + rest));
    }
  } else {
    for (; count > 0; count--, to += stride, from += advance) copyRun(to, from, length);
  }
}

// `across` pixels of `run` channels from column `x` of an image row; pixels outside the image become zeros.
function copyEdge(to: usize, from: usize, x: i32, across: i32, run: i32): void {
  const pixel = <usize>run << 2;
  for (let i = 0; i < across; i++, to += pixel, from += pixel) {
    if (<u32>(x + i) < <u32>inWidth) copyRun(to, from, run);
    else clearRun(to, run);
  }
}

/**
 * Copies `run` channels from `channel` of taps [from, from + taps) of every row: to[row][tap][run], rows `stride` bytes
 * apart, pixels outside the image as zeros. Rows come in the order of the phase's pixels, so those of one image row are
 * consecutive, and only its ends need a check against the edges.
 */
export function copyRows(to: usize, stride: usize, rows: usize, count: i32, from: i32, taps: i32, channel: i32, run: i32): void {
  if (taps == 0) return;
  // If the channels of a whole row of taps are contiguous, they are copied at once.
  const whole = sideBySide && run == inChannels && <u32>from % <u32>tapColumns == 0 && <u32>taps % <u32>tapColumns == 0;
  const across = whole ? tapColumns : 1;
  const length = across * run;
  const advance = <usize>(columnStep * inChannels) << 2;
  for (let tap = from; tap < from + taps; tap += across) {
    const down = <i32>(<u32>tap / <u32>tapColumns);
    const dy = rowOffset(down), dx = columnOffset(tap - down * tapColumns);
    const shift = (<isize>(dy * inWidth + dx) * inChannels + channel) << 2;
    let target = to + (<usize>((tap - from) * run) << 2);
    for (let i = 0; i < count; ) {
      const row = rows + (<usize>i << 4);
      const column = load<i32>(row, 8);
      const end = i + min(count - i, phaseColumns - <i32>(<u32>column / <u32>columnStep));
      if (<u32>(load<i32>(row, 4) + dy) >= <u32>inHeight) {
        for (; i < end; i++, target += stride) clearRun(target, length);
        continue;
      }
      let x = column + dx, pixel = load<usize>(row) + shift;
      for (; i < end && x < 0; i++, target += stride, pixel += advance, x += columnStep) copyEdge(target, pixel, x, across, run);
      const inside = i + max(0, min(end - i, (inWidth - across - x + columnStep) / columnStep));
      x += (inside - i) * columnStep;
      copyRuns(target, stride, pixel, advance, inside - i, length);
      target += stride * (inside - i);
      pixel += advance * (inside - i);
      i = inside;
      for (; i < end; i++, target += stride, pixel += advance, x += columnStep) copyEdge(target, pixel, x, across, run);
    }
  }
}
