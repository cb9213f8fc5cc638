/**
 * How far the tile patterns of levels are from those of others: the Kullback-Leibler divergence of Lucas, Volz 2019 (Tile
 * pattern KL-divergence for analysing and evolving game levels, arXiv:1905.05077). A pattern is a square of tiles, at every place
 * where it is wholly inside of a level. With C(x) occurrences of pattern x among C of all, its probability is smoothed to
 *   P(x) = (C(x) + epsilon) / ((C + epsilon) (1 + epsilon)),
 *   D(P || Q) = sum over the patterns of P of P(x) log(P(x) / Q(x)),
 * and levels are compared by w D(P || Q) + (1 - w) D(Q || P) with w = 1/2, in nats.
 * epsilon is 1e-7, as in published implementations; patterns that one side lacks cost more the smaller it is.
 */
import { checkedRows } from "../../data/codecs/level.js";

const epsilon = 1e-7;
const weight = 0.5;

/** Occurrences of patterns, and their sum. */
export interface PatternCounts {
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
}

/**
 * Counts the patterns of size x size tiles in levels.
 * @throws RangeError if no level is as large as a pattern, or if a text is ragged
 * @example countPatterns(["--X\n--X"], 2).total // 2
 */
export function countPatterns(texts: readonly string[], size: number): PatternCounts {
  const counts = new Map<string, number>();
  let total = 0;
  for (const text of texts) {
    const lines = checkedRows(text);
    for (let row = 0; row + size <= lines.length; row++)
      for (let column = 0; column + size <= lines[0].length; column++) {
        let pattern = "";
        for (let i = 0; i < size; i++) pattern += lines[row + i].slice(column, column + size);
        counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
        total++;
      }
  }
  if (total === 0)
    throw new RangeError(`patternKl: there must be a level of at least ${size} x ${size} tiles, found none`);
  return { counts, total };
}

/**
 * The divergence between the patterns of two sets of levels, the mean of both directions, in nats; 0 for equal shares.
 * @example patternDivergence(countPatterns(["-X\n-X"], 2), countPatterns(["-X\n-X", "-X\n-X"], 2)) < 1e-6 // true
 * @example patternDivergence(countPatterns(["-X"], 1), countPatterns(["-XXX"], 1)) // 0.1373265
 */
export const patternDivergence = (p: PatternCounts, q: PatternCounts): number =>
  weight * directed(p, q) + (1 - weight) * directed(q, p);

function directed(p: PatternCounts, q: PatternCounts): number {
  let sum = 0;
  for (const pattern of p.counts.keys()) {
    const probability = smoothed(p, pattern);
    sum += probability * Math.log(probability / smoothed(q, pattern));
  }
  return sum;
}

const smoothed = ({ counts, total }: PatternCounts, pattern: string): number =>
  ((counts.get(pattern) ?? 0) + epsilon) / ((total + epsilon) * (1 + epsilon));
