/**
 * Axes of a strided copy, ordered so that walking them is cheapest, and a cursor over the outer axes.
 *
 * They are kept in the lane's packing space, innermost first: axis i is (size, out stride, in stride, cursor index).
 * Strides are in elements. There are at least two axes: 0 is the columns of a block, 1 its rows, the others are outer
 * axes.
 */
import { scratch } from "./lane";
import { Layout } from "./opcode";

/** Memory order of the two innermost axes. */
export enum Inner {
  /** Both views are contiguous along the columns. */
  Run,
  /** Out is contiguous along the columns, in is contiguous along the rows. */
  Transposed,
  Scattered,
  /** There are no elements. */
  Nothing,
}

let axes: usize = 0;
let rank: i32 = 0;

/** Offset of the cursor in out and in, in elements. */
export let outAt: i32 = 0;
export let inAt: i32 = 0;

// @ts-ignore: decorator
@inline export function axisSize(i: i32): i32 { return load<i32>(axes + (<usize>i << 4)); }
// @ts-ignore: decorator
@inline export function axisOut(i: i32): i32 { return load<i32>(axes + (<usize>i << 4), 4); }
// @ts-ignore: decorator
@inline export function axisIn(i: i32): i32 { return load<i32>(axes + (<usize>i << 4), 8); }

function setAxis(i: i32, size: i32, out: i32, input: i32): void {
  const at = axes + (<usize>i << 4);
  store<i32>(at, size);
  store<i32>(at, out, 4);
  store<i32>(at, input, 8);
  store<i32>(at, 0, 12);
}

/** Moves axis `from` inwards to index `to`; the axes between move outwards by one. */
function lower(from: i32, to: i32): void {
  const size = axisSize(from);
  const out = axisOut(from);
  const input = axisIn(from);
  for (let i = from; i > to; i--) setAxis(i, axisSize(i - 1), axisOut(i - 1), axisIn(i - 1));
  setAxis(to, size, out, input);
}

/** Reads `count` sizes, out strides and in strides at `words`, sorts the axes and merges adjacent ones. */
export function arrange(words: usize, count: i32): Inner {
  axes = scratch() + Layout.Packing;
  rank = 0;
  for (let i = count - 1; i >= 0; i--) {
    const at = words + (<usize>i << 2);
    const size = load<i32>(at);
    if (size == 0) return Inner.Nothing;
    if (size == 1) continue;
    const out = load<i32>(at + (<usize>count << 2));
    setAxis(rank, size, out, load<i32>(at + (<usize>count << 3)));
    // The smallest out stride becomes the innermost axis.
    let place = rank++;
    while (place > 0 && abs(axisOut(place - 1)) > abs(out)) place--;
    lower(rank - 1, place);
  }
  for (let i = 0; i + 1 < rank; ) {
    const size = axisSize(i);
    if (axisOut(i + 1) != axisOut(i) * size || axisIn(i + 1) != axisIn(i) * size) {
      i++;
      continue;
    }
    setAxis(i, size * axisSize(i + 1), axisOut(i), axisIn(i));
    rank--;
    for (let k = i + 1; k < rank; k++) setAxis(k, axisSize(k + 1), axisOut(k + 1), axisIn(k + 1));
  }
  // The rows of a transposition are the axis along which in is contiguous.
  let inner = Inner.Scattered;
  if (rank > 0 && axisOut(0) == 1) {
    if (axisIn(0) == 1) inner = Inner.Run;
    else {
      for (let i = 1; i < rank; i++) {
        if (axisIn(i) == 1) {
          lower(i, 1);
          inner = Inner.Transposed;
          break;
        }
      }
    }
  }
  while (rank < 2) setAxis(rank++, 1, 0, 0);
  return inner;
}

/** Number of positions of the outer axes. */
export function outerSize(): i32 {
  let size: i32 = 1;
  for (let i: i32 = 2; i < rank; i++) size *= axisSize(i);
  return size;
}

/** Moves the cursor to outer position `index`, in row-major order. */
export function seek(index: i32): void {
  outAt = 0;
  inAt = 0;
  for (let i: i32 = 2; i < rank; i++) {
    const at = index % axisSize(i);
    index /= axisSize(i);
    store<i32>(axes + (<usize>i << 4), at, 12);
    outAt += at * axisOut(i);
    inAt += at * axisIn(i);
  }
}

/** Moves the cursor to the next outer position. */
export function forward(): void {
  for (let i: i32 = 2; i < rank; i++) {
    const at = load<i32>(axes + (<usize>i << 4), 12) + 1;
    outAt += axisOut(i);
    inAt += axisIn(i);
    if (at < axisSize(i)) {
      store<i32>(axes + (<usize>i << 4), at, 12);
      return;
    }
    store<i32>(axes + (<usize>i << 4), 0, 12);
    outAt -= at * axisOut(i);
    inAt -= at * axisIn(i);
  }
}
