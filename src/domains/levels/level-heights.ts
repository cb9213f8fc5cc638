/** Levels of one height: rooms cut from the maps of dungeons, and levels cut or filled up at the top. */
import { BadFileError } from "../../errors.js";
import type { LevelText } from "./level-files.js";

/** Levels of one height, and what was done to make them so. */
export interface EvenLevels {
  readonly levels: readonly LevelText[];
  readonly notes: readonly string[];
}

/** Sides of a room of The Legend of Zelda in the corpus, in tiles; the tile outside of the rooms. */
const room = { rows: 16, columns: 11, outside: "-" };

/**
 * Levels of the most common height (of several, the greatest). Others keep their bottom rows, where the ground is: higher ones
 * lose rows at the top, lower ones get rows of the tile `empty` at the top.
 * @param empty the game's empty tile, if its legend has one
 * @throws BadFileError for heights that differ if there is no empty tile, or if they differ by more than a quarter
 */
export function evenHeights(levels: readonly LevelText[], empty: string | undefined): EvenLevels {
  const rows = mostCommon(levels.map(({ lines }) => lines.length));
  const notes: string[] = [];
  const even = levels.map(({ name, lines }) => {
    const missing = rows - lines.length;
    if (missing === 0) return { name, lines };
    if (empty === undefined || Math.abs(missing) > rows / 4)
      throw new BadFileError(`${name}: levels must be of one height, ${rows} rows as most are, found ${lines.length}`, {
        code: "ERR_FILE_VALUE",
        hint: "load levels of one height at a time, or cut them to one height",
      });
    notes.push(`${name}: ${lines.length} rows, ${missing > 0 ? "filled up" : "cut"} at the top to ${rows}`);
    const top = new Array<string>(Math.max(0, missing)).fill(empty.repeat(lines[0].length));
    return { name, lines: [...top, ...lines.slice(Math.max(0, -missing))] };
  });
  return { levels: even, notes };
}

/**
 * Whether levels are maps of dungeons as in The Legend of Zelda: all are grids of rooms of 16 x 11 tiles, and one is higher than
 * a room.
 */
export const areDungeons = (levels: readonly LevelText[]): boolean =>
  levels.every(({ lines }) => lines.length % room.rows === 0 && lines[0].length % room.columns === 0) &&
  levels.some(({ lines }) => lines.length > room.rows);

/** The rooms of dungeons, row by row, without those that are wholly outside. */
export function roomsOf(levels: readonly LevelText[]): LevelText[] {
  return levels.flatMap(({ name, lines }) => {
    const rooms: LevelText[] = [];
    for (let top = 0; top < lines.length; top += room.rows)
      for (let left = 0; left < lines[0].length; left += room.columns) {
        const cut = lines.slice(top, top + room.rows).map((line) => line.slice(left, left + room.columns));
        if (cut.every((line) => line === room.outside.repeat(room.columns))) continue;
        rooms.push({ name: `${name}, room ${top / room.rows + 1}-${left / room.columns + 1}`, lines: cut });
      }
    return rooms;
  });
}

function mostCommon(heights: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const height of heights) counts.set(height, (counts.get(height) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || b - a)[0][0];
}
