/**
 * Levels of a game from the bytes of their files, in any host: a folder of the Video Game Level Corpus (Summerville et al. 2016,
 * arXiv:1606.07487), which has levels in `Processed/*.txt` and a JSON legend, or text levels of one height without a legend.
 */
import { levelCodec } from "../../data/codecs/level.js";
import { BadFileError } from "../../errors.js";
import type { WebFile } from "../../web-types.js";
import type { Sequences } from "../domain.js";
import { type LevelFile, legendOf, type LevelText, levelTexts } from "./level-files.js";
import { areDungeons, evenHeights, roomsOf } from "./level-heights.js";
import { completeLegend } from "./legend.js";

export type { LevelFile } from "./level-files.js";

/** Columns of a window, as in MarioGAN (Volz et al. 2018, arXiv:1805.00728). */
const windowColumns = 28;

/** Levels as sequences, one column after the other. */
export interface LevelSequences extends Sequences {
  /** File of each level, and the level or room in it. */
  readonly levelNames: readonly string[];
  /** What was changed about levels for their height, for people. */
  readonly notes: readonly string[];
}

/**
 * Reads levels. Records are windows of 28 columns, or of the columns of the narrowest level if that has less, one column apart.
 * Levels whose height is not the most common one are cut or filled up with the empty tile at the top, which `notes` tell. Maps of
 * dungeons, grids of 16 x 11 rooms, are read as their rooms.
 * @param name of the data set, the game's
 * @param files all files of the folder, or one level
 * @throws BadFileError if there are no levels, if they are ragged, of too different heights, or have tiles that their legend
 * lacks; it names file, row and column
 * @example readLevels("hill", [{ path: "a.txt", bytes: new TextEncoder().encode("---\n-XX") }]).codec.config.tiles // ["-", "X"]
 */
export function readLevels(name: string, files: readonly LevelFile[]): LevelSequences {
  const given = legendOf(files);
  const texts = levelTexts(files);
  if (texts.length === 0)
    throw new BadFileError(`${name}: no levels among its ${files.length} files`, {
      code: "ERR_DIRECTORY_WITHOUT_DATA",
      hint: "levels are .txt files, in the folder or in its folder Processed; choose the folder of one game",
    });
  const tiles = tilesOf(texts, Object.keys(given ?? {}));
  const legend = completeLegend(tiles, given);
  if (given !== undefined) checkLegend(texts, legend);
  const empty = tiles.find((tile) => legend[tile]?.includes("empty"));
  const { levels, notes } = areDungeons(texts)
    ? { levels: roomsOf(texts), notes: [`${name}: ${texts.length} maps, read as their rooms`] }
    : evenHeights(texts, empty);
  const rows = levels[0].lines.length;
  const hasLegend = Object.keys(legend).length > 0;
  const codec = levelCodec({ kind: "level", rows, tiles, ...(hasLegend && { legend }), name });
  const narrowest = Math.min(...levels.map(({ lines }) => lines[0].length));
  return {
    name,
    codec,
    sequences: levels.map(({ lines }) => Uint8Array.from(codec.encode(lines.join("\n")))),
    length: rows * Math.min(windowColumns, narrowest),
    stride: rows,
    levelNames: levels.map((level) => level.name),
    notes,
  };
}

/** Reads levels from the files of a page: those of a dropped or chosen folder, or single ones. Rejects like `readLevels`. */
export async function readLevelFiles(name: string, files: Iterable<WebFile>): Promise<LevelSequences> {
  const wanted = [...files].filter((file) => /\.(txt|json)$/i.test(file.name));
  const read = wanted.map(async (file) => ({
    path: file.webkitRelativePath || file.name,
    bytes: new Uint8Array(await file.arrayBuffer()),
  }));
  return readLevels(name, await Promise.all(read));
}

/** The tiles that occur: first those of the legend in its order, then others by their code. */
function tilesOf(texts: readonly LevelText[], legend: readonly string[]): string[] {
  const found = new Set(texts.flatMap(({ lines }) => lines.flatMap((line) => [...new Set(line.split(""))])));
  const others = [...found].filter((tile) => !legend.includes(tile)).sort();
  const tiles = [...legend.filter((tile) => found.has(tile)), ...others];
  if (tiles.length > 256)
    throw new BadFileError(`${texts[0].name}: levels must have at most 256 kinds of tiles, found ${tiles.length}`, {
      code: "ERR_FILE_VALUE",
      hint: "levels are text files with one character for each tile",
    });
  return tiles;
}

/** Throws for the first tile that has no tags, though there is a legend. */
function checkLegend(texts: readonly LevelText[], legend: Readonly<Record<string, unknown>>): void {
  for (const { name, lines } of texts)
    for (const [row, line] of lines.entries()) {
      const column = line.split("").findIndex((tile) => !(tile in legend));
      if (column < 0) continue;
      throw new BadFileError(
        `${name}: tile ${JSON.stringify(line[column])} in row ${row + 1}, column ${column + 1} is not in the legend`,
        {
          code: "ERR_FILE_VALUE",
          hint: `add it to the legend, or use one of its tiles: ${Object.keys(legend).join(" ")}`,
        },
      );
    }
}
