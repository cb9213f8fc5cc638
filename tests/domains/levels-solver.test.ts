/** The solver of levels: what it must accept, and what it must not. */
import { describe, expect, test } from "vitest";
import { readLevelPath } from "../../src/domains/levels/read-vglc-folder.js";
import { flights } from "../../src/domains/levels/mario-flight.js";
import { solveLevel } from "../../src/domains/levels/solver.js";
import { game, hasCorpus, mario, needsCorpus, underSky, windowsOf } from "./levels-shared.js";

const solved = (text: string) => solveLevel(text, mario).solved;

/** Ten windows of 14 x 28 tiles that cannot be played. */
const broken: Readonly<Record<string, string>> = {
  "a wall to the top": [...new Array(13).fill(`${"-".repeat(14)}X${"-".repeat(13)}`), "X".repeat(28)].join("\n"),
  "a gap of 10 columns": underSky("XXXXXXXXX----------XXXXXXXXX"),
  "a pit to the end": underSky("XXXXXXXXXXXX----------------"),
  "a wall of 6 tiles": underSky(
    "--------------X-------------",
    "--------------X-------------",
    "--------------X-------------",
    "--------------X-------------",
    "--------------X-------------",
    "--------------X-------------",
    "XXXXXXXXXXXXXXXXXXXXXXXXXXXX",
  ),
  "a pipe of 6 tiles": underSky(
    "--------------<>------------",
    "--------------[]------------",
    "--------------[]------------",
    "--------------[]------------",
    "--------------[]------------",
    "--------------[]------------",
    "XXXXXXXXXXXXXXXXXXXXXXXXXXXX",
  ),
  "a shaft of 6 tiles under a ceiling": [
    ...new Array(5).fill("XXXXXXXXXXXXXXXXXXXXXXXXXXXX"),
    "--------------XXXXXXXXXXXXXX",
    "XXXXXXXXXXXX--XXXXXXXXXXXXXX",
    ...new Array(4).fill("XXXXXXXXXXXX--XXXXXXXXXXXXXX"),
    "XXXXXXXXXXXX--XXXXXXXXXXXXXX",
    "XXXXXXXXXXXX--XXXXXXXXXXXXXX",
    "XXXXXXXXXXXXXXXXXXXXXXXXXXXX",
  ].join("\n"),
  "a gap under a ceiling that leaves no room to jump": [
    ...new Array(12).fill("XXXXXXXXXXXXXXXXXXXXXXXXXXXX"),
    "----------------------------",
    "XXXXXXXXXX------XXXXXXXXXXXX",
  ].join("\n"),
  "a platform 6 tiles up, over a pit": underSky(
    "---------------XXXXXXXXXXXXX",
    "----------------------------",
    "----------------------------",
    "----------------------------",
    "----------------------------",
    "----------------------------",
    "XXXXXXXXXXXX----------------",
  ),
  "a gap of 9 columns to a ledge 3 tiles up": underSky(
    "-------------------XXXXXXXXX",
    "-------------------XXXXXXXXX",
    "-------------------XXXXXXXXX",
    "XXXXXXXXXX---------XXXXXXXXX",
  ),
  "a closed room under a roof that is out of reach": underSky(
    "SSSSSSSSSSSSSSSSSSSS--------",
    "-------------------S--------",
    "-------------------S--------",
    "-------------------S--------",
    "-------------------S--------",
    "-------------------S--------",
    "-------------------S--------",
    "-------------------S--------",
    "-------------------S--------",
    "XXXXXXXXXXXXXXXXXXXXXXXXXXXX",
  ),
};

/** Windows beside those, which can. */
const playable: Readonly<Record<string, string>> = {
  "flat ground": underSky("X".repeat(28)),
  "a gap of 9 columns": underSky("XXXXXXXXX---------XXXXXXXXXX"),
  "a wall of 5 tiles": underSky(
    "--------------X-------------",
    "--------------X-------------",
    "--------------X-------------",
    "--------------X-------------",
    "--------------X-------------",
    "XXXXXXXXXXXXXXXXXXXXXXXXXXXX",
  ),
  "a gap of one column, run over under a ceiling": [
    ...new Array(12).fill("XXXXXXXXXXXXXXXXXXXXXXXXXXXX"),
    "----------------------------",
    "XXXXXXXXXX-XXXXXXXXXXXXXXXXX",
  ].join("\n"),
  "a fall from the top": underSky(
    "XXXXXXXXXXX-----------------",
    ...new Array(11).fill("----------------------------"),
    "XXXXXXXXXXXXXXXXXXXXXXXXXXXX",
  ),
  "enemies and coins in the way": underSky("-----E-oo--E----------------", "XXXXXXXXXXXXXXXXXXXXXXXXXXXX"),
};

describe("solveLevel", () => {
  test.each(Object.entries(broken))("rejects %s", (_, text) => expect(solved(text)).toBe(false));
  test.each(Object.entries(playable))("accepts %s", (_, text) => expect(solved(text)).toBe(true));

  test("there are ten broken windows, of 14 x 28 tiles", () => {
    const sizes = Object.values(broken).map((text) => text.split("\n").map((line) => line.length));
    expect(sizes).toEqual(new Array(10).fill(new Array(14).fill(28)));
  });

  test("a running jump needs a run-up", () => {
    // A way through rock: he must turn round before he falls into a pit of two columns, whose left ledge leads on.
    const pit = (deep: boolean) =>
      [
        "XXXXXXXXXXXXXX",
        "---------XXXXX",
        "XXXXXXXX-XXXXX",
        "XX-------XXXXX",
        "XX-XX--XXXXXXX",
        "XX-XX--XXXXXXX",
        "XX-XX--XXXXXXX",
        "XX-XX--XXXXXXX",
        deep ? "XX-XX--XXXXXXX" : "XX-XXXXXXXXXXX",
        "XX-XXXXXXXXXXX",
        "XX-XXXXXXXXXXX",
        "XX-XXXXXXXXXXX",
        "XX------------",
        "XXXXXXXXXXXXXX",
      ].join("\n");
    expect([solved(pit(false)), solved(pit(true))]).toEqual([true, false]);
  });

  test("says how far it came", () => {
    expect(solveLevel(broken["a wall to the top"], mario)).toEqual({ solved: false, column: 13 });
    expect(solveLevel(underSky("-".repeat(28)), mario)).toEqual({ solved: false, column: -1 });
  });

  test("jumps have the game's heights and lengths", () => {
    const count = (steps: readonly string[], step: string) => steps.filter((one) => one === step).length;
    const { walking, running } = flights(14);
    expect([count(walking.rise, "up"), count(running.rise, "up")]).toEqual([4, 5]);
    // 5 tiles up and down again: the columns from the last of the ledge to the first that can be landed on.
    const lastDown = running.fall.indexOf(
      "down",
      running.fall.findIndex((_, i) => count(running.fall.slice(0, i), "down") === 4),
    );
    const columns = count(running.rise, "forward") + count(running.fall.slice(0, lastDown), "forward");
    expect(columns).toBe(10);
  });

  test("solves all levels of Super Mario Bros and all of their windows", async ({ skip }) => {
    skip(!hasCorpus, needsCorpus);
    const { sequences, codec } = await readLevelPath(game("Super Mario Bros"));
    const levels = sequences.map((tokens) => codec.decode(tokens));
    expect(levels.filter(solved)).toHaveLength(15);
    const windows = levels.flatMap((level) => windowsOf(level, 28));
    expect(windows).toHaveLength(2518);
    expect(windows.filter((text) => !solved(text))).toEqual([]);
  });

  test("solves all but two levels of Super Mario Bros 2 (Japan)", async ({ skip }) => {
    skip(!hasCorpus, needsCorpus);
    const { sequences, codec, levelNames } = await readLevelPath(game("Super Mario Bros 2 (Japan)"));
    const unsolved = levelNames.filter((_, i) => !solved(codec.decode(sequences[i])));
    expect(unsolved.map((name) => name.slice(-12))).toEqual(["World1-2.txt", "World4-3.txt"]);
  });
});
