/** What presets need to know of data of tokens. */
import type { Described, TokenDescription } from "../data/training-data.js";
import { UsageError } from "../errors.js";

/** The tokens of data, for a model of `family`. Throws UsageError if the data have none. */
export function tokensOf(family: string, { name, tokens }: Described): TokenDescription {
  if (tokens) return tokens;
  throw new UsageError(`${family}: data must be text, molecules, music or levels, found ${name}`, {
    hint: "gan, vae and rbm accept images, tables and points",
  });
}
