/**
 * Scores of texts. Lines, such as names: how many differ from each other, and how many are not in the training data. Long texts:
 * how much of them is copied from it.
 */
import type { TokenCodec } from "../../data/codecs/codec.js";
import type { DomainScores, Texts } from "../domain.js";

/** Characters of a window that counts as copied: so many are rarely equal by chance. */
const copyLength = 20;

/** Texts of the training and held-out data. */
export interface TextData {
  readonly training: readonly string[];
  readonly heldOut: readonly string[];
}

/**
 * Scores of samples, and the same scores of held-out texts as floors, where there are any: as many as samples, the first ones.
 * - `unique`, of lines: different ones among them, as a share;
 * - `novel`, of lines: share that is not a line of the training data;
 * - `copies`, of long texts: share of windows of 20 characters that occur in the training data. It is left out if no text has
 *   20 characters.
 * @throws RangeError if there are no samples
 */
export function textScores({ codec, texts }: Texts, { training, heldOut }: TextData): DomainScores {
  if (texts.length === 0) throw new RangeError("scores of texts: must have at least one sample, found none");
  const known = new Set(training);
  const scores = (of: readonly string[]): Record<string, number> => {
    if (of.length === 0) return {};
    if (codec.ended) return { unique: new Set(of).size / of.length, novel: shareOf(of, (text) => !known.has(text)) };
    const copies = copiedShare(of, training, codec);
    return copies === undefined ? {} : { copies };
  };
  return { metrics: scores(texts), floors: scores(heldOut.slice(0, codec.ended ? texts.length : heldOut.length)) };
}

const shareOf = <T>(all: readonly T[], holds: (one: T) => boolean): number => all.filter(holds).length / all.length;

/** The share of the windows of texts that occur in others; undefined if the texts have no window. */
function copiedShare(texts: readonly string[], others: readonly string[], codec: TokenCodec): number | undefined {
  const windows = texts.flatMap((text) => [...windowsOf(text, codec)]);
  if (windows.length === 0) return undefined;
  // The windows of the training data are far more: only those that are looked for are kept.
  const wanted = new Set(windows);
  const found = new Set<string>();
  for (const other of others) for (const window of windowsOf(other, codec)) if (wanted.has(window)) found.add(window);
  return shareOf(windows, (window) => found.has(window));
}

/** Windows of 20 characters at every character, each character as one UTF-16 unit: its token. */
function* windowsOf(text: string, codec: TokenCodec): Generator<string> {
  const units = codec
    .encode(text)
    .map((token) => String.fromCharCode(token))
    .join("");
  for (let i = 0; i + copyLength <= units.length; i++) yield units.slice(i, i + copyLength);
}
