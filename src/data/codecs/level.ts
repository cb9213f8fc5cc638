/**
 * Levels of games as tokens: a level is a grid of tiles, written as rows of tile characters, and its tokens run down its columns.
 * The same column is then always the same number of tokens away, however long the level is, and a level continues to the right.
 */
import { BadFileError } from "../../errors.js";
import { checkNumber, textOf } from "../../options.js";
import type { CodecConfig, TokenCodec } from "./codec.js";

/** Tags of each tile character, such as "solid" or "enemy". */
export type Legend = Readonly<Record<string, readonly string[]>>;

/** All that a level codec needs; JSON. */
export interface LevelConfig extends CodecConfig {
  readonly kind: "level";
  /** Number of rows of a level: tokens of a column. */
  readonly rows: number;
  /** Tile characters by token: one UTF-16 unit each, all different. */
  readonly tiles: readonly string[];
  readonly legend?: Legend;
  /** Name of the game. */
  readonly name?: string;
}

/** A codec of levels. Texts are rows of tile characters from the top, joined by line breaks. */
export interface LevelCodec extends TokenCodec {
  readonly config: LevelConfig;
}

/** A fault of a level's text: `rule` says which, with row and column, both from 1. */
export class LevelFault extends RangeError {
  constructor(readonly rule: string) {
    super(`level: ${rule}`);
  }
}

/**
 * A codec of levels with the given number of rows and tiles.
 * Tile (row, column), both from 0, is token column x rows + row. Records do not end: any whole number of columns is a level.
 * @param config the number of rows, and one character for each token; a legend is kept as it is
 * @throws TypeError or RangeError for a configuration without rows, or with tiles that are not single, different characters
 * @example levelCodec({ kind: "level", rows: 2, tiles: ["-", "X"] }).encode("--X\nXX-") // [0, 1, 0, 1, 1, 0]
 * @example levelCodec({ kind: "level", rows: 2, tiles: ["-", "X"] }).decode([0, 1, 1, 1]) // "-X\nXX"
 * @example levelCodec({ kind: "level", rows: 2, tiles: ["-", "X"] }).encode("--X\nXX") // throws level: rows must be equally long: row 1 has 3 tiles, row 2 has 2
 */
export function levelCodec(config: LevelConfig): LevelCodec {
  const { rows, tiles } = config;
  checkNumber("levelCodec", "rows", rows, { atLeast: 1, whole: true });
  checkTiles(tiles);
  const tokenOf = new Map(tiles.map((tile, token) => [tile, token]));
  return {
    config,
    vocabulary: tiles.length,
    ended: false,
    encode: (text) => {
      const lines = checkedRows(text);
      if (lines.length !== rows) throw new LevelFault(`must have ${rows} rows, found ${lines.length}`);
      return columnMajor(lines, tokenOf);
    },
    decode: (tokens) => levelText(tokens, rows, tiles),
    form: { symbols: [...tiles], group: rows, groups: "columns" },
  };
}

/**
 * The rows of a level's text, with any kind of line break, and with or without one at the end.
 * @throws LevelFault for a text without tiles, and for rows of different lengths
 */
export function checkedRows(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  while (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw new LevelFault("must have at least one row, found an empty text");
  const wrong = lines.findIndex((line) => line.length !== lines[0].length);
  if (wrong >= 0)
    throw new LevelFault(
      `rows must be equally long: row 1 has ${lines[0].length} tiles, row ${wrong + 1} has ${lines[wrong].length}`,
    );
  if (lines[0].length === 0) throw new LevelFault("must have at least one column, found empty rows");
  return lines;
}

/** A LevelFault of a file as a BadFileError that names it; other errors as they are. */
export function levelFileError(path: string, error: unknown): unknown {
  if (!(error instanceof LevelFault)) return error;
  return new BadFileError(`${path}: ${error.rule}`, {
    code: "ERR_FILE_VALUE",
    hint: "a level is a text file of equally long rows with one character for each tile",
    cause: error,
  });
}

function columnMajor(lines: readonly string[], tokenOf: ReadonlyMap<string, number>): number[] {
  const tokens: number[] = [];
  const known = [...tokenOf.keys()].join(" ");
  for (let column = 0; column < lines[0].length; column++)
    lines.forEach((line, row) => {
      const token = tokenOf.get(line[column]);
      if (token === undefined)
        throw new LevelFault(
          `unknown tile ${textOf(line[column])} in row ${row + 1}, column ${column + 1}; known tiles: ${known}`,
        );
      tokens.push(token);
    });
  return tokens;
}

function levelText(tokens: ArrayLike<number>, rows: number, tiles: readonly string[]): string {
  if (tokens.length % rows !== 0)
    throw new RangeError(`level: tokens must fill columns of ${rows} rows, found ${tokens.length} tokens`);
  const lines: string[] = new Array(rows).fill("");
  for (let i = 0; i < tokens.length; i++) {
    const tile = tiles[tokens[i]];
    if (tile === undefined)
      throw new RangeError(`level: token ${i} must be 0 to ${tiles.length - 1}, found ${tokens[i]}`);
    lines[i % rows] += tile;
  }
  return lines.join("\n");
}

function checkTiles(tiles: readonly string[]): void {
  if (!Array.isArray(tiles) || tiles.length === 0)
    throw new TypeError(`levelCodec: tiles must be a list of characters, found ${textOf(tiles)}`);
  for (const [token, tile] of tiles.entries()) {
    if (typeof tile !== "string" || tile.length !== 1 || tile === "\n" || tile === "\r")
      throw new TypeError(`levelCodec: tiles must be single characters, found ${textOf(tile)} for token ${token}`);
    if (tiles.indexOf(tile) !== token)
      throw new RangeError(
        `levelCodec: tiles must differ, found ${textOf(tile)} for tokens ${tiles.indexOf(tile)} and ${token}`,
      );
  }
}
