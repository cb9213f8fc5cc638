/** Options of the command line that say how tokens are drawn. */
import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { can } from "../models/abilities.js";
import type { TrainedModel } from "../train/trained.js";
import { flagOf, fromZero, share, whole } from "./options.js";

/** How samples are drawn: see `TrainedSequence.sample`. */
export interface DrawFlags {
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
}

/** What only sequence models have. */
export interface TokenFlags extends DrawFlags {
  readonly prompt?: string;
  readonly length?: number;
}

/** Adds the options of `DrawFlags`. */
export const drawFlags = (command: Command): Command =>
  command
    .option("--temperature <t>", "below 1: samples more typical and less varied (default: 1)", fromZero)
    .option("--top-k <k>", "of a sequence model: draw among the k most likely tokens", whole(1))
    .option("--top-p <p>", "of a sequence model: draw among the fewest likely tokens of probability p", share);

/** The options that only sequence models have. Throws UsageError if one is given for another model. */
export function tokenOptions(
  what: string,
  model: TrainedModel,
  { temperature, topK, topP, prompt, length }: TokenFlags,
): Omit<TokenFlags, "temperature"> {
  if (temperature === 0 && !can(model, "tokens"))
    throw new UsageError(`${what}: --temperature must be a number above 0, found 0`, {
      hint: "0 is for sequence models, which then take the most likely tokens",
    });
  const given = { ...(topK && { topK }), ...(topP && { topP }), ...(length && { length }), ...(prompt && { prompt }) };
  const [name] = Object.keys(given);
  if (name === undefined || can(model, "tokens")) return given;
  throw new UsageError(
    `${what}: --${flagOf(name)} is an option of sequence models, and this is a ${model.family.kind.toUpperCase()}`,
    { hint: "leave it out" },
  );
}
