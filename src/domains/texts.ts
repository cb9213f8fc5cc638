/** Records of tokens as the texts that their codec gives, and the whole sequences that a data set was made of. */
import { codecFrom } from "../data/codecs/index.js";
import { inMemory } from "../data/stream.js";
import type { TokenLists } from "../data/token-lists.js";
import { isStreamed, type TokenDescription, type TrainingData } from "../data/training-data.js";
import type { Texts } from "./domain.js";

/** Rows [n, length] as lists of tokens, without the ends that fill them up. */
export function tokenLists(values: ArrayLike<number>, length: number, ended: boolean): number[][] {
  return Array.from({ length: values.length / length }, (_, row) => {
    const tokens = Array.from({ length }, (_, i) => values[row * length + i]);
    const end = ended ? tokens.indexOf(0) : -1;
    return end < 0 ? tokens : tokens.slice(0, end);
  });
}

/** Records of tokens [n, length] as texts; undefined if the data have no codec. */
export function textsOf(
  { codec: config, ended }: TokenDescription,
  values: ArrayLike<number>,
  length: number,
): Texts | undefined {
  if (!config) return undefined;
  const codec = codecFrom(config);
  return { codec, texts: tokenLists(values, length, ended).map((tokens) => codec.decode(tokens)) };
}

/** Sequences of tokens, and the class of each if the data have classes. */
export interface LabelledSequences {
  readonly sequences: TokenLists;
  readonly labels?: Int32Array;
}

/**
 * The sequences of a data set of tokens, without ends: its records, or of windows the parts of the sequences that they cover.
 */
export async function sequencesOf(data: TrainingData): Promise<LabelledSequences> {
  const [length] = data.shape;
  const { ended = false } = data.tokens ?? {};
  const { labels } = data;
  if (isStreamed(data) && data.windows) return covered(data.windows, length, labels);
  const { records } = await inMemory(data, Number.POSITIVE_INFINITY);
  return { sequences: tokenLists(records, length, ended), ...(labels && { labels: Int32Array.from(labels) }) };
}

/** Runs of tokens in which every token lies in one of the windows; a run does not go beyond a sequence. */
function covered(
  { tokens, starts, bounds }: NonNullable<Extract<TrainingData, { stream: unknown }>["windows"]>,
  length: number,
  classes: TrainingData["labels"],
): LabelledSequences {
  const sequences: ArrayLike<number>[] = [];
  const labels: number[] = [];
  const classAt = new Map(classes && Array.from(starts, (start, i) => [start, classes[i]]));
  const begins = new Set(bounds);
  let [from, to] = [-1, -1];
  const close = () => {
    if (from < 0) return;
    sequences.push(tokens.subarray(from, to));
    labels.push(classAt.get(from) ?? 0);
  };
  for (const start of Int32Array.from(starts).sort()) {
    if (start > to || begins.has(start) || from < 0) {
      close();
      from = start;
    }
    to = start + length;
  }
  close();
  return { sequences, ...(classes && { labels: Int32Array.from(labels) }) };
}
