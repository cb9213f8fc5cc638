/** Products of a block of rows and a packed panel, tile by tile, for all kinds of convolutions. */
import { columnTile, copyTile, rowTile, tallest } from "../matmul/tile";
import { wideColumnTile, wideRowTile } from "../matmul/wide-tile";
import { cut, parts } from "./block";

/** Columns of the next product if `columns` are left: two whole panels if the build has tiles for them, else one. */
// @ts-ignore: decorator
@inline
export function tileWidth(columns: i32): i32 {
  return WIDE && columns >= 16 ? 16 : 8;
}

/**
 * Multiplies the rows that `table` points to, [taps][rows], by a panel [taps * run][8]; the result is stored in c or
 * added to it. With sixteen columns (see `tileWidth`), a second panel is `next` bytes behind the first. If `columns` is
 * less than eight, tiles are computed in the buffer `edge` and the needed columns copied to c.
 */
export function rowTiles(
  edge: usize, table: usize, rows: i32, taps: i32, run: i32, panel: usize, next: usize, c: usize, stride: usize, accumulate: bool,
  columns: i32,
): void {
  const tapStride = <usize>rows << 2;
  const count = parts(rows, tallest), narrow = columns < 8;
  let row = 0;
  for (let t = 1; t <= count; t++) {
    const end = cut(rows, t, count), height = end - row;
    const pointers = table + (<usize>row << 2), target = c + stride * row;
    if (WIDE && columns == 16) {
      wideRowTile(height, pointers, tapStride, taps, 0, run, panel, next, target, stride, accumulate);
    } else {
      if (narrow && accumulate) copyTile(edge, 32, target, stride, height, columns);
      rowTile(height, pointers, tapStride, taps, 0, run, panel, narrow ? edge : target, narrow ? 32 : stride, accumulate);
      if (narrow) copyTile(target, stride, edge, 32, height, columns);
    }
    row = end;
  }
}

/** The same with A stored [depth][rows]. */
export function columnTiles(
  edge: usize, a: usize, rows: i32, depth: i32, panel: usize, next: usize, c: usize, stride: usize, accumulate: bool, columns: i32,
): void {
  const step = <usize>rows << 2;
  const count = parts(rows, tallest), narrow = columns < 8;
  let row = 0;
  for (let t = 1; t <= count; t++) {
    const end = cut(rows, t, count), height = end - row;
    const first = a + (<usize>row << 2), target = c + stride * row;
    if (WIDE && columns == 16) {
      wideColumnTile(height, first, step, depth, panel, next, target, stride, accumulate);
    } else {
      if (narrow && accumulate) copyTile(edge, 32, target, stride, height, columns);
      columnTile(height, first, step, depth, panel, narrow ? edge : target, narrow ? 32 : stride, accumulate);
      if (narrow) copyTile(target, stride, edge, 32, height, columns);
    }
    row = end;
  }
}
