/** What the files of a folder of levels are: texts of levels, and the legend of their tiles. */
import { checkedRows, type Legend, levelFileError } from "../../data/codecs/level.js";
import { BadFileError } from "../../errors.js";

/** A file's path, from the folder that was chosen or longer, with / or \, and its bytes. */
export interface LevelFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A level as rows of tile characters. */
export interface LevelText {
  /** File, and number of the level in it if it holds several. */
  readonly name: string;
  readonly lines: readonly string[];
}

const nameOf = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;
const isNote = (path: string): boolean => /^(readme|licen[cs]e)/i.test(nameOf(path));
const isProcessed = (path: string): boolean => /(^|[/\\])processed[/\\][^/\\]+$/i.test(path);

/**
 * The levels of files: those of folders named "Processed" if there are any, as in the Video Game Level Corpus, otherwise all
 * text files; not those named README or LICENSE. A file with blank lines between its levels holds several.
 * @throws BadFileError for files that are not text, or ragged levels, with file, row and column
 */
export function levelTexts(files: readonly LevelFile[]): LevelText[] {
  const texts = files.filter(({ path }) => /\.txt$/i.test(path) && !isNote(path));
  const processed = texts.filter(({ path }) => isProcessed(path));
  return (processed.length > 0 ? processed : texts).flatMap(levelsOf);
}

function levelsOf({ path, bytes }: LevelFile): LevelText[] {
  const lines = textOf({ path, bytes }).replace(/\r\n?/g, "\n");
  const blocks = lines.split(/^\n+|\n{2,}|\n$/).filter((block) => block !== "");
  if (blocks.length === 0)
    throw new BadFileError(`${path}: empty file (no tiles)`, { code: "ERR_FILE_EMPTY", hint: "remove the file" });
  return blocks.map((block, i) => {
    const name = blocks.length > 1 ? `${path}, level ${i + 1}` : path;
    try {
      return { name, lines: checkedRows(block) };
    } catch (error) {
      throw levelFileError(name, error);
    }
  });
}

/**
 * The tags of the tiles: the member "tiles" of a JSON file; or lines such as "F = FLOOR" of a README in a folder
 * "Processed", whose words become tags.
 * @throws BadFileError for damaged JSON, tags that are not lists of words, and several legends
 */
export function legendOf(files: readonly LevelFile[]): Legend | undefined {
  const legends = files.filter(({ path }) => /\.json$/i.test(path)).flatMap(jsonLegend);
  if (legends.length > 1)
    throw new BadFileError(
      `${legends[0].path}: there must be one legend of tiles, found another in ${legends[1].path}`,
      {
        code: "ERR_FILE_FORMAT",
        hint: "load the levels of one game at a time",
      },
    );
  if (legends.length === 1) return legends[0].legend;
  const notes = files.filter(({ path }) => isNote(path) && isProcessed(path) && /\.txt$/i.test(path));
  return notes.map(noteLegend).find((legend) => Object.keys(legend).length > 1);
}

function jsonLegend(file: LevelFile): { path: string; legend: Legend }[] {
  const { path } = file;
  let parsed: unknown;
  try {
    parsed = JSON.parse(textOf(file));
  } catch (cause) {
    if (cause instanceof BadFileError) throw cause;
    throw new BadFileError(`${path}: not JSON (${(cause as Error).message})`, {
      code: "ERR_FILE_CORRUPT",
      hint: 'a legend is JSON with tags by tile: { "tiles": { "X": ["solid"] } }',
      cause,
    });
  }
  const tiles = typeof parsed === "object" && parsed !== null && "tiles" in parsed ? parsed.tiles : undefined;
  if (typeof tiles !== "object" || tiles === null) return [];
  for (const [tile, tags] of Object.entries(tiles))
    if (tile.length !== 1 || !Array.isArray(tags) || !tags.every((tag) => typeof tag === "string"))
      throw new BadFileError(
        `${path}: a legend must have a list of words for each tile character, found ${JSON.stringify({ [tile]: tags })}`,
        { code: "ERR_FILE_VALUE", hint: 'write it as "X": ["solid", "ground"]' },
      );
  return [{ path, legend: tiles as Legend }];
}

function noteLegend(file: LevelFile): Legend {
  const lines = textOf(file).matchAll(/^(\S) = ([^(\r\n]+)/gm);
  return Object.fromEntries(
    [...lines].map(([, tile, words]) => [
      tile,
      words
        .toLowerCase()
        .trim()
        .split(/ *\+ */),
    ]),
  );
}

function textOf({ path, bytes }: LevelFile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BadFileError(`${path}: not a text file in UTF-8`, {
      code: "ERR_FILE_FORMAT",
      hint: "levels are text files with one character for each tile",
      cause,
    });
  }
}
