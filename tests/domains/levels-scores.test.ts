/** Measures of levels: broken parts, tile patterns, copies, and all of them as the scores of the domain. */
import { describe, expect, test } from "vitest";
import { levelCodec } from "../../src/data/codecs/level.js";
import { countBrokenParts } from "../../src/domains/levels/broken-parts.js";
import { levels } from "../../src/domains/levels/index.js";
import { nearness } from "../../src/domains/levels/nearest-window.js";
import { countPatterns, patternDivergence } from "../../src/domains/levels/pattern-kl.js";
import { readLevelPath } from "../../src/domains/levels/read-vglc-folder.js";
import { game, hasCorpus, mario, needsCorpus, underSky, windowsOf } from "./levels-shared.js";

describe("countBrokenParts", () => {
  test.each<[string, string[], number, number]>([
    ["a pipe", ["-<>-", "-[]-", "XXXX"], 4, 0],
    ["a pipe on bricks", ["-<>-", "-[]-", "-SS-"], 4, 0],
    ["pipes cut off by the edges of the window", ["><", "][", "XX"], 4, 0],
    ["a pipe cut off by the lower edge", ["<>"], 2, 0],
    ["a pipe hanging from bricks", ["-SS-", "-[]-", "-<>-", "----"], 4, 0],
    ["two pipes side by side", ["<><>", "[][]", "XXXX"], 8, 0],
    ["half a mouth", ["-<--", "-[]-", "XXXX"], 3, 2],
    ["half a body", ["-<>-", "-[--", "XXXX"], 3, 2],
    ["a body without a mouth", ["----", "-[]-", "XXXX"], 2, 2],
    ["a mouth without a body", ["----", "-<>-", "XXXX"], 2, 2],
    ["a pipe in the air", ["-<>-", "-[]-", "----"].concat("XXXX"), 4, 4],
    ["a mouth within a pipe", ["-<>-", "-<>-", "-[]-", "XXXX"], 6, 6],
    ["the right half on the left", ["-><-", "-][-", "XXXX"], 4, 4],
    ["a pipe on a cannon", ["-<>", "-[]", "-BB", "XXX"], 6, 4],
    ["cannons", ["B--B", "b--B", "B--b", "XXXX"], 6, 0],
    ["a cannon's bottom alone", ["---", "-b-", "XXX"], 1, 1],
    ["a cannon in the air", ["-B-", "-b-", "---", "XXX"], 2, 2],
    ["no parts", ["---", "XXX"], 0, 0],
  ])("%s", (_, lines, tiles, broken) => {
    expect(countBrokenParts([underSky(...lines)], mario)).toEqual({ tiles, broken });
  });

  test("the original levels have none but a cannon in the air in 7-1", async ({ skip }) => {
    skip(!hasCorpus, needsCorpus);
    const { sequences, codec, levelNames } = await readLevelPath(game("Super Mario Bros"));
    const counts = sequences.map((tokens) => countBrokenParts([codec.decode(tokens)], mario));
    expect(counts.reduce((sum, { tiles }) => sum + tiles, 0)).toBe(571);
    const broken = counts.flatMap((count, i) => (count.broken > 0 ? [[levelNames[i].slice(-13), count.broken]] : []));
    expect(broken).toEqual([["mario-7-1.txt", 2]]);
  });
});

describe("pattern divergence", () => {
  test("counts the patterns at all places", () => {
    const { counts, total } = countPatterns(["-X-\n-X-\n-X-", "-X\n-X"], 2);
    expect([total, ...counts]).toEqual([5, ["-X-X", 3], ["X-X-", 2]]);
  });

  test("equals the formula", () => {
    // P: 3/4 and 1/4, Q: 1/2 and 1/2; epsilon changes nothing in the first six digits.
    const [p, q] = [countPatterns(["---X"], 1), countPatterns(["-X"], 1)];
    const forwards = 0.75 * Math.log(0.75 / 0.5) + 0.25 * Math.log(0.25 / 0.5);
    const backwards = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
    expect(patternDivergence(p, q)).toBeCloseTo((forwards + backwards) / 2, 6);
    expect(patternDivergence(p, q)).toBe(patternDivergence(q, p));
  });

  test("a pattern that one side lacks costs by epsilon", () => {
    const [p, q] = [countPatterns(["XX"], 1), countPatterns(["-X"], 1)];
    const smoothed = (count: number) => (count + 1e-7) / ((2 + 1e-7) * (1 + 1e-7));
    const forwards = smoothed(2) * Math.log(smoothed(2) / smoothed(1));
    const backwards =
      smoothed(1) * Math.log(smoothed(1) / smoothed(2)) + smoothed(1) * Math.log(smoothed(1) / smoothed(0));
    expect(patternDivergence(p, q)).toBeCloseTo((forwards + backwards) / 2, 9);
  });

  test("levels smaller than the pattern are an error", () => {
    expect(() => countPatterns(["--\nXX"], 3)).toThrow("there must be a level of at least 3 x 3 tiles, found none");
  });
});

describe("nearness", () => {
  const training = ["--X-\nXXXX", "----\n----"];
  test("finds copies at any column", () => {
    expect(nearness(["-X\nXX", "X-\nXX", "--\n--"], training)).toEqual({ copies: 1, nearestWindow: 1 });
  });

  test("counts the tiles that agree with the nearest window", () => {
    expect(nearness(["EX\nXX", "XX\nXX"], training)).toEqual({ copies: 0, nearestWindow: 0.75 });
  });

  test("levels without a training window of their size are an error", () => {
    expect(() => nearness(["-----\nXXXXX"], training)).toThrow("a window of 2 rows and 5 columns, found none");
    expect(() => nearness(["-\n-\n-"], training)).toThrow("a window of 3 rows and 1 columns, found none");
    expect(() => nearness([], training)).toThrow("at least one level");
  });
});

describe("scores", () => {
  const codec = levelCodec(mario);
  const flat = underSky("----", "XXXX");
  const hill = underSky("-XX-", "XXXX");
  const closed = new Array(14).fill("-X--").join("\n");

  test("names, values and judges", async () => {
    const { metrics, floors, judges } = await levels.scores(
      { codec, texts: [flat, hill, closed, underSky("<---", "XXXX")] },
      { training: [flat, hill], heldOut: [hill] },
    );
    expect(metrics).toMatchObject({ playable: 0.75, brokenParts: 1, copies: 0.5 });
    expect(floors).toMatchObject({ playable: 1, brokenParts: 0, copies: 1, nearestWindow: 1 });
    expect(Object.keys(floors)).toEqual(Object.keys(metrics));
    const expected = patternDivergence(countPatterns([hill], 3), countPatterns([flat, hill], 3));
    expect(floors.patternKl).toBe(expected);
    expect(floors.patternKl2).toBeLessThan(floors.patternKl);
    expect(floors.patternKl4).toBeGreaterThan(floors.patternKl);
    expect(judges?.map((judge) => judge.split(":")[0])).toEqual([
      "playable",
      "brokenParts",
      "patternKl, patternKl2, patternKl4",
      "copies, nearestWindow",
    ]);
  });

  test("held-out levels are cut to the samples' width; without them there are no floors", async () => {
    const wide = flat
      .split("\n")
      .map((line) => line.repeat(3))
      .join("\n");
    const samples = { codec, texts: [flat] };
    const { floors } = await levels.scores(samples, { training: [flat], heldOut: [wide] });
    expect(floors).toMatchObject({ copies: 1, playable: 1 });
    expect((await levels.scores(samples, { training: [flat], heldOut: [] })).floors).toEqual({});
  });

  test("games without ground are not played", async () => {
    const rooms = levelCodec({ kind: "level", rows: 4, tiles: ["F", "W"], legend: { F: ["floor"], W: ["wall"] } });
    const texts = ["WWWW\nWFFW\nWFFW\nWWWW"];
    const { metrics } = await levels.scores({ codec: rooms, texts }, { training: texts, heldOut: [] });
    expect(Object.keys(metrics)).toEqual(["patternKl2", "patternKl", "patternKl4", "copies", "nearestWindow"]);
  });

  test("other codecs and no samples are errors", async () => {
    const other = { ...codec, config: { kind: "characters" } };
    await expect(levels.scores({ codec: other, texts: [] }, { training: [], heldOut: [] })).rejects.toThrow(
      'the codec must be one of levels, found "characters"',
    );
    await expect(levels.scores({ codec, texts: [] }, { training: [flat], heldOut: [] })).rejects.toThrow(
      "there must be at least one level, found none",
    );
  });

  test("of a held-out level of Super Mario Bros: playable, whole, and no copy", async ({ skip }) => {
    skip(!hasCorpus, needsCorpus);
    const data = await readLevelPath(game("Super Mario Bros"));
    const texts = data.sequences.map((tokens) => data.codec.decode(tokens));
    const training = texts.slice(1).flatMap((text) => windowsOf(text, 28));
    const { metrics } = await levels.scores(
      { codec: data.codec, texts: windowsOf(texts[0], 28) },
      { training, heldOut: [] },
    );
    expect(metrics).toMatchObject({ playable: 1, brokenParts: 0, copies: 0 });
    expect(metrics.nearestWindow).toBeGreaterThan(0.9);
    expect(metrics.nearestWindow).toBeLessThan(1);
    expect(metrics.patternKl).toBeGreaterThan(0.25);
  });
});
