/** Levels as tokens, and their files. */
import { describe, expect, test } from "vitest";
import { levelCodec } from "../../src/data/codecs/level.js";
import { BadFileError } from "../../src/errors.js";
import { type LevelFile, readLevelFiles, readLevels } from "../../src/domains/levels/read-vglc.js";
import { readLevelPath } from "../../src/domains/levels/read-vglc-folder.js";
import { levelsText } from "../../src/domains/levels/write-level.js";
import { game, hasCorpus, mario, needsCorpus } from "./levels-shared.js";

const file = (path: string, text: string): LevelFile => ({ path, bytes: new TextEncoder().encode(text) });
const legend = (tiles: unknown) => file("game/legend.json", JSON.stringify({ tiles }));
const read = (...files: LevelFile[]) => readLevels("game", files);
const textsOf = ({ sequences, codec }: ReturnType<typeof read>) => sequences.map((tokens) => codec.decode(tokens));

describe("levelCodec", () => {
  const codec = levelCodec({ kind: "level", rows: 3, tiles: ["-", "X", "E"] });

  test("tokens run down the columns", () => {
    expect(codec.encode("--E\n-X-\nXXX")).toEqual([0, 0, 1, 0, 1, 1, 2, 0, 1]);
    expect([codec.vocabulary, codec.ended]).toEqual([3, false]);
  });

  test("decoding is the inverse, for any number of columns", () => {
    for (const columns of [1, 2, 7]) {
      const tokens = Array.from({ length: 3 * columns }, (_, i) => (i * i + columns) % 3);
      expect(codec.encode(codec.decode(tokens))).toEqual(tokens);
    }
  });

  test("comes back from its configuration as JSON", () => {
    const again = levelCodec(JSON.parse(JSON.stringify(codec.config)));
    expect(again.encode("E\nX\n-")).toEqual([2, 1, 0]);
    expect(again.config).toEqual(codec.config);
  });

  test("takes any line break, and one at the end", () => {
    expect(codec.encode("E-\r\nX-\r\n--\r\n")).toEqual(codec.encode("E-\nX-\n--"));
  });

  test.each([
    ["--\n---\n--", "level: rows must be equally long: row 1 has 2 tiles, row 2 has 3"],
    ["--\n-?\n--", 'level: unknown tile "?" in row 2, column 2; known tiles: - X E'],
    ["--\n--", "level: must have 3 rows, found 2"],
    ["", "level: must have at least one row, found an empty text"],
  ])("%j is an error", (text, message) => {
    expect(() => codec.encode(text)).toThrow(RangeError);
    expect(() => codec.encode(text)).toThrow(message);
  });

  test("tokens that are no level are an error", () => {
    expect(() => codec.decode([0, 1])).toThrow("tokens must fill columns of 3 rows, found 2 tokens");
    expect(() => codec.decode([0, 1, 3])).toThrow("token 2 must be 0 to 2, found 3");
  });

  test.each([
    [{ rows: 0, tiles: ["-"] }, "rows must be"],
    [{ rows: 2, tiles: [] }, "tiles must be a list of characters"],
    [{ rows: 2, tiles: ["-", "XX"] }, 'tiles must be single characters, found "XX" for token 1'],
    [{ rows: 2, tiles: ["-", "X", "-"] }, 'tiles must differ, found "-" for tokens 0 and 2'],
  ])("%j is an error", (config, message) => {
    expect(() => levelCodec({ kind: "level", ...config })).toThrow(message);
  });
});

describe("readLevels", () => {
  test("a corpus folder: its Processed levels, in the order of the legend's tiles", () => {
    const data = read(
      file("game/Processed/a.txt", "--X\nXXX\n"),
      file("game/Processed/b.txt", "o---\nX--X"),
      file("game/Original/a.txt", "something else"),
      file("game/README.md", "# a game"),
      legend({ X: ["solid"], o: ["coin"], "-": ["empty"], Z: ["never used"] }),
    );
    expect(textsOf(data)).toEqual(["--X\nXXX", "o---\nX--X"]);
    expect(data.codec.config).toEqual({
      kind: "level",
      rows: 2,
      tiles: ["X", "o", "-"],
      legend: { X: ["solid"], o: ["coin"], "-": ["empty"] },
      name: "game",
    });
    expect(data).toMatchObject({ length: 2 * 3, stride: 2, notes: [] });
  });

  test("windows have at most 28 columns", () => {
    expect(read(file("a.txt", `${"-".repeat(40)}\n${"X".repeat(40)}`))).toMatchObject({ length: 56, stride: 2 });
  });

  test("without a legend the tiles of Super Mario Bros have their tags, others none", () => {
    expect(read(file("a.txt", "-o\nXX")).codec.config.legend).toMatchObject({ o: ["coin", "collectable", "passable"] });
    expect(read(file("a.txt", "-#\nXX")).codec.config.legend).toBeUndefined();
  });

  test("a file may hold several levels, as they are written", () => {
    const texts = ["--X\nXXX", "-X-\nX-X"];
    expect(textsOf(read(file("a.txt", levelsText(texts))))).toEqual(texts);
    expect(read(file("a.txt", levelsText(texts))).levelNames).toEqual(["a.txt, level 1", "a.txt, level 2"]);
  });

  test("other heights than the most common are cut or filled up at the top", () => {
    const five = "--\n--\n--\nE-\nXX";
    const data = read(
      file("a.txt", five),
      file("b.txt", five),
      file("c.txt", five.slice(3)),
      file("d.txt", `o-\n${five}`),
    );
    expect(textsOf(data)).toEqual([five, five, five, five]);
    expect(data.notes).toEqual(["c.txt: 4 rows, filled up at the top to 5", "d.txt: 6 rows, cut at the top to 5"]);
  });

  test("maps of dungeons are read as their rooms", () => {
    const room = (tile: string) => new Array<string>(16).fill(tile.repeat(11));
    const beside = room("F").map((line, row) => line + room("-")[row]);
    const data = read(file("a.txt", [...beside, ...room("W").map((line) => line + line)].join("\n")));
    expect(textsOf(data).map((text) => text[0])).toEqual(["F", "W", "W"]);
    expect(data).toMatchObject({ length: 176, stride: 16 });
    expect(data.levelNames[2]).toBe("a.txt, room 2-2");
  });

  const two = "--\nXX";
  test.each<[string, LevelFile[], string]>([
    ["ragged rows", [file("a.txt", "--X\nXX")], "a.txt: rows must be equally long: row 1 has 3 tiles, row 2 has 2"],
    ["a ragged second level", [file("a.txt", "-\nX\n\n--\nX")], "a.txt, level 2: rows must be equally long"],
    [
      "a tile that the legend lacks",
      [file("a.txt", "--\nX#"), legend({ X: ["solid"], "-": ["empty"] })],
      'a.txt: tile "#" in row 2, column 2 is not in the legend',
    ],
    [
      "other heights without an empty tile",
      [file("a.txt", "#\n#"), file("b.txt", "#\n#"), file("c.txt", "#\n#\n#")],
      "c.txt: levels must be of one height, 2 rows as most are, found 3",
    ],
    [
      "heights that differ much",
      [file("a.txt", two), file("b.txt", two), file("c.txt", `${two}\n${two}`.replace("XX\n--", "--\n--"))],
      "c.txt: levels must be of one height, 2 rows as most are, found 4",
    ],
    [
      "more tiles than a byte has values",
      [file("a.txt", String.fromCharCode(...Array.from({ length: 257 }, (_, i) => 0x4e00 + i)))],
      "a.txt: levels must have at most 256 kinds of tiles, found 257",
    ],
    ["no levels", [file("README.md", "#")], "game: no levels among its 1 files"],
    ["an empty file", [file("a.txt", "\n\n")], "a.txt: empty file (no tiles)"],
    [
      "bytes that are not text",
      [{ path: "a.txt", bytes: Uint8Array.of(45, 255, 10) }],
      "a.txt: not a text file in UTF-8",
    ],
    ["a damaged legend", [file("a.txt", two), file("l.json", "{")], "l.json: not JSON"],
    ["tags that are no list", [file("a.txt", two), legend({ X: "solid" })], 'found {"X":"solid"}'],
    [
      "two legends",
      [file("a.txt", two), legend({ X: [] }), file("other.json", '{"tiles":{}}')],
      "game/legend.json: there must be one legend of tiles, found another in other.json",
    ],
  ])("%s: an error that says where", (_, files, message) => {
    expect(() => read(...files)).toThrow(BadFileError);
    expect(() => read(...files)).toThrow(message);
  });

  test("files of a page are read alike", async () => {
    const page = [
      new File(["--\nXX"], "a.txt"),
      new File(['{"tiles":{"X":["solid"],"-":["empty"]}}'], "legend.json"),
      new File([Uint8Array.of(255)], "picture.png"),
    ].map((one) => Object.assign(one, { webkitRelativePath: `game/${one.name}` }));
    const data = await readLevelFiles("game", page);
    expect(textsOf(data)).toEqual(["--\nXX"]);
    expect(data.levelNames).toEqual(["game/a.txt"]);
  });
});

describe("the corpus", () => {
  test("Super Mario Bros", async ({ skip }) => {
    skip(!hasCorpus, needsCorpus);
    const data = await readLevelPath(game("Super Mario Bros"));
    expect(data).toMatchObject({ name: "Super Mario Bros", length: 14 * 28, stride: 14, notes: [] });
    expect(data.sequences).toHaveLength(15);
    expect(data.sequences.reduce((sum, tokens) => sum + tokens.length, 0)).toBe(14 * 2923);
    expect(data.codec.config).toMatchObject({ tiles: [..."XS-?QE<>[]oBb"], legend: mario.legend });
  });

  test("one of its files takes the legend beside its folder", async ({ skip }) => {
    skip(!hasCorpus, needsCorpus);
    const data = await readLevelPath(`${game("Super Mario Bros")}Processed/mario-1-1.txt`);
    expect(data.sequences.map((tokens) => tokens.length)).toEqual([14 * 202]);
    expect(data.codec.config).toMatchObject({ name: "mario-1-1", legend: { X: ["solid", "ground"] } });
  });

  test("Super Mario Bros 2 (Japan) has levels of 12 to 16 rows, and a legend without cannons", async ({ skip }) => {
    skip(!hasCorpus, needsCorpus);
    const data = await readLevelPath(game("Super Mario Bros 2 (Japan)"));
    expect(data).toMatchObject({ length: 15 * 28, stride: 15, codec: { config: { rows: 15 } } });
    expect([data.sequences.length, data.notes.length]).toEqual([22, 11]);
    expect(data.codec.config.legend).toMatchObject({ B: mario.legend?.B, b: mario.legend?.b });
  });

  test("The Legend of Zelda is read as rooms", async ({ skip }) => {
    skip(!hasCorpus, needsCorpus);
    const data = await readLevelPath(game("The Legend of Zelda"));
    expect(data).toMatchObject({ length: 176, stride: 16, codec: { config: { legend: { O: ["element", "floor"] } } } });
    expect(data.sequences).toHaveLength(459);
    expect(data.sequences.every((tokens) => tokens.length === 176)).toBe(true);
  });

  test("a path that does not exist, and the folder of all games, say so", async ({ skip }) => {
    skip(!hasCorpus, needsCorpus);
    await expect(readLevelPath(game("No such game"))).rejects.toThrow("no such file or directory");
    await expect(readLevelPath(game(""))).rejects.toThrow("no levels among its");
  });
});
