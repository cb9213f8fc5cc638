/**
 * Operands of a map: the address of each slot's values for the current tile, and the buffers for values that memory
 * does not hold contiguously.
 *
 * Each slot has two words in the lane's scratch at `Layout.Operands`: the address of the tile's first value, and (for
 * periodic slots) the phase of the values in the buffer. Memory is read in place if a tile's values are contiguous
 * there: always for `Contiguous`, and for `Periodic` and `Strided` if the tile stays within one row.
 */
import { scratch } from "../../lane";
import { Layout, MapWord, Slot, SlotWord } from "../../opcode";

/** The phase word of a buffer that has not been filled yet. */
const EMPTY: i32 = -1;

// @ts-ignore: decorator
@inline
function entry(slot: i32): usize {
  return scratch() + Layout.Operands + (<usize>slot << 3);
}

/** Address of a slot's values for the current tile. */
// @ts-ignore: decorator
@inline
export function operand(slot: i32): usize {
  return load<usize>(entry(slot));
}

// @ts-ignore: decorator
@inline
function buffer(slot: usize): usize {
  return scratch() + <usize>load<i32>(slot, SlotWord.Buffer << 2) * Layout.TileBytes;
}

// @ts-ignore: decorator
@inline
function firstSlot(descriptor: usize): usize {
  return descriptor + (MapWord.Size << 2);
}

/**
 * Sets n cells to one value. It may write beyond them, up to the next multiple of 4 cells, so `out` must be a tile
 * buffer.
 */
function splat(out: usize, value: f32, n: i32): void {
  const v = f32x4.splat(value);
  const end = out + (<usize>n << 2);
  for (; out < end; out += 16) v128.store(out, v);
}

/**
 * Fills the buffers that all tiles share (constants and scalars) and gives the other slots the address of their buffer.
 */
export function openOperands(descriptor: usize): void {
  const slots = load<i32>(descriptor, MapWord.Slots << 2);
  const cells = min(load<i32>(descriptor, MapWord.Tile << 2), load<i32>(descriptor, MapWord.Count << 2));
  let slot = firstSlot(descriptor);
  for (let i = 0; i < slots; i++, slot += SlotWord.Size << 2) {
    const at = buffer(slot);
    store<usize>(entry(i), at);
    switch (load<i32>(slot)) {
      case Slot.Scalar: splat(at, load<f32>(load<usize>(slot, SlotWord.Address << 2)), cells); break;
      case Slot.Constant: splat(at, load<f32>(slot, SlotWord.Value << 2), cells); break;
      case Slot.Periodic: store<i32>(entry(i), EMPTY, 4); break;
    }
  }
}

/** Makes n elements of every operand, from element `from` on, readable (or writable) at `operand(slot)`. */
export function placeOperands(descriptor: usize, from: i32, n: i32): void {
  const slots = load<i32>(descriptor, MapWord.Slots << 2);
  let slot = firstSlot(descriptor);
  for (let i = 0; i < slots; i++, slot += SlotWord.Size << 2) {
    switch (load<i32>(slot)) {
      case Slot.Contiguous: store<usize>(entry(i), load<usize>(slot, SlotWord.Address << 2) + (<usize>from << 2)); break;
      case Slot.Periodic: placePeriodic(slot, entry(i), from, n, load<i32>(descriptor, MapWord.Tile << 2)); break;
      case Slot.Repeated: placeRepeated(slot, entry(i), from, n); break;
      case Slot.Strided: placeStrided(descriptor, slot, entry(i), from, n); break;
    }
  }
}

/**
 * Reads in place if the tile does not cross the end of a period; else from the buffer, refilled only if its phase
 * differs.
 */
function placePeriodic(slot: usize, place: usize, from: i32, n: i32, tile: i32): void {
  const period = load<i32>(slot, SlotWord.Value << 2);
  const source = load<usize>(slot, SlotWord.Address << 2);
  const phase = <i32>(<u32>from % <u32>period);
  if (phase + n <= period) {
    store<usize>(place, source + (<usize>phase << 2));
    return;
  }
  const filled = load<i32>(place, 4);
  const out = buffer(slot);
  let skip = filled == EMPTY ? tile : phase - filled;
  if (skip < 0) skip += period;
  if (skip + n > tile) {
    fillPeriodic(out, source, period, phase, tile);
    store<i32>(place, phase, 4);
    skip = 0;
  }
  store<usize>(place, out + (<usize>skip << 2));
}

/** out[i] = source[(phase + i) mod period] for i < n. */
function fillPeriodic(out: usize, source: usize, period: i32, phase: i32, n: i32): void {
  let done = min(period - phase, n);
  copyCells(out, source + (<usize>phase << 2), done);
  if (done < n) {
    const rest = min(phase, n - done);
    copyCells(out + (<usize>done << 2), source, rest);
    done += rest;
  }
  // One period is complete: repeat it, doubling the length each time.
  while (done < n) {
    const run = min(done, n - done);
    copyCells(out + (<usize>done << 2), out, run);
    done += run;
  }
}

/** Copies exactly n cells; the two ranges do not overlap. */
function copyCells(out: usize, source: usize, n: i32): void {
  const vectors = out + (<usize>(n & ~3) << 2);
  for (; out != vectors; out += 16, source += 16) v128.store(out, v128.load(source));
  const end = out + (<usize>(n & 3) << 2);
  for (; out != end; out += 4, source += 4) store<i32>(out, load<i32>(source));
}

/** buffer[i] = source[(from + i) / repeat]; a repeat of 1 is read in place. */
function placeRepeated(slot: usize, place: usize, from: i32, n: i32): void {
  const repeat = load<i32>(slot, SlotWord.Value << 2);
  const row = <i32>(<u32>from / <u32>repeat);
  const source = load<usize>(slot, SlotWord.Address << 2) + (<usize>row << 2);
  if (repeat == 1) store<usize>(place, source);
  else fillRuns(buffer(slot), source, (row + 1) * repeat - from, repeat, n);
}

/**
 * Writes ranges of equal values, one per value at `source`: the first range is `first` cells long, the others `repeat`.
 * A range is written in whole vectors, and the next one overwrites the excess, while the buffer has room for that; the
 * last cells are written one by one, so that the next buffer is not touched. `out` is the start of the buffer.
 */
function fillRuns(out: usize, source: usize, first: i32, repeat: i32, n: i32): void {
  const limit = out + Layout.TileBytes;
  const end = out + (<usize>n << 2);
  const step = <usize>repeat << 2;
  let next = out + (<usize>first << 2);
  while (out < end) {
    const stop = min(next, end);
    if (out + ((stop - out + 15) & ~15) > limit) break;
    const value = v128.load32_splat(source);
    do {
      v128.store(out, value);
      out += 16;
    } while (out < stop);
    out = stop;
    next += step;
    source += 4;
  }
  for (; out < end; out += 4) {
    store<i32>(out, load<i32>(source));
    if (out + 4 != next) continue;
    next += step;
    source += 4;
  }
}

/** A strided view: read in place if the tile lies within one row of stride 1, else gathered row by row. */
function placeStrided(descriptor: usize, slot: usize, place: usize, from: i32, n: i32): void {
  const rank = load<i32>(slot, SlotWord.Rank << 2);
  const sizes = descriptor + (<usize>load<i32>(slot, SlotWord.Value << 2) << 2);
  const strides = sizes + (<usize>rank << 2);
  const last = <usize>(rank - 1) << 2;
  const length = load<i32>(sizes + last);
  const stride = load<i32>(strides + last);
  const base = load<usize>(slot, SlotWord.Address << 2);
  let row = <i32>(<u32>from / <u32>length);
  let column = from - row * length;
  let source = rowAddress(base, sizes, strides, rank, row);
  if (stride == 1 && column + n <= length) {
    store<usize>(place, source + (<usize>column << 2));
    return;
  }
  let out = buffer(slot);
  store<usize>(place, out);
  // Rows of one plane (the last two axes) are a fixed step apart; the address is recomputed only at the end of a plane.
  const height = rank > 1 ? load<i32>(sizes + last - 4) : 1;
  const step = rank > 1 ? <isize>load<i32>(strides + last - 4) << 2 : 0;
  let left = height - <i32>(<u32>row % <u32>height);
  while (n > 0) {
    const run = min(length - column, n);
    gatherRun(out, source + ((<isize>column * stride) << 2), stride, run);
    out += <usize>run << 2;
    n -= run;
    column = 0;
    row++;
    left--;
    source += step;
    if (left == 0 && n > 0) {
      source = rowAddress(base, sizes, strides, rank, row);
      left = height;
    }
  }
}

/** Address of the first element of row number `row`, counted over all axes but the last. */
function rowAddress(base: usize, sizes: usize, strides: usize, rank: i32, row: i32): usize {
  let offset: i32 = 0;
  for (let axis = rank - 2; axis >= 0 && row != 0; axis--) {
    const size = load<i32>(sizes + (<usize>axis << 2));
    const next = <i32>(<u32>row / <u32>size);
    offset += (row - next * size) * load<i32>(strides + (<usize>axis << 2));
    row = next;
  }
  return base + (<isize>offset << 2);
}

/** out[i] = source[i * stride] for i < n; touches no other cell. */
function gatherRun(out: usize, source: usize, stride: i32, n: i32): void {
  const step = <isize>stride << 2;
  const vectors = out + (<usize>(n & ~3) << 2);
  const end = out + (<usize>n << 2);
  if (stride == 1) {
    for (; out != vectors; out += 16, source += 16) v128.store(out, v128.load(source));
  } else if (stride == 0) {
    for (const value = v128.load32_splat(source); out != vectors; out += 16) v128.store(out, value);
  } else {
    for (; out != vectors; out += 16, source += 4 * step) {
      let v = v128.load32_zero(source);
      v = v128.load_lane<f32>(source + step, v, 1);
      v = v128.load_lane<f32>(source + 2 * step, v, 2);
      v = v128.load_lane<f32>(source + 3 * step, v, 3);
      v128.store(out, v);
    }
  }
  for (; out != end; out += 4, source += step) store<i32>(out, load<i32>(source));
}
