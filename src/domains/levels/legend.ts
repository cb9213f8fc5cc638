/** What tile characters mean: tags of the Video Game Level Corpus (Summerville et al. 2016, arXiv:1606.07487). */
import type { Legend, LevelConfig } from "../../data/codecs/level.js";

/** The corpus's legend of Super Mario Bros. */
export const marioLegend: Legend = {
  X: ["solid", "ground"],
  S: ["solid", "breakable"],
  "-": ["passable", "empty"],
  "?": ["solid", "question block", "full question block"],
  Q: ["solid", "question block", "empty question block"],
  E: ["enemy", "damaging", "hazard", "moving"],
  "<": ["solid", "top-left pipe", "pipe"],
  ">": ["solid", "top-right pipe", "pipe"],
  "[": ["solid", "left pipe", "pipe"],
  "]": ["solid", "right pipe", "pipe"],
  o: ["coin", "collectable", "passable"],
  B: ["Cannon top", "cannon", "solid", "hazard"],
  b: ["Cannon bottom", "cannon", "solid"],
};

/**
 * The tags of all tiles of a game. Levels without a legend, and tiles that the game's own legend leaves out, take them from
 * Super Mario Bros if its legend knows every tile that occurs and if the two legends agree; the corpus's legend of
 * Super Mario Bros 2 (Japan), for example, leaves out the cannons. Otherwise these tiles have no tags.
 */
export function completeLegend(tiles: readonly string[], given: Legend = {}): Legend {
  const agrees = Object.entries(given).every(([tile, tags]) => tags.join() === marioLegend[tile]?.join());
  const isMario = agrees && tiles.every((tile) => tile in marioLegend);
  const tagged = tiles.map((tile) => [tile, given[tile] ?? (isMario ? marioLegend[tile] : [])] as const);
  return Object.fromEntries(tagged.filter(([, tags]) => tags.length > 0));
}

/** The tiles that have a tag. */
export function tilesTagged({ tiles, legend = {} }: LevelConfig, tag: string): ReadonlySet<string> {
  return new Set(tiles.filter((tile) => legend[tile]?.includes(tag)));
}

/** Whether the levels are of a game in which one runs and jumps from left to right: its legend has ground and empty tiles. */
export function isPlatformer(config: LevelConfig): boolean {
  return ["solid", "ground", "empty"].every((tag) => tilesTagged(config, tag).size > 0);
}
