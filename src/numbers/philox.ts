/**
 * Portable version of `assembly/philox.ts`, `assembly/permutation.ts` and `assembly/kernels/random.ts`: words,
 * uniforms, integers and permutations have the same bits; normals use the same formula in f64.
 *
 * Philox4x32-10 (Salmon et al. 2011): counter = (block, stream, step low, step high), key = (seed low, seed high). See
 * `assembly/philox.ts` for the mapping of elements: element 16 g + 4 w + l is word w of counter 4 g + l.
 */
import { cos, log, sin } from "./portable-math.js";

/** Position in the random numbers: the `Clock` words of a program's memory, and the stream of one operation. */
export interface Clock {
  /** An integer; only its low 64 bits are used. */
  readonly seed: number | bigint;
  /** Number of completed steps; 64 bits. */
  readonly step: number | bigint;
  /** Number of the operation's stream; 32 bits. */
  readonly stream: number;
  /** Index of the first element; 0 by default. */
  readonly from?: number;
}

/** Elements that share four counters. */
const group = 16;
const rounds = 10;
const permutationRounds = 12;
/** Largest bound for which a whole shuffled order is built; see `assembly/permutation.ts`. */
const smallBound = 256;

/** High 32 bits of a 32 x 32-bit product, computed from 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16); // below 2^32
  const carried = aLow * bHigh + (middle & 0xffff); // below 2^32
  return (aHigh * bHigh + (middle >>> 16) + (carried >>> 16)) >>> 0;
}

/**
 * Philox4x32-10 of one counter.
 * @param counter four 32-bit words
 * @param key two 32-bit words
 * @returns four random 32-bit words, unsigned
 */
export function philox(counter: ArrayLike<number>, key: ArrayLike<number>): [number, number, number, number] {
  let [x0, x1, x2, x3] = [counter[0] >>> 0, counter[1] >>> 0, counter[2] >>> 0, counter[3] >>> 0];
  let [key0, key1] = [key[0] >>> 0, key[1] >>> 0];
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(0xd2511f53, x0);
    const low0 = Math.imul(0xd2511f53, x0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, x2);
    const low1 = Math.imul(0xcd9e8d57, x2) >>> 0;
    x0 = (high1 ^ x1 ^ key0) >>> 0;
    x1 = low1;
    x2 = (high0 ^ x3 ^ key1) >>> 0;
    x3 = low0;
    key0 = (key0 + 0x9e3779b9) >>> 0;
    key1 = (key1 + 0xbb67ae85) >>> 0;
  }
  return [x0, x1, x2, x3];
}

/** Low and high word of an integer's low 64 bits. */
function split(value: number | bigint): [low: number, high: number] {
  const whole = BigInt.asUintN(64, BigInt(value));
  return [Number(whole & 0xffffffffn), Number(whole >> 32n)];
}

/**
 * Calls `put(i, w, words)` for each i < count: the element's index minus `from`, and its value as word w of `words`.
 */
function eachElement(count: number, clock: Clock, put: (i: number, w: number, words: readonly number[]) => void): void {
  const { stream, from = 0 } = clock;
  const key = split(clock.seed);
  const [stepLow, stepHigh] = split(clock.step);
  for (let first = from - (from % group); first < from + count; first += group) {
    for (let l = 0; l < 4; l++) {
      const words = philox([(first / group) * 4 + l, stream, stepLow, stepHigh], key);
      for (let w = 0; w < 4; w++) {
        const i = first + 4 * w + l - from;
        if (i >= 0 && i < count) put(i, w, words);
      }
    }
  }
}

/** The random words themselves, unsigned. */
export function bits(count: number, clock: Clock): Uint32Array {
  const out = new Uint32Array(count);
  eachElement(count, clock, (i, w, words) => {
    out[i] = words[w];
  });
  return out;
}

/** Uniforms in [0, 1): the top 24 bits, so exact in f32. */
export function uniforms(count: number, clock: Clock): Float64Array {
  const out = new Float64Array(count);
  eachElement(count, clock, (i, w, words) => {
    out[i] = (words[w] >>> 8) / 0x1000000;
  });
  return out;
}

/** Standard normals in f64 (Box and Muller 1958). The kernels use f32 and round in between. */
export function normals(count: number, clock: Clock): Float64Array {
  const out = new Float64Array(count);
  eachElement(count, clock, (i, w, words) => {
    const x = words[w & 2];
    const y = words[(w & 2) + 1];
    const u = Math.fround(Math.fround(x >>> 1) + 0.5) / 0x80000000; // rounded like the kernel: in (0, 1]
    const radius = Math.sqrt(-2 * log(u));
    // The nearest quarter turn is subtracted exactly, as in the kernel.
    const quarter = ((y + 0x20000000) >>> 30) & 3;
    const rest = ((y << 2) * Math.PI) / 8589934592;
    const [c, s] = [cos(rest), sin(rest)];
    // The first word's element gets the cosine, the second word's the sine.
    const turned = (w & 1) === 0 ? [c, -s, -c, s] : [s, c, -s, -c];
    out[i] = radius * turned[quarter];
  });
  return out;
}

/** Integers in [0, bound) for a bound below 2^31: the high 32 bits of word times bound. */
export function integers(count: number, bound: number, clock: Clock): Int32Array {
  const out = new Int32Array(count);
  eachElement(count, clock, (i, w, words) => {
    out[i] = multiplyHigh(words[w], bound);
  });
  return out;
}

/** A 32-bit hash (Wellons 2018, `lowbias32`). */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * A 53-bit number for a name: the upper bits of its 64-bit FNV-1a hash (Fowler, Noll, Vo 1991) over UTF-16 code units.
 * The probability that two of n names are equal is n^2 / 2^54: 2e-6 for 200,000.
 */
export function nameKey(name: string): number {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < name.length; i++) hash = BigInt.asUintN(64, (hash ^ BigInt(name.charCodeAt(i))) * 0x100000001b3n);
  return Number(hash >> 11n);
}

/** The bijection of [0, bound) defined by `keys`: see `assembly/permutation.ts`. */
function permute(index: number, bound: number, keys: Uint32Array): number {
  const bits = 32 - Math.clz32(bound - 1);
  const lowBits = bits - (bits >> 1);
  const lowMask = 2 ** lowBits - 1;
  const highMask = 2 ** (bits >> 1) - 1;
  let x = index;
  do {
    let low = x & lowMask;
    let high = x >>> lowBits;
    for (let round = 0; round < permutationRounds; round += 2) {
      low ^= mix(high ^ keys[round]) & lowMask;
      high ^= mix(low ^ keys[round + 1]) & highMask;
    }
    x = ((high << lowBits) | low) >>> 0;
  } while (x >= bound);
  return x < 2 ? x ^ (keys[permutationRounds] & 1) : x;
}

/** A random order of [0, bound), made from `bound` random words. */
function shuffle(words: Uint32Array): Int32Array {
  const order = new Int32Array(words.length);
  words.forEach((word, i) => {
    const other = multiplyHigh(word, i + 1);
    order[i] = order[other];
    order[other] = i;
  });
  return order;
}

/** Identifies a draw without replacement: each step makes `draws` draws of `count` indices. */
export interface Draw {
  /** Number of this draw in its step; 0 by default. */
  readonly draw?: number;
  /** Draws per step; 1 by default. */
  readonly draws?: number;
  /**
   * Number of indices of the whole draw, of which this call returns `count` beginning at the clock's `from`; `count` by
   * default.
   */
  readonly of?: number;
}

/** The next `count` indices of the keyed permutations of [0, bound): see `RandomKind.Permutation`. */
export function permutation(
  count: number,
  bound: number,
  clock: Clock,
  { draw = 0, draws = 1, of = count }: Draw = {},
): Int32Array {
  const out = new Int32Array(count);
  const step = BigInt.asUintN(64, BigInt(clock.step));
  const before = (step * BigInt(draws) + BigInt(draw)) * BigInt(of);
  const position = BigInt.asUintN(64, before + BigInt(clock.from ?? 0));
  let epoch = position / BigInt(bound);
  let index = Number(position % BigInt(bound));
  for (let i = 0; i < count; index = 0, epoch++) {
    const { seed, stream } = clock;
    const words = bits(bound <= smallBound ? bound : permutationRounds + 1, { seed, step: epoch, stream });
    const order = bound <= smallBound ? shuffle(words) : undefined;
    for (; i < count && index < bound; i++, index++) out[i] = order ? order[index] : permute(index, bound, words);
  }
  return out;
}
