/**
 * Random numbers from Philox words (`assembly/philox.ts` defines which element uses which word).
 *
 * Only instructions with a result fixed by the standard, so every build gives the same bits. Lanes take blocks of
 * `BLOCK` elements; any number of lanes gives the same values because an element depends on its index alone.
 */
import { firstBlock, lane, lastBlock, scratch } from "../lane";
import { Clock, Layout, RandomKind, RandomWord, TickWord } from "../opcode";
import { permutationRange } from "../permutation";
import { fillRange } from "../philox";

/** Elements that one lane takes at a time: a multiple of Philox's 16. */
const BLOCK: i32 = 1024;

/** f32 in [0, 1): the top 24 bits. */
@final @unmanaged
class Uniform {
  @inline of(x: v128): v128 {
    return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(x, 8)), f32x4.splat(<f32>(1.0 / 16777216.0)));
  }

  @inline put(at: usize, x0: v128, x1: v128, x2: v128, x3: v128, parameter: i32): void {
    v128.store(at, this.of(x0));
    v128.store(at, this.of(x1), 16);
    v128.store(at, this.of(x2), 32);
    v128.store(at, this.of(x3), 48);
  }
}

/** i32 in [0, parameter): the high word of bits times bound. The probability of a value is off by less than 2^-32. */
@final @unmanaged
class Integer {
  @inline of(x: v128, bound: v128): v128 {
    return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(x, bound), i64x2.extmul_high_i32x4_u(x, bound), 1, 3, 5, 7);
  }

  @inline put(at: usize, x0: v128, x1: v128, x2: v128, x3: v128, parameter: i32): void {
    const bound = i32x4.splat(parameter);
    v128.store(at, this.of(x0, bound));
    v128.store(at, this.of(x1, bound), 16);
    v128.store(at, this.of(x2, bound), 32);
    v128.store(at, this.of(x3, bound), 48);
  }
}

/**
 * sqrt(-2 log u) with u = (x >> 1 + 1/2) 2^-31 rounded to f32, in (0, 1]: at most 6.66. log as in Cephes' `logf`
 * (Moshier): u = 2^e m with m in [sqrt(1/2), sqrt 2), a polynomial of degree 8 in m - 1 for the rest.
 */
// @ts-ignore: decorator
@inline
function radius(x: v128): v128 {
  const u = f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(x, 1)), f32x4.splat(0.5)); // times 2^31
  // Bits of sqrt(1/2) are 0x3f3504f3: subtracting them splits off the exponent of the nearest m in the range above.
  const exponent = i32x4.shr_s(i32x4.sub(u, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(u, i32x4.shl(exponent, 23)), f32x4.splat(1));
  const e = f32x4.convert_i32x4_s(i32x4.sub(exponent, i32x4.splat(31)));
  let p = f32x4.splat(<f32>7.0376836292e-2);
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(<f32>-1.151461031e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(<f32>1.1676998740e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(<f32>-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(<f32>1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(<f32>-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(<f32>2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(<f32>-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(<f32>3.3333331174e-1));
  const f2 = f32x4.mul(f, f);
  // log 2 in two parts; e times the first part is exact.
  p = f32x4.add(f32x4.mul(f32x4.mul(p, f), f2), f32x4.mul(e, f32x4.splat(<f32>-2.12194440e-4)));
  p = f32x4.add(f, f32x4.sub(p, f32x4.mul(f2, f32x4.splat(0.5))));
  const log = f32x4.add(p, f32x4.mul(e, f32x4.splat(<f32>0.693359375)));
  return f32x4.sqrt(f32x4.mul(log, f32x4.splat(-2)));
}

/**
 * Standard normals by Box and Muller 1958: words 0 and 1 of a counter give r cos t and r sin t for the elements of
 * words 0 and 1; words 2 and 3 likewise. t = 2 pi x / 2^32: the nearest quarter turn is subtracted in integers,
 * exactly; sine and cosine of the rest, at most pi / 4, use Cephes' `sinf` and `cosf` polynomials (error below 2^-24).
 */
@final @unmanaged
class Normal {
  @inline pair(at: usize, x: v128, y: v128): void {
    const r = radius(x);
    const quarter = i32x4.add(y, i32x4.splat(0x20000000)); // number of the quarter turn in the top 2 bits
    const a = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(y, 2)), f32x4.splat(<f32>(Math.PI / 8589934592.0)));
    const z = f32x4.mul(a, a);
    let s = f32x4.add(f32x4.mul(z, f32x4.splat(<f32>-1.9515295891e-4)), f32x4.splat(<f32>8.3321608736e-3));
    s = f32x4.add(f32x4.mul(s, z), f32x4.splat(<f32>-1.6666654611e-1));
    s = f32x4.add(f32x4.mul(f32x4.mul(s, z), a), a);
    let c = f32x4.add(f32x4.mul(z, f32x4.splat(<f32>2.443315711809948e-5)), f32x4.splat(<f32>-1.388731625493765e-3));
    c = f32x4.add(f32x4.mul(c, z), f32x4.splat(<f32>4.166664568298827e-2));
    c = f32x4.add(f32x4.mul(f32x4.mul(c, z), z), f32x4.sub(f32x4.splat(1), f32x4.mul(z, f32x4.splat(0.5))));
    // Quarter turns 1 and 3 swap sine and cosine; 1 and 2 negate the cosine, 2 and 3 the sine.
    const swap = i32x4.shr_s(i32x4.shl(quarter, 1), 31);
    const sign = i32x4.splat(i32.MIN_VALUE);
    const cosine = v128.xor(v128.bitselect(s, c, swap), v128.and(v128.xor(quarter, i32x4.shl(quarter, 1)), sign));
    const sine = v128.xor(v128.bitselect(c, s, swap), v128.and(quarter, sign));
    v128.store(at, f32x4.mul(r, cosine));
    v128.store(at, f32x4.mul(r, sine), 16);
  }

  @inline put(at: usize, x0: v128, x1: v128, x2: v128, x3: v128, parameter: i32): void {
    this.pair(at, x0, x1);
    this.pair(at + 32, x2, x3);
  }
}

/** Writes `count` uniform f32 in [0, 1) to `out`: elements from `from` on of `stream` at the clock's step. */
export function uniformRange(out: usize, from: i32, count: i32, stream: i32, clock: usize): void {
  fillRange<Uniform>(out, from, from + count, stream, clock, 0);
}

/** Like `uniformRange`, with standard normal f32. */
export function normalRange(out: usize, from: i32, count: i32, stream: i32, clock: usize): void {
  fillRange<Normal>(out, from, from + count, stream, clock, 0);
}

/** Integers below a bound, or the next indices of a keyed permutation: see `RandomWord`. */
export function random(c: usize): void {
  const out = <usize>load<u32>(c + (RandomWord.Out << 2));
  const count = load<i32>(c + (RandomWord.Count << 2));
  const bound = load<i32>(c + (RandomWord.Bound << 2));
  const stream = load<i32>(c + (RandomWord.Stream << 2));
  const clock = <usize>load<u32>(c + (RandomWord.Clock << 2));
  const blocks = (count + (BLOCK - 1)) / BLOCK;
  const from = firstBlock(blocks) * BLOCK;
  const to = min(lastBlock(blocks) * BLOCK, count);
  if (from >= to) return;
  const at = out + (<usize>from << 2);
  const start = load<i32>(c + (RandomWord.From << 2)) + from;
  if (load<i32>(c + (RandomWord.Kind << 2)) == RandomKind.Integer) {
    fillRange<Integer>(at, start, start + to - from, stream, clock, bound);
  } else {
    const draw = load<u32>(c + (RandomWord.Draw << 2));
    const draws = load<u32>(c + (RandomWord.Draws << 2));
    const whole = load<u32>(c + (RandomWord.Of << 2));
    const position = (load<u64>(clock + (Clock.StepLow << 2)) * draws + draw) * whole + start;
    permutationRange(at, position, to - from, bound, stream, clock, scratch() + Layout.Packing);
  }
}

/** Advances the clock by one step, in 64 bits. Lane 0 only, because lanes share the clock. */
export function tick(c: usize): void {
  if (lane != 0) return;
  const step = <usize>load<u32>(c + (TickWord.Clock << 2)) + (Clock.StepLow << 2);
  store<u64>(step, load<u64>(step) + 1);
}
