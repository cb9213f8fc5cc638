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
  /** Bytes of a row of the square buffer: six pairs of vectors. */
  Line = 192,
  Bytes = 1152,
}

// The vector at `offset` from the address that is stored at `at`.
// @ts-ignore: decorator
@inline
function through(at: usize, offset: usize): v128 {
  return v128.load(load<usize>(at) + offset);
}

// Row `i` of F, if it has that many.
// @ts-ignore: decorator
@inline
function putRow<F>(i: i32, to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  if (i < changetype<F>(0).gives()) v128.store(to + <usize>i * step, changetype<F>(0).row(i, d0, d1, d2, d3, d4, d5));
}

// All rows of F, stored `step` bytes apart.
// @ts-ignore: decorator
@inline
function put<F>(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  putRow<F>(0, to, step, d0, d1, d2, d3, d4, d5);
  putRow<F>(1, to, step, d0, d1, d2, d3, d4, d5);
  putRow<F>(2, to, step, d0, d1, d2, d3, d4, d5);
  putRow<F>(3, to, step, d0, d1, d2, d3, d4, d5);
  putRow<F>(4, to, step, d0, d1, d2, d3, d4, d5);
  putRow<F>(5, to, step, d0, d1, d2, d3, d4, d5);
}

// Both halves of row `i` of F side by side, so that they merge to one vector in the wide builds.
// @ts-ignore: decorator
@inline
function putPair<F>(
  i: i32, to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128,
  e0: v128, e1: v128, e2: v128, e3: v128, e4: v128, e5: v128,
): void {
  if (i >= changetype<F>(0).gives()) return;
  const o = to + <usize>i * step;
  v128.store(o, changetype<F>(0).row(i, d0, d1, d2, d3, d4, d5));
  v128.store(o, changetype<F>(0).row(i, e0, e1, e2, e3, e4, e5), 16);
}

// All rows of F from the pairs of vectors at six addresses.
// @ts-ignore: decorator
@inline
function putPairs<F>(to: usize, step: usize, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize): void {
  const takes = changetype<F>(0).takes(), zero = f32x4.splat(0);
  const d0 = v128.load(a), e0 = v128.load(a, 16), d1 = v128.load(b), e1 = v128.load(b, 16);
  const d2 = takes > 2 ? v128.load(c) : zero, e2 = takes > 2 ? v128.load(c, 16) : zero;
  const d3 = takes > 3 ? v128.load(d) : zero, e3 = takes > 3 ? v128.load(d, 16) : zero;
  const d4 = takes > 4 ? v128.load(e) : zero, e4 = takes > 4 ? v128.load(e, 16) : zero;
  const d5 = takes > 5 ? v128.load(f) : zero, e5 = takes > 5 ? v128.load(f, 16) : zero;
  putPair<F>(0, to, step, d0, d1, d2, d3, d4, d5, e0, e1, e2, e3, e4, e5);
  putPair<F>(1, to, step, d0, d1, d2, d3, d4, d5, e0, e1, e2, e3, e4, e5);
  putPair<F>(2, to, step, d0, d1, d2, d3, d4, d5, e0, e1, e2, e3, e4, e5);
  putPair<F>(3, to, step, d0, d1, d2, d3, d4, d5, e0, e1, e2, e3, e4, e5);
  putPair<F>(4, to, step, d0, d1, d2, d3, d4, d5, e0, e1, e2, e3, e4, e5);
  putPair<F>(5, to, step, d0, d1, d2, d3, d4, d5, e0, e1, e2, e3, e4, e5);
}

/**
 * Transforms `run` channels of the tile whose pixels are at addresses [takes][takes] to positions, in groups of eight
 * `panelStep` bytes apart. `aside` is a buffer for a square. The wide builds transform eight channels at a time.
 */
function spread<F>(to: usize, step: usize, panelStep: usize, addresses: usize, run: i32, aside: usize): void {
  const takes = changetype<F>(0).takes(), gives = changetype<F>(0).gives();
  const end = <usize>run << 2, zero = f32x4.splat(0);
  let k: usize = 0;
  if (WIDE) {
    for (; k + 32 <= end; k += 32) {
      let p = addresses, q = aside;
      for (let i = 0; i < takes; i++, p += takes << 2, q += Square.Line) {
        putPairs<F>(
          q, 32, load<usize>(p) + k, load<usize>(p, 4) + k, takes > 2 ? load<usize>(p, 8) + k : 0,
          takes > 3 ? load<usize>(p, 12) + k : 0, takes > 4 ? load<usize>(p, 16) + k : 0, takes > 5 ? load<usize>(p, 20) + k : 0,
        );
      }
      q = aside;
      let o = to + (k >> 5) * panelStep;
      for (let j = 0; j < gives; j++, q += 32, o += step) {
        putPairs<F>(o, step * gives, q, q + Square.Line, q + 2 * Square.Line, q + 3 * Square.Line, q + 4 * Square.Line, q + 5 * Square.Line);
      }
    }
  }
  for (; k < end; k += 16) {
    let p = addresses, q = aside;
    for (let i = 0; i < takes; i++, p += takes << 2, q += Square.Line) {
      put<F>(
        q, 32, through(p, k), through(p + 4, k), takes > 2 ? through(p + 8, k) : zero, takes > 3 ? through(p + 12, k) : zero,
        takes > 4 ? through(p + 16, k) : zero, takes > 5 ? through(p + 20, k) : zero,
      );
    }
    q = aside;
    let o = to + (k >> 5) * panelStep + (k & 16);
    for (let j = 0; j < gives; j++, q += 32, o += step) {
      put<F>(
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
  let k: usize = 0;
  if (WIDE) {
    for (; k + 32 <= end; k += 32) {
      let p = from + k, q = aside;
      for (let j = 0; j < takes; j++, p += step, q += 32) {
        putPairs<F>(q, Square.Line, p, p + line, p + 2 * line, p + 3 * line, p + 4 * line, p + 5 * line);
      }
      q = aside;
      let o = to + k;
      for (let i = 0; i < gives; i++, q += Square.Line, o += down) putPairs<F>(o, right, q, q + 32, q + 64, q + 96, q + 128, q + 160);
    }
  }
  for (; k < end; k += 16) {
    let p = from + k, q = aside;
    for (let j = 0; j < takes; j++, p += step, q += 32) {
      put<F>(
        q, Square.Line, v128.load(p), v128.load(p + line), v128.load(p + 2 * line), takes > 3 ? v128.load(p + 3 * line) : zero,
        takes > 4 ? v128.load(p + 4 * line) : zero, takes > 5 ? v128.load(p + 5 * line) : zero,
      );
    }
    q = aside;
    let o = to + k;
    for (let i = 0; i < gives; i++, q += Square.Line, o += down) {
      put<F>(
        o, right, v128.load(q), v128.load(q, 32), v128.load(q, 64), takes > 3 ? v128.load(q, 96) : zero,
        takes > 4 ? v128.load(q, 128) : zero, takes > 5 ? v128.load(q, 160) : zero,
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
