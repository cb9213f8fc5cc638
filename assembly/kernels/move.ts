/**
 * Data movement without arithmetic: strided copies, fills, conversions between element types.
 *
 * The axes of a copy are first sorted by out stride and merged if they are adjacent in both views (`assembly/axes.ts`).
 * What remains is a walk over the outer axes, with a block of the two innermost axes inside, in one of three forms:
 * contiguous ranges (both views), transposition (out contiguous along the columns, in along the rows) or element by
 * element. Lanes take whole blocks. Nothing is padded, and no alignment is assumed beyond that of an element.
 */
import { arrange, axisIn, axisOut, axisSize, forward, inAt, Inner, outAt, outerSize, seek } from "../axes";
import { firstBlock, lastBlock } from "../lane";
import { CastWord, CopyWord, ElementType, FillWord } from "../opcode";

/** Elements that a lane takes at a time if they are contiguous. */
const BLOCK: i32 = 4096;
/** Maximum contiguous range per block: memory.copy gets no faster with longer ranges. */
const LONGEST_RUN: i32 = 16384;
/** Columns of a transposed block, and its elements with 16 rows: 16 elements fill a cache line of the input. */
const TRANSPOSED_COLUMNS: i32 = 128;
const TRANSPOSED: i32 = 16 * TRANSPOSED_COLUMNS;

/** Copies contiguous bytes: short ranges inline, because memory.copy is a call out of the module. */
// @ts-ignore: decorator
@inline
export function copyRun(out: usize, input: usize, bytes: usize): void {
  if (bytes >= 512) {
    memory.copy(out, input, bytes);
    return;
  }
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(out + i, v128.load(input + i));
  for (; i + 4 <= bytes; i += 4) store<u32>(out + i, load<u32>(input + i));
  for (; i < bytes; i++) store<u8>(out + i, load<u8>(input + i));
}

/** out[row outStride + column] = in[row + column inStride]; strides in bytes, elements of 4 bytes, 4 x 4 at a time. */
function transposeWords(out: usize, input: usize, rows: i32, columns: i32, outStride: usize, inStride: usize): void {
  const evenRows = rows & ~3;
  let column: i32 = 0;
  for (; column <= columns - 4; column += 4) {
    const from = input + <usize>column * inStride;
    const to = out + (<usize>column << 2);
    for (let row: i32 = 0; row < evenRows; row += 4) {
      const at = from + (<usize>row << 2);
      const a = v128.load(at);
      const b = v128.load(at + inStride);
      const c = v128.load(at + 2 * inStride);
      const d = v128.load(at + 3 * inStride);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const ba = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
      const dc = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      const put = to + <usize>row * outStride;
      v128.store(put, v128.shuffle<i64>(ab, cd, 0, 2));
      v128.store(put + outStride, v128.shuffle<i64>(ab, cd, 1, 3));
      v128.store(put + 2 * outStride, v128.shuffle<i64>(ba, dc, 0, 2));
      v128.store(put + 3 * outStride, v128.shuffle<i64>(ba, dc, 1, 3));
    }
  }
  copyEach<u32>(
    out + (<usize>column << 2), input + <usize>column * inStride, columns - column, evenRows, 4, inStride, outStride, 4,
  );
  copyEach<u32>(
    out + <usize>evenRows * outStride, input + (<usize>evenRows << 2), rows - evenRows, columns, outStride, 4, 4, inStride,
  );
}

/** Element by element, columns innermost; strides in bytes. */
function copyEach<T>(
  out: usize, input: usize, rows: i32, columns: i32, outRow: usize, inRow: usize, outColumn: usize, inColumn: usize,
): void {
  for (let row: i32 = 0; row < rows; row++) {
    let to = out + <usize>row * outRow;
    let from = input + <usize>row * inRow;
    for (let column: i32 = 0; column < columns; column++) {
      store<T>(to, load<T>(from));
      to += outColumn;
      from += inColumn;
    }
  }
}

/** Copies along the sorted axes, for elements of type T. */
function copyBlocks<T>(out: usize, input: usize, inner: Inner): void {
  const rows = axisSize(1);
  const columns = axisSize(0);
  const outRow = <usize>axisOut(1) * sizeof<T>();
  const outColumn = <usize>axisOut(0) * sizeof<T>();
  const inRow = <usize>axisIn(1) * sizeof<T>();
  const inColumn = <usize>axisIn(0) * sizeof<T>();
  const transposed = inner == Inner.Transposed;
  const wide = transposed ? max(TRANSPOSED_COLUMNS, TRANSPOSED / rows) : inner == Inner.Run ? LONGEST_RUN : BLOCK;
  const blockColumns = min(columns, wide);
  const blockRows = min(rows, max(1, (transposed ? TRANSPOSED : BLOCK) / blockColumns));
  const across = (columns + blockColumns - 1) / blockColumns;
  const blocks = across * ((rows + blockRows - 1) / blockRows);
  const total = blocks * outerSize();
  const to = lastBlock(total);
  let unit = firstBlock(total);
  if (unit >= to) return;
  seek(unit / blocks);
  for (let block = unit % blocks; unit < to; unit++) {
    const row = block / across * blockRows;
    const column = block % across * blockColumns;
    const height = min(blockRows, rows - row);
    const width = min(blockColumns, columns - column);
    const put = out + <usize>outAt * sizeof<T>() + <usize>row * outRow + <usize>column * outColumn;
    const get = input + <usize>inAt * sizeof<T>() + <usize>row * inRow + <usize>column * inColumn;
    if (inner == Inner.Run) {
      for (let i: i32 = 0; i < height; i++) {
        copyRun(put + <usize>i * outRow, get + <usize>i * inRow, <usize>width * sizeof<T>());
      }
    } else if (transposed && sizeof<T>() == 4) {
      transposeWords(put, get, height, width, outRow, inColumn);
    } else if (height > width) {
      copyEach<T>(put, get, width, height, outColumn, inColumn, outRow, inRow);
    } else {
      copyEach<T>(put, get, height, width, outRow, inRow, outColumn, inColumn);
    }
    if (++block == blocks) {
      block = 0;
      forward();
    }
  }
}

/** out[index . OutStrides] = in[index . InStrides]: see `CopyWord`. The two views do not overlap. */
export function copy(c: usize): void {
  const out = <usize>load<u32>(c + (CopyWord.Out << 2));
  const input = <usize>load<u32>(c + (CopyWord.In << 2));
  const inner = arrange(c + (CopyWord.Size << 2), load<i32>(c + (CopyWord.Rank << 2)));
  if (inner == Inner.Nothing) return;
  if (load<i32>(c + (CopyWord.ElementBytes << 2)) == 4) copyBlocks<u32>(out, input, inner);
  else copyBlocks<u8>(out, input, inner);
}

/** Sets `Count` cells of 4 bytes: see `FillWord`. */
export function fill(c: usize): void {
  const count = load<i32>(c + (FillWord.Count << 2));
  const value = load<i32>(c + (FillWord.Value << 2));
  const blocks = (count + (BLOCK - 1)) / BLOCK;
  const from = firstBlock(blocks) * BLOCK;
  let cells = min(lastBlock(blocks) * BLOCK, count) - from;
  let at = <usize>load<u32>(c + (FillWord.Out << 2)) + (<usize>from << 2);
  if (cells <= 0) return;
  if (rotl(value, 8) == value) {
    memory.fill(at, <u8>value, <usize>cells << 2);
    return;
  }
  const vector = i32x4.splat(value);
  for (; cells >= 4; cells -= 4, at += 16) v128.store(at, vector);
  for (; cells > 0; cells--, at += 4) store<i32>(at, value);
}

/** Four elements of type T as a vector of f32 (where T is f32) or i32. */
// @ts-ignore: decorator
@inline
function loadFour<T>(at: usize): v128 {
  if (sizeof<T>() == 4) return v128.load(at);
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)));
}

/** i32 clamped to [0, 255], as the 4 lowest bytes. */
// @ts-ignore: decorator
@inline
function saturate(x: v128): v128 {
  const halves = i16x8.narrow_i32x4_s(x, x);
  return i8x16.narrow_i16x8_u(halves, halves);
}

/** Converts four elements at a time; the last one to three use a vector of their own. */
function castRange<From, To>(out: usize, input: usize, count: i32): void {
  for (let i: i32 = 0; i < count; i += 4) {
    const left = count - i;
    const get = input + <usize>i * sizeof<From>();
    const put = out + <usize>i * sizeof<To>();
    let x: v128;
    if (left >= 4) {
      x = loadFour<From>(get);
    } else {
      x = i32x4.splat(0);
      for (let k = left - 1; k >= 0; k--) {
        const bits = sizeof<From>() == 1 ? load<u8>(get + k) : load<i32>(get + (<usize>k << 2));
        x = i32x4.replace_lane(v128.shuffle<i32>(x, x, 3, 0, 1, 2), 0, bits);
      }
    }
    if (isFloat<To>()) x = f32x4.convert_i32x4_s(x);
    if (isFloat<From>()) x = i32x4.trunc_sat_f32x4_s(x);
    if (sizeof<To>() == 1) x = saturate(x);
    if (left >= 4) {
      if (sizeof<To>() == 1) v128.store32_lane(put, x, 0);
      else v128.store(put, x);
    } else {
      for (let k: i32 = 0; k < left; k++) {
        if (sizeof<To>() == 1) store<u8>(put + k, i32x4.extract_lane(x, 0) >> (k << 3));
        else store<i32>(put + (<usize>k << 2), i32x4.extract_lane(x, 0));
        if (sizeof<To>() == 4) x = v128.shuffle<i32>(x, x, 1, 2, 3, 0);
      }
    }
  }
}

/**
 * Conversion between f32, i32 and u8: see `CastWord`. To integers: truncated, clamped to the type's range, NaN to 0.
 * i32 to f32: to nearest, ties to even. The same type: a copy.
 */
export function cast(c: usize): void {
  const count = load<i32>(c + (CastWord.Count << 2));
  const from = load<i32>(c + (CastWord.From << 2));
  const to = load<i32>(c + (CastWord.To << 2));
  const blocks = (count + (BLOCK - 1)) / BLOCK;
  const first = firstBlock(blocks) * BLOCK;
  const size = min(lastBlock(blocks) * BLOCK, count) - first;
  if (size <= 0) return;
  const out = <usize>load<u32>(c + (CastWord.Out << 2)) + <usize>first * (to == ElementType.U8 ? 1 : 4);
  const input = <usize>load<u32>(c + (CastWord.In << 2)) + <usize>first * (from == ElementType.U8 ? 1 : 4);
  if (from == to) memory.copy(out, input, <usize>size * (to == ElementType.U8 ? 1 : 4));
  else if (from == ElementType.F32 && to == ElementType.U8) castRange<f32, u8>(out, input, size);
  else if (from == ElementType.F32) castRange<f32, i32>(out, input, size);
  else if (from == ElementType.U8 && to == ElementType.F32) castRange<u8, f32>(out, input, size);
  else if (from == ElementType.U8) castRange<u8, i32>(out, input, size);
  else if (to == ElementType.F32) castRange<i32, f32>(out, input, size);
  else castRange<i32, u8>(out, input, size);
}
