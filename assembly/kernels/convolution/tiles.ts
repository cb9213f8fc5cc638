/** A block of rows against a packed panel, tile by tile, for convolutions of every kind. */
import { columnTile, copyTile, rowTile, tallest } from "../matmul/tile";
import { cut, parts } from "./block";

/**
 * Rows that `table` points to, [taps][rows], against a panel [taps * run][8], to c or added to it. With fewer than eight
 * `columns` tiles are computed aside, at `edge`, and what c has of them copied.
 */
export function rowTiles(
  edge: usize, table: usize, rows: i32, taps: i32, run: i32, panel: usize, c: usize, stride: usize, accumulate: bool, columns: i32,
): void {
  const tapStride = <usize>rows << 2;
  const count = parts(rows, tallest);
  let row = 0;
  for (let t = 1; t <= count; t++) {
    const next = cut(rows, t, count), height = next - row;
    const pointers = table + (<usize>row << 2), target = c + stride * row;
    if (columns >= 8) {
      rowTile(height, pointers, tapStride, taps, 0, run, panel, target, stride, accumulate);
    } else {
      if (accumulate) copyTile(edge, 32, target, stride, height, columns);
      rowTile(height, pointers, tapStride, taps, 0, run, panel, edge, 32, accumulate);
      copyTile(target, stride, edge, 32, height, columns);
    }
    row = next;
  }
}

/** The same with A stored [depth][rows]. */
export function columnTiles(
  edge: usize, a: usize, rows: i32, depth: i32, panel: usize, c: usize, stride: usize, accumulate: bool, columns: i32,
): void {
  const step = <usize>rows << 2;
  const count = parts(rows, tallest);
  let row = 0;
  for (let t = 1; t <= count; t++) {
    const next = cut(rows, t, count), height = next - row;
    const first = a + (<usize>row << 2), target = c + stride * row;
    if (columns >= 8) {
      columnTile(height, first, step, depth, panel, target, stride, accumulate);
    } else {
      if (accumulate) copyTile(edge, 32, target, stride, height, columns);
      columnTile(height, first, step, depth, panel, edge, 32, accumulate);
      copyTile(target, stride, edge, 32, height, columns);
    }
    row = next;
  }
}
