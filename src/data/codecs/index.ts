/** All codecs of tokens, by their kind: what a description in a run or a saved model is made a codec of again. */
import { described, kindOf } from "../../options.js";
import { type CharacterOptions, characterCodec } from "./characters.js";
import { choraleFromConfig } from "./chorale.js";
import type { CodecConfig, TokenCodec } from "./codec.js";
import { type LevelConfig, levelCodec } from "./level.js";
import { smilesCodecFrom } from "./smiles.js";
import { rollFromConfig } from "./roll.js";

/** One row per kind: makes a codec of the options in its description, and throws if they break its rules. */
const makers: Readonly<Record<string, (options: Omit<CodecConfig, "kind">) => TokenCodec>> = {
  characters: (options) => characterCodec(options as unknown as CharacterOptions),
  smiles: (options) => smilesCodecFrom({ kind: "smiles", ...options }),
  level: (options) => levelCodec({ kind: "level", ...options } as LevelConfig),
  chorale: (options) => choraleFromConfig({ kind: "chorale", ...options }),
  roll: (options) => rollFromConfig({ kind: "roll", ...options }),
};

/**
 * The codec that a description is of.
 * @param config `config` of a codec, also after a round trip through JSON
 * @throws TypeError for an unknown kind; what the codec throws for options that break its rules
 * @example codecFrom({ kind: "characters", alphabet: ["a", "b"], ended: false }).encode("ba") // [1, 0]
 */
export function codecFrom(config: CodecConfig): TokenCodec {
  const { kind, ...options } = described("codecFrom", config);
  return kindOf("codecFrom", makers, kind)(options);
}

/**
 * Tokens of a group: the voices of a frame of music, the rows of a level's column; 1 where tokens have no groups.
 * @throws as `codecFrom`
 */
export const groupOf = (config: CodecConfig): number => codecFrom(config).form.group ?? 1;

export { alphabetOf, type CharacterOptions, characterCodec } from "./characters.js";
export type { CodecConfig, TokenCodec } from "./codec.js";
