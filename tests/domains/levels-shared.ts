/** What the tests of levels share: the corpus beside the repository, and windows drawn by hand. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LevelConfig } from "../../src/data/codecs/level.js";
import { marioLegend } from "../../src/domains/levels/legend.js";

/** Folder of a game in ../shared/data/vglc. */
export const game = (name: string): string =>
  fileURLToPath(new URL(`../../../shared/data/vglc/${name}/`, import.meta.url));

export const hasCorpus = existsSync(game("Super Mario Bros"));
export const needsCorpus = "needs ../shared/data/vglc";

export const mario: LevelConfig = { kind: "level", rows: 14, tiles: Object.keys(marioLegend), legend: marioLegend };

/** A window of 14 rows: the given ones at the bottom, and sky above. */
export function underSky(...rows: readonly string[]): string {
  const sky = "-".repeat(rows[0].length);
  return [...new Array<string>(14 - rows.length).fill(sky), ...rows].join("\n");
}

/** All windows of so many columns, one column apart. */
export function windowsOf(level: string, columns: number): string[] {
  const lines = level.split("\n");
  return Array.from({ length: lines[0].length - columns + 1 }, (_, from) =>
    lines.map((line) => line.slice(from, from + columns)).join("\n"),
  );
}
