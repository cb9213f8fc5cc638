/**
 * The transforms of Winograd's minimal filtering F(m, r): m results of r taps from n = m + r - 1 multiplications
 * (Winograd 1980; Lavin and Gray 2015, section 4.1), here along both axes, on four channels or features at a time.
 *
 * Each transform along one axis is a functor of `axes.ts`; a tile is transformed along its rows into a square buffer,
 * and from there along its columns. `spread` makes n x n positions from at most as many values, `fold` makes results
 * from n x n positions. Position (i, j) is `step` (i n + j) bytes after the first.
 */
import {
  Data3, Data4, Data5, Data6, Fold3to2, Fold4to2, Fold4to3, Fold5to2, Fold5to4, Fold6to3, Fold6to4,
  Spread2to3, Spread2to4, Spread2to5, Spread3to4, Spread3to6, Spread4to5, Spread4to6,
} from "./axes";

/** Results and taps along an axis: F(2, 2), F(2, 3), F(4, 2), F(4, 3). */
export enum Form {
  F22,
  F23,
  F42,
  F43,
}

export enum Square {
  /** Bytes of a row of the square buffer: six vectors. */
  Line = 96,
  Bytes = 576,
}

// @ts-ignore: decorator
@inline
function through(address: usize, offset: usize): v128 {
  return v128.load(load<usize>(address) + offset);
}

/**
 * Transforms `run` channels of the tile whose pixels are at addresses [takes][takes] to positions, in groups of eight
 * `panelStep` bytes apart. `aside` is a buffer for a square.
 */
function spread<F>(to: usize, step: usize, panelStep: usize, addresses: usize, run: i32, aside: usize): void {
  const takes = changetype<F>(0).takes(), gives = changetype<F>(0).gives();
  const end = <usize>run << 2, zero = f32x4.splat(0);
  for (let k: usize = 0; k < end; k += 16) {
    let p = addresses, q = aside;
    for (let i = 0; i < takes; i++, p += takes << 2, q += Square.Line) {
      changetype<F>(0).put(
        q, 16, through(p, k), through(p + 4, k), takes > 2 ? through(p + 8, k) : zero, takes > 3 ? through(p + 12, k) : zero,
        takes > 4 ? through(p + 16, k) : zero, takes > 5 ? through(p + 20, k) : zero,
      );
    }
    q = aside;
    let o = to + (k >> 5) * panelStep + (k & 16);
    for (let j = 0; j < gives; j++, q += 16, o += step) {
      changetype<F>(0).put(
        o, step * gives, v128.load(q), v128.load(q, Square.Line), takes > 2 ? v128.load(q, 2 * Square.Line) : zero,
        takes > 3 ? v128.load(q, 3 * Square.Line) : zero, takes > 4 ? v128.load(q, 4 * Square.Line) : zero,
        takes > 5 ? v128.load(q, 5 * Square.Line) : zero,
      );
    }
  }
}

/**
 * Transforms `run` features of the positions to results [gives][gives], rows `down` and columns `right` bytes apart.
 */
function fold<F>(to: usize, down: usize, right: usize, from: usize, step: usize, run: i32, aside: usize): void {
  const takes = changetype<F>(0).takes(), gives = changetype<F>(0).gives();
  const end = <usize>run << 2, zero = f32x4.splat(0), line = step * takes;
  for (let k: usize = 0; k < end; k += 16) {
    let p = from + k, q = aside;
    for (let j = 0; j < takes; j++, p += step, q += 16) {
      changetype<F>(0).put(
        q, Square.Line, v128.load(p), v128.load(p + line), v128.load(p + 2 * line), takes > 3 ? v128.load(p + 3 * line) : zero,
        takes > 4 ? v128.load(p + 4 * line) : zero, takes > 5 ? v128.load(p + 5 * line) : zero,
      );
    }
    q = aside;
    let o = to + k;
    for (let i = 0; i < gives; i++, q += Square.Line, o += down) {
      changetype<F>(0).put(
        o, right, v128.load(q), v128.load(q, 16), v128.load(q, 32), takes > 3 ? v128.load(q, 48) : zero,
        takes > 4 ? v128.load(q, 64) : zero, takes > 5 ? v128.load(q, 80) : zero,
      );
    }
  }
}

/** Inputs [n][n] to positions. */
export function spreadInputs(form: i32, to: usize, step: usize, addresses: usize, run: i32, aside: usize): void {
  switch (form) {
    case Form.F22: spread<Data3>(to, step, 32, addresses, run, aside); break;
    case Form.F23: spread<Data4>(to, step, 32, addresses, run, aside); break;
    case Form.F42: spread<Data5>(to, step, 32, addresses, run, aside); break;
    case Form.F43: spread<Data6>(to, step, 32, addresses, run, aside); break;
  }
}

/** Weights [r][r] to positions. */
export function spreadWeights(form: i32, to: usize, step: usize, addresses: usize, run: i32, aside: usize): void {
  switch (form) {
    case Form.F22: spread<Spread2to3>(to, step, 32, addresses, run, aside); break;
    case Form.F23: spread<Spread3to4>(to, step, 32, addresses, run, aside); break;
    case Form.F42: spread<Spread2to5>(to, step, 32, addresses, run, aside); break;
    case Form.F43: spread<Spread3to6>(to, step, 32, addresses, run, aside); break;
  }
}

/** Result pixels [m][m], used as the weights of F(r, m), to positions in panels. */
export function spreadPixels(form: i32, to: usize, step: usize, panelStep: usize, addresses: usize, run: i32, aside: usize): void {
  switch (form) {
    case Form.F22: spread<Spread2to3>(to, step, panelStep, addresses, run, aside); break;
    case Form.F23: spread<Spread2to4>(to, step, panelStep, addresses, run, aside); break;
    case Form.F42: spread<Spread4to5>(to, step, panelStep, addresses, run, aside); break;
    case Form.F43: spread<Spread4to6>(to, step, panelStep, addresses, run, aside); break;
  }
}

/** Positions to results [m][m]. */
export function foldResults(form: i32, to: usize, down: usize, right: usize, from: usize, step: usize, run: i32, aside: usize): void {
  switch (form) {
    case Form.F22: fold<Fold3to2>(to, down, right, from, step, run, aside); break;
    case Form.F23: fold<Fold4to2>(to, down, right, from, step, run, aside); break;
    case Form.F42: fold<Fold5to4>(to, down, right, from, step, run, aside); break;
    case Form.F43: fold<Fold6to4>(to, down, right, from, step, run, aside); break;
  }
}

/** Positions to the taps [r][r] of F(r, m), `right` bytes apart in the order of their numbers. */
export function foldTaps(form: i32, to: usize, right: usize, from: usize, step: usize, run: i32, aside: usize): void {
  switch (form) {
    case Form.F22: fold<Fold3to2>(to, 2 * right, right, from, step, run, aside); break;
    case Form.F23: fold<Fold4to3>(to, 3 * right, right, from, step, run, aside); break;
    case Form.F42: fold<Fold5to2>(to, 2 * right, right, from, step, run, aside); break;
    case Form.F43: fold<Fold6to3>(to, 3 * right, right, from, step, run, aside); break;
  }
}
