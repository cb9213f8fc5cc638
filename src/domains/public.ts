/**
 * `genloom/sequences`: text, molecules, music and levels of games, in any host: files to data sets, samples to texts, files, pictures
 * and scores.
 */
export { alphabetOf, characterCodec, type CodecConfig, codecFrom, type TokenCodec } from "../data/codecs/index.js";
export { type ChoraleCodec, choraleCodec } from "../data/codecs/chorale.js";
export { type RollCodec, rollCodec } from "../data/codecs/roll.js";
export { type LevelCodec, type LevelConfig, levelCodec } from "../data/codecs/level.js";
export { type SmilesCodec, smilesCodec, smilesCodecOf } from "../data/codecs/smiles.js";
export type { SequenceReading } from "./data-of.js";
export type { Domain, DomainScores, SequenceForm, Sequences, Texts, Written } from "./domain.js";
export { domainOf } from "./index.js";
export * as levels from "./levels/index.js";
export * as molecules from "./molecules/index.js";
export * as music from "./music/index.js";
export { type NamedFile, readSequences, type ReadSequencesOptions } from "./read-files.js";
export type { DataPart } from "./part-name.js";
export * as text from "./text/index.js";
export { textsOf } from "./texts.js";
export type * as types from "../types.js";
