/** Levels as text, as tile maps in one PNG image, and as HTML for reports. */
import { checkedRows, type LevelConfig } from "../../data/codecs/level.js";
import { encodePng, type Image } from "../../data/formats/png.js";
import { escapeHtml } from "../../export/escape-html.js";
import { base64Of } from "../../export/js-base64.js";
import { checkNumber } from "../../options.js";
import { artSide, colours, drawings, type Rgb } from "./tile-art.js";

export interface TileMapOptions {
  /** Pixels of the image for each pixel of a drawing; default 2, tiles of 16 x 16 pixels. */
  readonly zoom?: number;
  /** Levels beside one another; default: as many as fit into 64 columns of tiles. */
  readonly columns?: number;
}

/** Pixels between levels, before the enlargement. */
const padding = 4;
const background: Rgb = [64, 64, 64];

/** The levels as text with a blank line between them, which the reader of levels takes apart again. */
export const levelsText = (texts: readonly string[]): string => `${texts.join("\n\n")}\n`;

/**
 * Tile maps of levels as one image, row by row; levels may differ in width.
 * @param texts rows of tile characters of each level
 * @param config the level codec's configuration; drawings follow the tags of its legend
 * @returns an RGB image; a level of r x c tiles has 8 r x 8 c pixels times the zoom
 * @throws RangeError for no levels, ragged texts, and options that are not whole numbers of at least 1
 * @example tileMap(["-X"], { kind: "level", rows: 1, tiles: ["-", "X"] }, { zoom: 1 }).width // 24
 */
export function tileMap(texts: readonly string[], config: LevelConfig, options: TileMapOptions = {}): Image {
  if (texts.length === 0) throw new RangeError("tileMap: there must be at least one level, found none");
  const levels = texts.map(checkedRows);
  const most = { rows: Math.max(...levels.map((lines) => lines.length)), tiles: Math.max(...levels.map(widthOf)) };
  const fitting = Math.min(texts.length, Math.max(1, Math.floor(64 / most.tiles)));
  const columns = checkNumber("tileMap", "columns", options.columns ?? fitting, { atLeast: 1, whole: true });
  const zoom = checkNumber("tileMap", "zoom", options.zoom ?? 2, { atLeast: 1, whole: true });
  const [stepX, stepY] = [most.tiles * artSide + padding, most.rows * artSide + padding];
  const width = stepX * Math.min(columns, texts.length) + padding;
  const height = stepY * Math.ceil(texts.length / columns) + padding;
  const canvas: Canvas = { width, data: filled(width * height, background) };
  const art = artOf(config);
  levels.forEach((lines, i) => {
    const [left, top] = [padding + (i % columns) * stepX, padding + Math.floor(i / columns) * stepY];
    lines.forEach((line, row) => {
      for (let column = 0; column < line.length; column++)
        drawTile(canvas, art.get(line[column]) ?? unknown, left + column * artSide, top + row * artSide);
    });
  });
  return enlarged({ width, height, channels: 3, data: canvas.data }, zoom);
}

/** The levels as one PNG file, see `tileMap`. */
export const levelsPng = (texts: readonly string[], config: LevelConfig, options?: TileMapOptions): Uint8Array =>
  encodePng(tileMap(texts, config, options));

/** The levels as HTML: a tile map of each, and its text to unfold. */
export function levelsHtml(texts: readonly string[], config: LevelConfig): string {
  const figures = texts.map((text, i) => {
    const uri = `data:image/png;base64,${base64Of(levelsPng([text], config, { zoom: 1 }))}`;
    const image = `<img src="${uri}" alt="level ${i + 1}" style="image-rendering: pixelated; width: 100%">`;
    return `<figure>${image}<details><summary>text</summary><pre>${escapeHtml(text)}</pre></details></figure>`;
  });
  const grid = "display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr))";
  return `<div style="${grid}">${figures.join("\n")}</div>`;
}

interface Canvas {
  readonly width: number;
  readonly data: Uint8Array;
}

/** What is drawn for a tile: pixels of a drawing, or one colour. */
type Art = readonly (readonly Rgb[])[];

const unknown: Art = plain([255, 0, 255]);

const widthOf = (lines: readonly string[]): number => lines[0].length;

/** The drawings of all tiles of a vocabulary. */
function artOf({ tiles, legend = {} }: LevelConfig): ReadonlyMap<string, Art> {
  const behind = tiles.some((tile) => legend[tile]?.includes("floor")) ? colours.f : colours.a;
  return new Map(
    tiles.map((tile, token) => {
      const tags = legend[tile] ?? [];
      const drawing = drawings.find(({ tags: needed }) => needed.every((tag) => tags.includes(tag)));
      if (drawing === undefined) return [tile, plain(ownColour(token, tiles.length))] as const;
      return [tile, drawing.art.map((line) => line.split("").map((letter) => colours[letter] ?? behind))] as const;
    }),
  );
}

function plain(colour: Rgb): Art {
  return new Array<Rgb[]>(artSide).fill(new Array<Rgb>(artSide).fill(colour));
}

/** Colours for tiles without tags: evenly spaced hues, the first one light. */
function ownColour(token: number, count: number): Rgb {
  if (token === 0) return [226, 230, 236];
  const channel = (shift: number) => Math.round(150 + 90 * Math.cos(2 * Math.PI * (token / count - shift / 3)));
  return [channel(0), channel(1), channel(2)];
}

function drawTile({ width, data }: Canvas, art: Art, left: number, top: number): void {
  art.forEach((line, y) => {
    line.forEach((colour, x) => {
      data.set(colour, ((top + y) * width + left + x) * 3);
    });
  });
}

function filled(pixels: number, colour: Rgb): Uint8Array {
  return Uint8Array.from({ length: pixels * 3 }, (_, i) => colour[i % 3]);
}

function enlarged({ width, height, channels, data }: Image, zoom: number): Image {
  const [wide, high] = [width * zoom, height * zoom];
  const out = new Uint8Array(wide * high * channels);
  for (let y = 0; y < high; y++)
    for (let x = 0; x < wide; x++) {
      const from = (Math.floor(y / zoom) * width + Math.floor(x / zoom)) * channels;
      out.set(data.subarray(from, from + channels), (y * wide + x) * channels);
    }
  return { width: wide, height: high, channels, data: out };
}
