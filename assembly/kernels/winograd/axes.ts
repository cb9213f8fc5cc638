/**
 * Winograd's transforms along one axis, as functors: from `takes` vectors come `gives` vectors; `row` is the one of
 * number `i`, a literal. What several rows share is written in each of them and computed once, as compilers find it.
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
 * A comment after a row is its row of B's transpose: the factors of the inputs.
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
  @inline row(i: i32, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): v128 {
    if (i == 0) return sub(d0, d1);
    if (i == 1) return d1;
    return sub(d2, d1);
  }
}

@final @unmanaged export class Data4 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 4; }
  @inline row(i: i32, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): v128 {
    if (i == 0) return sub(d0, d2);
    if (i == 1) return add(d1, d2);
    if (i == 2) return sub(d2, d1);
    return sub(d1, d3);
  }
}

@final @unmanaged export class Data5 {
  @inline takes(): i32 { return 5; }
  @inline gives(): i32 { return 5; }
  @inline row(i: i32, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): v128 {
    const odd = sub(d3, d1);
    if (i == 0) return more(2, sub(d0, d2), odd); // 2, -1, -2, 1
    if (i == 1) return sub(odd, add(d1, d2)); // 0, -2, -1, 1
    if (i == 2) return more(2, sub(d1, d2), sub(d3, d2)); // 0, 2, -3, 1
    if (i == 3) return odd; // 0, -1, 0, 1
    return less(2, odd, sub(d4, d2)); // 0, 2, -1, -2, 1
  }
}

@final @unmanaged export class Data6 {
  @inline takes(): i32 { return 6; }
  @inline gives(): i32 { return 6; }
  @inline row(i: i32, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): v128 {
    const odd = sub(d3, d1), even = sub(d4, d2);
    if (i == 0) return more(1.5, odd, add(sub(d0, d2), even)); // 1, -3/2, -2, 3/2, 1
    if (i == 1) return more(1.5, add(d2, d3), add(even, odd)); // 0, -1, 1/2, 5/2, 1
    if (i == 2) return more(1.5, sub(d3, d2), sub(even, odd)); // 0, 1, -5/2, 1/2, 1
    if (i == 3) return more(2, odd, even); // 0, -2, -1, 2, 1
    if (i == 4) return sub(add(even, even), odd); // 0, 1, -2, -1, 2
    return more(1.5, even, sub(sub(d5, d3), odd)); // 0, 1, -3/2, -2, 3/2, 1
  }
}

@final @unmanaged export class Spread2to3 {
  @inline takes(): i32 { return 2; }
  @inline gives(): i32 { return 3; }
  @inline row(i: i32, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): v128 {
    if (i == 0) return g0;
    if (i == 1) return add(g0, g1);
    return g1;
  }
}

@final @unmanaged export class Spread2to4 {
  @inline takes(): i32 { return 2; }
  @inline gives(): i32 { return 4; }
  @inline row(i: i32, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): v128 {
    const h0 = times(0.5, g0), h1 = times(0.5, g1);
    if (i == 0) return g0;
    if (i == 1) return add(h0, h1);
    if (i == 2) return sub(h0, h1);
    return g1;
  }
}

@final @unmanaged export class Spread3to4 {
  @inline takes(): i32 { return 3; }
  @inline gives(): i32 { return 4; }
  @inline row(i: i32, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): v128 {
    const sum = times(0.5, add(g0, g2)), middle = times(0.5, g1);
    if (i == 0) return g0;
    if (i == 1) return add(sum, middle);
    if (i == 2) return sub(sum, middle);
    return g2;
  }
}

@final @unmanaged export class Spread2to5 {
  @inline takes(): i32 { return 2; }
  @inline gives(): i32 { return 5; }
  @inline row(i: i32, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): v128 {
    if (i == 0) return times(0.5, g0);
    if (i == 1) return times(-0.5, add(g0, g1));
    if (i == 2) return times(<f32>(1.0 / 6), sub(g1, g0));
    if (i == 3) return times(<f32>(1.0 / 6), more(2, g1, g0));
    return g1;
  }
}

@final @unmanaged export class Spread4to5 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 5; }
  @inline row(i: i32, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): v128 {
    const even = add(g0, g2), odd = add(g1, g3);
    if (i == 0) return times(0.5, g0);
    if (i == 1) return times(-0.5, add(even, odd));
    if (i == 2) return times(<f32>(1.0 / 6), sub(odd, even));
    if (i == 3) return times(<f32>(1.0 / 6), more(2, more(4, g3, g1), more(4, g2, g0)));
    return g3;
  }
}

@final @unmanaged export class Spread3to6 {
  @inline takes(): i32 { return 3; }
  @inline gives(): i32 { return 6; }
  @inline row(i: i32, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): v128 {
    const even = add(g0, g2);
    if (i == 0) return g0;
    if (i == 1) return times(<f32>(1.0 / 3), add(even, g1));
    if (i == 2) return times(<f32>(1.0 / 3), sub(g1, even));
    if (i == 3) return times(<f32>(-16.0 / 15), more(0.5, g1, more(0.25, g2, g0)));
    if (i == 4) return times(<f32>(1.0 / 30), less(2, g1, more(4, g2, g0)));
    return g2;
  }
}

@final @unmanaged export class Spread4to6 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 6; }
  @inline row(i: i32, g0: v128, g1: v128, g2: v128, g3: v128, g4: v128, g5: v128): v128 {
    const even = add(g0, g2), odd = add(g1, g3);
    if (i == 0) return g0;
    if (i == 1) return times(<f32>(1.0 / 3), add(even, odd));
    if (i == 2) return times(<f32>(1.0 / 3), sub(odd, even));
    if (i == 3) return times(<f32>(-16.0 / 15), more(0.5, more(0.25, g3, g1), more(0.25, g2, g0)));
    if (i == 4) return times(<f32>(1.0 / 30), less(2, more(4, g3, g1), more(4, g2, g0)));
    return g3;
  }
}

@final @unmanaged export class Fold3to2 {
  @inline takes(): i32 { return 3; }
  @inline gives(): i32 { return 2; }
  @inline row(i: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): v128 {
    if (i == 0) return add(m0, m1);
    return add(m1, m2);
  }
}

@final @unmanaged export class Fold4to2 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 2; }
  @inline row(i: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): v128 {
    if (i == 0) return add(m0, add(m1, m2));
    return sub(sub(m1, m2), m3);
  }
}

@final @unmanaged export class Fold4to3 {
  @inline takes(): i32 { return 4; }
  @inline gives(): i32 { return 3; }
  @inline row(i: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): v128 {
    const sum = add(m1, m2);
    if (i == 0) return add(m0, sum);
    if (i == 1) return sub(m1, m2);
    return sub(sum, m3);
  }
}

@final @unmanaged export class Fold5to2 {
  @inline takes(): i32 { return 5; }
  @inline gives(): i32 { return 2; }
  @inline row(i: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): v128 {
    if (i == 0) return add(add(m0, m3), add(m1, m2));
    return add(more(2, m3, sub(m1, m2)), m4);
  }
}

@final @unmanaged export class Fold5to4 {
  @inline takes(): i32 { return 5; }
  @inline gives(): i32 { return 4; }
  @inline row(i: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): v128 {
    const sum = add(m1, m2), difference = sub(m1, m2);
    if (i == 0) return add(add(m0, m3), sum);
    if (i == 1) return more(2, m3, difference);
    if (i == 2) return more(4, m3, sum);
    return add(more(8, m3, difference), m4);
  }
}

@final @unmanaged export class Fold6to3 {
  @inline takes(): i32 { return 6; }
  @inline gives(): i32 { return 3; }
  @inline row(i: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): v128 {
    const sum = add(m1, m2), difference = sub(m1, m2);
    if (i == 0) return add(add(m0, sum), add(m3, m4));
    if (i == 1) return more(0.5, m3, less(2, m4, difference));
    return add(more(0.25, m3, more(4, m4, sum)), m5);
  }
}

@final @unmanaged export class Fold6to4 {
  @inline takes(): i32 { return 6; }
  @inline gives(): i32 { return 4; }
  @inline row(i: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128): v128 {
    const sum = add(m1, m2), difference = sub(m1, m2);
    if (i == 0) return add(add(m0, sum), add(m3, m4));
    if (i == 1) return more(0.5, m3, less(2, m4, difference));
    if (i == 2) return more(0.25, m3, more(4, m4, sum));
    return add(more(0.125, m3, less(8, m4, difference)), m5);
  }
}
