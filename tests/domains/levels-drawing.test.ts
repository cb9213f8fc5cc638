/** Levels written: as text, as tile maps, as HTML. */
import { describe, expect, test } from "vitest";
import { levelCodec } from "../../src/data/codecs/level.js";
import { decodePng } from "../../src/data/formats/read-png.js";
import { levels } from "../../src/domains/levels/index.js";
import { artSide, colours, drawings } from "../../src/domains/levels/tile-art.js";
import { tileMap } from "../../src/domains/levels/write-level.js";
import { mario, underSky } from "./levels-shared.js";

const codec = levelCodec(mario);
const one = underSky("-<>?", "-[]S", "XXXX");
const texts = [one, one.replace("?", "E")];

test("drawings have 8 x 8 pixels in known colours", () => {
  for (const { tags, art } of drawings) {
    expect(
      art.map((line) => line.length),
      tags.join(),
    ).toEqual(new Array(artSide).fill(artSide));
    for (const letter of art.join("")) expect(letter === "." || letter in colours, `${tags}: ${letter}`).toBe(true);
  }
});

test("every tile of Super Mario Bros looks different, and none like the sky", () => {
  const looks = mario.tiles.map((tile) => tileMap([tile], mario, { zoom: 1 }).data.join());
  expect(new Set(looks).size).toBe(mario.tiles.length);
});

describe("tileMap", () => {
  test("has 8 x 8 pixels a tile, times the zoom, and a border", () => {
    expect(tileMap([one], mario, { zoom: 1 })).toMatchObject({ width: 4 * 8 + 8, height: 14 * 8 + 8, channels: 3 });
    expect(tileMap([one], mario)).toMatchObject({ width: 80, height: 240 });
    expect(tileMap(texts, mario, { zoom: 1, columns: 1 })).toMatchObject({ width: 40, height: 2 * (14 * 8 + 4) + 4 });
  });

  test("puts each tile in its place", () => {
    const { width, data } = tileMap(["X-"], mario, { zoom: 1 });
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    // Behind a border of 4 pixels: ground with its light corner, then sky.
    expect([at(0, 0), at(4, 4), at(11, 11), at(12, 4)]).toEqual([[64, 64, 64], colours.O, colours.d, colours.a]);
  });

  test("tiles without tags have colours of their own", () => {
    const tiles = [..."0123456789"];
    const config = { kind: "level", rows: 1, tiles } as const;
    const looks = tiles.map((tile) => tileMap([tile], config, { zoom: 1 }).data.join());
    expect(new Set(looks).size).toBe(10);
  });

  test("no levels, and columns that are no number, are errors", () => {
    expect(() => tileMap([], mario)).toThrow("there must be at least one level, found none");
    expect(() => tileMap([one], mario, { columns: 0 })).toThrow("columns must be");
    expect(() => tileMap([one], mario, { zoom: 1.5 })).toThrow("zoom must be");
  });
});

describe("the domain's writers", () => {
  test("txt: levels with a blank line between them", () => {
    expect(levels.writers.txt({ codec, texts })).toBe(`${texts[0]}\n\n${texts[1]}\n`);
  });

  test("png: an image", async () => {
    const png = await levels.writers.png({ codec, texts });
    expect(decodePng(png as Uint8Array)).toEqual(tileMap(texts, mario));
  });

  test("html: a picture of each level with its text, escaped, and nothing to fetch", async () => {
    const html = await levels.html({ codec, texts });
    const pictures = [...html.matchAll(/src="data:image\/png;base64,([^"]+)"/g)];
    expect(pictures).toHaveLength(2);
    expect(decodePng(Uint8Array.from(Buffer.from(pictures[1][1], "base64")))).toEqual(
      tileMap([texts[1]], mario, { zoom: 1 }),
    );
    expect(html).toContain("-&#60;&#62;E\n-[]S\nXXXX</pre>");
    expect(html).not.toMatch(/https?:|src="(?!data:)/);
  });
});
