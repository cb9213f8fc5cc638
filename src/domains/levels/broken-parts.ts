/**
 * Whether the tiles of pipes and cannons fit together, as they do in the games. Such a tile is broken
 * - if it is half of a pipe's mouth or body and the other half is not beside it, unless the edge of the window cut it off; or
 * - if its column of the pipe (its longest run of mouth and body tiles, downwards) is neither a mouth on one or more body tiles
 *   on a solid tile, nor the same upside down, hanging from a solid tile; or
 * - if its column of a cannon is not a top, below it any tops and bottoms, on a solid tile.
 * The lower edge of a level counts as solid, and may cut a pipe off below its mouth; a pipe may hang from the upper edge.
 *
 * Of the originals, Super Mario Bros has one broken cannon of 2 tiles (7-1, column 40, in the air) in 571 tiles of parts.
 */
import { checkedRows, type LevelConfig } from "../../data/codecs/level.js";
import { tilesTagged } from "./legend.js";

/** Tiles of pipes and cannons, and how many of them are broken. */
export interface BrokenParts {
  readonly tiles: number;
  readonly broken: number;
}

/** The kinds of parts by the tags of their tiles: the upper tile is the pipe's mouth or the cannon's top. */
interface Part {
  readonly top: string;
  readonly bottom: string;
  /** Where the other half is, -1 left or 1 right, and the tags of its tiles; none for a cannon. */
  readonly other?: { readonly side: 1 | -1; readonly top: string; readonly bottom: string };
  /** A column of the part, from the tile above to the tile below: t top, b bottom, # solid, | edge of the level, - others. */
  readonly fits: RegExp;
}

const pipe = /^.(tb+#|tb*\|)$|^[#|]b+t.$/;
const [left, right] = [
  { top: "top-left pipe", bottom: "left pipe" },
  { top: "top-right pipe", bottom: "right pipe" },
];
const parts: readonly Part[] = [
  { ...left, other: { side: 1, ...right }, fits: pipe },
  { ...right, other: { side: -1, ...left }, fits: pipe },
  { top: "Cannon top", bottom: "Cannon bottom", fits: /^.t[tb]*[#|]$/ },
];

/**
 * Counts the tiles of pipes and cannons in levels, and those that are broken.
 * @param texts rows of tile characters of each level
 * @param config the level codec's configuration; its legend has the tags of the corpus
 * @throws RangeError for a ragged text
 * @example Object.values(countBrokenParts(["<>-\n[]<\nXXX"], { kind: "level", rows: 3, tiles: [..."<>[]-X"], legend: marioLegend })) // [5, 1]
 */
export function countBrokenParts(texts: readonly string[], config: LevelConfig): BrokenParts {
  let [tiles, broken] = [0, 0];
  for (const text of texts) {
    const lines = checkedRows(text);
    for (const part of parts) {
      const found = countPart(lines, part, config);
      tiles += found.tiles;
      broken += found.broken;
    }
  }
  return { tiles, broken };
}

function countPart(lines: readonly string[], { top, bottom, other, fits }: Part, config: LevelConfig): BrokenParts {
  const letter = letters(config, top, bottom);
  const besides = other && { t: tilesTagged(config, other.top), b: tilesTagged(config, other.bottom) };
  let [tiles, broken] = [0, 0];
  for (let column = 0; column < lines[0].length; column++) {
    const letterColumn = `|${lines.map((line) => letter(line[column])).join("")}|`;
    for (const { 0: run, index } of letterColumn.matchAll(/[tb]+/g)) {
      const isWhole = fits.test(letterColumn.slice(index - 1, index + run.length + 1));
      tiles += run.length;
      for (let i = 0; i < run.length; i++) {
        const beside = other && lines[index - 1 + i][column + other.side];
        const isPaired = beside === undefined || besides?.[run[i] as "t" | "b"].has(beside);
        if (!(isWhole && isPaired)) broken++;
      }
    }
  }
  return { tiles, broken };
}

/** Solid tiles of other pipes and cannons carry nothing. */
function letters(config: LevelConfig, top: string, bottom: string) {
  const [tops, bottoms] = [tilesTagged(config, top), tilesTagged(config, bottom)];
  const [solid, pipes, cannons] = ["solid", "pipe", "cannon"].map((tag) => tilesTagged(config, tag));
  return (tile: string) =>
    tops.has(tile)
      ? "t"
      : bottoms.has(tile)
        ? "b"
        : solid.has(tile) && !pipes.has(tile) && !cannons.has(tile)
          ? "#"
          : "-";
}
