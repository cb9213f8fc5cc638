/**
 * Winograd's transforms along one axis, as functors: `put` turns `takes` vectors into `gives` vectors, `step` bytes
 * apart.
 *
 * F(m, r) multiplies polynomials by their values at n - 1 points and infinity (Winograd 1980; the names A, B, G are
 * those of Lavin and Gray 2015): B's transpose is `Data`n, G `Spread`r`to`n, A's transpose `Fold`n`to`m. Weight
 * gradients are F(r, m) at the same points: their G is `Spread`m`to`n, their A `Fold`n`to`r.
 *
 *     n   points                     largest entries of B, G, A
 *     3   0, 1                       1, 1, 1
 *     4   0, 1, -1                   1, 1, 1
 *     5   0, 1, -1, 2                3, 4/3, 8
 *     6   0, 1, -1, 1/2, -2          2.5, 16/15, 8     rounding errors half of those with 2, -2 (Barabasz et al. 2020)
 *
 * A comment after a store is its row of B's transpose: the factors of the inputs.
 */
import { mulAdd, negMulAdd } from "../../vector/arithmetic";

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

// @ts-ignore: decorator
@inline
function times(factor: f32, a: v128): v128 {
  return f32x4.mul(f32x4.splat(factor), a);
}

/** c + factor a */
// @ts-ignore: decorator
@inline
function more(factor: f32, a: v128, c: v128): v128 {
  return mulAdd(f32x4.splat(factor), a, c);
}

/** c - factor a */
// @ts-ignore: decorator
@inline
function less(factor: f32, a: v128, c: v128): v128 {
  return negMulAdd(f32x4.splat(factor), a, c);
}

@final @unmanaged export class Data3 {
  @inline takes(): i32 { return 3; }
  @inline gives(): i32 { return 3; }
  @inline put(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
    v128.store(to, sub(d0, d1)); v128.store(to + step, d1); v128.store(to + 2 * step, sub(d2, d1));
  }
}

@final @unmanaged export class Data4 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 4; }
  @inline put(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
    v128.store(to, sub(d0, d2)); v128.store(to + step, add(d1, d2));
    v128.store(to + 2 * step, sub(d2, d1)); v128.store(to + 3 * step, sub(d1, d3));
  }
}

@final @unmanaged export class Data5 {
  @inline takes(): i32 { return 5; }
  @inline gives(): i32 { return 5; }
  @inline put(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
    const odd = sub(d3, d1);
    v128.store(to, more(2, sub(d0, d2), odd)); // 2, -1, -2, 1
    v128.store(to + step, sub(odd, add(d1, d2))); // 0, -2, -1, 1
    v128.store(to + 2 * step, more(2, sub(d1, d2), sub(d3, d2))); // 0, 2, -3, 1
    v128.store(to + 3 * step, odd); // 0, -1, 0, 1
    v128.store(to + 4 * step, less(2, odd, sub(d4, d2))); // 0, 2, -1, -2, 1
  }
}

@final @unmanaged export class Data6 {
  @inline takes(): i32 { return 6; }
  @inline gives(): i32 { return 6; }
  @inline put(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
    const odd = sub(d3, d1), even = sub(d4, d2);
    v128.store(to, more(1.5, odd, add(sub(d0, d2), even))); // 1, -3/2, -2, 3/2, 1
    v128.store(to + step, more(1.5, add(d2, d3), add(even, odd))); // 0, -1, 1/2, 5/2, 1
    v128.store(to + 2 * step, more(1.5, sub(d3, d2), sub(even, odd))); // 0, 1, -5/2, 1/2, 1
    v128.store(to + 3 * step, more(2, odd, even)); // 0, -2, -1, 2, 1
    v128.store(to + 4 * step, sub(add(even, even), odd)); // 0, 1, -2, -1, 2
    v128.store(to + 5 * step, more(1.5, even, sub(sub(d5, d3), odd))); // 0, 1, -3/2, -2, 3/2, 1
  }
}

@final @unmanaged export class Spread2to3 {
  @inline takes(): i32 { return 2; }
  @inline gives(): i32 { return 3; }
  @inline put(to: usize, step: usize, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): void {
    v128.store(to, g0); v128.store(to + step, add(g0, g1)); v128.store(to + 2 * step, g1);
  }
}

@final @unmanaged export class Spread2to4 {
  @inline takes(): i32 { return 2; }
  @inline gives(): i32 { return 4; }
  @inline put(to: usize, step: usize, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): void {
    const h0 = times(0.5, g0), h1 = times(0.5, g1);
    v128.store(to, g0); v128.store(to + step, add(h0, h1)); v128.store(to + 2 * step, sub(h0, h1)); v128.store(to + 3 * step, g1);
  }
}

@final @unmanaged export class Spread3to4 {
  @inline takes(): i32 { return 3; }
  @inline gives(): i32 { return 4; }
  @inline put(to: usize, step: usize, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): void {
    const sum = times(0.5, add(g0, g2)), middle = times(0.5, g1);
    v128.store(to, g0); v128.store(to + step, add(sum, middle)); v128.store(to + 2 * step, sub(sum, middle)); v128.store(to + 3 * step, g2);
  }
}

@final @unmanaged export class Spread2to5 {
  @inline takes(): i32 { return 2; }
  @inline gives(): i32 { return 5; }
  @inline put(to: usize, step: usize, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): void {
    v128.store(to, times(0.5, g0));
    v128.store(to + step, times(-0.5, add(g0, g1)));
    v128.store(to + 2 * step, times(<f32>(1.0 / 6), sub(g1, g0)));
    v128.store(to + 3 * step, times(<f32>(1.0 / 6), more(2, g1, g0)));
    v128.store(to + 4 * step, g1);
  }
}

@final @unmanaged export class Spread4to5 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 5; }
  @inline put(to: usize, step: usize, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): void {
    const even = add(g0, g2), odd = add(g1, g3);
    v128.store(to, times(0.5, g0));
    v128.store(to + step, times(-0.5, add(even, odd)));
    v128.store(to + 2 * step, times(<f32>(1.0 / 6), sub(odd, even)));
    v128.store(to + 3 * step, times(<f32>(1.0 / 6), more(2, more(4, g3, g1), more(4, g2, g0))));
    v128.store(to + 4 * step, g3);
  }
}

@final @unmanaged export class Spread3to6 {
  @inline takes(): i32 { return 3; }
  @inline gives(): i32 { return 6; }
  @inline put(to: usize, step: usize, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): void {
    const even = add(g0, g2);
    v128.store(to, g0);
    v128.store(to + step, times(<f32>(1.0 / 3), add(even, g1)));
    v128.store(to + 2 * step, times(<f32>(1.0 / 3), sub(g1, even)));
    v128.store(to + 3 * step, times(<f32>(-16.0 / 15), more(0.5, g1, more(0.25, g2, g0))));
    v128.store(to + 4 * step, times(<f32>(1.0 / 30), less(2, g1, more(4, g2, g0))));
    v128.store(to + 5 * step, g2);
  }
}

@final @unmanaged export class Spread4to6 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 6; }
  @inline put(to: usize, step: usize, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): void {
    const even = add(g0, g2), odd = add(g1, g3);
    v128.store(to, g0);
    v128.store(to + step, times(<f32>(1.0 / 3), add(even, odd)));
    v128.store(to + 2 * step, times(<f32>(1.0 / 3), sub(odd, even)));
    v128.store(to + 3 * step, times(<f32>(-16.0 / 15), more(0.5, more(0.25, g3, g1), more(0.25, g2, g0))));
    v128.store(to + 4 * step, times(<f32>(1.0 / 30), less(2, more(4, g3, g1), more(4, g2, g0))));
    v128.store(to + 5 * step, g3);
  }
}

@final @unmanaged export class Fold3to2 {
  @inline takes(): i32 { return 3; }
  @inline gives(): i32 { return 2; }
  @inline put(to: usize, step: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
    v128.store(to, add(m0, m1)); v128.store(to + step, add(m1, m2));
  }
}

@final @unmanaged export class Fold4to2 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 2; }
  @inline put(to: usize, step: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
    v128.store(to, add(m0, add(m1, m2))); v128.store(to + step, sub(sub(m1, m2), m3));
  }
}

@final @unmanaged export class Fold4to3 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 3; }
  @inline put(to: usize, step: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
    const sum = add(m1, m2);
    v128.store(to, add(m0, sum)); v128.store(to + step, sub(m1, m2)); v128.store(to + 2 * step, sub(sum, m3));
  }
}

@final @unmanaged export class Fold5to2 {
  @inline takes(): i32 { return 5; }
  @inline gives(): i32 { return 2; }
  @inline put(to: usize, step: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
    v128.store(to, add(add(m0, m3), add(m1, m2))); v128.store(to + step, add(more(2, m3, sub(m1, m2)), m4));
  }
}

@final @unmanaged export class Fold5to4 {
  @inline takes(): i32 { return 5; }
  @inline gives(): i32 { return 4; }
  @inline put(to: usize, step: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
    const sum = add(m1, m2), difference = sub(m1, m2);
    v128.store(to, add(add(m0, m3), sum)); v128.store(to + step, more(2, m3, difference));
    v128.store(to + 2 * step, more(4, m3, sum)); v128.store(to + 3 * step, add(more(8, m3, difference), m4));
  }
}

@final @unmanaged export class Fold6to3 {
  @inline takes(): i32 { return 6; }
  @inline gives(): i32 { return 3; }
  @inline put(to: usize, step: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
    const sum = add(m1, m2), difference = sub(m1, m2);
    v128.store(to, add(add(m0, sum), add(m3, m4)));
    v128.store(to + step, more(0.5, m3, less(2, m4, difference)));
    v128.store(to + 2 * step, add(more(0.25, m3, more(4, m4, sum)), m5));
  }
}

@final @unmanaged export class Fold6to4 {
  @inline takes(): i32 { return 6; }
  @inline gives(): i32 { return 4; }
  @inline put(to: usize, step: usize, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): void {
    const sum = add(m1, m2), difference = sub(m1, m2);
    v128.store(to, add(add(m0, sum), add(m3, m4)));
    v128.store(to + step, more(0.5, m3, less(2, m4, difference)));
    v128.store(to + 2 * step, more(0.25, m3, more(4, m4, sum)));
    v128.store(to + 3 * step, add(more(0.125, m3, less(8, m4, difference)), m5));
  }
}
