/**
 * Seeded random numbers for making data on the host: Philox4x32-10 (Salmon et al. 2011), so that the numbers of
 * (seed, stream, step) do not depend on what else was drawn. Integers and f64 arithmetic only: same seed, same bits.
 */
import { log } from "./portable-math.js";

export interface RandomSource {
  /** In (0, 1), 32 bits. */
  uniform(): number;
  /** In (low, high). */
  between(low: number, high: number): number;
  /** Standard normal. */
  normal(): number;
  /** Integer in [0, bound), bound at most 2^32. */
  integer(bound: number): number;
}

/**
 * @param seed integer from 0 to 2^53 - 1
 * @param stream u32 that separates purposes
 * @param step integer from 0, for instance the index of the record being made
 */
export function randomSource(seed: number, stream: number, step = 0): RandomSource {
  if (!(Number.isSafeInteger(seed) && seed >= 0))
    throw new RangeError(`seed must be an integer from 0 to 2^53 - 1, got ${seed}`);
  return new PhiloxSource(seed, stream, step);
}

/** A random order of 0 … count - 1 (Fisher and Yates; Durstenfeld 1964). */
export function permutation(source: RandomSource, count: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = source.integer(i + 1);
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order;
}

class PhiloxSource implements RandomSource {
  readonly #seed: number;
  readonly #stream: number;
  readonly #step: number;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #next = 4;
  /** The second normal of a pair. */
  #spare = Number.NaN;

  constructor(seed: number, stream: number, step: number) {
    this.#seed = seed;
    this.#stream = stream;
    this.#step = step;
  }

  #word(): number {
    if (this.#next === 4) {
      philox(this.#words, this.#block++, this.#stream, this.#step, this.#seed);
      this.#next = 0;
    }
    return this.#words[this.#next++];
  }

  uniform(): number {
    return (this.#word() + 0.5) / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  integer(bound: number): number {
    return Math.floor((this.#word() * bound) / 4294967296);
  }

  /** Polar method (Marsaglia and Bray 1964): no sine needed. */
  normal(): number {
    const spare = this.#spare;
    this.#spare = Number.NaN;
    if (!Number.isNaN(spare)) return spare;
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1) continue;
      const radius = Math.sqrt((-2 * log(square)) / square);
      this.#spare = y * radius;
      return x * radius;
    }
  }
}

/** Ten rounds on the counter (block, stream, step low, step high) under the key (seed low, seed high). */
function philox(out: Uint32Array, block: number, stream: number, step: number, seed: number): void {
  let x0 = block | 0;
  let x1 = stream | 0;
  let x2 = step | 0;
  let x3 = Math.floor(step / 4294967296) | 0;
  let key0 = seed | 0;
  let key1 = Math.floor(seed / 4294967296) | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(x0, 0xd2511f53);
    const high1 = multiplyHigh(x2, 0xcd9e8d57);
    const low0 = Math.imul(x0, 0xd2511f53);
    const low1 = Math.imul(x2, 0xcd9e8d57);
    x0 = high1 ^ x1 ^ key0;
    x1 = low1;
    x2 = high0 ^ x3 ^ key1;
    x3 = low0;
    key0 = (key0 + 0x9e3779b9) | 0;
    key1 = (key1 + 0xbb67ae85) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

/** High word of the unsigned 64-bit product, by 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const cross = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 65536) + Math.floor(cross / 65536)) | 0;
}
