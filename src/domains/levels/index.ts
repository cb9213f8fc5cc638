/** Levels of games as a kind of sequences: read from text files, drawn as tile maps, judged by a solver and by tile patterns. */
import type { LevelConfig } from "../../data/codecs/level.js";
import type { Domain, Texts } from "../domain.js";
import { levelScores } from "./scores.js";
import { levelsHtml, levelsPng, levelsText } from "./write-level.js";

export { type BrokenParts, countBrokenParts } from "./broken-parts.js";
export { type Nearness, nearness } from "./nearest-window.js";
export { countPatterns, type PatternCounts, patternDivergence } from "./pattern-kl.js";
export { type LevelFile, type LevelSequences, readLevelFiles, readLevels } from "./read-vglc.js";
export { type Solution, solveLevel } from "./solver.js";
export { type TileMapOptions, tileMap } from "./write-level.js";

/** Levels, for `sample`, `evaluate` and reports. */
export const levels: Domain = {
  kind: "level",
  writers: {
    txt: ({ texts }) => levelsText(texts),
    png: (samples) => levelsPng(samples.texts, configOf(samples)),
  },
  html: (samples) => levelsHtml(samples.texts, configOf(samples)),
  scores: async (samples, data) => levelScores(samples.texts, configOf(samples), data),
};

/** The configuration of the samples' codec, which is one of levels. */
const configOf = ({ codec: { config } }: Texts): LevelConfig => {
  if (config.kind !== "level") throw new TypeError(`levels: the codec must be one of levels, found "${config.kind}"`);
  return config as LevelConfig;
};
