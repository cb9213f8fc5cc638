/**
 * The rows of A of the implicit product: one per result pixel. A row is not stored; per tap it is a pointer to a pixel of
 * the image, or to zeros where the tap lies outside.
 *
 * Four words a row in the lane's packing space: the address of the pixel at (q rowStep, q columnStep), which may lie
 * outside of the image, its row and its column. Then one word: the row's number.
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

/**
 * table[tap][row] = address of channel `channel` of the row's pixel under tap `from` + tap, or of the zeros; also of the
 * zeros for rows from `count` to `whole`.
 */
export function pointRows(table: usize, rows: usize, count: i32, whole: i32, from: i32, taps: i32, channel: i32, zeros: usize): void {
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
    for (let i = count; i < whole; i++, table += 4) store<usize>(table, zeros);
  }
}

// @ts-ignore: decorator
@inline
function copyRun(to: usize, from: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(to + (<usize>i << 2), v128.load(from + (<usize>i << 2)));
  for (; i < n; i++) f32.store(to + (<usize>i << 2), f32.load(from + (<usize>i << 2)));
}

// @ts-ignore: decorator
@inline
function clearRun(to: usize, n: i32): void {
  for (let i = 0; i < n; i++) f32.store(to + (<usize>i << 2), 0);
}

/**
 * Copies `run` channels from `channel` of taps [from, from + taps) of every row: to[row][tap][run], rows `stride` bytes
 * apart, pixels outside of the image as zeros.
 */
export function copyRows(to: usize, stride: usize, rows: usize, count: i32, from: i32, taps: i32, channel: i32, run: i32): void {
  if (taps == 0) return;
  // Whole rows of taps whose channels are one run of memory are copied as one.
  const whole = sideBySide && run == inChannels && <u32>from % <u32>tapColumns == 0 && <u32>taps % <u32>tapColumns == 0;
  const across = whole ? tapColumns : 1;
  const length = across * run;
  for (let tap = from; tap < from + taps; tap += across) {
    const down = <i32>(<u32>tap / <u32>tapColumns);
    const dy = rowOffset(down), dx = columnOffset(tap - down * tapColumns);
    const shift = (<isize>(dy * inWidth + dx) * inChannels + channel) << 2;
    let target = to + (<usize>((tap - from) * run) << 2);
    const end = rows + (<usize>count << 4);
    for (let row = rows; row != end; row += 16) {
      const y = load<i32>(row, 4) + dy, x = load<i32>(row, 8) + dx;
      if (<u32>y >= <u32>inHeight) clearRun(target, length);
      else if (x >= 0 && x + across <= inWidth) copyRun(target, load<usize>(row) + shift, length);
      else {
        const pixel = load<usize>(row) + shift;
        for (let i = 0; i < across; i++) {
          const part = <usize>(i * run) << 2;
          if (<u32>(x + i) < <u32>inWidth) copyRun(target + part, pixel + part, run);
          else clearRun(target + part, run);
        }
      }
      target += stride;
    }
  }
}
