/**
 * Two parts of windows that have no token in common. Windows that begin at neighbouring tokens are nearly equal, so records
 * cannot be held out one by one.
 */
import { permutation } from "../numbers/philox.js";
import { dataStreams } from "../numbers/streams.js";
import type { Windows } from "./training-data.js";

/** Number of the sequence in which a token lies; `bounds` are the first tokens of the sequences and the number of all tokens. */
export function sequenceOf(bounds: Int32Array, token: number): number {
  let [low, high] = [0, bounds.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (bounds[middle] <= token) low = middle;
    else high = middle - 1;
  }
  return low;
}

interface PartOptions {
  /** Tokens of a window. */
  readonly length: number;
  /** Most windows for validation. */
  readonly valid: number;
  readonly seed: number;
}

/**
 * Indices of windows for training and for validation, each in the random order of the seed. Whole sequences are held out, in
 * this order each that still fits into `valid` windows; if these are less than half of `valid`, the last `valid` windows of the
 * sequence that has most, without those for training that overlap them.
 * @throws RangeError if no window is left for training
 */
export function windowParts(
  name: string,
  { bounds, starts }: Windows,
  { length, valid, seed }: PartOptions,
): { train: Int32Array; valid: Int32Array } {
  const sequences = starts.map((start) => sequenceOf(bounds, start));
  const counts = new Int32Array(bounds.length - 1);
  for (const one of sequences) counts[one]++;
  const chosen = wholeSequences(counts, valid, seed);
  const isHeld = chosen ? (i: number) => chosen.has(sequences[i]) : isInTail({ starts, sequences, counts }, valid);
  const held = starts.map((_, i) => i).filter((i) => isHeld(i));
  // Where tokens for validation begin in the sequence that is cut; whole sequences have no neighbours.
  const cut = chosen ? Infinity : held.reduce((least, i) => Math.min(least, starts[i]), Infinity);
  const cutSequence = sequences[held[0]];
  const rest = starts
    .map((_, i) => i)
    .filter((i) => !isHeld(i) && (sequences[i] !== cutSequence || starts[i] + length <= cut));
  if (rest.length === 0)
    throw new RangeError(
      `split ${name}: no window of ${length} tokens for training is left beside ${held.length} for validation; make windows shorter, or ask for fewer`,
    );
  const ordered = (indices: Int32Array) =>
    permutation(indices.length, indices.length, { seed, step: 0, stream: dataStreams.split }).map((i) => indices[i]);
  return { train: ordered(rest), valid: ordered(held) };
}

/** Sequences that are held out whole; none if their windows are less than half of `valid`. */
function wholeSequences(counts: Int32Array, valid: number, seed: number): ReadonlySet<number> | undefined {
  const chosen = new Set<number>();
  let total = 0;
  for (const sequence of permutation(counts.length, counts.length, { seed, step: 0, stream: dataStreams.split })) {
    if (counts[sequence] === 0 || total + counts[sequence] > valid) continue;
    chosen.add(sequence);
    total += counts[sequence];
  }
  return 2 * total < valid ? undefined : chosen;
}

interface Counted {
  readonly starts: Int32Array;
  readonly sequences: Int32Array;
  readonly counts: Int32Array;
}

/** Whether a window is one of the last `valid` of the sequence that has most windows. */
function isInTail({ starts, sequences, counts }: Counted, valid: number): (i: number) => boolean {
  const longest = counts.indexOf(counts.reduce((most, count) => Math.max(most, count), 0));
  const own = starts.filter((_, i) => sequences[i] === longest).sort();
  const first = own[Math.max(0, own.length - valid)];
  return (i) => sequences[i] === longest && starts[i] >= first;
}
