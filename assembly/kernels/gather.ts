/**
 * Rows gathered and scattered by index, and the index of a row's maximum.
 *
 * gather and argMax split ranges of rows over lanes. scatterAdd splits its output, by columns if rows are long and by
 * table rows if they are short: every element is summed by one lane in the order of the index, so its bits do not
 * depend on the number of lanes. No alignment is assumed beyond that of an element; nothing is padded.
 */
import { firstBlock, lastBlock } from "../lane";
import { ArgMaxWord, ElementType, GatherWord, ScatterWord } from "../opcode";
import { copyRun } from "./move";

/** Columns that a lane of scatterAdd takes at a time: a cache line of f32. */
const COLUMNS: i32 = 16;

/** The index at `address`, clamped to [0, rows). */
// @ts-ignore: decorator
@inline
function rowAt(address: usize, rows: i32): usize {
  return <usize>min(max(load<i32>(address), 0), rows - 1);
}

/**
 * out[i] = in[i] scale + shift, for `count` elements of type T (u8, i32 or f32). Product and sum are rounded
 * separately.
 */
// @ts-ignore: decorator
@inline
function normalise<T>(out: usize, input: usize, count: i32, scale: f32, shift: f32): void {
  const a = f32x4.splat(scale);
  const b = f32x4.splat(shift);
  let i: i32 = 0;
  if (sizeof<T>() == 1) {
    for (; i <= count - 16; i += 16) {
      const bytes = v128.load(input + i);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      const at = out + (<usize>i << 2);
      v128.store(at, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)), a), b));
      v128.store(at, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), a), b), 16);
      v128.store(at, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), a), b), 32);
      v128.store(at, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), a), b), 48);
    }
  } else {
    for (; i <= count - 4; i += 4) {
      let x = v128.load(input + (<usize>i << 2));
      if (isInteger<T>()) x = f32x4.convert_i32x4_s(x);
      v128.store(out + (<usize>i << 2), f32x4.add(f32x4.mul(x, a), b));
    }
  }
  for (; i < count; i++) {
    store<f32>(out + (<usize>i << 2), <f32>load<T>(input + <usize>i * sizeof<T>()) * scale + shift);
  }
}

function gatherRows<T>(
  out: usize, table: usize, index: usize, from: i32, to: i32, rowLength: i32, tableRows: i32, scale: f32, shift: f32,
): void {
  const exact = isFloat<T>() && scale == 1 && shift == 0;
  for (let i = from; i < to; i++) {
    const row = out + <usize>i * <usize>rowLength * 4;
    const source = table + rowAt(index + (<usize>i << 2), tableRows) * <usize>rowLength * sizeof<T>();
    if (exact) copyRun(row, source, <usize>rowLength << 2);
    else normalise<T>(row, source, rowLength, scale, shift);
  }
}

/** out[i] = table[index[i]] scale + shift: see `GatherWord`. An f32 table with scale 1 and shift 0 is copied bit by bit. */
export function gather(c: usize): void {
  const out = <usize>load<u32>(c + (GatherWord.Out << 2));
  const table = <usize>load<u32>(c + (GatherWord.Table << 2));
  const index = <usize>load<u32>(c + (GatherWord.Index << 2));
  const rows = load<i32>(c + (GatherWord.Rows << 2));
  const rowLength = load<i32>(c + (GatherWord.RowLength << 2));
  const tableRows = load<i32>(c + (GatherWord.TableRows << 2));
  const scale = load<f32>(c + (GatherWord.Scale << 2));
  const shift = load<f32>(c + (GatherWord.Shift << 2));
  const from = firstBlock(rows);
  const to = lastBlock(rows);
  switch (load<i32>(c + (GatherWord.Type << 2))) {
    case ElementType.F32: gatherRows<f32>(out, table, index, from, to, rowLength, tableRows, scale, shift); break;
    case ElementType.U8: gatherRows<u8>(out, table, index, from, to, rowLength, tableRows, scale, shift); break;
    case ElementType.I32: gatherRows<i32>(out, table, index, from, to, rowLength, tableRows, scale, shift); break;
  }
}

/** out[i] += in[i], i < count. */
// @ts-ignore: decorator
@inline
function addRow(out: usize, input: usize, count: i32): void {
  let i: i32 = 0;
  for (; WIDE && i <= count - 8; i += 8) {
    const to = out + (<usize>i << 2), from = input + (<usize>i << 2);
    const x = f32x4.add(v128.load(to), v128.load(from)), y = f32x4.add(v128.load(to, 16), v128.load(from, 16));
    v128.store(to, x);
    v128.store(to, y, 16);
  }
  for (; i <= count - 4; i += 4) {
    const at = <usize>i << 2;
    v128.store(out + at, f32x4.add(v128.load(out + at), v128.load(input + at)));
  }
  for (; i < count; i++) {
    const at = <usize>i << 2;
    store<f32>(out + at, load<f32>(out + at) + load<f32>(input + at));
  }
}

/** out = 0, then out[index[i]] += in[i] in the order of i: see `ScatterWord`. Indices are clamped to the table. */
export function scatterAdd(c: usize): void {
  const out = <usize>load<u32>(c + (ScatterWord.Out << 2));
  const index = <usize>load<u32>(c + (ScatterWord.Index << 2));
  const input = <usize>load<u32>(c + (ScatterWord.In << 2));
  const rows = load<i32>(c + (ScatterWord.Rows << 2));
  const rowLength = load<i32>(c + (ScatterWord.RowLength << 2));
  const tableRows = load<i32>(c + (ScatterWord.TableRows << 2));
  const stride = <usize>rowLength << 2;
  if (rowLength >= 8 * COLUMNS) {
    const blocks = (rowLength + (COLUMNS - 1)) / COLUMNS;
    const from = firstBlock(blocks) * COLUMNS;
    const width = min(lastBlock(blocks) * COLUMNS, rowLength) - from;
    if (width <= 0) return;
    const start = <usize>from << 2;
    for (let row: i32 = 0; row < tableRows; row++) {
      memory.fill(out + start + <usize>row * stride, 0, <usize>width << 2);
    }
    for (let i: i32 = 0; i < rows; i++) {
      const row = rowAt(index + (<usize>i << 2), tableRows);
      addRow(out + start + row * stride, input + start + <usize>i * stride, width);
    }
  } else {
    const from = <usize>firstBlock(tableRows);
    const to = <usize>lastBlock(tableRows);
    memory.fill(out + from * stride, 0, (to - from) * stride);
    for (let i: i32 = 0; i < rows; i++) {
      const row = rowAt(index + (<usize>i << 2), tableRows);
      if (row >= from && row < to) addRow(out + row * stride, input + <usize>i * stride, rowLength);
    }
  }
}

/** Index of the first maximum of `count` > 0 values; NaN counts as greater than any number. */
function firstMaximum(input: usize, count: i32): i32 {
  let best = load<f32>(input);
  let at: i32 = 0;
  let i: i32 = 1;
  if (count >= 8) {
    // Four columns of candidates; each keeps its first maximum, and a NaN is never replaced.
    let most = v128.load(input);
    let where = i32x4(0, 1, 2, 3);
    let here = where;
    for (i = 4; i <= count - 4; i += 4) {
      const x = v128.load(input + (<usize>i << 2));
      here = i32x4.add(here, i32x4.splat(4));
      const better = v128.andnot(f32x4.eq(most, most), f32x4.le(x, most));
      most = v128.bitselect(x, most, better);
      where = v128.bitselect(here, where, better);
    }
    best = f32x4.extract_lane(most, 0);
    at = i32x4.extract_lane(where, 0);
    for (let l: i32 = 1; l < 4; l++) {
      most = v128.shuffle<i32>(most, most, 1, 2, 3, 0);
      where = v128.shuffle<i32>(where, where, 1, 2, 3, 0);
      const x = f32x4.extract_lane(most, 0);
      const place = i32x4.extract_lane(where, 0);
      const equal = x == best || (x != x && best != best);
      if (equal ? place < at : best == best && !(x <= best)) {
        best = x;
        at = place;
      }
    }
  }
  for (; i < count; i++) {
    const x = load<f32>(input + (<usize>i << 2));
    if (best == best && !(x <= best)) {
      best = x;
      at = i;
    }
  }
  return at;
}

/** Index of each row's first maximum (NaN counts as the maximum): see `ArgMaxWord`. */
export function argMax(c: usize): void {
  const out = <usize>load<u32>(c + (ArgMaxWord.Out << 2));
  const input = <usize>load<u32>(c + (ArgMaxWord.In << 2));
  const rows = load<i32>(c + (ArgMaxWord.Rows << 2));
  const rowLength = load<i32>(c + (ArgMaxWord.RowLength << 2));
  const to = lastBlock(rows);
  for (let i = firstBlock(rows); i < to; i++) {
    store<i32>(out + (<usize>i << 2), firstMaximum(input + <usize>i * <usize>rowLength * 4, rowLength));
  }
}
