/**
 * Philox4x32-10, a counter-based random generator (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy
 * as 1, 2, 3"), four counters at once.
 *
 * A counter is (block, stream, step low, step high), the key is (seed low, seed high). An element always uses the same
 * word of the same counter, whatever range a caller asks for. Elements form groups of 16; group g uses counters 4 g … 4
 * g + 3, one per SIMD lane, so a vector of words is a vector of neighbouring elements and nothing is transposed:
 *
 *                  counter 4g   4g + 1   4g + 2   4g + 3
 *                 +---------+--------+--------+--------+
 *     word 0      | 16g + 0 |   + 1  |   + 2  |   + 3  |
 *     word 1      |     + 4 |   + 5  |   + 6  |   + 7  |     element 16 g + 4 w + l is word w of counter 4 g + l
 *     word 2      |     + 8 |   + 9  |   + 10 |   + 11 |
 *     word 3      |    + 12 |   + 13 |   + 14 |   + 15 |
 *                 +---------+--------+--------+--------+
 *
 * `src/numbers/philox.ts` is the same in portable TypeScript.
 */
import { scratch } from "./lane";
import { Clock, Layout } from "./opcode";

/** Elements of a group. */
const GROUP: i32 = 16;
/** Elements of two groups, which are computed together. */
const PAIR: i32 = 32;

const MULTIPLIER_0: i32 = 0xd2511f53;
const MULTIPLIER_1: i32 = 0xcd9e8d57;
/** Weyl increments of the key: the golden ratio and the square root of 3, less 1. */
const WEYL_0: i32 = 0x9e3779b9;
const WEYL_1: i32 = 0xbb67ae85;

/** The 32 random bits themselves: the simplest functor for `fillRange`. */
@final @unmanaged
export class Bits {
  @inline put(at: usize, x0: v128, x1: v128, x2: v128, x3: v128, parameter: i32): void {
    v128.store(at, x0); v128.store(at, x1, 16); v128.store(at, x2, 32); v128.store(at, x3, 48);
  }
}

/**
 * Groups `group` and `group + 1`: 10 rounds on their counters, converted by F. `at` is the address of their element 0.
 * Two groups together, because the rounds of one depend on each other: 0.77 uniforms per ns against 0.63 with one.
 */
// @ts-ignore: decorator
@inline
function fillPair<F>(at: usize, group: i32, stream: i32, clock: usize, parameter: i32): void {
  const multiplier0 = i32x4.splat(MULTIPLIER_0);
  const multiplier1 = i32x4.splat(MULTIPLIER_1);
  let x0 = i32x4.add(i32x4.splat(group << 2), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(stream);
  let x2 = v128.load32_splat(clock + (Clock.StepLow << 2));
  let x3 = v128.load32_splat(clock + (Clock.StepHigh << 2));
  let y0 = i32x4.add(x0, i32x4.splat(4));
  let y1 = x1;
  let y2 = x2;
  let y3 = x3;
  let key0 = v128.load32_splat(clock + (Clock.SeedLow << 2));
  let key1 = v128.load32_splat(clock + (Clock.SeedHigh << 2));
  for (let round = 0; round < 10; round++) {
    const a = i64x2.extmul_low_i32x4_u(x0, multiplier0);
    const b = i64x2.extmul_high_i32x4_u(x0, multiplier0);
    const c = i64x2.extmul_low_i32x4_u(x2, multiplier1);
    const d = i64x2.extmul_high_i32x4_u(x2, multiplier1);
    const e = i64x2.extmul_low_i32x4_u(y0, multiplier0);
    const f = i64x2.extmul_high_i32x4_u(y0, multiplier0);
    const g = i64x2.extmul_low_i32x4_u(y2, multiplier1);
    const h = i64x2.extmul_high_i32x4_u(y2, multiplier1);
    // Odd words are the high halves of the products, even ones the low halves.
    x0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), x1), key0);
    x2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), x3), key1);
    x1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
    x3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
    y0 = v128.xor(v128.xor(v128.shuffle<i32>(g, h, 1, 3, 5, 7), y1), key0);
    y2 = v128.xor(v128.xor(v128.shuffle<i32>(e, f, 1, 3, 5, 7), y3), key1);
    y1 = v128.shuffle<i32>(g, h, 0, 2, 4, 6);
    y3 = v128.shuffle<i32>(e, f, 0, 2, 4, 6);
    key0 = i32x4.add(key0, i32x4.splat(WEYL_0));
    key1 = i32x4.add(key1, i32x4.splat(WEYL_1));
  }
  changetype<F>(0).put(at, x0, x1, x2, x3, parameter);
  changetype<F>(0).put(at + (GROUP << 2), y0, y1, y2, y3, parameter);
}

/** Fills `pairs` pairs of groups, starting at group `group`. */
function fillPairs<F>(at: usize, group: i32, pairs: i32, stream: i32, clock: usize, parameter: i32): void {
  for (; pairs > 0; pairs--, group += 2, at += PAIR << 2) fillPair<F>(at, group, stream, clock, parameter);
}

/** Elements [from, to) within two groups, which are computed in a buffer and copied. */
function fillEdge<F>(out: usize, from: i32, to: i32, stream: i32, clock: usize, parameter: i32): void {
  const first = from & ~(GROUP - 1), aside = scratch() + Layout.RandomPair;
  fillPairs<F>(aside, first / GROUP, 1, stream, clock, parameter);
  memory.copy(out, aside + (<usize>(from - first) << 2), <usize>(to - from) << 2);
}

/** Writes elements [from, to) of `stream` at the clock's step to `out`, converted by F (which may read `parameter`). */
export function fillRange<F>(out: usize, from: i32, to: i32, stream: i32, clock: usize, parameter: i32): void {
  let i = min((from + (GROUP - 1)) & ~(GROUP - 1), to);
  if (i > from) fillEdge<F>(out, from, i, stream, clock, parameter);
  const pairs = (to - i) / PAIR;
  fillPairs<F>(out + (<usize>(i - from) << 2), i / GROUP, pairs, stream, clock, parameter);
  i += pairs * PAIR;
  if (i < to) fillEdge<F>(out + (<usize>(i - from) << 2), i, to, stream, clock, parameter);
}
