/**
 * Random numbers one at a time, to generate data on the host: the words of Philox4x32-10 (../random.ts) in the order of
 * their counters. The numbers of a (seed, stream, step) do not depend on other draws, and are the same in every engine.
 */
import { log } from "../numbers/portable-math.js";
import { checkSeed } from "../options.js";
import { philox } from "../numbers/philox.js";

export interface RandomSource {
  /** Uniform in (0, 1), from 32 bits. */
  uniform(): number;
  /** Uniform in (low, high). */
  between(low: number, high: number): number;
  /** Standard normal. */
  normal(): number;
  /** Integer in [0, bound), bound at most 2^32. */
  integer(bound: number): number;
}

/**
 * @param seed integer from 0 to 2^53 - 1
 * @param stream one of `dataStreams` (../streams.ts)
 * @param step integer >= 0, for instance the index of the record being generated
 */
export function randomSource(seed: number, stream: number, step = 0): RandomSource {
  return new PhiloxSource(checkSeed("data", seed), stream, step);
}

class PhiloxSource implements RandomSource {
  readonly #counter: [block: number, stream: number, stepLow: number, stepHigh: number];
  readonly #key: readonly [seedLow: number, seedHigh: number];
  #words: readonly number[] = [];
  #next = 0;
  /** The second normal of a pair; NaN if there is none. */
  #spare = Number.NaN;

  constructor(seed: number, stream: number, step: number) {
    this.#counter = [0, stream, step >>> 0, Math.floor(step / 4294967296)];
    this.#key = [seed >>> 0, Math.floor(seed / 4294967296)];
  }

  #word(): number {
    if (this.#next === this.#words.length) {
      this.#words = philox(this.#counter, this.#key);
      this.#counter[0]++;
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

  /** Polar method (Marsaglia and Bray 1964), which needs no sine. */
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
