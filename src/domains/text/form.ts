/** Whether a text is a list of lines, each a record of its own, such as names; or one long text, such as a novel. */

/** How a text is read. */
export type TextForm = "lines" | "text";

/** Limits of a list of lines. */
const fewestLines = 10;
const longestLine = 200;
/** Largest share of empty lines, which separate paragraphs, stanzas and speeches. */
const mostEmpty = 0.01;
/** From this many words on, on average, lines must end like sentences: otherwise they are those of a wrapped text. */
const wordsOfSentence = 4;
const leastEnded = 0.9;

/**
 * The form of a text. It is a list of lines if all of this holds, and otherwise one text:
 * - it has at least 10 lines that are not empty;
 * - at most one line in a hundred is empty, not counting those at its ends;
 * - no line has more than 200 characters;
 * - lines have fewer than 4 words on average, or nine in ten end with a sign of punctuation, as sentences do.
 */
export function formOf(text: string): TextForm {
  const lines = text.trim().split("\n");
  const filled = lines.filter((line) => line.trim() !== "");
  const share = (holds: (line: string) => boolean) => filled.filter(holds).length / filled.length;
  const words = filled.reduce((sum, line) => sum + line.trim().split(/\s+/).length, 0) / filled.length;
  const isList =
    filled.length >= fewestLines &&
    lines.length - filled.length <= mostEmpty * lines.length &&
    filled.every((line) => line.length <= longestLine) &&
    (words < wordsOfSentence || share((line) => /[.!?…。！？]["'”’»)\]]*\s*$/u.test(line)) >= leastEnded);
  return isList ? "lines" : "text";
}
