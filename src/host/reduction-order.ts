/**
 * The order in which ranks' values are added, on which rounding depends: recursive doubling, which adds neighbours, then sums of
 * neighbours. With 2^k + r ranks the first 2r are added in pairs before, so that 2^k terms are left:
 *
 *   3 ranks: (0 + 1) + 2        4 ranks: (0 + 1) + (2 + 3)        6 ranks: ((0 + 1) + (2 + 3)) + (4 + 5)
 */

/** The largest power of two that is at most `size`: the number of terms. */
export function termsOf(size: number): number {
  let terms = 1;
  while (2 * terms <= size) terms *= 2;
  return terms;
}

/** The sum of one or more ranks' values, by a function that adds two. */
export function sumInOrder<T>(values: readonly T[], add: (a: T, b: T) => T): T {
  const terms = termsOf(values.length);
  const extra = values.length - terms;
  const pair = (list: readonly T[], i: number) => add(list[2 * i], list[2 * i + 1]);
  let sums = Array.from({ length: terms }, (_, i) => (i < extra ? pair(values, i) : values[i + extra]));
  while (sums.length > 1) {
    const last = sums;
    sums = Array.from({ length: last.length / 2 }, (_, i) => pair(last, i));
  }
  return sums[0];
}
