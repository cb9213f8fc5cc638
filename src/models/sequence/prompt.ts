/** The beginnings of records that a user gives: prompts. */
import { checkList, checkNumber } from "../../options.js";
import type { DataDescription } from "../../train/data-description.js";

export interface PromptOption {
  /** The first tokens of every sample, or their text if the data have a codec. Default: none. */
  readonly prompt?: string | ArrayLike<number> | undefined;
}

/**
 * The tokens of a prompt, filled up with -1 to `length`; undefined if there is no prompt.
 * @throws RangeError for a token outside of the vocabulary, or a prompt that is longer than a sample
 */
export async function promptOf(
  what: string,
  prompt: PromptOption["prompt"],
  { vocabulary, length }: { readonly vocabulary: number; readonly length: number },
  data: DataDescription,
): Promise<Int32Array | undefined> {
  if (prompt === undefined) return undefined;
  const tokens = typeof prompt === "string" ? await encoded(what, prompt, data) : prompt;
  checkList(what, "prompt", tokens);
  if (tokens.length > length)
    throw new RangeError(`${what}: prompt must have at most ${length} tokens, as a sample has, found ${tokens.length}`);
  return Int32Array.from({ length }, (_, i) =>
    i < tokens.length
      ? checkNumber(what, `token ${i} of the prompt`, tokens[i], { whole: true, atLeast: 0, below: vocabulary })
      : -1,
  );
}

/** On demand: most pages give tokens, or no prompt. */
async function encoded(what: string, text: string, { tokens }: DataDescription): Promise<readonly number[]> {
  if (!tokens?.codec)
    throw new TypeError(`${what}: prompt must be tokens, as the model's data have no codec, found a text`);
  const { codecFrom } = await import("../../data/codecs/index.js");
  try {
    return codecFrom(tokens.codec).encode(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(`${what}: prompt: ${cause.message}`, { cause });
  }
}
