/**
 * Windows of sequences of tokens: pieces of one length, which begin at every token, or at every note, frame or column of a
 * level. For training they are records that are cut out of the sequences when they are read; for evaluation they are chosen so
 * that each token is scored once.
 */
import { checkNumber, checkOptions } from "../options.js";
import type { DatasetOptions } from "./dataset.js";
import { streamed } from "./stream.js";
import { describedTokens, type TokenLists, type TokenMeaning } from "./token-lists.js";
import type { StreamedDataset, Windows } from "./training-data.js";

export interface WindowOptions
  extends Omit<TokenMeaning, "ended">,
    Pick<DatasetOptions, "name" | "labels" | "classes" | "classNames" | "source"> {
  /** Tokens of each sequence. */
  sequences: TokenLists;
  /** Tokens of a window. */
  length: number;
  /** Tokens from the beginning of a window to that of the next; default 1. */
  stride?: number;
}

const names = [
  ...["name", "sequences", "length", "stride", "vocabulary", "codec"],
  ...["labels", "classes", "classNames", "source"],
];

/**
 * Creates a data set of the windows of `length` tokens that begin at every multiple of `stride` in each sequence. The tokens
 * are copied once; windows are cut out of them when they are read. Sequences that are shorter than a window are left out.
 * @param options `labels` has one class per sequence
 * @returns a data set whose records are read during training, with the shape [length] and `tokens`
 * @throws RangeError if all sequences are shorter than a window, one is empty, a token is not in the vocabulary, or the codec
 * has an end
 * @example datasets.windows({ sequences: [[0, 1, 2, 0, 1]], length: 3 }).count // 3
 * @example datasets.windows({ sequences: [[0, 1], [1]], length: 3 }) // throws dataset windows: a window has 3 tokens, and all 2 sequences are shorter: the longest has 2
 */
export function windows(options: WindowOptions): StreamedDataset {
  checkOptions("datasets.windows", options, names);
  const { name = "windows", sequences, length, stride = 1, labels } = options;
  const what = `dataset ${name}`;
  if ((options.codec as { ended?: unknown } | undefined)?.ended === true)
    throw new RangeError(`${what}: the codec of windows must have ended: false, as they have no ends, found true`);
  const described = describedTokens(what, "sequence", sequences, { ...options, ended: false });
  checkNumber(what, "length", length, { whole: true, atLeast: 1 });
  checkNumber(what, "stride", stride, { whole: true, atLeast: 1 });
  if (labels && labels.length !== sequences.length)
    throw new RangeError(
      `${what}: ${sequences.length} sequences must have ${sequences.length} labels, found ${labels.length}`,
    );
  const tokens = concatenated(what, sequences, described.vocabulary);
  const bounds = boundsOf(sequences);
  const counts = countsOf(what, sequences, length, stride);
  const starts = perWindow(counts, (sequence, window) => bounds[sequence] + window * stride);
  const cut: Windows = { tokens, bounds, starts };
  const { classes, classNames, source } = options;
  const extent = [0, described.vocabulary - 1] as const;
  const data = streamed({
    ...{ name, count: starts.length, shape: [length], extent, range: extent },
    stream: { read: async (indices) => read(cut, length, indices) },
    dtype: tokens instanceof Uint8Array ? "u8" : "f32",
    ...(labels && { labels: perWindow(counts, (sequence) => labels[sequence]) }),
    ...(classes !== undefined && { classes }),
    ...(classNames && { classNames }),
    ...(source && { source }),
  });
  return Object.freeze({ ...data, tokens: described, windows: cut });
}

/** The tokens of windows, [indices, length]: those of 16 bits as f32, which holds them exactly. */
function read({ tokens, starts }: Windows, length: number, indices: Int32Array): Uint8Array | Float32Array {
  const values = new (tokens instanceof Uint8Array ? Uint8Array : Float32Array)(indices.length * length);
  for (let i = 0; i < indices.length; i++) {
    const start = starts[indices[i]];
    values.set(tokens.subarray(start, start + length), i * length);
  }
  return values;
}

/** Number of windows of each sequence; throws RangeError if there are none. */
function countsOf(what: string, sequences: TokenLists, length: number, stride: number): Int32Array {
  const counts = Int32Array.from(sequences, (one) => Math.max(0, Math.floor((one.length - length) / stride) + 1));
  if (counts.some((count) => count > 0)) return counts;
  const longest = sequences.reduce((most, one) => Math.max(most, one.length), 0);
  throw new RangeError(
    `${what}: a window has ${length} tokens, and all ${sequences.length} sequences are shorter: the longest has ${longest}`,
  );
}

/** A number for each window, from its sequence and its number in the sequence. */
function perWindow(counts: Int32Array, numberOf: (sequence: number, window: number) => number): Int32Array {
  const numbers = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  counts.forEach((count, sequence) => {
    for (let window = 0; window < count; window++) numbers[at++] = numberOf(sequence, window);
  });
  return numbers;
}

function boundsOf(sequences: TokenLists): Int32Array {
  const bounds = new Int32Array(sequences.length + 1);
  sequences.forEach((one, i) => {
    bounds[i + 1] = bounds[i] + one.length;
  });
  return bounds;
}

function concatenated(what: string, sequences: TokenLists, vocabulary: number): Windows["tokens"] {
  const total = sequences.reduce((sum, one) => sum + one.length, 0);
  checkNumber(what, "the number of all tokens", total, { whole: true, atLeast: 1, below: 2 ** 31 });
  const tokens = new (vocabulary <= 256 ? Uint8Array : Uint16Array)(total);
  let at = 0;
  for (const one of sequences) {
    tokens.set(one, at);
    at += one.length;
  }
  return tokens;
}

/** A piece of a sequence to be scored. */
export interface EvaluationWindow {
  /** Number of the sequence, from 0. */
  readonly sequence: number;
  /** Position of the first token in the sequence. */
  readonly start: number;
  /** Number of tokens. */
  readonly length: number;
  /** Number of leading tokens that are only context; the others are scored. */
  readonly context: number;
}

/**
 * Windows that score every token of every sequence exactly once, each token after at least `context` tokens of its window, or
 * after all that stand before it if these are fewer. The first window of a sequence begins at its first token; the last
 * one ends at its last token, and so has more context. A sequence that is shorter than a window is one window of its own length.
 * @param length tokens of a window
 * @param context tokens, from 0 to length - 1
 * @throws RangeError if length or context break their rules
 * @example evaluationWindows([[5, 6, 7, 8, 9, 5, 6]], 4, 2).map(({ start, context }) => [start, context]) // [[0, 0], [2, 2], [3, 3]]
 */
export function evaluationWindows(sequences: TokenLists, length: number, context: number): readonly EvaluationWindow[] {
  const what = "evaluationWindows";
  checkNumber(what, "length", length, { whole: true, atLeast: 1 });
  checkNumber(what, "context", context, { whole: true, atLeast: 0, below: length });
  return sequences.flatMap(({ length: total }, sequence) => {
    const found: EvaluationWindow[] = [];
    for (let scored = 0; scored < total; ) {
      const start = Math.max(0, Math.min(scored - context, total - length));
      const own = Math.min(length, total - start);
      found.push({ sequence, start, length: own, context: scored - start });
      scored = start + own;
    }
    return found;
  });
}
