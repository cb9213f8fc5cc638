/**
 * A keyed bijection of [0, bound): sampling without repetition, without memory of what was drawn.
 *
 * An unbalanced Feistel network over the bits of bound - 1, `ROUNDS` rounds that change the low and the high part in
 * turn; a result outside [0, bound) goes through it again (cycle walking: Black and Rogaway 2002, "Ciphers with
 * arbitrary finite domains"), fewer than two turns on average. The round function is Wellons' `lowbias32` of the other
 * part and the round's key; the keys of epoch e are Philox words 0 … ROUNDS - 1 of the stream, with e in the step's place.
 */
import { Clock } from "./opcode";
import { Bits, fillRange } from "./philox";

/** Small domains need many rounds to come near to all their permutations: at bound 3 the bias is below 2^-10. */
const ROUNDS: i32 = 12;

/** A hash of 32 bits (Wellons 2018, "Prospecting for hash functions"). */
// @ts-ignore: decorator
@inline
function mix(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return x ^ (x >> 16);
}

/** Where `index` goes; `keys` are `ROUNDS` words. */
function permute(index: u32, bound: u32, keys: usize): u32 {
  const bits = 32 - <i32>clz(bound - 1);
  const lowBits = bits - (bits >> 1);
  const lowMask = (<u32>1 << lowBits) - 1;
  const highMask = (<u32>1 << (bits >> 1)) - 1;
  let x = index;
  do {
    let low = x & lowMask;
    let high = x >> lowBits;
    for (let round = 0; round < ROUNDS; round += 2) {
      const key = keys + (<usize>round << 2);
      low ^= mix(high ^ load<u32>(key)) & lowMask;
      high ^= mix(low ^ load<u32>(key, 4)) & highMask;
    }
    x = (high << lowBits) | low;
  } while (x >= bound);
  return x;
}

/**
 * out[i] = P_e(j) for i < count, where j and e are remainder and quotient of (position + i) by bound.
 * `work` is (`Clock.Size` + `ROUNDS`) words of the lane's own.
 */
export function permutationRange(
  out: usize, position: u64, count: i32, bound: i32, stream: i32, clock: usize, work: usize,
): void {
  const keys = work + (Clock.Size << 2);
  let epoch = position / <u64>bound;
  let index = <i32>(position % <u64>bound);
  store<u64>(work + (Clock.SeedLow << 2), load<u64>(clock + (Clock.SeedLow << 2)));
  for (let i = 0; i < count; ) {
    store<u64>(work + (Clock.StepLow << 2), epoch);
    fillRange<Bits>(keys, 0, ROUNDS, stream, work, 0);
    const end = min(<i64>count, <i64>i + bound - index);
    for (; i < <i32>end; i++) store<u32>(out + (<usize>i << 2), permute(index++, bound, keys));
    index = 0;
    epoch++;
  }
}
