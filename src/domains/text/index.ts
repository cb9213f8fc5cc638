/** Texts: lines such as names, or one long text, read from UTF-8 files, written, shown and scored. */
import type { Domain } from "../domain.js";
import { textScores } from "./scores.js";
import { textHtml, writeText } from "./write.js";

export { formOf, type TextForm } from "./form.js";
export { heldOutTail, type ReadTextOptions, readText, type TextParts } from "./read.js";

/** The domain of texts. Scores of lines are `unique` and `novel`, of long texts `copies`: see `textScores`. */
export const text: Domain = {
  kind: "characters",
  unit: { name: "natsPerCharacter", tokens: () => 1 },
  writers: { txt: writeText },
  html: textHtml,
  scores: async (samples, data) => textScores(samples, data),
};
