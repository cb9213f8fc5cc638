/**
 * A keyed bijection of [0, bound): sampling without replacement, without a record of what was drawn.
 *
 * Up to `SMALL` the whole order is shuffled (Fisher and Yates 1938, in the form of Durstenfeld 1964): word i of epoch e
 * chooses which of the first i + 1 elements moves to index i. All orders are equally likely except for the rounding of
 * word (i + 1) / 2^32, a difference of less than bound / 2^32 in probability.
 *
 * Above it, where shuffling would cost more than the batch, an unbalanced Feistel network over the bits of bound - 1,
 * with `ROUNDS` rounds that change the low and the high part alternately; a result outside [0, bound) is sent through
 * it again (cycle walking: Black and Rogaway 2002, "Ciphers with arbitrary finite domains"), fewer than two passes on
 * average. The round function is Wellons' `lowbias32` of the other part and the round's key. Each round is an even
 * permutation, so one more word decides whether 0 and 1 are swapped. (On fewer than 8 bits there are too few round
 * functions: of the orders of 8 elements such a network reaches half, some of them several times as often as others.)
 *
 * The words of epoch e are those of the stream with e in place of the step. `src/numbers/philox.ts` is the same in TypeScript.
 */
import { Clock } from "./opcode";
import { Bits, fillRange } from "./philox";

/** Largest bound that is shuffled; see also `smallBound` in `src/numbers/philox.ts`. */
const SMALL: i32 = 256;
const ROUNDS: i32 = 12;
/** Words of the network: a key for each round, and one that decides whether 0 and 1 are swapped. */
const KEYS: i32 = ROUNDS + 1;

/** A hash of 32 bits (Wellons 2018, "Prospecting for hash functions"). */
// @ts-ignore: decorator
@inline
function mix(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return x ^ (x >> 16);
}

/** Image of `index` under the network; `keys` are `KEYS` words. */
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
  return x < 2 ? x ^ (load<u32>(keys, ROUNDS << 2) & 1) : x;
}

/** Writes a random order of [0, bound) to `order`, using `bound` words. */
function shuffle(order: usize, bound: i32, words: usize): void {
  for (let i = 0; i < bound; i++) {
    const place = order + (<usize>i << 2);
    const other = order + (<usize>((<u64>load<u32>(words + (<usize>i << 2)) * (i + 1)) >> 32) << 2);
    // Inserts element i at `other`, whose element moves to the end: the order of [0, i] from that of [0, i - 1].
    store<i32>(place, load<i32>(other));
    store<i32>(other, i);
  }
}

/**
 * out[i] = P_e(j) for i < count, where j and e are remainder and quotient of (position + i) by bound. `work` is a
 * buffer of (`Clock.Size` + 2 `SMALL`) words.
 */
export function permutationRange(
  out: usize, position: u64, count: i32, bound: i32, stream: i32, clock: usize, work: usize,
): void {
  const words = work + (Clock.Size << 2);
  const order = words + (SMALL << 2);
  const small = bound <= SMALL;
  let epoch = position / <u64>bound;
  let index = <i32>(position % <u64>bound);
  store<u64>(work + (Clock.SeedLow << 2), load<u64>(clock + (Clock.SeedLow << 2)));
  for (let i = 0; i < count; ) {
    store<u64>(work + (Clock.StepLow << 2), epoch);
    fillRange<Bits>(words, 0, small ? bound : KEYS, stream, work, 0);
    const end = <i32>min(<i64>count, <i64>i + bound - index);
    if (small) {
      shuffle(order, bound, words);
      memory.copy(out + (<usize>i << 2), order + (<usize>index << 2), <usize>(end - i) << 2);
      i = end;
    } else {
      for (; i < end; i++) store<u32>(out + (<usize>i << 2), permute(index++, bound, words));
    }
    index = 0;
    epoch++;
  }
}
