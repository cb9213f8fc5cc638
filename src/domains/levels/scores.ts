/** Scores of generated levels, against the levels of the training and beside those of held-out ones. */
import { checkedRows, type LevelConfig } from "../../data/codecs/level.js";
import type { DomainScores } from "../domain.js";
import { countBrokenParts } from "./broken-parts.js";
import { isPlatformer } from "./legend.js";
import { nearness } from "./nearest-window.js";
import { countPatterns, type PatternCounts, patternDivergence } from "./pattern-kl.js";
import { solveLevel } from "./solver.js";

/** Names of the divergences by the side of their patterns, in tiles. */
const patterns = { patternKl2: 2, patternKl: 3, patternKl4: 4 } as const;

const judges = {
  playable:
    "playable: a search over all walks and jumps of Super Mario Bros on the tiles (speeds of the game's tables)",
  brokenParts: "brokenParts: share of the tiles of pipes and cannons that do not fit together",
  patternKl:
    "patternKl, patternKl2, patternKl4: 3 x 3, 2 x 2 and 4 x 4 tiles against the training levels (Lucas, Volz 2019)",
  nearness: "copies, nearestWindow: against all windows of the training levels",
};

/**
 * Scores of levels:
 * - `playable`, the share that the solver gets through, and `brokenParts`, the share of tiles of pipes and cannons that are
 *   broken (0 if there are none), both only for games whose legend has solid, ground and empty tiles;
 * - `patternKl2`, `patternKl` (3 x 3) and `patternKl4`, in nats, against the training levels;
 * - `copies`, the share that equal a window of the training levels, and `nearestWindow`, the mean share of tiles that agree with
 *   the nearest such window.
 * Floors are the same scores of held-out levels, cut into windows as wide as the samples; there are none without these.
 * @param levels texts of generated levels
 * @param config configuration of their codec
 * @throws RangeError if there are no levels, or no training levels as large as them
 */
export function levelScores(
  levels: readonly string[],
  config: LevelConfig,
  { training, heldOut }: { readonly training: readonly string[]; readonly heldOut: readonly string[] },
): DomainScores {
  if (levels.length === 0) throw new RangeError("levelScores: there must be at least one level, found none");
  const known = Object.values(patterns).map((size) => countPatterns(training, size));
  const scoresOf = (texts: readonly string[]) => ({
    ...(isPlatformer(config) && playScores(texts, config)),
    ...divergences(texts, known),
    ...nearness(texts, training),
  });
  const { playable, brokenParts, ...others } = judges;
  return {
    metrics: scoresOf(levels),
    floors: heldOut.length > 0 ? scoresOf(heldOut.flatMap((text) => windowsOf(text, widthOf(levels[0])))) : {},
    judges: [...(isPlatformer(config) ? [playable, brokenParts] : []), ...Object.values(others)],
  };
}

const widthOf = (text: string): number => checkedRows(text)[0].length;

/** A level in windows side by side; tiles on the right that do not fill one are left out. */
function windowsOf(text: string, width: number): string[] {
  const lines = checkedRows(text);
  return Array.from({ length: Math.floor(lines[0].length / width) }, (_, i) =>
    lines.map((line) => line.slice(i * width, (i + 1) * width)).join("\n"),
  );
}

function playScores(texts: readonly string[], config: LevelConfig) {
  const { tiles, broken } = countBrokenParts(texts, config);
  const solved = texts.filter((text) => solveLevel(text, config).solved).length;
  return { playable: solved / texts.length, brokenParts: broken / Math.max(1, tiles) };
}

const divergences = (texts: readonly string[], known: readonly PatternCounts[]) =>
  Object.fromEntries(
    Object.entries(patterns).map(([name, size], i) => [name, patternDivergence(countPatterns(texts, size), known[i])]),
  );
